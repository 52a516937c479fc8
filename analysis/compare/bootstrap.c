/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/compare/bootstrap.c - boots, then iterations; see bootstrap.h.
 */
#include "analysis/compare/bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

const struct bootstrap_setting bootstrap_default = {2000, 0.95, 20110731};

static double at(const struct bootstrap_boot *boot, double share)
{
    size_t i = (size_t)((double)boot->n * share);

    return boot->sorted[i < boot->n ? i : boot->n - 1];
}

/*
 * Median of n values drawn with replacement from the n of the boot. The k-th smallest of n
 * uniform numbers is Beta(k, n - k + 1); where n is even the next one above it is the smallest of
 * the n - k that are left over the rest of the range.
 */
static double redrawn_median(const struct bootstrap_boot *boot, gsl_rng *rng)
{
    const size_t n = boot->n, k = (n + 1) / 2;
    double low, high;

    if (n == 1)
        return boot->sorted[0];
    low = gsl_ran_beta(rng, (double)k, (double)(n - k + 1));
    if (n % 2)
        return at(boot, low);
    high = low + (1 - low) * (1 - pow(gsl_rng_uniform_pos(rng), 1.0 / (double)(n - k)));
    return (at(boot, low) + at(boot, high)) / 2;
}

static double redrawn_side(const struct bootstrap_boot *boot, size_t boots, gsl_rng *rng,
                           double *median)
{
    for (size_t i = 0; i < boots; i++)
        median[i] = redrawn_median(&boot[gsl_rng_uniform_int(rng, boots)], rng);
    stats_sort(median, boots);
    return stats_quantile_sorted(median, boots, 0.5);
}

static double side(const struct bootstrap_boot *boot, size_t boots, double *median)
{
    for (size_t i = 0; i < boots; i++)
        median[i] = stats_quantile_sorted(boot[i].sorted, boot[i].n, 0.5);
    stats_sort(median, boots);
    return stats_quantile_sorted(median, boots, 0.5);
}

static int usable(const struct bootstrap_boot *boot, size_t boots)
{
    for (size_t i = 0; i < boots; i++)
        if (!boot[i].n || !(boot[i].sorted[0] > 0))
            return 0;
    return boots > 0;
}

int bootstrap_median_ratio(const struct bootstrap_boot *a, size_t na,
                           const struct bootstrap_boot *b, size_t nb,
                           const struct bootstrap_setting *setting, struct stats_interval *out)
{
    const double tail = (1 - setting->confidence) / 2;
    double *median, *ratio;
    gsl_rng *rng;
    int rc = -1;

    if (!usable(a, na) || !usable(b, nb) || !setting->resamples || !(tail > 0 && tail < 0.5))
        return -1;
    median = malloc((na > nb ? na : nb) * sizeof(*median));
    ratio = malloc(setting->resamples * sizeof(*ratio));
    rng = gsl_rng_alloc(gsl_rng_mt19937);
    if (!median || !ratio || !rng)
        goto out;
    gsl_rng_set(rng, setting->seed);
    *out = (struct stats_interval){side(a, na, median) / side(b, nb, median), NAN, NAN, 0};
    rc = 0;
    if (na < 2 || nb < 2)
        goto out;
    for (size_t i = 0; i < setting->resamples; i++) {
        double over = redrawn_side(a, na, rng, median);

        ratio[i] = over / redrawn_side(b, nb, rng, median);
    }
    stats_sort(ratio, setting->resamples);
    out->low = stats_quantile_sorted(ratio, setting->resamples, tail);
    out->high = stats_quantile_sorted(ratio, setting->resamples, 1 - tail);
out:
    free(median);
    free(ratio);
    if (rng)
        gsl_rng_free(rng);
    return rc;
}
