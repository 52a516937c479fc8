/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/detection_clock.c - series with a clock's noise, distorted and judged;
 * detection.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/clock/clock_private.h"
#include "analysis/clock/detection.h"

/* A bracket more or less than where it was injected: without brackets a step shows within half of
 * what its medians are made of. */
#define PLACE_BOUNDED 2u
#define PLACE_UNBOUNDED 7u
/* Where the readings of a drawn series begin: far from 0, so that a step back stays positive. */
#define ORIGIN (1ull << 60)

/* --- a series --- */

struct drawing {
    const struct detection_noise *noise;
    gsl_rng *rng;
    const struct detection_injection *in;
    struct clock_bracket *out;
    size_t readings, from; /* of the slots */
    double last_true_ns;   /* of the last reading; readings are made in turn */
    double last_shown_ns, phase_ns;
    double bend, slope, level; /* of the wandering, per DETECTION_MEDIAN readings */
};

static double middle(const struct clock_bracket *b)
{
    return (b->start_ns + b->stop_ns) / 2;
}

/* Times of bracket i of the series; readings are those of its slot. */
static struct clock_bracket slot(const struct drawing *d, size_t i)
{
    const size_t k = d->from + i;
    struct clock_bracket b = d->noise->slot[k % d->noise->n];
    const double later = (double)(k / d->noise->n) * d->noise->period_ns;

    b.start_ns += later;
    b.stop_ns += later;
    return b;
}

static double distorted(struct drawing *d, double true_ns)
{
    const struct detection_injection *in = d->in;

    if (in->size == 0 || true_ns < in->at_ns)
        return true_ns;
    switch (in->kind) {
    case DETECTION_RATE:
        return true_ns + in->size * 1e-6 * (true_ns - in->at_ns);
    case DETECTION_STEP:
        return true_ns + in->size;
    case DETECTION_FREEZE:
        return true_ns < in->at_ns + in->size ? NAN : true_ns - in->size;
    default:
        return true_ns - in->size;
    }
}

/* A reading at this true time, with so much noise that is not of the time it was made at. */
static uint64_t show(struct drawing *d, double true_ns, double noise_ns)
{
    double shown = distorted(d, true_ns);

    if (isnan(shown)) {
        shown = d->last_shown_ns; /* it stands */
    } else {
        shown += noise_ns;
        if (d->noise->coarse_ns > 0)
            shown = floor((shown + d->phase_ns) / d->noise->coarse_ns) * d->noise->coarse_ns;
    }
    d->last_shown_ns = shown;
    return ORIGIN + (uint64_t)(int64_t)llround(shown / d->noise->question.unit_ns);
}

/* Reading that gives its noise to bracket i. */
static size_t lender(const struct drawing *d, size_t i)
{
    const size_t n = d->noise->n, k = (d->from + i) % n;
    const size_t far = DETECTION_MEDIAN / 2;

    if (d->noise->kind == DETECTION_NEAR) {
        const size_t low = k > far ? k - far : 0, high = k + far < n ? k + far : n - 1;

        return low + gsl_rng_uniform_int(d->rng, high - low + 1);
    }
    return gsl_rng_uniform_int(d->rng, n);
}

static double wander(struct drawing *d, size_t i)
{
    const struct detection_noise *noise = d->noise;

    if (noise->kind != DETECTION_WANDER)
        return 0;
    if (i % DETECTION_MEDIAN == 0) {
        d->level += d->slope;
        if (i)
            d->slope += d->bend;
        d->bend = noise->bend[gsl_rng_uniform_int(d->rng, noise->bends)];
        if (gsl_rng_uniform(d->rng) < 0.5)
            d->bend = -d->bend;
    }
    return d->level + d->slope * (double)(i % DETECTION_MEDIAN) / DETECTION_MEDIAN;
}

static double in_turn(struct drawing *d, double true_ns)
{
    d->last_true_ns = fmax(d->last_true_ns, true_ns);
    return d->last_true_ns;
}

/* One reading, at a time within the bracket; or nobody knows when, and its noise is its own. */
static void draw_single(struct drawing *d, size_t i, struct clock_bracket *b)
{
    const struct detection_noise *noise = d->noise;
    const size_t from = lender(d, i);
    const double at = middle(b), drift = wander(d, i);
    double half = (noise->slot[from].stop_ns - noise->slot[from].start_ns) / 2;
    double late = (noise->low[from] + noise->high[from]) / 2;

    if (noise->kind == DETECTION_COARSE) {
        half = (b->stop_ns - b->start_ns) / 2;
        late = 0;
    }
    b->start_ns = at - half;
    b->stop_ns = at + half;
    if (noise->question.unbounded)
        b->before = show(d, at, late + drift);
    else
        b->before = show(d, in_turn(d, at + late), drift);
    b->after = b->before;
}

