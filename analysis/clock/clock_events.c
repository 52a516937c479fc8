/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/clock_events.c - jumps, steps back and freezes of a clock; see clock.h.
 */
#include <math.h>
#include <stdlib.h>

#include "analysis/clock/clock_private.h"

/* Brackets on either side whose median is the offset there. */
#define SIDE 9u
#define STUDENT 2.45 /* of 6 degrees of freedom, 95 %: 18 deviations by their median */
struct events {
    struct clock_event *event;
    size_t n, capacity;
};

static int add(struct events *v, const struct clock_event *event)
{
    if (v->n == v->capacity) {
        size_t capacity = v->capacity ? 2 * v->capacity : 16;
        struct clock_event *more = realloc(v->event, capacity * sizeof(*more));

        if (!more)
            return -1;
        v->event = more;
        v->capacity = capacity;
    }
    v->event[v->n++] = *event;
    return 0;
}

/* --- freezes --- */

/* Readings in the order of time: before 0, after 0, before 1 … */
static uint64_t reading(const struct clock_bracket *s, size_t k)
{
    return k % 2 ? s[k / 2].after : s[k / 2].before;
}

/* True time that reading k was made not after; NaN: nothing says. */
static double latest(const struct clock_bracket *s, size_t n, size_t k)
{
    if (k % 2 == 0)
        return s[k / 2].start_ns;
    return k / 2 + 1 < n ? s[k / 2 + 1].start_ns : NAN;
}

/* True time that it was made not before. */
static double earliest(const struct clock_bracket *s, size_t k)
{
    if (k % 2)
        return s[k / 2].stop_ns;
    return k ? s[k / 2 - 1].stop_ns : NAN;
}

/* The smallest step forward, in units; 0: it never made one. */
static uint64_t resolution(const struct clock_bracket *s, size_t n)
{
    uint64_t least = 0;

    for (size_t k = 1; k < 2 * n; k++) {
        const int64_t step = (int64_t)(reading(s, k) - reading(s, k - 1));

        if (step > 0 && (!least || (uint64_t)step < least))
            least = (uint64_t)step;
    }
    return least;
}

double clock_resolution_ns(const struct clock_bracket *s, size_t n,
                           const struct clock_question *q)
{
    size_t values = 0, stood = 0, first = 0;

    for (size_t k = 1; k <= 2 * n; k++) {
        if (k < 2 * n && reading(s, k) == reading(s, first))
            continue;
        values++;
        stood += earliest(s, k - 1) - latest(s, n, first) > q->unit_ns + q->step_ns;
        first = k;
    }
    if (2 * stood < values)
        return q->unit_ns;
    return fmax(q->unit_ns, (double)resolution(s, n) * q->unit_ns);
}

static int find_freezes(const struct clock_bracket *s, size_t n,
                        const struct clock_question *q, struct events *out)
{
    const double limit = (double)resolution(s, n) * q->unit_ns + q->unit_ns + q->step_ns;
    size_t first = 0;

    for (size_t k = 1; k <= 2 * n; k++) {
        double from, to;

        if (k < 2 * n && reading(s, k) == reading(s, first))
            continue;
        from = latest(s, n, first);
        to = earliest(s, k - 1);
        if (k - 1 > first && to - from > limit &&
            add(out,
                &(struct clock_event){
                    .kind = CLOCK_FREEZE, .first = first / 2, .from_ns = from, .to_ns = to}))
            return -1;
        first = k;
    }
    return 0;
}

/* --- jumps --- */

static int disjoint(const struct clock_bounds *a, const struct clock_bounds *b,
                    const struct stats_interval *rate, double slack)
{
    double u = fmax(rate->high - rate->value, rate->value - rate->low);

    slack += u * fabs(b->start - a->start);
    return b->low - a->high > rate->value * (b->start - a->stop) + slack ||
           b->high - a->low < rate->value * (b->stop - a->start) - slack;
}

static int add_jump(struct events *out, const struct clock_work *w, size_t before,
                    size_t after)
{
    return add(out,
               &(struct clock_event){.kind = CLOCK_JUMP,
                                     .first = after,
                                     .from_ns = fmin(w->b[before].start, w->b[before].stop),
                                     .to_ns = fmax(w->b[after].start, w->b[after].stop)});
}

/*
 * A step between two intervals parts neighbouring brackets; a step inside one widens (or
 * inverts) it and parts the brackets on its two sides.
 */
static int find_parted(const struct clock_work *w, const struct stats_interval *rate,
                       double slack, struct events *out)
{
    size_t settled = 0; /* brackets before this one stand on the other side of a jump */

    for (size_t i = 0; i < w->n; i++) {
        size_t before = i - 1;
        int jump = i > settled && disjoint(&w->b[i - 1], &w->b[i], rate, slack);

        if (!jump && i > settled + 1) {
            before = i - 2;
            jump = disjoint(&w->b[i - 2], &w->b[i], rate, slack);
        }
        if (jump) {
            if (add_jump(out, w, before, i))
                return -1;
            /* One that it inverts parts from both of its neighbours, and was one jump. */
            settled = w->b[i].low > w->b[i].high + slack ? i + 1 : i;
        }
    }
    return 0;
}

