/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/stability.c - deviations of phase; see stability.h. Intervals:
 * stability_edf.c.
 */
#include "analysis/clock/stability.h"

#include <math.h>
#include <stdlib.h>

const char *stability_name(enum stability_kind kind)
{
    static const char *const name[STABILITY_KINDS] = {
        [STABILITY_ADEV] = "ADEV",     [STABILITY_OADEV] = "OADEV",
        [STABILITY_MDEV] = "MDEV",     [STABILITY_TDEV] = "TDEV",
        [STABILITY_HDEV] = "HDEV",     [STABILITY_OHDEV] = "OHDEV",
        [STABILITY_TOTDEV] = "TOTDEV", [STABILITY_MTIE] = "MTIE",
    };

    return name[kind];
}

static double second(const double *x, size_t i, size_t m)
{
    return x[i + 2 * m] - 2 * x[i + m] + x[i];
}

static double third(const double *x, size_t i, size_t m)
{
    return x[i + 3 * m] - 3 * x[i + 2 * m] + 3 * x[i + m] - x[i];
}

/* Mean square of the differences of `order` that start `stride` apart. */
static double mean_square(const double *x, size_t n, size_t m, size_t stride, unsigned order)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i + order * m < n; i += stride) {
        const double d = order == 2 ? second(x, i, m) : third(x, i, m);

        sum += d * d;
        count++;
    }
    return count ? sum / (double)count : NAN;
}

static double allan(const double *x, size_t n, double tau, size_t m, size_t stride)
{
    return sqrt(mean_square(x, n, m, stride, 2) / 2) / tau;
}

static double hadamard(const double *x, size_t n, double tau, size_t m, size_t stride)
{
    return sqrt(mean_square(x, n, m, stride, 3) / 6) / tau;
}

/* The sum of m second differences moves by one difference in and one out. It is taken anew
 * every so often: rounding would add up over a long series. */
static double modified(const double *x, size_t n, double tau, size_t m)
{
    double sum = 0, total = 0;
    size_t count = 0;

    if (n < 3 * m)
        return NAN;
    for (size_t j = 0; j + 3 * m <= n; j++) {
        if (j % (m < 1024 ? 4096 : 4 * m) == 0) {
            sum = 0;
            for (size_t i = j; i < j + m; i++)
                sum += second(x, i, m);
        } else {
            sum += second(x, j + m - 1, m) - second(x, j - 1, m);
        }
        total += sum * sum;
        count++;
    }
    return sqrt(total / (double)count / 2) / tau / (double)m;
}

/* Phase continued beyond its ends by an odd mirror: x(-j) = 2 x(0) - x(j). */
static double mirrored(const double *x, size_t n, ptrdiff_t i)
{
    if (i < 0)
        return 2 * x[0] - x[-i];
    if ((size_t)i >= n)
        return 2 * x[n - 1] - x[2 * (n - 1) - (size_t)i];
    return x[i];
}

static double total(const double *x, size_t n, double tau, size_t m)
{
    double sum = 0;

    if (n < 3 || m >= n)
        return NAN;
    for (size_t i = 1; i + 1 < n; i++) {
        const ptrdiff_t at = (ptrdiff_t)i, lag = (ptrdiff_t)m;
        const double d = mirrored(x, n, at - lag) - 2 * x[i] + mirrored(x, n, at + lag);

        sum += d * d;
    }
    return sqrt(sum / 2 / (double)(n - 2)) / tau;
}

struct queue { /* of places whose values only fall (sign 1) or only rise (-1) */
    size_t *at, head, tail;
    double sign;
};

static void push(struct queue *q, const double *x, size_t i, size_t oldest)
{
    while (q->tail > q->head && q->sign * x[q->at[q->tail - 1]] <= q->sign * x[i])
        q->tail--;
    q->at[q->tail++] = i;
    while (q->at[q->head] < oldest)
        q->head++;
}