static void draw_pair(struct drawing *d, size_t i, struct clock_bracket *b)
{
    const struct detection_noise *noise = d->noise;
    const int coarse = noise->kind == DETECTION_COARSE;
    const size_t from = coarse ? 0 : lender(d, i);
    const double drift = wander(d, i);

    b->before = show(d, in_turn(d, b->start_ns + (coarse ? 0 : noise->low[from])), drift);
    b->after = show(d, in_turn(d, b->stop_ns + (coarse ? 0 : noise->high[from])), drift);
}

/* Where it happens. Returns 1 if there is no room for it. */
static int choose_place(const struct drawing *d, enum detection_kind kind, double size,
                        struct detection_injection *in)
{
    const size_t end = d->noise->question.unbounded && kind != DETECTION_FREEZE
                           ? DETECTION_STEP_END
                           : DETECTION_END;
    struct clock_bracket low, high;
    double room;

    *in = (struct detection_injection){.kind = kind, .size = size};
    low = slot(d, 0);
    in->at_ns = fmin(low.start_ns, low.stop_ns);
    if (kind == DETECTION_RATE) {
        if (gsl_rng_uniform(d->rng) < 0.5)
            in->size = -size;
        return size >= 1e6; /* a clock that runs backwards is something else */
    }
    if (d->readings <= 2 * end + 1)
        return 1;
    low = slot(d, end - 1); /* behind as many readings, and before as many */
    high = slot(d, d->readings - end);
    room = middle(&high) - middle(&low);
    if (kind == DETECTION_FREEZE)
        room -= size;
    if (room <= 0)
        return 1;
    in->at_ns = middle(&low) + room * gsl_rng_uniform_pos(d->rng);
    while (in->first < d->readings) {
        low = slot(d, in->first);
        if (middle(&low) >= in->at_ns)
            break;
        in->first++;
    }
    return 0;
}

int detection_draw(const struct detection_noise *noise, size_t readings,
                   enum detection_kind kind, double size, gsl_rng *rng,
                   struct clock_bracket *out, struct detection_injection *in)
{
    struct drawing d = {.noise = noise,
                        .rng = rng,
                        .in = in,
                        .out = out,
                        .readings = readings,
                        .last_true_ns = -INFINITY};

    d.from =
        gsl_rng_uniform_int(rng, readings < noise->n ? noise->n - readings + 1 : noise->n);
    if (readings == noise->n)
        d.from = 0;
    if (choose_place(&d, kind, size, in))
        return 1;
    if (noise->kind == DETECTION_COARSE)
        d.phase_ns = noise->coarse_ns * gsl_rng_uniform(rng);
    for (size_t i = 0; i < readings; i++) {
        out[i] = slot(&d, i);
        if (noise->single)
            draw_single(&d, i, &out[i]);
        else
            draw_pair(&d, i, &out[i]);
    }
    return 0;
}

/* --- what is said of it --- */

static int is_named(const struct clock_event *e, enum detection_kind kind)
{
    switch (kind) {
    case DETECTION_STEP:
        return e->kind == CLOCK_JUMP && e->size_ns > 0;
    case DETECTION_BACKSTEP:
        return e->kind == CLOCK_BACKSTEP || (e->kind == CLOCK_JUMP && e->size_ns < 0);
    default:
        return e->kind == CLOCK_FREEZE;
    }
}

/* As a step or as a loss of time, at least. */
static int is_found(const struct clock_event *e, enum detection_kind kind)
{
    return is_named(e, kind) || (kind == DETECTION_FREEZE && is_named(e, DETECTION_BACKSTEP));
}

/* Where it was put; of a freeze while it stands. */
static int is_here(const struct clock_event *e, const struct detection_injection *in,
                   const struct clock_question *q)
{
    const size_t far = q->unbounded ? PLACE_UNBOUNDED : PLACE_BOUNDED;

    if (in->kind == DETECTION_FREEZE && e->from_ns <= in->at_ns + in->size &&
        e->to_ns >= in->at_ns)
        return 1;
    return e->first + far >= in->first && e->first <= in->first + far;
}

static int judge_events(const struct clock_bracket *b, size_t n,
                        const struct clock_question *q, const struct detection_injection *in,
                        struct detection_outcome *out)
{
    struct clock_event *event;
    size_t count;
    int stray = 0;

