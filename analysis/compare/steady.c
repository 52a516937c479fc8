/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/compare/steady.c - change points of a boot's iterations; see steady.h.
 */
#include "analysis/compare/steady.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/stats.h"

#define CLIP 5.0
#define PENALTY 4.0
#define MAD_TO_SIGMA 1.4826 /* of a normal distribution */
#define LEVEL_LEAST 5u

const char *steady_kind_name(enum steady_kind k)
{
    static const char *const name[] = {
        [STEADY_SHORT] = "too few iterations", [STEADY_FLAT] = "steady",
        [STEADY_WARM_UP] = "warm-up",          [STEADY_SLOW_DOWN] = "slow-down",
        [STEADY_MIXED] = "unsteady start",     [STEADY_NONE] = "no steady state",
    };

    return name[k];
}

struct series {
    double *value;     /* of group i: median of its iterations, then clipped */
    size_t n;          /* groups */
    size_t iterations; /* in all; group i starts at iterations * i / n */
    double *sum, *square;
    double *best;  /* least cost of the first i groups */
    size_t *last;  /* where their last level starts */
    size_t *alive; /* starts that may still be best (pruning) */
    double penalty;
};

static size_t start_of(const struct series *s, size_t group)
{
    return s->iterations * group / s->n;
}

static int series_make(struct series *s, const double *x, size_t n)
{
    const size_t points = n < STEADY_POINTS ? n : STEADY_POINTS;

    *s = (struct series){.n = points, .iterations = n};
    s->value = malloc(5 * (points + 1) * sizeof(*s->value));
    s->last = malloc(2 * (points + 1) * sizeof(*s->last));
    if (!s->value || !s->last)
        return -1;
    s->sum = s->value + points + 1;
    s->square = s->sum + points + 1;
    s->best = s->square + points + 1;
    s->alive = s->last + points + 1;
    for (size_t i = 0; i < points; i++) {
        const size_t from = start_of(s, i);

        s->value[i] = stats_median(x + from, start_of(s, i + 1) - from);
        if (isnan(s->value[i]))
            return -1;
    }
    return 0;
}

static void series_free(struct series *s)
{
    free(s->value);
    free(s->last);
}

/* Clip, and take the scale: see steady.h. */
static int prepare(struct series *s, double resolution)
{
    const double median = stats_median(s->value, s->n);
    double *off = s->best, reach, squares = 0;

    for (size_t i = 0; i < s->n; i++)
        off[i] = fabs(s->value[i] - median);
    reach = CLIP * fmax(MAD_TO_SIGMA * stats_median(off, s->n), resolution);
    if (isnan(reach))
        return -1;
    s->sum[0] = s->square[0] = 0;
    for (size_t i = 0; i < s->n; i++) {
        /* About the median: what is squared stays small. */
        double v = fmin(reach, fmax(-reach, s->value[i] - median)), before = s->value[0];

        s->value[i] = v;
        if (i) {
            before = s->value[i - 1];
            squares += (v - before) * (v - before);
        }
        s->sum[i + 1] = s->sum[i] + v;
        s->square[i + 1] = s->square[i] + v * v;
    }
    s->penalty = PENALTY * log((double)s->n) *
                 fmax(squares / 2 / (double)(s->n - 1), resolution * resolution);
    return 0;
}

static double cost(const struct series *s, size_t from, size_t to)
{
    const double sum = s->sum[to] - s->sum[from];

    return s->square[to] - s->square[from] - sum * sum / (double)(to - from);
}

static void partition(struct series *s)
{
    size_t alive = 1;

    s->best[0] = -s->penalty;
    s->alive[0] = 0;
    for (size_t to = 1; to <= s->n; to++) {
        size_t kept = 0;

        s->best[to] = INFINITY;
        s->last[to] = 0;
        for (size_t i = 0; i < alive; i++) {
            const size_t from = s->alive[i];
            double total;

            /* Short levels are not allowed, and what cannot be ended yet is kept. */
            if (to - from < LEVEL_LEAST && !(from == 0 && to == 1))
                continue;
            total = s->best[from] + cost(s, from, to) + s->penalty;
            if (total < s->best[to]) {
                s->best[to] = total;
                s->last[to] = from;
            }
        }
        for (size_t i = 0; i < alive; i++) {
            const size_t from = s->alive[i];

            if (to - from < LEVEL_LEAST || s->best[from] + cost(s, from, to) <= s->best[to])
                s->alive[kept++] = from;
        }
        s->alive[kept++] = to;
        alive = kept;
    }
}

struct level {
    size_t from, to; /* iterations */
    double median;
};

