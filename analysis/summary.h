/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summary.h - from the iterations of some boots to one figure, and from two figures to
 * a ratio. Pure functions over arrays.
 *
 * What a figure rests on:
 *   exact       a deterministic bench, and all boots had one seed: the boots are one boot
 *               repeated. The figure is exact to one timer step; repetition proves that and
 *               adds nothing, so there is no interval.
 *   sampled     boots are samples: each its own seed, or a bench that is not deterministic. The
 *               interval is Student's t on the logs of the boots' medians, joined with the
 *               uncertainty of a single interval.
 *   single      one boot where boots are samples: a value and no interval
 *   differs     a deterministic bench gave two medians for one seed: the boots were not the same
 *               boot after all, something among their inputs differed. They count as samples, and the report says so.
 */
#ifndef ETALON_ANALYSIS_SUMMARY_H
#define ETALON_ANALYSIS_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#define SUMMARY_SEED_BYTES 24
#define SUMMARY_CONFIDENCE 0.95

enum summary_basis {
    SUMMARY_EMPTY, /* no iteration may be used */
    SUMMARY_EXACT,
    SUMMARY_SAMPLED,
    SUMMARY_SINGLE,
    SUMMARY_DIFFERS,
};

const char *summary_basis_name(enum summary_basis b); /* exact, sampled, single boot … */

struct summary_boot { /* iterations of one run in one boot */
    char seed[SUMMARY_SEED_BYTES];
    double *ns; /* true time, in order of iteration; owned by the caller */
    size_t n, capacity;
    double u_ns; /* expanded uncertainty of one interval (k = 2), the largest */
};

struct summary_figure { /* all times in ns, NaN where not defined */
    enum summary_basis basis;
    size_t n, boots; /* iterations and boots that count; exact: those of one seed, all boots */
    double median_ns;              /* median over boots of the boot's median */
    double low_ns, high_ns;        /* 95 %, from boots */
    double p50_ns, p99_ns, max_ns; /* of all iterations that count */
    double u_ns;                   /* of one interval */
    double *mean_ns; /* mean of each independent boot; freed by summary_release() */
    size_t *mean_of; /* which of the boots each is of; freed likewise */
    size_t means;
};

/* Returns 0, or -1 if memory is short. */
int summary_assess(const struct summary_boot *boot, size_t boots, int deterministic,
                   struct summary_figure *out);
void summary_release(struct summary_figure *f);

struct summary_ratio {
    double ratio, low, high; /* of times per unit of work; above 1: slower. NaN: none */
    double df;               /* of Student's t in the bounds; 0: they are limits, or none */
    int distinguishable;     /* bounds are known and exclude 1 */
};

/*
 * a / b, each divided by its work. Exact figures: ratio of the medians, bounds from one step on
 * either side (worst case). Otherwise the ratio of geometric means of boot means with Welch's
 * interval on logs, joined with the uncertainty of the intervals; without two boots on a side
 * that is not exact there are no bounds.
 */
void summary_compare(const struct summary_figure *a, double work_a,
                     const struct summary_figure *b, double work_b, struct summary_ratio *out);

#endif
