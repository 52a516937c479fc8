/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/detection.h - the smallest distortion that the analysis finds with a given
 * power.
 *
 * A trial makes a series with the noise of clean readings, distorts it at a random place, and lets
 * the functions judge it that judge every clock and boot: clock_assess() and clock_find_events()
 * (analysis/clock/clock.h), recover_find() (analysis/recover/recover.h). There is no second
 * detector. The power at a size is the share of trials in which the distortion is found where
 * it is and named as what it is; the limit the size from which on the power is as asked for.
 * Size 0 gives the share of clean series in which anything is found: without it no power means
 * a thing.
 *
 * Deterministic: the same readings, trials and seed give the same limits. Trial number t has the
 * same noise and the same place at every size (common random numbers), so that curves are smooth.
 *
 * The limit: sizes lie on a grid of ratio 2^(1/4) (1.19). The place of the limit on it is found with
 * a few trials a size; sizes around it get all. The powers are made monotone (pool adjacent
 * violators) and the crossing is taken by a straight line over the logarithm of size. `low` is the
 * largest size whose power is below that asked for by the interval of Clopper and Pearson
 * (Biometrika 26, 1934), `high` the smallest whose power is above it by the same; so the limit is
 * known to a step of the grid or two; where the power leaps within a step, that is halved up to six
 * times.
 *
 * Not handled here: several distortions at once, distortions that come and go.
 */
#ifndef ETALON_ANALYSIS_CLOCK_DETECTION_H
#define ETALON_ANALYSIS_CLOCK_DETECTION_H

#include <stddef.h>

#include <gsl/gsl_rng.h>

#include "analysis/clock/clock.h"
#include "analysis/recover/recover.h"

enum detection_kind {
    DETECTION_RATE,     /* ppm, fast or slow by chance, from the beginning on; found where the
                           skew's interval does not hold 0, whatever a verdict forgives */
    DETECTION_STEP,     /* ns, forward */
    DETECTION_BACKSTEP, /* ns; a jump back counts, too: read seldom, that is how it shows */
    DETECTION_FREEZE, /* ns for which it stands, then goes on from there; equal readings count
                         alone: one that falls between two readings is a step back to everybody */
    DETECTION_STEAL,  /* ns taken from known work, once */
    DETECTION_KINDS
};
const char *detection_name(enum detection_kind kind); /* rate, step, backstep, freeze, steal */
const char *detection_unit(enum detection_kind kind); /* ppm, ns */

struct detection_setting {
    unsigned trials;   /* a size */
    double power;      /* asked for */
    double confidence; /* of the intervals */
    unsigned long seed;
};
extern const struct detection_setting detection_default; /* 200 trials, 95 %, 95 % */

struct detection_outcome {
    int found; /* at its place, with its sign */
    int named; /* as what it is, and nothing else was found */
};

struct detection_point {
    double size;
    unsigned trials, found, named;
    double low, high; /* of the share named */
};

#define DETECTION_POINTS 64u
/* Trials that a size gets while the place of the limit is looked for. */
#define DETECTION_SCOUTS 20u

struct detection_curve {
    enum detection_kind kind;
    size_t readings;
    double length_s;
    int extrapolated; /* more readings than there were: the noise is taken to stay as it is */
    struct detection_point point[DETECTION_POINTS]; /* ascending; clean: size 0 */
    size_t points;
    struct detection_point clean;        /* `found` and `named` alike: anything was found */
    double limit, limit_low, limit_high; /* NaN: none, or not bounded on that side */
    char reason[160];                    /* why there is no limit; "" if there is one */
};

/*
 * One trial: 0; 1 if there can be no such size (too large for the series); -1 if memory is short.
 * size 0: nothing is injected, and both of the outcome say that something was found.
 */
typedef int detection_trial(void *opaque, double size, gsl_rng *rng,
                            struct detection_outcome *out);

/* The power at one size. A series without room for it counts as one in which it was not found; if
 * none has, 1 is returned, else as a trial does. */
int detection_power(detection_trial *trial, void *opaque, double size, unsigned trials,
                    const struct detection_setting *setting, struct detection_point *out);

/* Clean series, then the limit; `start` is a guess > 0. Fills point, clean, limit and reason of
 * `out`. Returns 0, or -1 if memory is short or the setting cannot be (no trials, a power or a
 * confidence outside (0, 1), a start that is no size). */
int detection_search(detection_trial *trial, void *opaque, double start,
                     const struct detection_setting *setting, struct detection_curve *out);

