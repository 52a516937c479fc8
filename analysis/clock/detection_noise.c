/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/detection_noise.c - what clean readings leave over when the clock's line is taken
 * out; detection.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/clock/clock_private.h"
#include "analysis/clock/detection.h"

const char *detection_noise_name(enum detection_noise_kind kind)
{
    static const char *const name[] = {
        [DETECTION_INDEPENDENT] = "independent",
        [DETECTION_NEAR] = "by place",
        [DETECTION_WANDER] = "wandering",
        [DETECTION_COARSE] = "coarse",
    };

    return name[kind];
}

static int is_single(const struct clock_bracket *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (b[i].before != b[i].after)
            return 0;
    return 1;
}

/* The step of a clock that shows equal readings at a quarter or more of the times it is read anew;
 * 0: of a finer one, whose residuals hold what its step adds. */
static double coarse_step(const struct clock_bracket *b, size_t n,
                          const struct clock_question *q)
{
    size_t equal = 0;

    for (size_t i = 1; i < n; i++)
        equal += b[i].before == b[i - 1].before && b[i].start_ns > b[i - 1].start_ns;
    return 4 * equal >= n - 1 ? clock_resolution_ns(b, n, q) : 0;
}

/* Medians of DETECTION_MEDIAN residuals in turn, taken off by straight lines between them; their
 * second differences remain. */
static int take_out_wander(struct detection_noise *o, const double *x, const double *residual)
{
    const size_t knots = o->n / DETECTION_MEDIAN;
    double *at = malloc(2 * knots * sizeof(*at)), *level;

    if (!at)
        return -1;
    level = at + knots;
    for (size_t k = 0; k < knots; k++) {
        at[k] = stats_median(x + k * DETECTION_MEDIAN, DETECTION_MEDIAN);
        level[k] = stats_median(residual + k * DETECTION_MEDIAN, DETECTION_MEDIAN);
    }
    for (size_t i = 0, k = 0; i < o->n; i++) {
        double y;

        while (k + 2 < knots && x[i] > at[k + 1])
            k++;
        y = level[k] + (level[k + 1] - level[k]) * (x[i] - at[k]) / (at[k + 1] - at[k]);
        o->low[i] -= y;
        o->high[i] -= y;
    }
    o->bends = knots - 2;
    for (size_t k = 0; k < o->bends; k++)
        o->bend[k] = level[k + 2] - 2 * level[k + 1] + level[k];
    free(at);
    return 0;
}

static int fill(struct detection_noise *o, const struct clock_work *w)
{
    struct stats_interval rate;
    double intercept, check, *residual;
    const char *note;
    int rc = 0;

    if (clock_rate_checked(w->x, w->y, w->n, &o->question, o->question.unbounded ? NULL : w->b,
                           &rate, &intercept, &check, &note))
        return -1;
    residual = malloc(w->n * sizeof(*residual));
    if (!residual)
        return -1;
    for (size_t i = 0; i < w->n; i++) {
        const struct clock_bounds *b = &w->b[i];

        o->low[i] = b->low - intercept - rate.value * b->start;
        o->high[i] = b->high - intercept - rate.value * b->stop;
        residual[i] = w->y[i] - intercept - rate.value * w->x[i];
    }
    if ((note == clock_note_wanders || note == clock_note_bends) &&
        w->n / DETECTION_MEDIAN >= 4) {
        o->kind = DETECTION_WANDER;
        rc = take_out_wander(o, w->x, residual);
    } else if (*note || !o->question.unbounded) {
        o->kind = DETECTION_NEAR;
    }
    free(residual);
    return rc;
}

static int refuse(char reason[160], const char *why)
{
    snprintf(reason, 160, "%s", why);
    return 1;
}

/* Is it a clock whose noise is all that is wrong with it, but for a rate? */
static int check(const struct clock_bracket *b, size_t n, const struct clock_question *q,
                 char reason[160])
{
    struct clock_assessment a;

    if (q->kind == CLOCK_KIND_PROCESSOR)
        return refuse(reason, "processor time follows no true time");
    if (isnan(q->unit_ns))
        return refuse(reason, "its frequency is not stated");
    if (n < DETECTION_READINGS_MIN)
        return refuse(reason, "fewer than 16 readings tell nothing of its noise");
    if (clock_assess(b, n, q, &a))
        return -1;
    if (a.jumps || a.backsteps || a.freezes) {
        snprintf(reason, 160, "it is not clean: %.140s", a.reason);
        return 1;
    }
    if (isnan(a.skew_ppm))
        return refuse(reason, *a.reason ? a.reason : "it has no rate");
    return 0;
}

int detection_noise_read(const struct clock_bracket *b, size_t n,
                         const struct clock_question *q, struct detection_noise *out,
                         char reason[160])
{
    struct clock_work w = {0};
    int rc = check(b, n, q, reason);

    *out = (struct detection_noise){.question = *q, .n = n};
    if (rc)
        return rc;
    out->slot = malloc(n * sizeof(*out->slot));
    out->low = malloc(3 * n * sizeof(*out->low));
    if (!out->slot || !out->low)
        return -1;
    memcpy(out->slot, b, n * sizeof(*b));
    out->high = out->low + n;
    out->bend = out->high + n;
    out->single = is_single(b, n);
    out->coarse_ns = coarse_step(b, n, q);
    rc = clock_work_fill(&w, b, n, q);
    if (!rc) {
        out->period_ns = (w.x[n - 1] - w.x[0]) * (double)n / (double)(n - 1);
        if (out->coarse_ns > 0)
            out->kind = DETECTION_COARSE;
        else
            rc = fill(out, &w);
    }
    clock_work_free(&w);
    return rc;
}

void detection_noise_free(struct detection_noise *noise)
{
    free(noise->slot);
    free(noise->low);
    *noise = (struct detection_noise){.n = 0};
}
