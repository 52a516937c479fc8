/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/clock_rate.c - the rate of a clock and how well it is known; see clock.h.
 */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/clock/clock_private.h"
#include "analysis/clock/stability.h"

/* z of the runs test below which residuals are not independent: one in 700 by chance. */
#define RUNS_LIMIT (-3.0)
/* The window in parts: their mean frequencies tell how it wanders. */
#define PARTS 8u
/* How much residuals bend, squared, by what independent noise gives: chi-squared with two degrees of
 * freedom. What is above its mean widens the interval; from TOLD on (one in 400 by chance) that is
 * said; from WALK on (one in three million) a walk of frequency hides the noise. */
#define BENDS_MEAN 2.0
#define BENDS_TOLD 12.0
#define BENDS_WALK 30.0
/* So many times the bends that are too much: the rate of the window is held in 95 of 100 walks of
 * any strength (tests/unit/test_clock_skew.c). */
#define BENDS_COVER 2.5
/* Von Neumann's ratio of the parts' frequencies: 2 on average if they are independent, 0.65 for a
 * random walk, of which one in 200 is above this. What is below is taken for one. */
#define WALK_RATIO 2.5
/* Two estimates are looked at, each with its interval: half the risk for either (Bonferroni). */
#define ESTIMATES 2.0
#define FIT_ROUNDS 200u

const char clock_note_wanders[] =
    "; residuals are not independent, bounds from OADEV at the window";
const char clock_note_bends[] = "; residuals bend, bounds from how much";

int clock_local_slope(const struct clock_work *w, struct stats_interval *out)
{
    /* A jump spoils a tenth of these pairs, while it spoils half of all pairs when it comes in
     * the middle. */
    size_t lag = w->n > 10 ? w->n / 10 : 1, n = 0;
    double *slope = malloc(w->n * sizeof(*slope));

    if (!slope)
        return -1;
    for (size_t i = 0; i + lag < w->n; i++)
        if (w->x[i + lag] > w->x[i])
            slope[n++] = (w->y[i + lag] - w->y[i]) / (w->x[i + lag] - w->x[i]);
    stats_sort(slope, n);
    *out = (struct stats_interval){stats_quantile_sorted(slope, n, 0.5),
                                   stats_quantile_sorted(slope, n, 0.25),
                                   stats_quantile_sorted(slope, n, 0.75), 0};
    free(slope);
    return n ? 0 : -1;
}

/* Design matrix, observations, coefficients with their covariance. */
struct line_fit {
    gsl_matrix *a, *cov;
    gsl_vector *v, *c;
};

/* Efficiency of bisquare weights under normal noise at GSL's tuning. */
#define EFFICIENCY 0.95

/*
 * Standard error of the slope. GSL's covariance takes in what the outliers do to an ordinary fit
 * (Street, Carroll and Ruppert 1988), which says nothing about a fit that leaves them out: the
 * spread is that by the median of the residuals, over the points that have weight.
 */
static double slope_error(const struct line_fit *l, const gsl_multifit_robust_workspace *w)
{
    const gsl_multifit_robust_stats stats = gsl_multifit_robust_statistics(w);
    double weight = 0, mean = 0, square = 0;

    for (size_t i = 0; i < l->v->size; i++) {
        const double wi = gsl_vector_get(stats.weights, i);

        weight += wi;
        mean += wi * gsl_matrix_get(l->a, i, 1);
    }
    mean /= weight;
    for (size_t i = 0; i < l->v->size; i++) {
        const double d = gsl_matrix_get(l->a, i, 1) - mean;

        square += gsl_vector_get(stats.weights, i) * d * d;
    }
    return stats.sigma_mad / sqrt(EFFICIENCY * square);
}

static int fit_robust(struct line_fit *l, double *error)
{
    gsl_multifit_robust_workspace *w =
        gsl_multifit_robust_alloc(gsl_multifit_robust_bisquare, l->v->size, 2);
    int rc = w ? gsl_multifit_robust_maxiter(FIT_ROUNDS, w) : GSL_ENOMEM;

    if (!rc)
        rc = gsl_multifit_robust(l->a, l->v, l->c, l->cov, w);
    if (!rc)
        *error = slope_error(l, w);
    if (w)
        gsl_multifit_robust_free(w);
    return rc;
}

static void fill_line(struct line_fit *l, const double *x, const double *y, size_t n)
{
    const size_t keep = l->v->size;
    const double span = x[n - 1] - x[0];

    for (size_t i = 0; i < keep; i++) {
        const size_t from = keep == n ? i : i * (n - 1) / (keep - 1);

        /* of the order of 1, for the matrix's sake */
        gsl_matrix_set(l->a, i, 0, 1);
        gsl_matrix_set(l->a, i, 1, (x[from] - x[0]) / span - 0.5);
        gsl_vector_set(l->v, i, y[from] - y[0]);
    }
}