static int is_near(double a, double b, double resolution)
{
    return fabs(a - b) <= fmax(STEADY_TOLERANCE * fabs(b), 2 * resolution);
}

/* From the last level towards the first one, neighbours that are near joined. Returns the number
 * of levels and tells what lay before the last one. */
static int judge(const struct series *s, const double *x, double resolution,
                 struct steady_state *out)
{
    struct level later = {0, 0, NAN};
    int slower = 0, faster = 0;

    out->levels = 0;
    for (size_t to = s->n; to > 0; to = s->last[to]) {
        struct level l = {start_of(s, s->last[to]), start_of(s, to), NAN};

        l.median = stats_median(x + l.from, l.to - l.from);
        if (isnan(l.median))
            return -1;
        if (!out->levels) {
            out->levels = 1;
            out->from = l.from;
            out->level = l.median;
        } else if (!is_near(l.median, later.median, resolution)) {
            out->levels++;
        } else if (out->levels == 1 && is_near(l.median, out->level, resolution)) {
            out->from = l.from;
        }
        if (!is_near(l.median, out->level, resolution)) {
            slower |= l.median > out->level;
            faster |= l.median < out->level;
        }
        later = l;
    }
    if ((double)(s->iterations - out->from) < STEADY_SHARE * (double)s->iterations)
        out->kind = STEADY_NONE;
    else if (slower && faster)
        out->kind = STEADY_MIXED;
    else if (slower || faster)
        out->kind = slower ? STEADY_WARM_UP : STEADY_SLOW_DOWN;
    else
        out->kind = STEADY_FLAT;
    out->from = out->kind == STEADY_FLAT ? 0 : out->from;
    out->level = stats_median(x + out->from, s->iterations - out->from);
    return isnan(out->level) ? -1 : 0;
}

int steady_find(const double *x, size_t n, double resolution, struct steady_state *out)
{
    struct series s;
    int rc;

    *out = (struct steady_state){STEADY_SHORT, 0, n > 0, stats_median(x, n)};
    if (!(resolution > 0))
        return -1;
    if (n < STEADY_LEAST)
        return 0;
    rc = series_make(&s, x, n);
    if (!rc)
        rc = prepare(&s, resolution);
    if (!rc) {
        partition(&s);
        rc = judge(&s, x, resolution, out);
    }
    series_free(&s);
    return rc;
}

/* --- two modes --- */

#define GROUP_LEAST 0.1
#define CLIP_QUANTILE 0.05
#define SIGNIFICANT 3.0 /* standard deviations */

/* Values in [low, high). */
static double between(const double *sorted, size_t n, double low, double high)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += sorted[i] >= low && sorted[i] < high;
    return (double)count;
}

/* Number of values in the lower group of the split that explains most of the variance. */
static size_t best_split(const double *sorted, size_t n)
{
    const double low = stats_quantile_sorted(sorted, n, CLIP_QUANTILE);
    const double high = stats_quantile_sorted(sorted, n, 1 - CLIP_QUANTILE);
    const size_t least = (size_t)ceil(GROUP_LEAST * (double)n);
    double all = 0, sum = 0, best = -1;
    size_t split = 0;

    for (size_t i = 0; i < n; i++)
        all += fmin(high, fmax(low, sorted[i])) - low;
    for (size_t i = 0; i + least < n; i++) {
        const double below = (double)(i + 1), above = (double)(n - i - 1);
        double apart;

        sum += fmin(high, fmax(low, sorted[i])) - low;
        if (i + 1 < least || sorted[i] == sorted[i + 1])
            continue;
        apart = (all - sum) / above - sum / below;
        if (apart * apart * below * above > best) {
            best = apart * apart * below * above;
            split = i + 1;
        }
    }
    return split;
}

void steady_modes(const double *sorted, size_t n, double resolution, struct steady_modes *out)
{
    size_t split;
    double third, valley, peak;

    *out = (struct steady_modes){0, NAN, NAN, NAN};
    split = n < STEADY_LEAST ? 0 : best_split(sorted, n);
    if (!split)
        return;
    out->low = stats_quantile_sorted(sorted, split, 0.5);
    out->high = stats_quantile_sorted(sorted + split, n - split, 0.5);
    out->share = (double)(n - split) / (double)n;
    third = (out->high - out->low) / 3;
    valley = between(sorted, n, out->low + third, out->high - third);
    peak = fmin(between(sorted, n, out->low - third / 2, out->low + third / 2),
                between(sorted, n, out->high - third / 2, out->high + third / 2));
    out->two = out->high - out->low > 2 * resolution &&
               peak - 2 * valley > SIGNIFICANT * sqrt(peak + 4 * valley);
}
