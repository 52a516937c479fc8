/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/drift.c - all that is said of a clock; see drift.h.
 */
#include "analysis/drift.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/pairs.h"
#include "analysis/query.h"
#include "analysis/stats.h"
#include "analysis/summary.h"
#include "base/file.h"

static int no_memory(struct err *e)
{
    return err_set(e, ERR_IO, "out of memory");
}

static double width(const struct drift_clock *k, size_t i)
{
    double low, high;

    clock_offset_bounds(k->s.bracket, &k->s.bracket[i], k->s.unit_ns, &low, &high);
    return fabs(high - low);
}

/* Time and phase in seconds of the readings that were not held up; their number. */
static size_t take_phase(struct drift_clock *k, double *t, double *x, double *room)
{
    double widest, low, high;
    size_t n = 0;

    for (size_t i = 0; i < k->s.n; i++)
        room[i] = width(k, i);
    widest = DRIFT_WIDE * stats_median(room, k->s.n);
    for (size_t i = 0; i < k->s.n; i++) {
        const struct clock_bracket *b = &k->s.bracket[i];

        if (room[i] > widest)
            continue;
        clock_offset_bounds(k->s.bracket, b, k->s.unit_ns, &low, &high);
        t[n] = (b->start_ns + b->stop_ns) / 2e9;
        x[n++] = (low + high) / 2e9;
    }
    k->left_out = k->s.n - n;
    return n;
}

static int add_stability(struct drift_clock *k, struct err *e)
{
    double *t, *x, *phase;
    size_t n;

    if (k->s.n < 3)
        return 0;
    t = malloc(3 * k->s.n * sizeof(*t));
    if (!t)
        return no_memory(e);
    x = t + k->s.n;
    phase = x + k->s.n;
    n = take_phase(k, t, x, phase);
    k->largest_gap = stability_resample(t, x, n, phase, n);
    if (!isnan(k->largest_gap)) {
        k->tau0_s = (t[n - 1] - t[0]) / (double)(n - 1);
        k->rows = stability_table(phase, n, k->tau0_s, k->question.confidence, k->row);
    }
    free(t);
    return 0;
}

static int judge(struct drift_clock *k, struct err *e)
{
    if (isnan(k->s.unit_ns))
        return clock_series_assess(&k->s, &k->a) ? no_memory(e) : 0;
    k->verdict = malloc((k->s.n + 1) * sizeof(*k->verdict));
    if (!k->verdict || clock_assess(k->s.bracket, k->s.n, &k->question, &k->a) ||
        clock_find_events(k->s.bracket, k->s.n, &k->question, &k->event, &k->events))
        return no_memory(e);
    if (k->question.kind == CLOCK_KIND_PROCESSOR) {
        free(k->verdict);
        k->verdict = NULL;
        return 0;
    }
    clock_judge_samples(k->s.bracket, k->s.n, &k->question, &k->a, k->event, k->events,
                        k->verdict);
    for (size_t i = 0; i < k->s.n; i++)
        k->samples[k->verdict[i]]++;
    return add_stability(k, e);
}

/* The new clock takes over the brackets. */
static int add(struct drift_set *set, const struct clock_series *s,
               const struct clock_question *q, struct err *e)
{
    struct drift_clock *more = realloc(set->clock, (set->n + 1) * sizeof(*more));

    if (!more) {
        free(s->bracket);
        return no_memory(e);
    }
    set->clock = more;
    more[set->n] = (struct drift_clock){.s = *s, .question = *q, .largest_gap = NAN};
    return judge(&more[set->n++], e);
}

struct reading {
    struct drift_set *set;
    const struct drift_filter *filter;
    struct err *e;
};

static int take(void *opaque, const struct clock_series *s)
{
    const struct reading *r = opaque;
    const struct clock_question q = clock_series_question(s);
    struct clock_series copy = *s;

    if ((r->filter->platform && strcmp(r->filter->platform, s->platform)) ||
        (r->filter->clock && strcmp(r->filter->clock, s->name)))
        return 0;
    copy.bracket = malloc((s->n + 1) * sizeof(*copy.bracket));
    if (!copy.bracket)
        return no_memory(r->e);
    memcpy(copy.bracket, s->bracket, s->n * sizeof(*copy.bracket));
    return add(r->set, &copy, &q, r->e);
}

static int read_series(struct query *q, const struct query_campaign *c,
                       const struct drift_filter *filter,
                       int (*row)(void *opaque, const struct clock_series *s), void *opaque,
                       struct err *e)
{
    return clock_series_read(q, c, filter->boot < 0 ? QUERY_NONE : filter->boot, row, opaque,
                             e);
}

struct each {
    struct reading r; /* into a set of one */
    int (*take)(void *opaque, const struct drift_set *one);
    void *opaque;
};

static int take_one(void *opaque, const struct clock_series *s)
{
    struct each *each = opaque;
    int rc = take(&each->r, s);

    if (!rc && each->r.set->n)
        rc = each->take(each->opaque, each->r.set);
    drift_free(each->r.set);
    each->r.set->bounded = 1;
    return rc;
}

int drift_each_clock(struct query *q, const struct query_campaign *c,
                     const struct drift_filter *filter,
                     int (*one)(void *opaque, const struct drift_set *one), void *opaque,
                     struct err *e)
{
    struct drift_set set = {.bounded = 1};
    struct each each = {{&set, filter, e}, one, opaque};

    return read_series(q, c, filter, take_one, &each, e);
}

static int by_boot(const void *va, const void *vb)
{
    const struct drift_clock *a = va, *b = vb;

    if (a->s.boot != b->s.boot)
        return a->s.boot < b->s.boot ? -1 : 1;
    return strcmp(a->s.name, b->s.name);
}

int drift_read_campaign(struct query *q, const struct query_campaign *c,
                        const struct drift_filter *filter, struct drift_set *out,
                        struct err *e)
{
    struct reading r = {out, filter, e};
    int rc;

    *out = (struct drift_set){.bounded = 1};
    rc = read_series(q, c, filter, take, &r, e);
    if (rc)
        return rc;
    if (out->n)
        qsort(out->clock, out->n, sizeof(*out->clock), by_boot);
    return drift_compare_clocks(out, e);
}

static void name_after(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');

    snprintf(name, size, "%.*s", (int)(dot && dot != base ? dot - base : (int)strlen(base)),
             base);
}

int drift_read_pairs(const char *path, struct drift_set *out, struct err *e)
{
    struct clock_question q = {.kind = CLOCK_KIND_TIME, .confidence = SUMMARY_CONFIDENCE};
    struct clock_series s = {0};
    char *text;
    size_t size;
    int rc;

    *out = (struct drift_set){0};
    rc = file_read(path, &text, &size, e);
    if (rc)
        return rc;
    rc = pairs_read(text, size, &s, &out->bounded, e);
    free(text);
    if (rc) {
        free(s.bracket);
        return err_wrap(e, rc, "%s", path);
    }
    name_after(path, s.name, sizeof(s.name));
    q.unit_ns = s.unit_ns;
    q.unbounded = !out->bounded;
    return add(out, &s, &q, e);
}

void drift_free(struct drift_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        free(set->clock[i].s.bracket);
        free(set->clock[i].event);
        free(set->clock[i].verdict);
    }
    free(set->clock);
    free(set->pair);
    free(set->closure);
    drift_free_power(set);
    *set = (struct drift_set){0};
}
