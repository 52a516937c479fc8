/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/compare/significance.h - what may be claimed of two sides, and of many such claims
 * at once.
 *
 * Pure functions: nothing is kept, printed or random. One value per boot goes in, because boots
 * are independent and the iterations inside one are not. NaN is a p that does not exist; it is
 * passed on and never counted as a claim.
 *
 * Not handled here: how a figure or its interval comes about (analysis/summary.h).
 */
#ifndef ETALON_ANALYSIS_COMPARE_SIGNIFICANCE_H
#define ETALON_ANALYSIS_COMPARE_SIGNIFICANCE_H

#include <stddef.h>

/* So many values on both sides together are counted out. Up to here every count of arrangements,
 * at most C(50, 25) = 1.3e14, is a whole number that a double holds. */
#define SIGNIFICANCE_EXACT_MAX 50u

struct significance_rank {
    double u;  /* pairs in which a's value is the larger one, ties counted half */
    double p;  /* two-sided: as far from the middle as this, or farther */
    int exact; /* p is a count of all arrangements, ties and all; else the normal approximation
                  with the correction for ties and for continuity */
};

/*
 * Mann and Whitney's rank test of a against b (Ann. Math. Stat. 18, 1947). Exact: the
 * distribution of the rank sum over all C(na + nb, na) arrangements of the very values, with
 * mid-ranks where they tie. Returns 0, or -1 for an empty side, a NaN or too little memory.
 */
int significance_mann_whitney(const double *a, size_t na, const double *b, size_t nb,
                              struct significance_rank *out);

/*
 * Holm's step-down adjustment (Scand. J. Stat. 6, 1979): the i-th smallest of m p-values times
 * m - i + 1, never smaller than the one before it, at most 1. A claim with adjusted p <= alpha
 * may be made; all such claims together are wrong with probability alpha at most, however they
 * hang together. NaN stays NaN and does not count in m. p and adjusted may be the same array.
 * Returns 0, or -1 if memory is short.
 */
int significance_holm(const double *p, size_t n, double *adjusted);

/*
 * Two one-sided tests (Schuirmann 1987) of a logarithm of a ratio: estimate, its standard error
 * and degrees of freedom against the margin (a ratio > 1). p is that of the weaker of the two
 * claims "below log margin" and "above -log margin"; small means equivalent. A standard error of
 * 0 is an exact ratio: p is 0 inside the margin and 1 outside. NaN unless margin > 1,
 * error >= 0 and df > 0 (or error == 0).
 */
double significance_equivalence(double log_ratio, double error, double df, double margin);

#endif
