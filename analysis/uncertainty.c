/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/uncertainty.c - combining parts; see uncertainty.h.
 */
#include "analysis/uncertainty.h"

#include <gsl/gsl_cdf.h>
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

double uncertainty_standard(enum uncertainty_shape shape, double half_width)
{
    static const double divisor_square[] = {
        [UNCERTAINTY_NORMAL] = 4, [UNCERTAINTY_RECTANGULAR] = 3, [UNCERTAINTY_TRIANGULAR] = 6};

    return half_width / sqrt(divisor_square[shape]);
}

int uncertainty_budget(const struct uncertainty_component *component, size_t n,
                       double confidence, struct uncertainty_budget *out)
{
    double square = 0, fourth = 0, largest = 0;

    *out = (struct uncertainty_budget){.df = INFINITY, .dominant = n};
    if (!(confidence > 0 && confidence < 1))
        return -1;
    for (size_t i = 0; i < n; i++) {
        const double part = fabs(component[i].sensitivity) * component[i].u;

        if (!(component[i].u >= 0) || !(component[i].df >= 1))
            return -1;
        square += part * part;
        fourth += part * part * part * part / component[i].df;
        if (part > largest) {
            largest = part;
            out->dominant = i;
        }
    }
    out->u_c = sqrt(square);
    if (fourth > 0)
        out->df = floor(square * square / fourth * (1 + 1e-12));
    out->k = isfinite(out->df) ? gsl_cdf_tdist_Pinv(0.5 + confidence / 2, out->df)
                               : gsl_cdf_ugaussian_Pinv(0.5 + confidence / 2);
    out->expanded = out->k * out->u_c;
    return 0;
}

size_t
uncertainty_of_interval(const struct uncertainty_interval *v,
                        struct uncertainty_component out[UNCERTAINTY_INTERVAL_COMPONENTS])
{
    /* The difference of two uniform edges is a triangle whose half-width is a step. */
    out[0] = (struct uncertainty_component){
        "timer step", "ns", uncertainty_standard(UNCERTAINTY_TRIANGULAR, v->step_ns), 1,
        INFINITY};
    out[1] = (struct uncertainty_component){"timebase", "ppb", v->timebase_ppb,
                                            v->true_ns * 1e-9, v->timebase_df};
    out[2] = (struct uncertainty_component){"marker path", "ns", v->path_ns, 1, v->path_df};
    return UNCERTAINTY_INTERVAL_COMPONENTS;
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
