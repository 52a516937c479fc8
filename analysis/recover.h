/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/recover.h - what somebody did to the time of a guest, found in one boot's intervals
 * and readings alone; and beside it where the entries of a ledger lie (docs/lies.md).
 *
 * Nothing in recover_find() knows what was injected. It sees what an experimenter sees: true
 * times of the edges, the guest's clock before and after, and of some work how long it takes
 * undisturbed.
 *
 *   clock   Offsets of all readings, before and after, are one series once their median
 *           distance in each run is taken out. A step is a difference of neighbours beyond what
 *           resolution, rate and the usual difference explain; one that the next difference
 *           takes back is no step but a delay between a reading and its marker. What is left is
 *           a line (its slope the rate) and residuals (their central 95 % the spread).
 *   taken   How much longer known work took than undisturbed, where that is more than exits
 *           explain (RECOVER_GAP_NS).
 *   pause   A step back inside an interval of known work that took longer by just so much: time
 *           that passed and that the clock does not show. Elsewhere it is a step back, and what
 *           the interval took longer was taken: a pause and a steal in one interval are not
 *           told from a step back and a longer steal, nor a step back and a steal of the same
 *           length from a pause.
 *
 * Limits: steps between the same two readings are one; two neighbouring ones that cancel are
 * none; what is shorter than RECOVER_GAP_NS is not told from exits. A step on between the first
 * two or the last two readings is not told from a delay between a reading and its marker, which
 * first touches of memory make long, and is not claimed.
 */
#ifndef ETALON_ANALYSIS_RECOVER_H
#define ETALON_ANALYSIS_RECOVER_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/clock.h"
#include "analysis/stats.h"

/* What leaving a guest and coming back may add to an interval, per time that is taken: the
 * allowance, not the figure, which is found and shown. */
#define RECOVER_GAP_NS 5000.0

/* What serving one tick of its own may take a guest, the hypervisor's share with it: so much more
 * of an interval is not told from that. */
#define RECOVER_TICK_NS 50000.0

/* What the ticks of the guest's own may have made an interval longer by; tick_ns NaN: it has none. */
double recover_slack_ns(double true_ns, double tick_ns);

/* A 95 % interval leaves the truth out in one boot of twenty; whoever looks at hundreds and calls each
 * such a rate finds rates in clocks that only jitter. That there is a rate at all is said at this
 * confidence, how large it is at the question's. */
#define RECOVER_CLAIM_CONFIDENCE 0.9999

struct recover_sample { /* one interval, in the order of time */
    struct clock_bracket bracket;
    double clean_ns; /* the work, undisturbed; NaN: not known */
    double slack_ns; /* what else may have made it longer: ticks of the guest's own */
    int64_t run; /* samples of one run stand together and have the same way to the marker */
};

struct recover_step {
    size_t reading; /* the first after it: 2 i is `before` of sample i, 2 i + 1 its `after` */
    double size_ns; /* positive: the guest's clock went on */
    double
        u_ns; /* of it: resolution and, between two runs, what their ways to the marker differ */
    int paused;
};

struct recover_found {
    struct stats_interval rate; /* of the guest's clock, steps apart; 1: NaN if unknown */
    int drifts;       /* the interval at RECOVER_CLAIM_CONFIDENCE, too, leaves 0 out */
    double spread_ns; /* central 95 % of the residuals */
    double within_ns; /* the same with each run's own median taken out: on its way to START, or
                         from STOP, a run may be longer than another, which is no jitter */
    double range_ns;  /* all of those before START, or after STOP if that is more */
    double span_ns;   /* from the first sample to the last */
    double width_ns;  /* of the first run: from a reading to its marker and back, together */
    size_t readings;
    struct recover_step *step; /* owned */
    size_t steps;
    double *excess_ns; /* owned; of each sample, 0 where not known or explained by exits */
    double taken_ns;   /* all of it, pauses left out */
    size_t taken;      /* samples with some */
    double slack_ns;   /* of those, together */
};

/* Returns 0, or -1 if memory is short or there are fewer than 3 samples. */
int recover_find(const struct recover_sample *sample, size_t n,
                 const struct clock_question *question, struct recover_found *out);
void recover_free(struct recover_found *found);

/* --- the ledger --- */

enum recover_kind {
    RECOVER_STEAL, /* a told pause is one, too */
    RECOVER_PAUSE,
    RECOVER_FORWARD,
    RECOVER_BACK,
    RECOVER_RATE,
    RECOVER_JITTER,
    RECOVER_KINDS
};

struct recover_entry { /* as in view distortions, kinds as the ledger names them */
    const char *kind;
    uint64_t begin, end, guest;
    int64_t requested, delivered, visible;
    uint64_t count; /* of what was done between begin and end */
};

struct recover_truth { /* in ns, of a rate in ppm */
    size_t injected;   /* entries that the samples could show */
    size_t missed;     /* … that they could not */
    double requested, delivered;
    uint64_t times; /* what was done, counted, in those of `injected` */
    /* Of time taken, neither of the former: entries in work of which all together took no more than
     * RECOVER_GAP_NS and were not found; and entries that sum up more than one time, some of it in
     * known work, nobody knows how much. */
    size_t small, partly;
    double small_ns, partly_ns;
};

/* What a time that is taken adds to an interval beside itself, over samples with entries. */
struct recover_gaps {
    double least_ns,
        most_ns; /* (excess - delivered) / times, where nothing is open; NaN: none */
    double
        unexplained_ns; /* the most that is left for sure: without what is open, and what the
                              guest's own ticks may have taken */
    double short_ns;    /* the least that is left at best: below 0 too little is there */
};

/* Where the entries lie among the samples: sums by what they look like from outside. Returns 0,
 * or -1 if memory is short. */
int recover_place(const struct recover_sample *sample, size_t n,
                  const struct recover_found *found, const struct clock_question *question,
                  const struct recover_entry *entry, size_t entries,
                  struct recover_truth truth[RECOVER_KINDS], struct recover_gaps *gaps);

#endif
