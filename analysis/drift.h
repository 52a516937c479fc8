/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/drift.h - all that is said of a clock: what `etalon drift` prints and certifies.
 *
 * A drift_set owns its clocks; drift_free() frees all. Clocks stand in the order of the view
 * `clocks`: by boot, then by name.
 */
#ifndef ETALON_ANALYSIS_DRIFT_H
#define ETALON_ANALYSIS_DRIFT_H

#include <stddef.h>

#include "analysis/clock_series.h"
#include "analysis/detection.h"
#include "analysis/stability.h"
#include "base/err.h"

struct query;
struct query_campaign;

#define DRIFT_WIDE 10.0

struct drift_clock {
    struct clock_series s; /* bracket owned */
    struct clock_question question;
    struct clock_assessment a;
    struct clock_event *event;
    size_t events;
    enum clock_verdict *verdict; /* of each bracket; NULL for ticks of no stated frequency */
    size_t samples[CLOCK_VERDICTS]; /* of them */

    /* Phase, the offset's middle less its first, at as many even times as there are readings from the first to the last, by
     * straight lines where readings came unevenly; largest_gap is in units of tau0_s. A reading
     * whose bracket is more than DRIFT_WIDE times as wide as the median one was held up on its way
     * and is left out. Not of processor time. */
    double tau0_s, largest_gap;
    size_t left_out;
    struct stability_row row[STABILITY_ROWS];
    size_t rows;
};

struct drift_pair { /* two clocks of one boot, read around the same intervals */
    size_t a, b;    /* of drift_set.clock */
    double offset_ns,
        offset_u_ns; /* median of offset a - offset b, each against its first; bound
                                      by the brackets */
    double skew_ppm, skew_low, skew_high; /* of a against b */
};

struct drift_closure { /* the worst of the triples of one boot: A to B, B to C, A to C */
    int64_t boot;
    size_t a, b, c;
    double offset_ns, offset_u_ns; /* AB + BC - AC, and the sum of their bounds */
    double skew_ppm, skew_u_ppm;
    int closes; /* in all triples of the boot */
};

/* What would be found of a distortion, at so much power: of the clean boots of one platform, variant
 * and clock together. */
struct drift_power {
    char platform[CLOCK_PLATFORM_BYTES], variant[CLOCK_PLATFORM_BYTES], name[CLOCK_NAME_BYTES];
    size_t boots, left_out; /* clean ones; others */
    enum detection_noise_kind noise;
    char reason[160];              /* of the last one left out */
    struct detection_curve *curve; /* owned; by kind, each the whole length first */
    size_t curves;
};

#define DRIFT_STEAL_NAME "known work" /* the clock's name, of steal */

struct drift_set {
    struct drift_clock *clock;
    size_t n;
    struct drift_pair *pair;
    size_t pairs;
    struct drift_closure *closure;
    size_t closures;
    struct drift_power *power; /* by drift_find_power(); none before */
    size_t powers;
    struct detection_setting setting; /* of them */
    int bounded;                      /* of a file: it has brackets */
};

struct drift_filter {
    int64_t boot;                 /* -1: any */
    const char *platform, *clock; /* NULL: any */
};

/* Both return 0 or a negative error code; `out` may be freed in either case. */
int drift_read_campaign(struct query *q, const struct query_campaign *c,
                        const struct drift_filter *filter, struct drift_set *out,
                        struct err *e);
/* The same without the matrix, one clock after another in the order of reading: `take` borrows a
 * set of one clock, and what it returns other than 0 ends the reading and is returned. */
int drift_each_clock(struct query *q, const struct query_campaign *c,
                     const struct drift_filter *filter,
                     int (*take)(void *opaque, const struct drift_set *one), void *opaque,
                     struct err *e);
/* A file of pairs (analysis/pairs.h); the clock is named after it, without folder and ending. */
int drift_read_pairs(const char *path, struct drift_set *out, struct err *e);
void drift_free(struct drift_set *set);

/* The matrix of the clocks that are in `set` already (drift_matrix.c). */
int drift_compare_clocks(struct drift_set *set, struct err *e);

/*
 * Power of every clock in `set` (drift_power.c): for as many readings as its boots have, a half, a
 * quarter and an eighth of them, and for length_s of true time if that is > 0 (more than there
 * are: marked as extrapolated). drift_find_steal_power() adds that of finding steal where the
 * campaign has known work, of boots that are in `set`; a gap shows in its own interval alone, so
 * stretches of DRIFT_STEAL_READINGS intervals stand for any length. The same input gives the same
 * figures.
 */
#define DRIFT_STEAL_READINGS 100u
int drift_find_power(struct drift_set *set, const struct detection_setting *setting,
                     double length_s, struct err *e);
int drift_find_steal_power(struct query *q, const struct query_campaign *c,
                           struct drift_set *set, const struct detection_setting *setting,
                           struct err *e);
void drift_free_power(struct drift_set *set);

#endif
