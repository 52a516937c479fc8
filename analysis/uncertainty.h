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