int clock_robust_slope(const double *x, const double *y, size_t n, double confidence,
                       struct stats_interval *out)
{
    const size_t keep = n > STATS_THEIL_SEN_MAX ? STATS_THEIL_SEN_MAX : n;
    const double span = n > 1 ? x[n - 1] - x[0] : 0;
    gsl_error_handler_t *handler;
    struct line_fit l;
    double error;
    int rc = -1;

    if (keep < 4 || !(span > 0))
        return -1;
    /* A fit that does not settle is an answer, no end of the program. */
    handler = gsl_set_error_handler_off();
    l = (struct line_fit){gsl_matrix_alloc(keep, 2), gsl_matrix_alloc(2, 2),
                          gsl_vector_alloc(keep), gsl_vector_alloc(2)};
    if (l.a && l.cov && l.v && l.c) {
        fill_line(&l, x, y, n);
        rc = fit_robust(&l, &error);
    }
    if (!rc) {
        const double t = gsl_cdf_tdist_Pinv(0.5 + confidence / 2, (double)(keep - 2));
        const double value = gsl_vector_get(l.c, 1) / span, u = t * error / span;

        *out = (struct stats_interval){value, value - u, value + u, (double)(keep - 2)};
        rc = isfinite(value) && isfinite(u) ? 0 : -1;
    }
    gsl_matrix_free(l.a);
    gsl_matrix_free(l.cov);
    gsl_vector_free(l.v);
    gsl_vector_free(l.c);
    gsl_set_error_handler(handler);
    return rc ? -1 : 0;
}

/* How far the clock wandered from the line: what 95 of 100 residuals span, outliers (an interrupt
 * between reading and marker) left out, or from what the first to what the last of them are, of
 * which the mean rate is made. */
static double wander(const double *residual, size_t n)
{
    const size_t end = n < 3 ? n : 3;
    double *sorted = malloc(n * sizeof(*sorted)), ends, most;

    if (!sorted)
        return NAN;
    ends = fabs(stats_median(residual + n - end, end) - stats_median(residual, end));
    for (size_t i = 0; i < n; i++)
        sorted[i] = residual[i];
    stats_sort(sorted, n);
    most = stats_quantile_sorted(sorted, n, 0.975) - stats_quantile_sorted(sorted, n, 0.025);
    free(sorted);
    return fmax(ends, most);
}

/* Von Neumann's ratio of the mean frequencies of PARTS parts of evenly spaced phase. */
static double frequency_ratio(const double *phase, size_t n)
{
    double y[PARTS], mean = 0, steps = 0, square = 0;

    for (size_t k = 0; k < PARTS; k++) {
        const size_t a = k * (n - 1) / PARTS, b = (k + 1) * (n - 1) / PARTS;

        y[k] = (phase[b] - phase[a]) / (double)(b - a);
        mean += y[k] / PARTS;
    }
    for (size_t k = 0; k < PARTS; k++) {
        square += (y[k] - mean) * (y[k] - mean);
        steps += k ? (y[k] - y[k - 1]) * (y[k] - y[k - 1]) : 0;
    }
    return square > 0 ? steps / square : NAN;
}

/* OADEV at an eighth of the window, carried on to its length; NaN: too few points. */
static double wandering_u(const double *x, const double *residual, size_t n, double confidence)
{
    const double span = x[n - 1] - x[0];
    const size_t m = n / PARTS;
    double *phase, u = NAN;

    if (m < 2)
        return NAN;
    phase = malloc(n * sizeof(*phase));
    if (!phase)
        return NAN;
    if (!isnan(stability_resample(x, residual, n, phase, n))) {
        const int walk = frequency_ratio(phase, n) < WALK_RATIO;
        const double deviation =
            stability_deviation(STABILITY_OADEV, phase, n, span / (double)(n - 1), m);
        const double edf = stability_edf(STABILITY_OADEV, walk ? -2 : 0, n, m);

        u = deviation * (walk ? sqrt(PARTS) : 1.1 / sqrt(PARTS)) *
            gsl_cdf_tdist_Pinv(0.5 + confidence / 2, edf);
    }
    free(phase);
    return u;
}

/* Spread of independent noise, by neighbours: what is slow leaves it alone. NaN: no memory. */
static double neighbours_spread(const double *residual, size_t n)
{
    double *step = malloc((n - 1) * sizeof(*step)), spread;

    if (!step)
        return NAN;
    for (size_t i = 0; i + 1 < n; i++)
        step[i] = fabs(residual[i + 1] - residual[i]);
    spread = 1.4826 * stats_median(step, n - 1) / sqrt(2);
    free(step);
    return spread;
}

/*
 * Widens the interval by how much more the residuals bend than independent noise does. A slow
 * wandering of frequency beside strong white noise hardly changes the number of runs, but most of it
 * is in the second and third degree: orthogonal polynomials against the medians of the parts, each
 * scaled as the slope is. Returns the sum of their squares by what independent noise gives; 0: too
 * few points, or no noise; NaN: no memory.
 */