static double mtie(const double *x, size_t n, size_t m)
{
    struct queue top = {.sign = 1}, bottom = {.sign = -1};
    double worst = NAN;

    if (m >= n)
        return NAN;
    top.at = malloc(n * sizeof(*top.at));
    bottom.at = malloc(n * sizeof(*bottom.at));
    for (size_t i = 0; top.at && bottom.at && i < n; i++) {
        const size_t oldest = i > m ? i - m : 0;

        push(&top, x, i, oldest);
        push(&bottom, x, i, oldest);
        if (i >= m)
            worst = fmax(worst, x[top.at[top.head]] - x[bottom.at[bottom.head]]);
    }
    free(top.at);
    free(bottom.at);
    return worst;
}

double stability_deviation(enum stability_kind kind, const double *x, size_t n, double tau0,
                           size_t m)
{
    const double tau = tau0 * (double)m;

    if (!m || m > stability_longest(kind, n))
        return NAN;
    switch (kind) {
    case STABILITY_ADEV:
        return allan(x, n, tau, m, m);
    case STABILITY_OADEV:
        return allan(x, n, tau, m, 1);
    case STABILITY_MDEV:
        return modified(x, n, tau, m);
    case STABILITY_TDEV:
        return tau * modified(x, n, tau, m) / sqrt(3);
    case STABILITY_HDEV:
        return hadamard(x, n, tau, m, m);
    case STABILITY_OHDEV:
        return hadamard(x, n, tau, m, 1);
    case STABILITY_TOTDEV:
        return total(x, n, tau, m);
    case STABILITY_MTIE:
        return mtie(x, n, m);
    case STABILITY_KINDS:
        break;
    }
    return NAN;
}

size_t stability_longest(enum stability_kind kind, size_t n)
{
    if (n < 3)
        return 0;
    switch (kind) {
    case STABILITY_ADEV:
    case STABILITY_OADEV:
        return (n - 1) / 2;
    case STABILITY_MDEV:
    case STABILITY_TDEV:
        return n / 3;
    case STABILITY_HDEV:
    case STABILITY_OHDEV:
        return (n - 1) / 3;
    case STABILITY_TOTDEV:
    case STABILITY_MTIE:
        return n - 1;
    case STABILITY_KINDS:
        break;
    }
    return 0;
}

size_t stability_table(const double *x, size_t n, double tau0, double confidence,
                       struct stability_row row[STABILITY_ROWS])
{
    const size_t longest = stability_longest(STABILITY_OADEV, n);
    size_t rows = 0;

    for (size_t m = 1; m && m <= longest && rows < STABILITY_ROWS; m *= 2) {
        struct stability_row *r = &row[rows++];

        *r = (struct stability_row){.m = m, .tau = tau0 * (double)m};
        r->noise_known = stability_noise(x, n, m, &r->alpha) == 0;
        for (int k = 0; k < STABILITY_KINDS; k++) {
            const double edf =
                r->noise_known ? stability_edf((enum stability_kind)k, r->alpha, n, m) : NAN;

            r->deviation[k] = stability_deviation((enum stability_kind)k, x, n, tau0, m);
            stability_interval(r->deviation[k], edf, confidence, &r->low[k], &r->high[k]);
        }
    }
    return rows;
}

double stability_resample(const double *t, const double *x, size_t n, double *out,
                          size_t out_n)
{
    double step, largest = 0;
    size_t at = 0;

    if (n < 2 || out_n < 2)
        return NAN;
    step = (t[n - 1] - t[0]) / (double)(out_n - 1);
    for (size_t i = 1; i < n; i++) {
        if (!(t[i] > t[i - 1]))
            return NAN;
        largest = fmax(largest, t[i] - t[i - 1]);
    }
    for (size_t i = 0; i < out_n; i++) {
        const double now = i + 1 == out_n ? t[n - 1] : t[0] + step * (double)i;

        while (at + 2 < n && t[at + 1] <= now)
            at++;
        out[i] = x[at] + (x[at + 1] - x[at]) * ((now - t[at]) / (t[at + 1] - t[at]));
    }
    return largest / step;
}
