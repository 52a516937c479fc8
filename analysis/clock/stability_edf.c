/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/stability_edf.c - how well a deviation is known; see stability.h.
 */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/clock/stability.h"

#define NOISE_POINTS 30u /* SP 1065, 5.5.6: fewer tell nothing */
#define NOISE_ORDER 2u   /* differences taken at most: down to alpha = -4 */

/* Covariance functions of Greenhall and Riley (2003), eq. 7 to 9: generalised autocovariance of
 * phase, of its averages over tau / F, of their differences of order d. Lags in units of tau. */
static double s_w(double t, int alpha)
{
    const double a = fabs(t);

    switch (alpha) {
    case 2:
        return -a;
    case 1:
        return a > 0 ? a * a * log(a) : 0;
    case 0:
        return a * a * a;
    case -1:
        return a > 0 ? -pow(a, 4) * log(a) : 0;
    case -2:
        return -pow(a, 5);
    case -3:
        return a > 0 ? pow(a, 6) * log(a) : 0;
    case -4:
        return pow(a, 7);
    default:
        return NAN;
    }
}

/* F = 0 stands for infinity: the limit is the same function of alpha + 2. */
static double s_x(double t, double f, int alpha)
{
    if (f == 0)
        return s_w(t, alpha + 2);
    return f * f * (2 * s_w(t, alpha) - s_w(t - 1 / f, alpha) - s_w(t + 1 / f, alpha));
}

static double s_z(double t, double f, int alpha, unsigned d)
{
    static const double binomial[2][4] = {{6, -4, 1, 0}, {20, -15, 6, -1}};
    double sum = binomial[d - 2][0] * s_x(t, f, alpha);

    for (unsigned k = 1; k <= d; k++)
        sum += binomial[d - 2][k] * (s_x(t - k, f, alpha) + s_x(t + k, f, alpha));
    return sum;
}

/* Mean square of the correlation of M differences S to a tau, as far as they correlate (J). */
static double basic_sum(double j_max, double m, double s, double f, int alpha, unsigned d)
{
    const double last = s_z(j_max / s, f, alpha, d), zero = s_z(0, f, alpha, d);
    double sum = zero * zero + (1 - j_max / m) * last * last;

    for (double j = 1; j < j_max; j++) {
        const double z = s_z(j / s, f, alpha, d);

        sum += 2 * (1 - j / m) * z * z;
    }
    return sum / (zero * zero);
}

static double differences_edf(int alpha, unsigned d, size_t n, size_t m, int average, int over)
{
    const double f = average ? 1 : (double)m, s = over ? (double)m : 1;
    const double length = (double)m / f + (double)(m * d);
    /* From white FM on, phase as it stands at an instant is what is sampled: no average. */
    const double limit = !average && alpha <= 0 ? 0 : f;
    double count, terms;

    if ((double)n < length || alpha <= 1 - 2 * (int)d)
        return NAN;
    count = 1 + floor(s * ((double)n - length) / (double)m);
    terms = fmin(count, (d + 1) * s);
    return count / basic_sum(terms, count, s, limit, alpha, d);
}

static double total_edf(int alpha, size_t n, size_t m)
{
    static const double b[] = {1.50, 1.17, 0.93}, c[] = {0, 0.22, 0.36};
    double edf;

    if (alpha > 0 || alpha < -2)
        return NAN;
    edf = b[-alpha] * (double)(n - 1) / (double)m - c[-alpha];
    return edf > 0 ? edf : NAN;
}

double stability_edf(enum stability_kind kind, int alpha, size_t n, size_t m)
{
    if (alpha > 2 || alpha < -4 || !m || m > stability_longest(kind, n))
        return NAN;
    switch (kind) {
    case STABILITY_ADEV:
        return differences_edf(alpha, 2, n, m, 0, 0);
    case STABILITY_OADEV:
        return differences_edf(alpha, 2, n, m, 0, 1);
    case STABILITY_MDEV:
    case STABILITY_TDEV:
        return differences_edf(alpha, 2, n, m, 1, 1);
    case STABILITY_HDEV:
        return differences_edf(alpha, 3, n, m, 0, 0);
    case STABILITY_OHDEV:
        return differences_edf(alpha, 3, n, m, 0, 1);
    case STABILITY_TOTDEV:
        return total_edf(alpha, n, m);
    case STABILITY_MTIE:
    case STABILITY_KINDS:
        break;
    }
    return NAN;
}

/* By halves: GSL's own inverse gives up, and the program with it, at some degrees of freedom. Its
 * distribution does not. */
static double chi_squared_quantile(double p, double df)
{
    double low = 0, high = df + 40 * sqrt(2 * df) + 100;

    for (;;) {
        const double middle = (low + high) / 2;

        if (!(middle > low && middle < high))
            return middle;
        if (gsl_cdf_chisq_P(middle, df) < p)
            low = middle;
        else
            high = middle;
    }
}

void stability_interval(double deviation, double edf, double confidence, double *low,
                        double *high)
{
    *low = *high = NAN;
    if (!(edf > 0) || isinf(edf) || isnan(deviation))
        return;
    *low = deviation * sqrt(edf / chi_squared_quantile(0.5 + confidence / 2, edf));
    *high = deviation * sqrt(edf / chi_squared_quantile(0.5 - confidence / 2, edf));
}

/* Lag-1 autocorrelation about the mean; NaN if all are the same. */
static double lag1(const double *z, size_t n)
{
    double mean = 0, square = 0, product = 0;

    for (size_t i = 0; i < n; i++)
        mean += z[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        square += (z[i] - mean) * (z[i] - mean);
        if (i + 1 < n)
            product += (z[i] - mean) * (z[i + 1] - mean);
    }
    return square > 0 ? product / square : NAN;
}

/* The line from first to last is taken out: an offset of frequency is no noise. */
static size_t thin(const double *x, size_t n, size_t m, double *z)
{
    const size_t count = (n - 1) / m + 1;
    const double slope = (x[(count - 1) * m] - x[0]) / (double)(count - 1);

    for (size_t i = 0; i < count; i++)
        z[i] = x[i * m] - x[0] - slope * (double)i;
    return count;
}

int stability_noise(const double *x, size_t n, size_t m, int *alpha)
{
    double *z, delta = NAN;
    unsigned d = 0;
    size_t count;

    if (n < NOISE_POINTS || !m)
        return -1;
    if (m > (n - 1) / (NOISE_POINTS - 1))
        m = (n - 1) / (NOISE_POINTS - 1);
    z = malloc(n * sizeof(*z));
    if (!z)
        return -1;
    count = thin(x, n, m, z);
    for (;; d++) {
        const double r = lag1(z, count);

        delta = r / (1 + r);
        if (isnan(delta) || delta < 0.25 || d == NOISE_ORDER)
            break;
        for (size_t i = 0; i + 1 < count; i++)
            z[i] = z[i + 1] - z[i];
        count--;
    }
    free(z);
    if (isnan(delta))
        return -1;
    *alpha = (int)lround(2 - 2 * (delta + d));
    if (*alpha > 2)
        *alpha = 2;
    if (*alpha < -4)
        *alpha = -4;
    return 0;
}

const char *stability_noise_name(int alpha)
{
    static const char *const name[] = {"flicker walk FM", "random run FM", "random walk FM",
                                       "flicker FM",      "white FM",      "flicker PM",
                                       "white PM"};

    return alpha >= -4 && alpha <= 2 ? name[alpha + 4] : "unknown";
}