static double hold_bends(const double *residual, size_t n, double span,
                         struct stats_interval *s, const char **note)
{
    static const double second[PARTS] = {7, 1, -3, -5, -5, -3, 1, 7},
                        third[PARTS] = {-7, 5, 7, 3, -3, -7, -5, 7};
    /* sums of squares; of the first degree, -7, -5 … 7, it is that of the second */
    const double square_second = 168, square_third = 264;
    const double spread = n < 4 * PARTS ? 0 : neighbours_spread(residual, n);
    /* of a median of normal noise: pi / 2 of a mean's */
    const double variance = M_PI / 2 * spread * spread * PARTS / (double)n;
    const double slope = 2 * PARTS / (span * sqrt(square_second)); /* of a first degree of 1 */
    double a = 0, b = 0, bends, u;

    if (!(spread > 0))
        return spread;
    for (size_t k = 0; k < PARTS; k++) {
        const size_t from = k * n / PARTS, to = (k + 1) * n / PARTS;
        const double median = stats_median(residual + from, to - from);

        a += second[k] * median;
        b += third[k] * median;
    }
    bends = (a * a / square_second + b * b / square_third) / variance;
    if (bends > BENDS_MEAN) {
        u = BENDS_COVER * slope * sqrt((bends - BENDS_MEAN) * variance / 2);
        s->low = s->value - hypot(s->value - s->low, u);
        s->high = s->value + hypot(s->high - s->value, u);
    }
    if (bends > BENDS_TOLD)
        *note = clock_note_bends;
    return bends;
}

/* Does one line pass within the brackets, but for one in twenty? Then what is left may be delays
 * of readings, and not the clock's. */
static int explained(const struct clock_bounds *bounds, size_t n, double rate,
                     double intercept, double slack)
{
    size_t missed = 0;

    for (size_t i = 0; i < n; i++) {
        const struct clock_bounds *b = &bounds[i];

        missed += b->low > intercept + rate * b->start + slack ||
                  b->high < intercept + rate * b->stop - slack;
    }
    return missed * 20 <= n;
}

/* Bounds for residuals that hang together. */
static int widen(const double *x, const double *residual, size_t n, double confidence,
                 int wanders, struct stats_interval *s, const char **note)
{
    const double span = x[n - 1] - x[0];
    double u = wanders ? wandering_u(x, residual, n, confidence) : NAN, far;

    *note = isnan(u) ? "; residuals are not independent, bounds from how far they wander"
                     : clock_note_wanders;
    far = wander(residual, n) / span;
    if (isnan(far))
        return -1;
    u = fmax(u, far);
    s->low = fmin(s->low, s->value - u);
    s->high = fmax(s->high, s->value + u);
    return 0;
}

int clock_rate_checked(const double *x, const double *y, size_t n,
                       const struct clock_question *q, const struct clock_bounds *bounds,
                       struct stats_interval *s, double *intercept, double *check,
                       const char **note)
{
    double span = n ? x[n - 1] - x[0] : 0, floor;
    int wanders = q->unbounded, failed = 0;
    const double confidence = 1 - (1 - q->confidence) / ESTIMATES;
    struct stats_interval robust;
    double *residual, bends = 0;

    *note = "";
    *check = NAN;
    if (stats_theil_sen(x, y, n, confidence, s, intercept))
        return -1;
    residual = malloc(n * sizeof(*residual));
    if (!residual)
        return -1;
    for (size_t i = 0; i < n; i++)
        residual[i] = fabs(y[i] - *intercept - s->value * x[i]);
    /* Weights by a spread that is finer than a reading are weights by nothing. */
    if (1.4826 * stats_median(residual, n) > fmax(q->unit_ns, q->step_ns) / 2 &&
        !clock_robust_slope(x, y, n, confidence, &robust)) {
        *check = robust.value;
        s->low = fmin(s->low, robust.low);
        s->high = fmax(s->high, robust.high);
    }
    for (size_t i = 0; i < n; i++)
        residual[i] = y[i] - *intercept - s->value * x[i];
    if (bounds)
        wanders = !explained(bounds, n, s->value, *intercept, q->unit_ns + q->step_ns);
    if (q->unbounded)
        bends = hold_bends(residual, n, span, s, note);
    if (stats_runs_z(residual, n) < RUNS_LIMIT || bends > BENDS_WALK)
        failed = widen(x, residual, n, q->confidence, wanders, s, note);
    free(residual);
    if (failed || isnan(bends))
        return -1;
    floor = fmax(q->unit_ns, q->step_ns) / span + q->timebase_ppm * 1e-6;
    s->low -= floor;
    s->high += floor;
    return 0;
}

int clock_rate(const double *x, const double *y, size_t n, const struct clock_question *q,
               struct stats_interval *s, double *intercept, const char **note)
{
    double check;

    return clock_rate_checked(x, y, n, q, NULL, s, intercept, &check, note);
}
