/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock.c - a guest clock against true time; see clock.h.
 */
#include "analysis/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats.h"
#include "analysis/uncertainty.h"

/* z of the runs test below which residuals are not independent: one in 700 by chance. */
#define RUNS_LIMIT (-3.0)

struct bounds {         /* of the offset, against the origin's first reading, in ns */
    double start, stop; /* true time of the edges */
    double low, high;   /* not less than low at start, not more than high at stop */
};

struct work {
    struct bounds *b;
    double *x, *y;
    size_t n;
};

/* Readings are 64-bit and may be wall-clock nanoseconds, beyond what a double holds: the
 * difference is taken in integers first. */
static double since(uint64_t reading, uint64_t origin, double unit_ns)
{
    return (double)(int64_t)(reading - origin) * unit_ns;
}

void clock_offset_bounds(const struct clock_bracket *origin, const struct clock_bracket *b,
                         double unit_ns, double *low, double *high)
{
    double width = since(origin->after, origin->before, unit_ns) - origin->stop_ns;
    double middle = (width - origin->start_ns) / 2;

    *low = since(b->before, origin->before, unit_ns) - b->start_ns - middle;
    *high = since(b->after, origin->before, unit_ns) - b->stop_ns - middle;
}

static void fill(struct work *w, const struct clock_bracket *bracket, double unit_ns)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct clock_bracket *s = &bracket[i];
        struct bounds *b = &w->b[i];

        b->start = s->start_ns;
        b->stop = s->stop_ns;
        b->low = since(s->before, bracket->before, unit_ns) - s->start_ns;
        b->high = since(s->after, bracket->before, unit_ns) - s->stop_ns;
        w->x[i] = (b->start + b->stop) / 2;
        w->y[i] = (b->low + b->high) / 2;
    }
}

static uint64_t count_backsteps(const struct clock_bracket *s, size_t n)
{
    uint64_t last = s->before, count = 0;

    for (size_t i = 0; i < n; i++) {
        count += (int64_t)(s[i].before - last) < 0;
        count += (int64_t)(s[i].after - s[i].before) < 0;
        last = s[i].after;
    }
    return count;
}

/*
 * The rate apart from jumps: median slope between brackets a tenth of the boot apart. A jump
 * spoils a tenth of these pairs, while it spoils half of all pairs when it comes in the middle.
 * low and high are the quartiles.
 */
