/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/stats.h - descriptive statistics and interval estimates over arrays.
 *
 * Pure functions: no allocation is kept, nothing is printed, no randomness. Arrays are never
 * changed unless the name says sort. Where GSL has the function, GSL computes it.
 *
 * NaN means "not defined for this input" (an empty array, the deviation of one value) and is
 * the only way these functions refuse, except where an int is returned.
 *
 * Not handled here: weights, missing values, autocorrelated samples (callers pass one value a
 * boot, which is what makes samples independent).
 */
#ifndef ETALON_ANALYSIS_STATS_H
#define ETALON_ANALYSIS_STATS_H

#include <stddef.h>
#include <stdint.h>

double stats_mean(const double *x, size_t n);
/* Sample standard deviation, divisor n - 1. NaN for n < 2. */
double stats_sd(const double *x, size_t n);
/* NaN unless all x > 0. */
double stats_geometric_mean(const double *x, size_t n);
double stats_min(const double *x, size_t n);
double stats_max(const double *x, size_t n);
/* Lag-1 autocorrelation about the common mean, as NIST StRD defines it. */
double stats_lag1(const double *x, size_t n);

void stats_sort(double *x, size_t n); /* ascending */

/*
 * Quantile 0 <= p <= 1 of ascending data, type 7 of Hyndman and Fan (1996), the definition of
 * GSL, R and NumPy: linear between order statistics at h = (n - 1) p.
 */
double stats_quantile_sorted(const double *sorted, size_t n, double p);
/* Quantile and median of data in any order; they copy. NaN if memory is short. */
double stats_quantile(const double *x, size_t n, double p);
double stats_median(const double *x, size_t n);

/*
 * Distribution-free interval for the quantile p of n independent values: the values of rank
 * *low and *high (from 1) bound it with at least the confidence asked for, whatever the
 * distribution, because the number of values below the quantile is binomial (David and
 * Nagaraja, Order Statistics, 3rd ed., section 7.1). Each tail takes half of what is left. A
 * rank of 0 (low) or n + 1 (high) says that no value of the sample is far enough out: there is no
 * bound on that side. Returns 0, or -1 unless n > 0, 0 < p < 1 and 0 < confidence < 1.
 */
int stats_quantile_ranks(size_t n, double p, double confidence, size_t *low, size_t *high);

/* Share of the population that at most lies beyond the largest of n independent values, with
 * this confidence: 1 - (1 - confidence)^(1/n) (ibid., 7.2). NaN for n == 0. */
double stats_beyond_max(size_t n, double confidence);

/* Mid-point and bounds of an interval estimate; low and high are NaN where none exists. */
struct stats_interval {
    double value, low, high;
    double df; /* degrees of freedom; 0 where Student's t was not used */
};

/*
 * Interval for the location of positive values: Student's t on their logarithms, so value is
 * the geometric mean. n == 1 gives the value and no bounds. Returns 0, or -1 unless n > 0,
 * all x > 0 and 0 < confidence < 1.
 */
int stats_log_mean_interval(const double *x, size_t n, double confidence,
                            struct stats_interval *out);

/*
 * Ratio of geometric means a / b with Welch's t interval on the logarithms (Welch 1947;
 * degrees of freedom by Welch and Satterthwaite). One value per boot goes in. With fewer than
 * two values on a side the ratio is given without bounds; with no spread at all the bounds
 * equal the ratio. Returns 0, or -1 for an empty side, a value <= 0 or a bad confidence.
 */
int stats_welch_ratio(const double *a, size_t na, const double *b, size_t nb,
                      double confidence, struct stats_interval *out);

/*
 * Theil-Sen slope of y on x: the median of the slopes of all pairs with different x, and Sen's
 * interval from Kendall's variance without ties (Sen 1968). intercept = median of
 * y - slope * x. More than STATS_THEIL_SEN_MAX points are thinned evenly (first and last are
 * kept), because the number of pairs grows with the square. n < 3 gives no bounds.
 *
 * Sen's interval holds for independent residuals only; ask stats_runs_z() before believing it.
 * Returns 0, or -1 when no two x differ or memory is short.
 */
#define STATS_THEIL_SEN_MAX 1500u
int stats_theil_sen(const double *x, const double *y, size_t n, double confidence,
                    struct stats_interval *slope, double *intercept);

/*
 * Wald-Wolfowitz runs test of the signs of x about its median: the standard normal score of
 * the number of runs. Strongly negative: neighbours hang together. Values equal to the median
 * are left out; NaN if fewer than 10 on either side remain.
 */
double stats_runs_z(const double *x, size_t n);

/* Distinct values in ascending order with their counts: the empirical distribution. */
struct stats_step {
    double value;
    size_t count;
    double at_most; /* share of samples <= value; 1 at the last step */
};

/* Fills out[0 … min(max, distinct)) and returns the number of distinct values, which may be
 * larger than `max`. `sorted` is ascending. */
size_t stats_ecdf(const double *sorted, size_t n, struct stats_step *out, size_t max);

/*
 * Equal-width histogram: counts[i] of values in [low + i w, low + (i + 1) w), w = (high - low)
 * / bins; the last bin includes high. Returns the number of values outside [low, high].
 */
size_t stats_histogram(const double *x, size_t n, double low, double high, size_t *counts,
                       size_t bins);

#endif
