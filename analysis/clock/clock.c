/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/clock.c - a guest clock against true time; see clock.h.
 */
#include "analysis/clock/clock_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/uncertainty.h"

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

static void fill(struct clock_work *w, const struct clock_bracket *bracket, double unit_ns)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct clock_bracket *s = &bracket[i];
        struct clock_bounds *b = &w->b[i];

        b->start = s->start_ns;
        b->stop = s->stop_ns;
        b->low = since(s->before, bracket->before, unit_ns) - s->start_ns;
        b->high = since(s->after, bracket->before, unit_ns) - s->stop_ns;
        w->x[i] = (b->start + b->stop) / 2;
        w->y[i] = (b->low + b->high) / 2;
    }
}

int clock_work_fill(struct clock_work *w, const struct clock_bracket *bracket, size_t n,
                    const struct clock_question *q)
{
    w->n = n;
    w->resolution_ns = clock_resolution_ns(bracket, n, q);
    w->b = malloc(n * sizeof(*w->b));
    w->x = malloc(n * sizeof(*w->x));
    w->y = malloc(n * sizeof(*w->y));
    if (!w->b || !w->x || !w->y)
        return -1;
    fill(w, bracket, q->unit_ns);
    return 0;
}

void clock_work_free(struct clock_work *w)
{
    free(w->b);
    free(w->x);
    free(w->y);
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

static void judge(struct clock_assessment *a, const char *note)
{
    double u = fmax(a->skew_high - a->skew_ppm, a->skew_ppm - a->skew_low);
    int decimals = isnan(u) ? 1 : uncertainty_decimals(u, 6) + 1;

    if (decimals < 0)
        decimals = 0;
    if (a->backsteps || a->jumps || a->freezes) {
        a->verdict = CLOCK_ABERRANT;
        snprintf(a->reason, sizeof(a->reason), "%llu jumps and %llu steps back",
                 (unsigned long long)a->jumps, (unsigned long long)a->backsteps);
        if (a->freezes)
            snprintf(a->reason, sizeof(a->reason),
                     "%llu jumps, %llu steps back and %llu freezes",
                     (unsigned long long)a->jumps, (unsigned long long)a->backsteps,
                     (unsigned long long)a->freezes);
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

static int fit(const struct clock_work *w, const struct clock_question *q,
               struct stats_interval *slope, struct clock_assessment *out, const char **note)
{
    struct clock_question coarse = *q;
    double intercept, check, *residual;

    coarse.unit_ns = w->resolution_ns;
    if (clock_rate_checked(w->x, w->y, w->n, &coarse, q->unbounded ? NULL : w->b, slope,
                           &intercept, &check, note))
        return -1;
    out->check_ppm = check * 1e6;
    residual = malloc(w->n * sizeof(*residual));
    if (!residual)
        return -1;
    for (size_t i = 0; i < w->n; i++)
        residual[i] = fabs(w->y[i] - intercept - slope->value * w->x[i]);
    out->jitter_ns = 1.4826 * stats_median(residual, w->n);
    free(residual);
    return 0;
}

/* 0, or -1 if memory is short. */
static int count_events(const struct clock_bracket *s, const struct clock_work *w,
                        const struct clock_question *q, struct clock_assessment *out)
{
    struct clock_event *event;
    size_t count, parted;

    if (clock_list_events(s, w, q, &event, &count, &parted))
        return -1;
    out->jumps = parted;
    for (size_t i = 0; i < count; i++)
        out->freezes += event[i].kind == CLOCK_FREEZE;
    free(event);
    return 0;
}

static int assess_time(const struct clock_bracket *s, const struct clock_work *w,
                       const struct clock_question *q, struct clock_assessment *out)
{
    struct stats_interval slope, rate;
    const char *note = "";

    out->backsteps = count_backsteps(s, w->n);
    out->offset_ns = w->y[0] + (double)s->before * q->unit_ns;
    if (clock_local_slope(w, &rate)) {
        snprintf(out->reason, sizeof(out->reason), "all intervals lie at one point of time");
        return 0;
    }
    if (count_events(s, w, q, out))
        return -1;
    /* Across a jump there is no one rate; what holds apart from it has no interval. */
    slope = (struct stats_interval){rate.value, NAN, NAN, 0};
    if (!out->jumps && !out->freezes && fit(w, q, &slope, out, &note)) {
        snprintf(out->reason, sizeof(out->reason), "all intervals lie at one point of time");
        return 0;
    }
    out->skew_ppm = slope.value * 1e6;
    out->skew_low = slope.low * 1e6;
    out->skew_high = slope.high * 1e6;
    judge(out, note);
    return 0;
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
    struct clock_work w;
    int rc = -1;

    *out = (struct clock_assessment){.offset_ns = NAN,
                                     .skew_ppm = NAN,
                                     .skew_low = NAN,
                                     .skew_high = NAN,
                                     .check_ppm = NAN,
                                     .jitter_ns = NAN,
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
    if (!clock_work_fill(&w, s, n, q))
        rc = assess_time(s, &w, q, out);
    clock_work_free(&w);
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
