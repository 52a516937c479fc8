/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock.h - one guest clock of one boot against true time.
 *
 * Every interval brackets the guest's clock: `before` was read before START, `after` after STOP.
 * For a clock that does not run backwards, offset = guest - true (positive: the guest is
 * ahead) then lies within
 *
 *     before - start  <=  offset  <=  after - stop
 *
 * whatever the delays between reading and marker were. The middle of the bracket is the
 * estimate (readings are in mirrored order, so the delays cancel), its half-width the bound.
 *
 * skew = d offset / d true, in ppm, positive: the guest runs fast. Theil-Sen over the middles of
 * the whole boot with Sen's interval, widened by one resolution at either end of the span and
 * by the timebase. Where a runs test says that the residuals hang together, Sen's interval
 * holds for nothing; the mean rate of the boot then lies within what the residuals wander over
 * the boot's span, and that is taken. A clock that jumps has a rate apart from its jumps, and no
 * interval for it.
 *
 * A clock of processor time (user, sys) does not follow true time; all that is asked of it is
 * not to advance by more than true time did.
 *
 * Not handled here: frequency that changes during the boot (stability), temperature.
 */
#ifndef ETALON_ANALYSIS_CLOCK_H
#define ETALON_ANALYSIS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct clock_bracket {
    double start_ns, stop_ns; /* true time of the edges, since the boot's first edge */
    uint64_t before, after;   /* as read, in units of the clock */
};

enum clock_kind { CLOCK_KIND_TIME, CLOCK_KIND_PROCESSOR };

struct clock_question {
    enum clock_kind kind;
    double unit_ns;      /* ns per unit of the readings; > 0 */
    double step_ns;      /* of the timer */
    double timebase_ppm; /* k = 2 */
    double confidence;   /* of the interval of the skew */
};

/* Skew that is still called sound: a kernel's fixed-point arithmetic may be off by so much. */
#define CLOCK_SOUND_PPM 0.1
/* Beyond this NTP gives up; a clock whose skew is not known to that is `unknown`. */
#define CLOCK_ABERRANT_PPM 500.0
/* Processor time may be ahead of true time by this: one tick at 100 Hz. */
#define CLOCK_PROCESSOR_SLACK_NS 10e6

enum clock_verdict { CLOCK_UNKNOWN, CLOCK_SOUND, CLOCK_BIASED, CLOCK_ABERRANT };

struct clock_assessment {
    double offset_ns;                     /* of the first bracket's middle; NaN: none */
    double skew_ppm, skew_low, skew_high; /* NaN: none */
    uint64_t jumps;     /* brackets that no offset moving at this skew can share */
    uint64_t backsteps; /* readings smaller than the one before */
    enum clock_verdict verdict;
    char reason[160]; /* "" if sound */
};

/* `bracket` in the order of time. Returns 0, or -1 if memory is short. */
int clock_assess(const struct clock_bracket *bracket, size_t n,
                 const struct clock_question *question, struct clock_assessment *out);

/*
 * The rate of a clock that does not jump: slope of offset y over true time x (both ns, x
 * ascending) with its interval as said above. *note: "" or a remark on the interval. Returns 0,
 * or -1 when all x are one or memory is short.
 */
struct stats_interval;
int clock_rate(const double *x, const double *y, size_t n,
               const struct clock_question *question, struct stats_interval *slope,
               double *intercept, const char **note);

const char *clock_verdict_name(enum clock_verdict v); /* unknown, sound, biased, aberrant */

/* Bounds that bracket `b` puts on the offset, in ns, against the middle of `origin`: what a plot
 * shows. */
void clock_offset_bounds(const struct clock_bracket *origin, const struct clock_bracket *b,
                         double unit_ns, double *low, double *high);

#endif
