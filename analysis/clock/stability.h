/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/stability.h - frequency stability of a clock from evenly spaced phase.
 *
 * Phase x[i], i = 0 … n - 1, is the clock's offset from true time in seconds (any unit does: a
 * result has the unit of x over the unit of tau0), tau0 apart. An averaging time is tau = m tau0.
 * Formulas and their numbers are those of NIST SP 1065 (W. J. Riley, Handbook of Frequency
 * Stability Analysis, 2008), section 5.2; N below is n.
 *
 *   ADEV    5.2.2   second differences at stride m, side by side
 *   OADEV   5.2.4   the same at every start
 *   MDEV    5.2.5   second differences of phase averaged over m, at every start
 *   TDEV    5.2.6   tau MDEV / sqrt(3), in the unit of x
 *   HDEV    5.2.8   third differences at stride m, side by side
 *   OHDEV   5.2.9   the same at every start
 *   TOTDEV  5.2.11  second differences at every point, phase mirrored at both ends
 *   MTIE    5.2.17  largest peak-to-peak of phase within any window of m + 1 points, unit of x
 *
 * All are O(n): MDEV by running sums, MTIE by two monotone queues.
 *
 * Intervals (5.3.2, 5.4.1): the variance over its expectation is chi-squared over its equivalent
 * degrees of freedom, which hang on the noise. Degrees of freedom by the sums of C. Greenhall and
 * W. Riley, "Uncertainty of stability variances based on finite differences" (PTTI 2003), taken
 * in full instead of by their fitted tables; of TOTDEV by the coefficients of 5.4.2. Noise is
 * told by the lag-1 autocorrelation (5.5.3 to 5.5.6).
 *
 * Not handled here: gaps (stability_resample() says what it does with them), dead time, drift
 * removal; bias of TOTDEV; MTIE has no interval.
 */
#ifndef ETALON_ANALYSIS_CLOCK_STABILITY_H
#define ETALON_ANALYSIS_CLOCK_STABILITY_H

#include <stddef.h>

enum stability_kind {
    STABILITY_ADEV,
    STABILITY_OADEV,
    STABILITY_MDEV,
    STABILITY_TDEV,
    STABILITY_HDEV,
    STABILITY_OHDEV,
    STABILITY_TOTDEV,
    STABILITY_MTIE,
    STABILITY_KINDS
};

const char *stability_name(enum stability_kind kind); /* "ADEV" … */

/* The deviation at m. NaN if m is 0, n too small for one difference, or memory is short. */
double stability_deviation(enum stability_kind kind, const double *x, size_t n, double tau0,
                           size_t m);

/* Largest m that gives a figure; 0: none. */
size_t stability_longest(enum stability_kind kind, size_t n);

/*
 * Exponent alpha of the power law S_y(f) ~ f^alpha that the phase looks like at m: 2 white PM,
 * 1 flicker PM, 0 white FM, -1 flicker FM, -2 random walk FM, down to -4. Needs 30 points after
 * thinning to one in m; with fewer the largest smaller m that leaves 30 is asked instead. Returns
 * 0, or -1 if n < 30 or all phase is a line.
 */
int stability_noise(const double *x, size_t n, size_t m, int *alpha);
const char *stability_noise_name(int alpha); /* "white FM" … */

/* Equivalent degrees of freedom of the variance; NaN where none are known (MTIE, alpha beyond
 * what the differences remove, too few points). */
double stability_edf(enum stability_kind kind, int alpha, size_t n, size_t m);

/* Interval of a deviation with edf degrees of freedom; NaN if edf is not > 0. */
void stability_interval(double deviation, double edf, double confidence, double *low,
                        double *high);

struct stability_row { /* one line of a table */
    size_t m;
    double tau;
    double deviation[STABILITY_KINDS], low[STABILITY_KINDS], high[STABILITY_KINDS]; /* NaN */
    int noise_known, alpha;
};

#define STABILITY_ROWS 64

/* Rows for m = 1, 2, 4 … as long as OADEV has a figure. Returns their number. */
size_t stability_table(const double *x, size_t n, double tau0, double confidence,
                       struct stability_row row[STABILITY_ROWS]);

/*
 * Phase at `out_n` even points from t[0] to t[n - 1] (t ascending) by straight lines between
 * neighbours. It is for readings that come at nearly even times; a gap becomes a line, which
 * looks more stable than the clock was. Returns the largest gap over the new spacing, so that a
 * caller can say so (1: they were even); NaN if t does not ascend or there are too few points.
 */
double stability_resample(const double *t, const double *x, size_t n, double *out,
                          size_t out_n);

#endif
