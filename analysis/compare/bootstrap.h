/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/compare/bootstrap.h - hierarchical bootstrap of the ratio of medians, the second
 * view of a comparison.
 *
 * One resample draws boots with replacement, in each boot drawn its iterations with replacement,
 * takes each one's median and the median of these; a side over the other is the ratio. Drawing
 * iterations alone, as if they were independent, gives intervals that cover the truth in a third
 * of all cases where they say 95 % (tests/unit/test_bootstrap.c).
 *
 * Deterministic: the same data, resamples and seed give the same interval (GSL's MT19937).
 */
#ifndef ETALON_ANALYSIS_COMPARE_BOOTSTRAP_H
#define ETALON_ANALYSIS_COMPARE_BOOTSTRAP_H

#include <stddef.h>

#include "analysis/stats.h"

struct bootstrap_boot {
    const double *sorted; /* iterations of a boot, ascending */
    size_t n;             /* > 0 */
};

struct bootstrap_setting {
    size_t resamples;
    double confidence;
    unsigned long seed;
};

/* 2000 resamples, 95 %, a fixed seed. */
extern const struct bootstrap_setting bootstrap_default;

/*
 * Median over boots of the boots' medians, a over b, with the percentile interval of the
 * resampled ratios (Efron and Tibshirani 1993, ch. 13; two levels as Kalibera and Jones, ISMM
 * 2013). One boot on a side: the ratio and no bounds, because nothing is known of how boots
 * differ. Simulated coverage of 95 %: 94 to 97 % with 5 to 30 boots, by intervals wider than
 * Welch's, because the median of few boots uses less of them. (The mean over boots in its place
 * would cover 88 % with 5.)
 *
 * The cost does not depend on the number of iterations: a resample's median is drawn by its rank,
 * which is Beta distributed, and not by drawing every iteration.
 *
 * Returns 0, or -1 for an empty side or boot, a value <= 0, no resamples, a bad confidence, or
 * too little memory.
 */
int bootstrap_median_ratio(const struct bootstrap_boot *a, size_t na,
                           const struct bootstrap_boot *b, size_t nb,
                           const struct bootstrap_setting *setting,
                           struct stats_interval *out);

#endif
