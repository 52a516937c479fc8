/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/clock.h - one guest clock of one boot against true time.
 *
 * Every interval brackets the guest's clock: `before` was read before START, `after` after STOP.
 * For a clock that does not run backwards, offset = guest - true (positive: the guest is
 * ahead) then lies within
 *
 *     before - start  <=  offset  <=  after - stop
 *
 * whatever the delays between reading and marker were. The middle of the bracket is the
 * estimate (readings are in mirrored order, so the delays cancel), its half-width the bound. A
 * clock read inside an interval is the same with the edges changed: start_ns is STOP, stop_ns is
 * START, before = after. Pairs of reference and clock without any bracket have both edges in one
 * place and question.unbounded set: then the offset has noise of unknown size and no bound.
 *
 * skew = d offset / d true, in ppm, positive: the guest runs fast. Theil-Sen over the middles of
 * the whole boot. Its interval holds Sen's and that of a robust regression (bisquare weights, GSL)
 * beside it, widened by one resolution at either end of the span and by the timebase. Where a
 * runs test says that the residuals hang together, neither holds for anything. Then
 *
 *   - if one line passes within the brackets, the residuals may be delays of readings and not the
 *     clock's: the mean rate of the boot lies within what they wander over the boot's span;
 *   - otherwise the clock's frequency itself wanders, and the interval is OADEV carried on to the
 *     length of the window (stability.h), times Student's t of its degrees of freedom:
 *     by the square root of the time where frequency behaves as a random walk (successive
 *     means of an eighth of the window are alike: von Neumann's ratio), against it where they
 *     are independent. It is then an interval of the rate at the window's beginning, too.
 *
 * Of pairs without brackets a walk of frequency that the noise hides from the runs test widens the
 * interval besides: in quadrature by 2.5 times what the residuals bend (orthogonal polynomials of
 * second and third degree over eight parts) beyond what independent noise does. The rate of the
 * window, not that of its beginning, is then held in 95 of 100 walks of any strength; independent
 * noise pays with a limit of detection a quarter higher.
 *
 * A clock that jumps has a rate apart from its jumps, and no interval for it.
 *
 * A clock of processor time (user, sys) does not follow true time; all that is asked of it is
 * not to advance by more than true time did.
 *
 * Not handled here: frequency that changes during the boot (stability), temperature.
 */
#ifndef ETALON_ANALYSIS_CLOCK_CLOCK_H
#define ETALON_ANALYSIS_CLOCK_CLOCK_H

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
    int unbounded;       /* the edges bound nothing */
};

/* Skew that is still called sound: a kernel's fixed-point arithmetic may be off by so much. */
#define CLOCK_SOUND_PPM 0.1
/* Beyond this NTP gives up; a clock whose skew is not known to that is `unknown`. */
#define CLOCK_ABERRANT_PPM 500.0
/* Processor time may be ahead of true time by this: one tick at 100 Hz. */
#define CLOCK_PROCESSOR_SLACK_NS 10e6

enum clock_verdict { CLOCK_UNKNOWN, CLOCK_SOUND, CLOCK_BIASED, CLOCK_ABERRANT };
#define CLOCK_VERDICTS 4

struct clock_assessment {
    double offset_ns;                     /* of the first bracket's middle; NaN: none */
    double skew_ppm, skew_low, skew_high; /* NaN: none */
    double check_ppm; /* the same by robust regression; NaN: none (the residuals' spread is
                         below half a resolution, or it did not settle) */
    double jitter_ns; /* standard deviation of the residuals, by their median; NaN: none */
    uint64_t jumps; /* brackets that no offset moving at this skew can share; without brackets
                         steps of the running median beyond its noise */
    uint64_t backsteps; /* readings smaller than the one before */
    uint64_t freezes;   /* times it stood for longer than its resolution */
    enum clock_verdict verdict;
    char reason[160]; /* "" if sound */
};

/* `bracket` in the order of time. Returns 0, or -1 if memory is short. */
int clock_assess(const struct clock_bracket *bracket, size_t n,
                 const struct clock_question *question, struct clock_assessment *out);

/*
 * The rate of a clock that does not jump: slope of offset y over true time x (both ns, x
 * ascending) with its interval as said above; question->unbounded: the residuals are the clock's.
 * *note: "" or a remark on the interval. Returns 0, or -1 when all x are one or memory is short.
 */
struct stats_interval;
int clock_rate(const double *x, const double *y, size_t n,
               const struct clock_question *question, struct stats_interval *slope,
               double *intercept, const char **note);

const char *clock_verdict_name(enum clock_verdict v); /* unknown, sound, biased, aberrant */

/*
 * How far a reading may be behind the clock it is of: one unit; or, of a clock that is seen to
 * stand at half or more of the values that it shows (a kernel's that advances by ticks, a file of
 * whole seconds), the smallest step it was seen to make. Jumps, bounds and rates are judged with
 * this much to spare. A clock that is read so seldom that it never stands is not seen to be coarse.
 */
double clock_resolution_ns(const struct clock_bracket *bracket, size_t n,
                           const struct clock_question *question);

/* Bounds that bracket `b` puts on the offset, in ns, against the middle of `origin`: what a plot
 * shows. */
void clock_offset_bounds(const struct clock_bracket *origin, const struct clock_bracket *b,
                         double unit_ns, double *low, double *high);

/* --- what happened, when, and how large it was --- */

enum clock_event_kind {
    CLOCK_JUMP,     /* the offset is another from one bracket to the next */
    CLOCK_BACKSTEP, /* and a reading is smaller than the one before */
    CLOCK_FREEZE, /* equal readings while more true time passes than the clock's resolution, the
                       smallest step it was seen to make */
};

struct clock_event {
    enum clock_event_kind kind;
    size_t first; /* bracket it was over by; of a freeze the first that stood */
    double from_ns,
        to_ns;      /* true time: it happened within; of a freeze it lasted at least so */
    double size_ns; /* change of the offset, the rate apart; NaN: nothing on a side */
    double u_ns;    /* of size_ns, k = 2: what the neighbours leave open */
};

/*
 * Events in the order of time; *event is malloc()ed, NULL if there are none. Of a clock of
 * processor time only steps back. Without brackets steps show by medians of 15 points: some are
 * missed of those nearer to an end, or where there are so many that half of all points lie within
 * 30 of one. A freeze shorter than the time between readings shows as a jump of negative size.
 * Returns 0, or -1 if memory is short.
 */
int clock_find_events(const struct clock_bracket *bracket, size_t n,
                      const struct clock_question *question, struct clock_event **event,
                      size_t *count);
const char *clock_event_name(enum clock_event_kind kind); /* jump, step back, freeze */

/*
 * One verdict a bracket: aberrant where an event is met (its `first`, a freeze's whole length),
 * biased where the bracket alone excludes a clock that keeps the first one's offset within
 * CLOCK_SOUND_PPM, sound else. Without brackets the noise, 3 jitter_ns, stands for them.
 */
void clock_judge_samples(const struct clock_bracket *bracket, size_t n,
                         const struct clock_question *question,
                         const struct clock_assessment *assessment,
                         const struct clock_event *event, size_t events,
                         enum clock_verdict *verdict);

#endif
