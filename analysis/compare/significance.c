/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/compare/significance.c - rank test, Holm, equivalence; see significance.h.
 */
#include "analysis/compare/significance.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>

struct ranked {
    double value;
    int of_a;
    size_t rank2; /* twice the mid-rank, so that it is whole */
};

static int by_value(const void *va, const void *vb)
{
    const struct ranked *a = va, *b = vb;

    return (a->value > b->value) - (a->value < b->value);
}

/* Give every value its rank; returns the sum of t^3 - t over groups of t equal ones. */
static double give_ranks(struct ranked *r, size_t n)
{
    double ties = 0;

    qsort(r, n, sizeof(*r), by_value);
    for (size_t first = 0, next; first < n; first = next) {
        double t;

        for (next = first; next < n && r[next].value == r[first].value; next++)
            ;
        for (size_t i = first; i < next; i++)
            r[i].rank2 = first + 1 + next;
        t = (double)(next - first);
        ties += t * t * t - t;
    }
    return ties;
}

/*
 * Share of all choices of na out of n values whose doubled rank sum is as far from `middle` as
 * `seen`, or farther. ways[k][s]: choices of k of the values so far with the sum s. NaN if memory
 * is short.
 */
static double count_out(const struct ranked *r, size_t n, size_t na, size_t seen,
                        size_t middle)
{
    const size_t sums = n * (n + 1) + 1, far = seen > middle ? seen - middle : middle - seen;
    double *ways = calloc((na + 1) * sums, sizeof(*ways)), all = 0, beyond = 0;

    if (!ways)
        return NAN;
    ways[0] = 1;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1 < na ? i + 1 : na; k > 0; k--)
            for (size_t s = sums - 1; s >= r[i].rank2; s--)
                ways[k * sums + s] += ways[(k - 1) * sums + s - r[i].rank2];
    for (size_t s = 0; s < sums; s++) {
        all += ways[na * sums + s];
        if ((s > middle ? s - middle : middle - s) >= far)
            beyond += ways[na * sums + s];
    }
    free(ways);
    return beyond / all;
}

static double normal_p(double u, double na, double nb, double ties)
{
    const double n = na + nb;
    double variance = na * nb / 12 * (n + 1 - ties / (n * (n - 1)));
    double off = fabs(u - na * nb / 2) - 0.5;

    if (!(variance > 0) || off <= 0)
        return 1;
    return 2 * gsl_cdf_ugaussian_Q(off / sqrt(variance));
}

int significance_mann_whitney(const double *a, size_t na, const double *b, size_t nb,
                              struct significance_rank *out)
{
    const size_t n = na + nb;
    struct ranked *r = na && nb ? malloc(n * sizeof(*r)) : NULL;
    size_t sum2 = 0;
    double ties;
    int rc = -1;

    if (!r)
        return -1;
    for (size_t i = 0; i < n; i++) {
        r[i] = (struct ranked){i < na ? a[i] : b[i - na], i < na, 0};
        if (isnan(r[i].value))
            goto out;
    }
    ties = give_ranks(r, n);
    for (size_t i = 0; i < n; i++)
        sum2 += r[i].of_a ? r[i].rank2 : 0;
    out->u = (double)sum2 / 2 - (double)na * (double)(na + 1) / 2;
    out->exact = n <= SIGNIFICANCE_EXACT_MAX;
    out->p = out->exact ? count_out(r, n, na, sum2, na * (n + 1))
                        : normal_p(out->u, (double)na, (double)nb, ties);
    rc = isnan(out->p) ? -1 : 0;
out:
    free(r);
    return rc;
}

int significance_holm(const double *p, size_t n, double *adjusted)
{
    size_t *order = malloc((n + 1) * sizeof(*order)), claims = 0, place = 0;
    double *known = calloc(n + 1, sizeof(*known)), least = 0;
    int rc = -1;

    if (!order || !known)
        goto out;
    for (size_t i = 0; i < n; i++) {
        claims += !isnan(p[i]);
        known[i] = isnan(p[i]) ? INFINITY : p[i]; /* sorted behind every claim */
    }
    gsl_sort_index(order, known, 1, n);
    for (; place < claims; place++) {
        double scaled = known[order[place]] * (double)(claims - place);

        least = fmin(1, fmax(least, scaled));
        adjusted[order[place]] = least;
    }
    for (; place < n; place++)
        adjusted[order[place]] = NAN;
    rc = 0;
out:
    free(order);
    free(known);
    return rc;
}

double significance_equivalence(double log_ratio, double error, double df, double margin)
{
    const double room = log(margin) - fabs(log_ratio); /* to the nearer edge */

    if (!(margin > 1) || !(error >= 0) || isnan(log_ratio))
        return NAN;
    if (error == 0)
        return room > 0 ? 0 : 1;
    return df > 0 ? gsl_cdf_tdist_Q(room / error, df) : NAN;
}
