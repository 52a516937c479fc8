/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/stats.c - statistics over arrays; see stats.h.
 */
#include "analysis/stats.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

double stats_mean(const double *x, size_t n)
{
    return n ? gsl_stats_mean(x, 1, n) : NAN;
}

double stats_sd(const double *x, size_t n)
{
    return n > 1 ? gsl_stats_sd(x, 1, n) : NAN;
}

/* Mean of the logarithms, or NaN. Kept apart because every interval here lives on logs. */
static double mean_log(const double *x, size_t n)
{
    long double sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (!(x[i] > 0))
            return NAN;
        sum += logl((long double)x[i]);
    }
    return n ? (double)(sum / (long double)n) : NAN;
}

static double variance_log(const double *x, size_t n, double mean)
{
    long double sum = 0;

    for (size_t i = 0; i < n; i++) {
        long double d = logl((long double)x[i]) - (long double)mean;

        sum += d * d;
    }
    return (double)(sum / (long double)(n - 1));
}

static int all_equal(const double *x, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (x[i] != x[0])
            return 0;
    return 1;
}

double stats_geometric_mean(const double *x, size_t n)
{
    /* exp(log(x)) is not x to the last bit; equal values must stay what they are. */
    if (n && x[0] > 0 && all_equal(x, n))
        return x[0];
    return exp(mean_log(x, n));
}

double stats_min(const double *x, size_t n)
{
    return n ? gsl_stats_min(x, 1, n) : NAN;
}

double stats_max(const double *x, size_t n)
{
    return n ? gsl_stats_max(x, 1, n) : NAN;
}

double stats_lag1(const double *x, size_t n)
{
    double mean = stats_mean(x, n);
    long double above = 0, below = 0;

    if (n < 2)
        return NAN;
    for (size_t i = 0; i < n; i++) {
        long double d = (long double)x[i] - (long double)mean;

        below += d * d;
        if (i)
            above += d * ((long double)x[i - 1] - (long double)mean);
    }
    return (double)(above / below);
}

/* --- sorting: by digits of the bits, as GSL's heap walks all of a large array at random --- */

#define DIGIT_BITS 8
#define DIGITS (64 / DIGIT_BITS)
#define DIGIT_VALUES (1u << DIGIT_BITS)
#define SORT_BY_DIGITS 256 /* from so many on */