static int find_steps(const struct clock_work *w, double rate, double slack,
                      struct events *out)
{
    struct clock_steps steps;

    if (clock_find_steps(w, rate, slack, &steps))
        return -1;
    for (size_t i = 0; i < steps.n; i++)
        if (add_jump(out, w, steps.first[i] - 1, steps.first[i]))
            return -1;
    return 0;
}

/* --- steps back --- */

static int find_backsteps(const struct clock_bracket *s, size_t n, struct events *out)
{
    for (size_t k = 1; k < 2 * n; k++) {
        const size_t first = k / 2, last = (k - 1) / 2;

        if ((int64_t)(reading(s, k) - reading(s, k - 1)) >= 0)
            continue;
        if (add(out,
                &(struct clock_event){.kind = CLOCK_BACKSTEP,
                                      .first = first,
                                      .from_ns = fmin(s[last].start_ns, s[last].stop_ns),
                                      .to_ns = fmax(s[first].start_ns, s[first].stop_ns)}))
            return -1;
    }
    return 0;
}

/* --- one list --- */

static int by_place(const void *va, const void *vb)
{
    const struct clock_event *a = va, *b = vb;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return (a->from_ns > b->from_ns) - (a->from_ns < b->from_ns);
}

static int meets(const struct clock_event *a, const struct clock_event *b)
{
    return a->from_ns <= b->to_ns && b->from_ns <= a->to_ns;
}

/* A jump where the clock stood or stepped back is how that shows in the brackets. */
static void drop_shadows(struct events *v, const struct events *causes)
{
    size_t kept = 0;

    for (size_t i = 0; i < v->n; i++) {
        int shadow = 0;

        for (size_t j = 0; j < causes->n && !shadow; j++)
            shadow = meets(&v->event[i], &causes->event[j]);
        if (!shadow)
            v->event[kept++] = v->event[i];
    }
    v->n = kept;
}

/* Half-width of the brackets on a side: the offset there may be so far off. */
static double bound_of(const struct clock_work *w, size_t from, size_t to)
{
    double v[SIDE];
    size_t n = 0;

    for (size_t i = from; i < to; i++)
        v[n++] = fabs(w->b[i].high - w->b[i].low) / 2;
    stats_sort(v, n);
    return stats_quantile_sorted(v, n, 0.5);
}

struct side {
    size_t from, to;
    double level;
};

/* Without brackets: standard error of the difference of the two medians, by the points' own
 * spread, times Student's t of what a median of so few deviations knows of that; or by the noise of all
 * points. */
static double noise_of(const struct clock_work *w, double rate, double noise,
                       const struct side side[2])
{
    double v[2 * SIDE], count[2];
    size_t n = 0;

    for (size_t k = 0; k < 2; k++) {
        for (size_t i = side[k].from; i < side[k].to; i++)
            v[n++] = fabs(w->y[i] - rate * (w->x[i] - w->x[0]) - side[k].level);
        count[k] = (double)(side[k].to - side[k].from);
    }
    stats_sort(v, n);
    return fmax(STUDENT * 1.4826 * stats_quantile_sorted(v, n, 0.5), 2 * noise) *
           sqrt(M_PI / 2 * (1 / count[0] + 1 / count[1]));
}