static int local_slope(const struct work *w, struct stats_interval *out)
{
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

static int disjoint(const struct bounds *a, const struct bounds *b,
                    const struct stats_interval *rate, double slack)
{
    double u = fmax(rate->high - rate->value, rate->value - rate->low);

    slack += u * fabs(b->start - a->start);
    return b->low - a->high > rate->value * (b->start - a->stop) + slack ||
           b->high - a->low < rate->value * (b->stop - a->start) - slack;
}

/*
 * A step between two intervals parts neighbouring brackets; a step inside one widens (or
 * inverts) it and parts the brackets on its two sides.
 */
static uint64_t count_jumps(const struct work *w, const struct stats_interval *rate,
                            double slack)
{
    uint64_t jumps = 0;
    size_t settled = 0; /* brackets before this one stand on the other side of a jump */

    for (size_t i = 0; i < w->n; i++) {
        int jump = i > settled && disjoint(&w->b[i - 1], &w->b[i], rate, slack);

        if (!jump && i > settled + 1)
            jump = disjoint(&w->b[i - 2], &w->b[i], rate, slack);
        if (jump) {
            jumps++;
            settled = i;
        }
    }
    return jumps;
}

/* What 95 of 100 residuals span: how far the clock wandered from the line, outliers (an
 * interrupt between reading and marker) left out. */
static double wander(double *residual, size_t n)
{
    stats_sort(residual, n);
    return stats_quantile_sorted(residual, n, 0.975) -
           stats_quantile_sorted(residual, n, 0.025);
}

int clock_rate(const double *x, const double *y, size_t n, const struct clock_question *q,
               struct stats_interval *s, double *intercept, const char **note)
{
    double span = n ? x[n - 1] - x[0] : 0, floor;
    double *residual;

    *note = "";
    if (stats_theil_sen(x, y, n, q->confidence, s, intercept))
        return -1;
    residual = malloc(n * sizeof(*residual));
    if (!residual)
        return -1;
    for (size_t i = 0; i < n; i++)
        residual[i] = y[i] - *intercept - s->value * x[i];
    if (stats_runs_z(residual, n) < RUNS_LIMIT) {
        double u = wander(residual, n) / span;

        s->low = fmin(s->low, s->value - u);
        s->high = fmax(s->high, s->value + u);
        *note = "; residuals are not independent, bounds from how far they wander";
    }
    free(residual);
    floor = fmax(q->unit_ns, q->step_ns) / span + q->timebase_ppm * 1e-6;
    s->low -= floor;
    s->high += floor;
    return 0;
}

static void judge(struct clock_assessment *a, const char *note)
{
    double u = fmax(a->skew_high - a->skew_ppm, a->skew_ppm - a->skew_low);
    int decimals = isnan(u) ? 1 : uncertainty_decimals(u, 6) + 1;

    if (decimals < 0)
        decimals = 0;
    if (a->backsteps || a->jumps) {
        a->verdict = CLOCK_ABERRANT;
        snprintf(a->reason, sizeof(a->reason), "%llu jumps and %llu steps back",
                 (unsigned long long)a->jumps, (unsigned long long)a->backsteps);
    } else if (fabs(a->skew_ppm) > CLOCK_ABERRANT_PPM) {
        a->verdict = CLOCK_ABERRANT;
        snprintf(a->reason, sizeof(a->reason), "%s by %.6g ppm, more than NTP would follow%s",
                 a->skew_ppm > 0 ? "fast" : "slow", fabs(a->skew_ppm), note);
    } else if (u > CLOCK_ABERRANT_PPM) {
        a->verdict = CLOCK_UNKNOWN;
        snprintf(a->reason, sizeof(a->reason),
                 "too few readings over too short a time: known to ± %.3g ppm only%s", u,
                 note);
    } else if ((a->skew_low <= 0 && a->skew_high >= 0) ||
               (a->skew_low >= -CLOCK_SOUND_PPM && a->skew_high <= CLOCK_SOUND_PPM)) {
        a->verdict = CLOCK_SOUND;
    } else {
        a->verdict = CLOCK_BIASED;
        snprintf(a->reason, sizeof(a->reason), "%s by %.*f ppm ± %.*f ppm%s",
                 a->skew_ppm > 0 ? "fast" : "slow", decimals, fabs(a->skew_ppm), decimals, u,
                 note);
    }
}

static void assess_processor(const struct clock_bracket *s, size_t n,
                             const struct clock_question *q, struct clock_assessment *out)
{
    double guest = since(s[n - 1].after, s->before, q->unit_ns);
    double real = s[n - 1].stop_ns - s->start_ns;

    out->backsteps = count_backsteps(s, n);
    if (out->backsteps) {
        out->verdict = CLOCK_ABERRANT;
        snprintf(out->reason, sizeof(out->reason), "%llu steps back",
                 (unsigned long long)out->backsteps);
    } else if (guest > real + CLOCK_PROCESSOR_SLACK_NS) {
        out->verdict = CLOCK_ABERRANT;
        snprintf(out->reason, sizeof(out->reason),
                 "%.6g s of processor time in %.6g s of true time", guest / 1e9, real / 1e9);
    } else {
        out->verdict = CLOCK_SOUND;
    }
}

static void assess_time(const struct clock_bracket *s, const struct work *w,
                        const struct clock_question *q, struct clock_assessment *out)
{
    struct stats_interval slope, rate;
    const char *note = "";
    double intercept;
    int failed;

    out->backsteps = count_backsteps(s, w->n);
    out->offset_ns = w->y[0] + (double)s->before * q->unit_ns;
    failed = local_slope(w, &rate);
    if (!failed) {
        out->jumps = count_jumps(w, &rate, q->unit_ns + q->step_ns);
        /* Across a jump there is no one rate; what holds apart from it has no interval. */
        slope = (struct stats_interval){rate.value, NAN, NAN, 0};
        if (!out->jumps)
            failed = clock_rate(w->x, w->y, w->n, q, &slope, &intercept, &note);
    }
    if (failed) {
        snprintf(out->reason, sizeof(out->reason), "all intervals lie at one point of time");
        return;
    }
    out->skew_ppm = slope.value * 1e6;
    out->skew_low = slope.low * 1e6;
    out->skew_high = slope.high * 1e6;
    judge(out, note);
}

static int frozen(const struct clock_bracket *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i].before != s->before || s[i].after != s->before)
            return 0;
    return 1;
}

int clock_assess(const struct clock_bracket *s, size_t n, const struct clock_question *q,
                 struct clock_assessment *out)
{
    struct work w = {.n = n};
    int rc = -1;

    *out = (struct clock_assessment){.offset_ns = NAN,
                                     .skew_ppm = NAN,
                                     .skew_low = NAN,
                                     .skew_high = NAN,
                                     .verdict = CLOCK_UNKNOWN};
    if (n < 3) {
        snprintf(out->reason, sizeof(out->reason), "%zu intervals with readings, 3 needed", n);
        return 0;
    }
    if (q->kind == CLOCK_KIND_PROCESSOR) {
        assess_processor(s, n, q, out);
        return 0;
    }
    if (frozen(s, n)) {
        out->verdict = CLOCK_ABERRANT;
        snprintf(out->reason, sizeof(out->reason), "stands still");
        return 0;
    }
    w.b = malloc(n * sizeof(*w.b));
    w.x = malloc(n * sizeof(*w.x));
    w.y = malloc(n * sizeof(*w.y));
    if (w.b && w.x && w.y) {
        fill(&w, s, q->unit_ns);
        assess_time(s, &w, q, out);
        rc = 0;
    }
    free(w.b);
    free(w.x);
    free(w.y);
    return rc;
}

const char *clock_verdict_name(enum clock_verdict v)
{
    static const char *const name[] = {
        [CLOCK_UNKNOWN] = "unknown",
        [CLOCK_SOUND] = "sound",
        [CLOCK_BIASED] = "biased",
        [CLOCK_ABERRANT] = "aberrant",
    };

    return name[v];
}
