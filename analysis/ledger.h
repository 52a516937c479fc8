/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/ledger.h - the overhead ledger: where the time of a run went. Pure functions over
 * arrays; docs/method.md, section 11, says why each term is what it is.
 *
 *     true = work + operations + interrupts + unseen + steal + residual
 *
 *   true        external time, summed over the run's intervals
 *   work        what the same object code takes on the bare machine, same parameters
 *   operations  those the run exists to make (`exits`): count * cost, the cost from a run with
 *               another count
 *   interrupts  that the guest counted around the intervals * what one costs here. The guest
 *               reads its count some way outside the markers: one that left less than half of
 *               its cost in the interval fell beside it and is not booked
 *   unseen      what takes the processor without the guest's counting it (a host's own
 *               interrupts): a rate, time per time, so that work, steal, interrupts and this
 *               are the whole of the ruler
 *   steal       as the hypervisor tells the guest
 *   residual    what is left. Nothing is fitted to make it small: each cost comes from other runs
 *               of the same boot than the one explained.
 *
 * Where nobody was asked to read interrupts and steal, what is not explained may be theirs: such
 * a ledger is incomplete and not over its budget.
 *
 * The last two costs come from the *ruler*: runs of `spin`, whose work is known, other than the
 * one explained. All times in ns. A residual below 0 means that more was booked than passed.
 */
#ifndef ETALON_ANALYSIS_LEDGER_H
#define ETALON_ANALYSIS_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#define LEDGER_UNKNOWN INT64_MIN
#define LEDGER_BUDGET 0.01 /* of true time: what may stay unexplained */
#define LEDGER_REASON_BYTES 192

struct ledger_sample { /* one interval */
    double true_ns;
    double gap_ns;      /* guest's clock over the wider window of its own readings, less true
                           time; NAN: no clock */
    int64_t interrupts; /* LEDGER_UNKNOWN: nobody counts them */
    int64_t stolen_ns;  /* LEDGER_UNKNOWN: nobody tells. 0 by ledger_place_steal() where it was
                           stolen beside the interval */
};

/*
 * Steal is read a little outside the markers, the clock a little outside that. What was stolen
 * between reading and marker made the gap as much longer; such steal is no part of the interval
 * and is set to 0. Needs the gaps of all intervals of a boot to know the usual one.
 * 0, or -1: out of memory.
 */
int ledger_place_steal(struct ledger_sample *sample, size_t n);

struct ledger_ruler {
    struct ledger_excess { /* of one interval over its work and steal; owned */
        double ns, true_ns, interrupts;
    } * interval;
    size_t intervals;

    /* By ledger_finish(): */
    double interrupt_ns; /* what one costs, by the median; NAN: none was met */
    double unseen_rate; /* ns of each ns of true time: what else passed, over all of the ruler,
                            those with interrupts too. Below 0 where interrupts cost less on the
                            average than by the median */
    double variance;    /* of an interval's rest, ns squared for each ns of true time … */
    double true_ns;     /* … of which there were so many */
};

/* A ruler is zeroed, given runs, finished, and released (also after an error).
 * work_ns: of one interval. 0, or -1: out of memory. */
int ledger_measure(struct ledger_ruler *ruler, const struct ledger_sample *sample, size_t n,
                   double work_ns);
int ledger_finish(struct ledger_ruler *ruler);
void ledger_release(struct ledger_ruler *ruler);

/* An interval of this run without what interrupts, steal and the unseen took of it, by the mean:
 * the price list, from runs whose work is not known. NAN: no intervals, or out of memory. */
double ledger_undisturbed_ns(const struct ledger_sample *sample, size_t n,
                             const struct ledger_ruler *ruler);

struct ledger_terms {       /* of one interval of the run explained */
    double work_ns;         /* NAN: not known, and why_not says so */
    int64_t operations;     /* 0: the workload makes none */
    double operation_ns;    /* NAN: not known */
    int64_t hypervisor_saw; /* the hypervisor's count of such exits in the boot … */
    int64_t boot_claims; /* … and how many the boot's runs say they made; LEDGER_UNKNOWN */
    int asked;           /* interrupts and steal were to be read, whether they could or not */
    const char *why_not; /* a sentence, where something is not known; else "" */
};

enum ledger_verdict {
    LEDGER_CLOSED,     /* |residual| within the budget */
    LEDGER_OVER,       /* beyond it, or the counts contradict each other */
    LEDGER_INCOMPLETE, /* a term is not known; the residual holds it */
};

struct ledger_result {
    size_t intervals;
    double true_ns, work_ns;
    int64_t operations, interrupts;    /* inside; LEDGER_UNKNOWN: not counted */
    double operation_ns, interrupt_ns; /* of one; NAN: none met */
    double operations_ns, interrupts_ns, unseen_ns;
    double steal_ns; /* NAN: nobody tells */
    double residual_ns;
    double u_ns; /* k = 2, of the residual: the scatter of interrupts and of what is unseen,
                    as the ruler shows it, for a run of this length */
    double budget_ns;
    size_t flagged; /* intervals whose own residual is beyond the budget */
    enum ledger_verdict verdict;
    char reason[LEDGER_REASON_BYTES]; /* "" if closed */
};

/* `step_ns`: of the timer; a residual of two of them is none. */
void ledger_close(const struct ledger_sample *sample, size_t n, const struct ledger_terms *t,
                  const struct ledger_ruler *ruler, double step_ns, struct ledger_result *out);

const char *ledger_verdict_name(enum ledger_verdict v); /* closed, over budget, incomplete */

#endif