/* The first bracket that is not over by t; they are in the order of time. */
static size_t behind(const struct clock_work *w, double t)
{
    size_t low = 0, high = w->n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (fmax(w->b[middle].start, w->b[middle].stop) <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The medians of up to SIDE brackets on either side, as far as the next event. */
static void size_event(const struct clock_work *w, double rate, double noise,
                       const struct events *v, size_t i, int unbounded)
{
    struct clock_event *e = &v->event[i];
    size_t low = 0, high = w->n, before, after;
    struct side side[2];

    before = behind(w, e->from_ns);
    after = before;
    while (after < w->n && fmin(w->b[after].start, w->b[after].stop) < e->to_ns)
        after++;
    /* A jump is over by the bracket `first`, and that one counts. */
    if (e->kind != CLOCK_FREEZE)
        after = e->first;
    if (e->kind == CLOCK_JUMP && before < e->first && unbounded)
        before = e->first;
    if (i)
        low = v->event[i - 1].first;
    if (i + 1 < v->n)
        high = v->event[i + 1].first;
    if (before > low + SIDE)
        low = before - SIDE;
    if (after + SIDE < high)
        high = after + SIDE;
    e->size_ns = e->u_ns = NAN;
    if (low >= before || after >= high)
        return;
    side[0] = (struct side){low, before, clock_level(w, rate, low, before)};
    side[1] = (struct side){after, high, clock_level(w, rate, after, high)};
    e->size_ns = side[1].level - side[0].level;
    e->u_ns = unbounded ? noise_of(w, rate, noise, side)
                        : bound_of(w, low, before) + bound_of(w, after, high);
}

static int merge(struct events *to, const struct events *from)
{
    for (size_t i = 0; i < from->n; i++)
        if (add(to, &from->event[i]))
            return -1;
    return 0;
}

static int find_all(const struct clock_bracket *s, const struct clock_work *w,
                    const struct clock_question *q, struct events *list, size_t *parted)
{
    const double slack = w->resolution_ns + q->step_ns;
    struct stats_interval rate = {0, 0, 0, 0};
    struct events freezes = {0}, jumps = {0};
    int rc = find_backsteps(s, w->n, list);

    *parted = 0;
    if (!rc && q->kind == CLOCK_KIND_TIME && !clock_local_slope(w, &rate)) {
        rc = find_freezes(s, w->n, q, &freezes);
        if (!rc)
            rc = q->unbounded ? find_steps(w, rate.value, slack, &jumps)
                              : find_parted(w, &rate, slack, &jumps);
        drop_shadows(&jumps, &freezes);
        *parted = jumps.n;
        drop_shadows(&jumps, list);
        if (!rc)
            rc = merge(list, &freezes);
        if (!rc)
            rc = merge(list, &jumps);
    }
    if (!rc && list->n)
        qsort(list->event, list->n, sizeof(*list->event), by_place);
    free(freezes.event);
    free(jumps.event);
    return rc;
}

static int size_all(const struct clock_work *w, const struct clock_question *q,
                    const struct events *list)
{
    struct stats_interval rate = {0, 0, 0, 0};
    double *room, noise;

    if (!list->n)
        return 0;
    room = malloc(w->n * sizeof(*room));
    if (!room)
        return -1;
    noise = clock_point_noise(w->y, w->n, room);
    free(room);
    clock_local_slope(w, &rate);
    for (size_t i = 0; i < list->n; i++)
        size_event(w, rate.value, noise, list, i, q->unbounded);
    return 0;
}

int clock_list_events(const struct clock_bracket *s, const struct clock_work *w,
                      const struct clock_question *q, struct clock_event **event,
                      size_t *count, size_t *parted)
{
    struct events found = {0};
    size_t unasked;
    int rc = find_all(s, w, q, &found, parted ? parted : &unasked);

    /* Who asks for their number does not ask for their sizes. */
    if (!rc && !parted)
        rc = size_all(w, q, &found);

    *event = NULL;
    *count = 0;
    if (rc || !found.n) {
        free(found.event);
        return rc;
    }
    *event = found.event;
    *count = found.n;
    return 0;
}

int clock_find_events(const struct clock_bracket *s, size_t n, const struct clock_question *q,
                      struct clock_event **event, size_t *count)
{
    struct clock_work w;
    int rc;

    *event = NULL;
    *count = 0;
    if (n < 3)
        return 0;
    rc = clock_work_fill(&w, s, n, q);
    if (!rc)
        rc = clock_list_events(s, &w, q, event, count, NULL);
    clock_work_free(&w);
    return rc;
}

const char *clock_event_name(enum clock_event_kind kind)
{
    static const char *const name[] = {
        [CLOCK_JUMP] = "jump", [CLOCK_BACKSTEP] = "step back", [CLOCK_FREEZE] = "freeze"};

    return name[kind];
}

void clock_judge_samples(const struct clock_bracket *s, size_t n,
                         const struct clock_question *q, const struct clock_assessment *a,
                         const struct clock_event *event, size_t events,
                         enum clock_verdict *verdict)
{
    const double noise = (q->unbounded && !isnan(a->jitter_ns) ? 3 * a->jitter_ns : 0) +
                         clock_resolution_ns(s, n, q) + q->step_ns;

    for (size_t i = 0; i < n; i++) {
        const double at = fabs(s[i].start_ns - s->start_ns);
        const double slack = CLOCK_SOUND_PPM * 1e-6 * at + q->timebase_ppm * 1e-6 * at + noise;
        double low, high, first_low, first_high;

        clock_offset_bounds(s, s, q->unit_ns, &first_low, &first_high);
        clock_offset_bounds(s, &s[i], q->unit_ns, &low, &high);
        verdict[i] =
            low > first_high + slack || high < first_low - slack ? CLOCK_BIASED : CLOCK_SOUND;
    }
    for (size_t k = 0; k < events; k++)
        for (size_t i = event[k].first;
             i < n && (i == event[k].first ||
                       (event[k].kind == CLOCK_FREEZE && s[i].start_ns <= event[k].to_ns));
             i++)
            verdict[i] = CLOCK_ABERRANT;
}
