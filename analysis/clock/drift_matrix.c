/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/drift_matrix.c - the clocks of a boot against each other, and whether that
 * closes.
 *
 * Each pair is estimated by itself (median of differences, Theil-Sen of differences), so A to B
 * plus B to C need not be A to C: that they are, within what is known of each, shows that the
 * estimates and their bounds are of one piece.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/clock/drift.h"
#include "analysis/stats.h"

#define MATRIX_POINTS 300u /* of a pair, evenly taken */

static int comparable(const struct drift_clock *a, const struct drift_clock *b)
{
    return a->s.boot == b->s.boot && a->s.n == b->s.n && a->s.n >= 3 &&
           a->question.kind == CLOCK_KIND_TIME && b->question.kind == CLOCK_KIND_TIME &&
           !isnan(a->s.unit_ns) && !isnan(b->s.unit_ns) &&
           a->s.bracket->start_ns == b->s.bracket->start_ns &&
           a->s.bracket[a->s.n - 1].stop_ns == b->s.bracket[b->s.n - 1].stop_ns;
}

static void bounds(const struct drift_clock *k, size_t i, double *middle, double *half)
{
    double low, high;

    clock_offset_bounds(k->s.bracket, &k->s.bracket[i], k->s.unit_ns, &low, &high);
    *middle = (low + high) / 2;
    *half = fabs(high - low) / 2;
}

static int compare(const struct drift_set *set, struct drift_pair *p)
{
    const struct drift_clock *a = &set->clock[p->a], *b = &set->clock[p->b];
    const size_t keep = a->s.n < MATRIX_POINTS ? a->s.n : MATRIX_POINTS;
    struct clock_question q = a->question;
    double x[MATRIX_POINTS], y[MATRIX_POINTS], u[MATRIX_POINTS], intercept;
    double first_a, first_b, start_a, start_b;
    struct stats_interval slope = {NAN, NAN, NAN, 0};
    const char *note;

    bounds(a, 0, &first_a, &start_a);
    bounds(b, 0, &first_b, &start_b);
    for (size_t i = 0; i < keep; i++) {
        const size_t at = i * (a->s.n - 1) / (keep - 1);
        double ya, yb, ua, ub;

        bounds(a, at, &ya, &ua);
        bounds(b, at, &yb, &ub);
        x[i] = (a->s.bracket[at].start_ns + a->s.bracket[at].stop_ns) / 2;
        y[i] = ya - yb;
        u[i] = ua + ub;
    }
    q.unit_ns = a->s.unit_ns + b->s.unit_ns;
    p->offset_ns = stats_median(y, keep);
    p->offset_u_ns = stats_median(u, keep) + start_a + start_b;
    if (clock_rate(x, y, keep, &q, &slope, &intercept, &note))
        return -1;
    p->skew_ppm = slope.value * 1e6;
    p->skew_low = slope.low * 1e6;
    p->skew_high = slope.high * 1e6;
    return 0;
}

static int add_pairs(struct drift_set *set, struct err *e)
{
    for (size_t a = 0; a < set->n; a++) {
        for (size_t b = a + 1; b < set->n && set->clock[b].s.boot == set->clock[a].s.boot;
             b++) {
            struct drift_pair *more;

            if (!comparable(&set->clock[a], &set->clock[b]))
                continue;
            more = realloc(set->pair, (set->pairs + 1) * sizeof(*more));
            if (!more)
                return err_set(e, ERR_IO, "out of memory");
            set->pair = more;
            more[set->pairs] = (struct drift_pair){.a = a, .b = b};
            /* All in one place of time: there is nothing to compare. */
            if (!compare(set, &more[set->pairs]))
                set->pairs++;
        }
    }
    return 0;
}

static const struct drift_pair *find(const struct drift_set *set, size_t a, size_t b)
{
    for (size_t i = 0; i < set->pairs; i++)
        if (set->pair[i].a == a && set->pair[i].b == b)
            return &set->pair[i];
    return NULL;
}

static double half(const struct drift_pair *p)
{
    return fmax(p->skew_high - p->skew_ppm, p->skew_ppm - p->skew_low);
}

static struct drift_closure close_triple(const struct drift_set *set,
                                         const struct drift_pair *ab,
                                         const struct drift_pair *bc,
                                         const struct drift_pair *ac)
{
    struct drift_closure c = {
        .boot = set->clock[ab->a].s.boot,
        .a = ab->a,
        .b = ab->b,
        .c = bc->b,
        .offset_ns = ab->offset_ns + bc->offset_ns - ac->offset_ns,
        .offset_u_ns = ab->offset_u_ns + bc->offset_u_ns + ac->offset_u_ns,
        .skew_ppm = ab->skew_ppm + bc->skew_ppm - ac->skew_ppm,
        .skew_u_ppm = half(ab) + half(bc) + half(ac),
    };

    c.closes = fabs(c.offset_ns) <= c.offset_u_ns && fabs(c.skew_ppm) <= c.skew_u_ppm;
    return c;
}

/* Nearer to what it may be at most, or beyond. */
static double strain(const struct drift_closure *c)
{
    return fmax(fabs(c->offset_ns) / fmax(c->offset_u_ns, 1e-300),
                fabs(c->skew_ppm) / fmax(c->skew_u_ppm, 1e-300));
}

static int note(struct drift_set *set, const struct drift_closure *c, struct err *e)
{
    struct drift_closure *last = set->closures ? &set->closure[set->closures - 1] : NULL;

    if (last && last->boot == c->boot) {
        const int closes = last->closes && c->closes;

        if (strain(c) > strain(last))
            *last = *c;
        last->closes = closes;
        return 0;
    }
    last = realloc(set->closure, (set->closures + 1) * sizeof(*last));
    if (!last)
        return err_set(e, ERR_IO, "out of memory");
    set->closure = last;
    last[set->closures++] = *c;
    return 0;
}

int drift_compare_clocks(struct drift_set *set, struct err *e)
{
    int rc = add_pairs(set, e);

    for (size_t i = 0; !rc && i < set->pairs; i++) {
        for (size_t j = i + 1; !rc && j < set->pairs; j++) {
            const struct drift_pair *ab = &set->pair[i], *bc = &set->pair[j];
            const struct drift_pair *ac = ab->b == bc->a ? find(set, ab->a, bc->b) : NULL;

            if (ac) {
                const struct drift_closure c = close_triple(set, ab, bc, ac);

                rc = note(set, &c, e);
            }
        }
    }
    return rc;
}
