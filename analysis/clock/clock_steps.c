/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/clock_steps.c - steps of a clock that no bracket bounds; see clock.h.
 */
#include <math.h>
#include <stdlib.h>

#include "analysis/clock/clock_private.h"

/*
 * Points on either side of a step. Their medians' difference, less what its neighbours show, must
 * exceed NOISE_SIGMAS of the points' own noise and SPREAD_SIGMAS of the same elsewhere; and the same
 * by NEAR points must show at least half of it, and NEAR_SIGMAS of their noise: frequency that
 * wanders moves the offset far, but not from one point to the next. Eight of fifteen readings late by chance, where one in twenty
 * is, come once in five million places.
 */
#define WINDOW 15u
#define NEAR 5u
#define NOISE_SIGMAS 6.0
#define SPREAD_SIGMAS 5.0
#define NEAR_SIGMAS 5.0

double clock_level(const struct clock_work *w, double rate, size_t from, size_t to)
{
    double v[2 * WINDOW];
    size_t n = 0;

    for (size_t i = from; i < to; i++)
        v[n++] = w->y[i] - rate * (w->x[i] - w->x[0]);
    stats_sort(v, n);
    return stats_quantile_sorted(v, n, 0.5);
}

/* Without brackets. steps[i] is the median of the points behind place i + WINDOW less that of
 * those before it. Where the frequency wanders that differs from place to place, but slowly: half
 * of what the places on either side show is taken off. */
struct steps {
    struct clock_work w; /* y is our own copy, the rate and the steps found taken out */
    double *step, *size;
    char *dead; /* places that were looked at and are no step */
    size_t n;
};

static void take_steps(struct steps *s, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < s->n; i++)
        s->step[i] = clock_level(&s->w, 0, i + WINDOW, i + 2 * WINDOW) -
                     clock_level(&s->w, 0, i, i + WINDOW);
}

static double excess(const struct steps *s, size_t i)
{
    const double here = s->step[i];
    const int left = i >= WINDOW, right = i + WINDOW < s->n;
    double beside = 0;

    if (left)
        beside += s->step[i - WINDOW];
    if (right)
        beside += s->step[i + WINDOW];
    return left || right ? here - beside / (left + right) : here;
}

/* The step that exceeds most; its size. */
static double largest_step(const struct steps *s, size_t *place)
{
    double most = 0;

    for (size_t i = 0; i < s->n; i++) {
        const double e = excess(s, i);

        if (!s->dead[i] && fabs(e) > fabs(most)) {
            most = e;
            *place = i;
        }
    }
    return most;
}

/* Standard deviation of points by their second differences, which have six times their variance.
 * `room` is for n of them. */
double clock_point_noise(const double *y, size_t n, double *room)
{
    for (size_t i = 0; i + 2 < n; i++)
        room[i] = fabs(y[i + 2] - 2 * y[i + 1] + y[i]);
    return 1.4826 * stats_median(room, n - 2) / sqrt(6);
}

/* What is no step: by the points' own noise (a median has pi/2 times a mean's variance, and five
 * of them are in the excess), or by the excess away from the place that is looked at. */
static double limit_of(struct steps *s, size_t place)
{
    size_t n = 0;
    double spread = 0;

    for (size_t i = 0; i < s->n; i++)
        if (i + 2 * WINDOW < place || i > place + 2 * WINDOW)
            s->size[n++] = fabs(excess(s, i));
    if (n > WINDOW)
        spread = 1.4826 * stats_median(s->size, n);
    return fmax(SPREAD_SIGMAS * spread, NOISE_SIGMAS * sqrt(2.5 * M_PI / WINDOW) *
                                            clock_point_noise(s->w.y, s->w.n, s->size));
}

/* A median follows a step only once half its points are over: the place within half a window of it
 * where the points on both sides lie best by the levels farther out. */
static size_t split(const struct steps *s, size_t place)
{
    const size_t low = place + WINDOW / 2 + 1, high = place + WINDOW + WINDOW / 2;
    const double left = clock_level(&s->w, 0, place, low);
    const double right = clock_level(&s->w, 0, high, place + 2 * WINDOW);
    double sum = 0, least = 0;
    size_t best = low;

    for (size_t i = low; i < high; i++) {
        sum += fabs(s->w.y[i] - left) - fabs(s->w.y[i] - right);
        if (sum < least) {
            least = sum;
            best = i + 1;
        }
    }
    return best;
}

/* The excess at `at` by the medians of NEAR points; within 2 NEAR of an end the step alone. `at` is
 * at least NEAR away from both (split()). */
static double near_by(const struct steps *s, size_t at)
{
    const double before = clock_level(&s->w, 0, at - NEAR, at);
    const double after = clock_level(&s->w, 0, at, at + NEAR);

    if (at < 2 * NEAR || at + 2 * NEAR > s->w.n)
        return after - before;
    return 1.5 * (after - before) - 0.5 * (clock_level(&s->w, 0, at + NEAR, at + 2 * NEAR) -
                                           clock_level(&s->w, 0, at - 2 * NEAR, at - NEAR));
}

static void take_one_out(struct steps *s, size_t at, double e, struct clock_steps *out)
{
    const size_t low = at > 2 * WINDOW ? at - 2 * WINDOW : 0;

    out->first[out->n++] = at;
    for (size_t i = at; i < s->w.n; i++)
        s->w.y[i] -= e;
    take_steps(s, low, at + 1);
}

/* The largest first, each taken out before the next is looked for. */
static void take_out(struct steps *s, double slack, struct clock_steps *out)
{
    for (size_t looks = 0; looks < 2 * CLOCK_STEPS_MAX && out->n < CLOCK_STEPS_MAX; looks++) {
        size_t place = 0, at;
        const double e = largest_step(s, &place);
        double near;

        if (fabs(e) <= limit_of(s, place) + slack)
            return;
        at = split(s, place);
        near =
            NEAR_SIGMAS * sqrt(2.5 * M_PI / NEAR) * clock_point_noise(s->w.y, s->w.n, s->size);
        if (fabs(near_by(s, at)) >= fmax(fabs(e) / 2, near))
            take_one_out(s, at, e, out);
        else
            for (size_t i = place > NEAR ? place - NEAR : 0; i <= place + NEAR && i < s->n;
                 i++)
                s->dead[i] = 1;
    }
}

int clock_find_steps(const struct clock_work *w, double rate, double slack,
                     struct clock_steps *out)
{
    struct steps s = {.w = *w};
    int rc = -1;

    out->n = 0;
    if (w->n < 4 * WINDOW)
        return 0;
    s.n = w->n - 2 * WINDOW + 1;
    s.w.y = malloc(w->n * sizeof(*s.w.y));
    s.step = malloc(s.n * sizeof(*s.step));
    s.size = malloc(w->n * sizeof(*s.size));
    s.dead = calloc(s.n, 1);
    if (s.w.y && s.step && s.size && s.dead) {
        for (size_t i = 0; i < w->n; i++)
            s.w.y[i] = w->y[i] - rate * (w->x[i] - w->x[0]);
        take_steps(&s, 0, s.n);
        take_out(&s, slack, out);
        rc = 0;
    }
    free(s.w.y);
    free(s.step);
    free(s.size);
    free(s.dead);
    return rc;
}