/* Doubles as integers of the same order: IEEE 754 orders by magnitude below the sign. */
static uint64_t to_key(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double from_key(uint64_t key)
{
    const uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
    double x;

    memcpy(&x, &bits, sizeof(x));
    return x;
}

static unsigned digit_of(uint64_t key, int digit)
{
    return (unsigned)(key >> (digit * DIGIT_BITS)) & (DIGIT_VALUES - 1);
}

/* One stable pass by one digit, whose values are so many; 0: all have the same, nothing is done. */
static int sort_by_digit(const uint64_t *from, uint64_t *to, size_t n, int digit,
                         const size_t *count)
{
    size_t at[DIGIT_VALUES], sum = 0;

    if (count[digit_of(from[0], digit)] == n)
        return 0;
    for (unsigned v = 0; v < DIGIT_VALUES; v++) {
        at[v] = sum;
        sum += count[v];
    }
    for (size_t i = 0; i < n; i++)
        to[at[digit_of(from[i], digit)]++] = from[i];
    return 1;
}

void stats_sort(double *x, size_t n)
{
    size_t count[DIGITS][DIGIT_VALUES] = {{0}};
    uint64_t *key = n < SORT_BY_DIGITS ? NULL : malloc(2 * n * sizeof(*key));
    uint64_t *from = key, *to;

    if (!key) {
        gsl_sort(x, 1, n);
        return;
    }
    to = key + n;
    for (size_t i = 0; i < n; i++) {
        from[i] = to_key(x[i]);
        for (int d = 0; d < DIGITS; d++)
            count[d][digit_of(from[i], d)]++;
    }
    for (int d = 0; d < DIGITS; d++)
        if (sort_by_digit(from, to, n, d, count[d])) {
            uint64_t *swap = from;

            from = to;
            to = swap;
        }
    for (size_t i = 0; i < n; i++)
        x[i] = from_key(from[i]);
    free(key);
}

double stats_quantile_sorted(const double *sorted, size_t n, double p)
{
    if (!n || !(p >= 0 && p <= 1))
        return NAN;
    return gsl_stats_quantile_from_sorted_data(sorted, 1, n, p);
}

double stats_quantile(const double *x, size_t n, double p)
{
    double *copy, q;

    if (!n)
        return NAN;
    copy = malloc(n * sizeof(*copy));
    if (!copy)
        return NAN;
    memcpy(copy, x, n * sizeof(*copy));
    stats_sort(copy, n);
    q = stats_quantile_sorted(copy, n, p);
    free(copy);
    return q;
}

double stats_median(const double *x, size_t n)
{
    return stats_quantile(x, n, 0.5);
}

int stats_log_mean_interval(const double *x, size_t n, double confidence,
                            struct stats_interval *out)
{
    double m, half;

    if (!n || !(confidence > 0 && confidence < 1) || isnan(mean_log(x, n)))
        return -1;
    *out = (struct stats_interval){stats_geometric_mean(x, n), NAN, NAN, 0};
    if (n < 2)
        return 0;
    out->df = (double)(n - 1);
    if (all_equal(x, n)) {
        out->low = out->high = out->value;
        return 0;
    }
    m = mean_log(x, n);
    half = gsl_cdf_tdist_Pinv(0.5 + confidence / 2, out->df) *
           sqrt(variance_log(x, n, m) / (double)n);
    out->low = exp(m - half);
    out->high = exp(m + half);
    return 0;
}

int stats_welch_ratio(const double *a, size_t na, const double *b, size_t nb,
                      double confidence, struct stats_interval *out)
{
    double ma = mean_log(a, na), mb = mean_log(b, nb), va, vb, v, half;

    if (!na || !nb || isnan(ma) || isnan(mb) || !(confidence > 0 && confidence < 1))
        return -1;
    *out = (struct stats_interval){stats_geometric_mean(a, na) / stats_geometric_mean(b, nb),
                                   NAN, NAN, 0};
    if (na < 2 || nb < 2)
        return 0;
    va = all_equal(a, na) ? 0 : variance_log(a, na, ma) / (double)na;
    vb = all_equal(b, nb) ? 0 : variance_log(b, nb, mb) / (double)nb;
    v = va + vb;
    if (v == 0) {
        out->low = out->high = out->value;
        return 0;
    }
    out->df = v * v / (va * va / (double)(na - 1) + vb * vb / (double)(nb - 1));
    half = gsl_cdf_tdist_Pinv(0.5 + confidence / 2, out->df) * sqrt(v);
    out->low = exp(ma - mb - half);
    out->high = exp(ma - mb + half);
    return 0;
}

/* Index of the i-th of `keep` points spread evenly over n, ends included. */
static size_t thin(size_t i, size_t keep, size_t n)
{
    return keep == n ? i : (size_t)((double)i * (double)(n - 1) / (double)(keep - 1) + 0.5);
}

static void sen_bounds(double *slopes, size_t pairs, size_t n, double confidence,
                       struct stats_interval *slope)
{
    double points = (double)n;
    double sigma = sqrt(points * (points - 1) * (2 * points + 5) / 18);
    double c = gsl_cdf_ugaussian_Pinv(0.5 + confidence / 2) * sigma;
    double low = floor(((double)pairs - c) / 2), high = ceil(((double)pairs + c) / 2);

    /* The interval runs from the M1-th to the (M2 + 1)-th smallest slope, counted from 1. */
    if (low < 1)
        low = 1;
    if (high > (double)pairs - 1)
        high = (double)pairs - 1;
    slope->low = gsl_stats_select(slopes, 1, pairs, (size_t)low - 1);
    slope->high = gsl_stats_select(slopes, 1, pairs, (size_t)high);
}

/* As stats_quantile_sorted() at 0.5. A million slopes take a tenth of the time that sorting them
 * does. */
static double select_median(double *x, size_t n)
{
    const double low = gsl_stats_select(x, 1, n, (n - 1) / 2);

    return n % 2 ? low : 0.5 * low + 0.5 * gsl_stats_select(x, 1, n, n / 2);
}

int stats_theil_sen(const double *x, const double *y, size_t n, double confidence,
                    struct stats_interval *slope, double *intercept)
{
    size_t keep = n > STATS_THEIL_SEN_MAX ? STATS_THEIL_SEN_MAX : n, pairs = 0;
    double *slopes, *rest;
    int rc = -1;

    if (n < 2)
        return -1;
    slopes = malloc(keep * (keep - 1) / 2 * sizeof(*slopes));
    rest = malloc(n * sizeof(*rest));
    if (!slopes || !rest)
        goto out;
    for (size_t i = 0; i < keep; i++) {
        size_t a = thin(i, keep, n);

        for (size_t j = i + 1; j < keep; j++) {
            size_t b = thin(j, keep, n);

            if (x[b] != x[a])
                slopes[pairs++] = (y[b] - y[a]) / (x[b] - x[a]);
        }
    }
    if (!pairs)
        goto out;
    *slope = (struct stats_interval){select_median(slopes, pairs), NAN, NAN, 0};
    if (keep > 2)
        sen_bounds(slopes, pairs, keep, confidence, slope);
    for (size_t i = 0; i < n; i++)
        rest[i] = y[i] - slope->value * x[i];
    if (intercept)
        *intercept = stats_median(rest, n);
    rc = 0;
out:
    free(slopes);
    free(rest);
    return rc;
}

double stats_runs_z(const double *x, size_t n)
{
    double median = stats_median(x, n), above = 0, below = 0, runs = 0, mean, variance;
    int last = 0;

    for (size_t i = 0; i < n; i++) {
        int sign = (x[i] > median) - (x[i] < median);

        if (!sign)
            continue;
        above += sign > 0;
        below += sign < 0;
        runs += sign != last;
        last = sign;
    }
    if (!(above >= 10 && below >= 10))
        return NAN;
    mean = 2 * above * below / (above + below) + 1;
    variance = (mean - 1) * (mean - 2) / (above + below - 1);
    return (runs - mean) / sqrt(variance);
}

size_t stats_ecdf(const double *sorted, size_t n, struct stats_step *out, size_t max)
{
    size_t distinct = 0, i = 0;

    while (i < n) {
        size_t first = i;

        while (i < n && sorted[i] == sorted[first])
            i++;
        if (distinct < max)
            out[distinct] =
                (struct stats_step){sorted[first], i - first, (double)i / (double)n};
        distinct++;
    }
    return distinct;
}

size_t stats_histogram(const double *x, size_t n, double low, double high, size_t *counts,
                       size_t bins)
{
    size_t outside = 0;

    memset(counts, 0, bins * sizeof(*counts));
    for (size_t i = 0; i < n; i++) {
        size_t bin;

        if (!(x[i] >= low && x[i] <= high)) {
            outside++;
            continue;
        }
        bin = high > low ? (size_t)((x[i] - low) / (high - low) * (double)bins) : 0;
        counts[bin < bins ? bin : bins - 1]++;
    }
    return outside;
}

/* --- quantiles of an unknown distribution --- */

int stats_quantile_ranks(size_t n, double p, double confidence, size_t *low, size_t *high)
{
    const double tail = (1 - confidence) / 2;
    size_t below = 0, above = n + 1;

    if (!n || n > UINT32_MAX || !(p > 0 && p < 1) || !(confidence > 0 && confidence < 1))
        return -1;
    /* Largest r with P(B <= r - 1) <= tail: the r-th value lies above the quantile that seldom. */
    for (size_t end = n + 1; end - below > 1;) {
        const size_t r = below + (end - below) / 2;

        if (gsl_cdf_binomial_P((unsigned)(r - 1), p, (unsigned)n) <= tail)
            below = r;
        else
            end = r;
    }
    /* Smallest s with P(B >= s) <= tail. */
    for (size_t begin = 0; above - begin > 1;) {
        const size_t s = begin + (above - begin) / 2;

        if (gsl_cdf_binomial_Q((unsigned)(s - 1), p, (unsigned)n) <= tail)
            above = s;
        else
            begin = s;
    }
    *low = below;
    *high = above;
    return 0;
}

double stats_beyond_max(size_t n, double confidence)
{
    return n ? -expm1(log1p(-confidence) / (double)n) : NAN;
}