    if (clock_find_events(b, n, q, &event, &count))
        return -1;
    for (size_t i = 0; i < count; i++) {
        const int here = is_here(&event[i], in, q);

        stray |= !here;
        out->found |= here && is_found(&event[i], in->kind);
        out->named |= here && is_named(&event[i], in->kind);
    }
    free(event);
    out->named &= !stray;
    if (in->size == 0)
        out->found = out->named = count > 0;
    return 0;
}

static int judge_rate(const struct clock_bracket *b, size_t n, const struct clock_question *q,
                      const struct detection_injection *in, struct detection_outcome *out)
{
    struct clock_assessment a;
    int events;

    if (clock_assess(b, n, q, &a))
        return -1;
    events = a.jumps || a.backsteps || a.freezes;
    out->found = in->size > 0 ? a.skew_low > 0 : a.skew_high < 0;
    if (in->size == 0)
        out->found = a.skew_low > 0 || a.skew_high < 0 || events;
    out->named = out->found && (in->size == 0 || !events);
    return 0;
}

int detection_judge(const struct clock_bracket *b, size_t n, const struct clock_question *q,
                    const struct detection_injection *in, struct detection_outcome *out)
{
    *out = (struct detection_outcome){0, 0};
    return (in->kind == DETECTION_RATE ? judge_rate : judge_events)(b, n, q, in, out);
}

/* --- the curve --- */

struct clock_trial {
    const struct detection_noise *noise;
    size_t boots, readings;
    enum detection_kind kind;
    detection_judge_fn *judge;
    struct clock_bracket *room;
};

static int try_clock(void *opaque, double size, gsl_rng *rng, struct detection_outcome *out)
{
    const struct clock_trial *t = opaque;
    const struct detection_noise *noise = &t->noise[gsl_rng_uniform_int(rng, t->boots)];
    struct detection_injection in;

    if (detection_draw(noise, t->readings, t->kind, size, rng, t->room, &in))
        return 1;
    return t->judge(t->room, t->readings, &noise->question, &in, out);
}

/* A guess that need not be good: some of the usual width over the time there is. */
static double start_of(const struct detection_noise *noise, enum detection_kind kind,
                       size_t readings)
{
    const double gap = noise->period_ns / (double)noise->n;
    double width = noise->question.unit_ns + noise->question.step_ns + noise->coarse_ns;

    if (noise->kind != DETECTION_COARSE)
        width += stats_quantile(noise->high, noise->n, 0.9) -
                 stats_quantile(noise->low, noise->n, 0.1);
    /* Of the slope of n points: the points' deviation times sqrt(12 / n) over the span. */
    if (kind == DETECTION_RATE)
        return width / 2 * 3.9 * sqrt(12 / (double)readings) / (gap * (double)readings) * 1e6;
    return kind == DETECTION_FREEZE ? 2 * gap : width;
}

int detection_clock_curve(const struct detection_noise *noise, size_t boots,
                          enum detection_kind kind, size_t readings,
                          const struct detection_setting *setting, detection_judge_fn *judge,
                          struct detection_curve *out)
{
    struct clock_trial t = {.noise = noise,
                            .boots = boots,
                            .readings = readings,
                            .kind = kind,
                            .judge = judge ? judge : detection_judge};
    int rc;

    *out = (struct detection_curve){.kind = kind,
                                    .readings = readings,
                                    .length_s = noise->period_ns / (double)noise->n *
                                                (double)(readings - 1) / 1e9,
                                    .extrapolated = readings > noise->n,
                                    .limit = NAN,
                                    .limit_low = NAN,
                                    .limit_high = NAN};
    if (readings < DETECTION_READINGS_MIN) {
        snprintf(out->reason, sizeof(out->reason), "fewer than %u readings",
                 DETECTION_READINGS_MIN);
        return 0;
    }
    if (noise->question.unbounded && readings < DETECTION_STEP_READINGS &&
        (kind == DETECTION_STEP || kind == DETECTION_BACKSTEP)) {
        snprintf(out->reason, sizeof(out->reason),
                 "without brackets steps are not looked for in fewer than %u readings",
                 DETECTION_STEP_READINGS);
        return 0;
    }
    t.room = malloc(readings * sizeof(*t.room));
    if (!t.room)
        return -1;
    rc = detection_search(try_clock, &t, start_of(noise, kind, readings), setting, out);
    free(t.room);
    return rc;
}
