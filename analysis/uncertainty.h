/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/uncertainty.h - combine the parts of an uncertainty and print no digit too many.
 *
 * Every part is an expanded uncertainty (k = 2) in the unit of the figure. Independent parts
 * combine as the root of the sum of squares (GUM, JCGM 100:2008, 5.1.2); the part with the
 * largest square is the one that dominates.
 */
#ifndef ETALON_ANALYSIS_UNCERTAINTY_H
#define ETALON_ANALYSIS_UNCERTAINTY_H

#include <stddef.h>

struct uncertainty_part {
    const char *name; /* "timer step", "timebase", "marker path", "boots" … */
    double u;         /* k = 2; >= 0 */
};

/* Root of the sum of squares. *dominant (may be NULL) receives the name of the largest part,
 * or NULL if all are 0. */
double uncertainty_combine(const struct uncertainty_part *parts, size_t n,
                           const char **dominant);

/*
 * A budget after JCGM 100:2008: result = f(x_1 … x_n) to first order, components independent.
 *
 *   u_c^2 = sum (c_i u_i)^2              5.1.2, c_i the sensitivity: d result / d x_i
 *   nu_eff = u_c^4 / sum (c_i u_i)^4 / nu_i    G.4.1 (Welch, Satterthwaite), truncated to a whole
 *   U = t(nu_eff, confidence) u_c        G.3.2
 *
 * Checked by propagating distributions (JCGM 101) in tests/unit/test_budget.c.
 * Not handled here: correlated components, second-order terms.
 */
enum uncertainty_shape { /* of a component of known half-width (type B); what its u is */
                         UNCERTAINTY_NORMAL,      /* half-width at k = 2 */
                         UNCERTAINTY_RECTANGULAR, /* a / sqrt(3) */
                         UNCERTAINTY_TRIANGULAR,  /* a / sqrt(6) */
};
double uncertainty_standard(enum uncertainty_shape shape, double half_width);

struct uncertainty_component {
    const char *name, *unit; /* unit of u */
    double u;                /* standard uncertainty; >= 0 */
    double sensitivity;      /* unit of the result over unit of u */
    double df;               /* INFINITY: known */
};

struct uncertainty_budget {
    double u_c;      /* standard uncertainty of the result */
    double df;       /* effective, whole; INFINITY */
    double k;        /* coverage factor */
    double expanded; /* k u_c */
    size_t dominant; /* component with the largest share; n: all are 0 */
};

/* Returns 0, or -1 for a confidence not within (0, 1), a negative u or df < 1. */
int uncertainty_budget(const struct uncertainty_component *component, size_t n,
                       double confidence, struct uncertainty_budget *out);

/*
 * The budget of one interval by the external timer, in ns: quantisation of both edges, the rate of
 * the timer, the marker path. Returns the number of components written.
 */
struct uncertainty_interval {
    double true_ns;
    double step_ns;      /* of the timer; both edges uniform within it */
    double timebase_ppb; /* standard uncertainty of the rate */
    double timebase_df;
    double path_ns; /* standard deviation of null */
    double path_df; /* its nulls less one */
};
#define UNCERTAINTY_INTERVAL_COMPONENTS 3u
size_t
uncertainty_of_interval(const struct uncertainty_interval *interval,
                        struct uncertainty_component out[UNCERTAINTY_INTERVAL_COMPONENTS]);

/*
 * Bounds of a / b where a and b are known to ± ua and ± ub (worst case, because a timer step
 * is a hard limit and not a spread). A denominator that may be 0 gives high = infinity; a
 * numerator that may be below 0 gives low = 0.
 */
void uncertainty_ratio_bounds(double a, double ua, double b, double ub, double *low,
                              double *high);

/* Decimals to print of a figure whose half-width is u: the first digit that u leaves in doubt
 * is the last one shown. At most max; negative: round to tens, hundreds …; u <= 0 or not
 * finite gives max. */
int uncertainty_decimals(double u, int max);

/* 1 if [low, high] is known and excludes `reference`. */
int uncertainty_distinguishable(double low, double high, double reference);

#endif
