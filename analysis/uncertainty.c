/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/uncertainty.c - combining parts; see uncertainty.h.
 */
#include "analysis/uncertainty.h"

#include <math.h>

double uncertainty_combine(const struct uncertainty_part *parts, size_t n,
                           const char **dominant)
{
    double sum = 0, largest = 0;

    if (dominant)
        *dominant = NULL;
    for (size_t i = 0; i < n; i++) {
        sum += parts[i].u * parts[i].u;
        if (parts[i].u > largest) {
            largest = parts[i].u;
            if (dominant)
                *dominant = parts[i].name;
        }
    }
    return sqrt(sum);
}

void uncertainty_ratio_bounds(double a, double ua, double b, double ub, double *low,
                              double *high)
{
    *low = a - ua > 0 ? (a - ua) / (b + ub) : 0;
    *high = b - ub > 0 ? (a + ua) / (b - ub) : INFINITY;
}

int uncertainty_decimals(double u, int max)
{
    int decimals;

    if (!(u > 0) || !isfinite(u))
        return max;
    decimals = (int)ceil(-log10(u));
    return decimals < max ? decimals : max;
}

int uncertainty_distinguishable(double low, double high, double reference)
{
    return !isnan(low) && !isnan(high) && (low > reference || high < reference);
}