/* Exact binomial interval (GSL's beta distribution); NaN if there are no trials. */
void detection_interval(unsigned hits, unsigned trials, double confidence, double *low,
                        double *high);

/* --- clocks: their noise (detection_noise.c) --- */

/*
 * The noise of clean readings: what is left of each reading when the clock's own line is taken out,
 * so that the clock keeps true time but for its noise. A new series has the times of the readings
 * (of a stretch of them, or over again beyond their end), and of each reading
 *
 *   INDEPENDENT  what any other one left over, by chance (the runs test does not object, and
 *                there are no brackets);
 *   NEAR         what one of the 15 around it left over: delays within brackets belong to the work
 *                that is done there, and a clock without noise must not get that of other work;
 *   WANDER       what any other one left over from medians of 15, and a new wandering of
 *                frequency: second differences of these medians, drawn with their signs by chance
 *                and summed twice. It starts at rate 0;
 *   COARSE       the step of the clock (clock_resolution_ns()), with a phase by chance: a quarter
 *                or more of its readings equal the one before.
 */
enum detection_noise_kind {
    DETECTION_INDEPENDENT,
    DETECTION_NEAR,
    DETECTION_WANDER,
    DETECTION_COARSE
};
const char *detection_noise_name(enum detection_noise_kind kind);

#define DETECTION_READINGS_MIN 16u
/* Readings that make one median of the wandering, and those that are near to each other. */
#define DETECTION_MEDIAN 15u
/* Without brackets steps are looked for in so many readings, and not so near to an end. */
#define DETECTION_STEP_READINGS 60u
#define DETECTION_STEP_END 15u
/* With brackets, and of a freeze: so many stand on either side of what is injected, one of them
 * whole. */
#define DETECTION_END 2u

struct detection_noise {
    struct clock_question question;
    enum detection_noise_kind kind;
    struct clock_bracket
        *slot;                 /* owned; the times are used, and whether readings are single */
    double *low, *high, *bend; /* owned with low; in ns; bends second differences of medians */
    size_t n, bends;
    int single;                  /* one reading a bracket */
    double coarse_ns, period_ns; /* the clock's step; after so long the times come again */
};

/*
 * Returns 0; 1 if nothing can be injected here, with the reason in a sentence; -1 if memory is
 * short. detection_noise_free() in any case.
 */
int detection_noise_read(const struct clock_bracket *bracket, size_t n,
                         const struct clock_question *question, struct detection_noise *out,
                         char reason[160]);
void detection_noise_free(struct detection_noise *noise);

/* --- clocks: series with that noise (detection_clock.c) --- */

struct detection_injection {
    enum detection_kind kind;
    double size;  /* with its sign, of a rate; 0: nothing */
    double at_ns; /* true time, as in the brackets */
    size_t first; /* bracket that is read at or after it */
};

/* A series of `readings` brackets with this distortion; room for them at `out`. Returns 0, or 1 if
 * the series has no room for the distortion. */
int detection_draw(const struct detection_noise *noise, size_t readings,
                   enum detection_kind kind, double size, gsl_rng *rng,
                   struct clock_bracket *out, struct detection_injection *injection);

/* What is said of a series; the one judge of the program is detection_judge(). */
typedef int detection_judge_fn(const struct clock_bracket *bracket, size_t n,
                               const struct clock_question *question,
                               const struct detection_injection *injection,
                               struct detection_outcome *out);
detection_judge_fn detection_judge;

/*
 * The curve of `kind` for series of `readings` brackets with the noise of any of the boots given.
 * judge: NULL for detection_judge. Returns 0 or -1 as detection_search(); out->reason says why
 * there is no limit.
 */
int detection_clock_curve(const struct detection_noise *noise, size_t boots,
                          enum detection_kind kind, size_t readings,
                          const struct detection_setting *setting, detection_judge_fn *judge,
                          struct detection_curve *out);

/* --- steal (detection_steal.c) --- */

/*
 * Samples of one boot (analysis/recover/recover.h), of which a stretch of `readings` is taken
 * by chance and a gap put into one of its intervals of known work, drawn by chance: the
 * interval takes longer, all that follows comes later, and the guest's clock runs on. Returns
 * as above.
 */
struct detection_boot {
    const struct recover_sample *sample;
    size_t n;
    struct clock_question question;
};
int detection_steal_curve(const struct detection_boot *boot, size_t boots, size_t readings,
                          const struct detection_setting *setting,
                          struct detection_curve *out);

#endif
