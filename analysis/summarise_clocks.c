/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise_clocks.c - guest clocks of a campaign against true time.
 */
#include "analysis/summarise_clocks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/clock.h"
#include "analysis/query.h"
#include "analysis/summary.h"
#include "collector/store.h"

#define CLOCK_NAME_BYTES 64

struct series { /* one clock of one boot */
    int64_t boot;
    char name[CLOCK_NAME_BYTES];
    double unit_ns, step_ns, timebase_ppm;
    struct clock_bracket *bracket;
    size_t n, capacity;
};

struct result {
    char name[CLOCK_NAME_BYTES];
    struct clock_assessment a;
    int64_t boot;
};

struct clocks {
    struct series now, user; /* being read; kept until sys of the same boot comes */
    struct result *result;
    size_t results;
    struct err *e;
};

static int out_of_memory(struct clocks *k)
{
    return err_set(k->e, ERR_IO, "out of memory");
}

static int is_processor(const char *name)
{
    return !strcmp(name, "user") || !strcmp(name, "sys") || !strcmp(name, "user+sys");
}

static int assess(struct clocks *k, const struct series *s)
{
    const struct clock_question question = {
        .kind = is_processor(s->name) ? CLOCK_KIND_PROCESSOR : CLOCK_KIND_TIME,
        .unit_ns = s->unit_ns,
        .step_ns = s->step_ns,
        .timebase_ppm = s->timebase_ppm,
        .confidence = SUMMARY_CONFIDENCE,
    };
    struct result *more = realloc(k->result, (k->results + 1) * sizeof(*more));
    struct result *r;

    if (!more)
        return out_of_memory(k);
    k->result = more;
    r = &k->result[k->results++];
    memcpy(r->name, s->name, sizeof(r->name));
    r->boot = s->boot;
    if (!isnan(s->unit_ns))
        return clock_assess(s->bracket, s->n, &question, &r->a) ? out_of_memory(k) : 0;
    /* Ticks of no stated frequency follow no time that they could be held against. */
    clock_assess(NULL, 0, &question, &r->a);
    snprintf(r->a.reason, sizeof(r->a.reason), "its frequency is not stated");
    return 0;
}

/* user + sys, reading by reading. Both were read around the same intervals. */
static int assess_sum(struct clocks *k)
{
    struct series sum = k->now;
    int rc;

    if (strcmp(k->now.name, "sys") || strcmp(k->user.name, "user") ||
        k->user.boot != k->now.boot || k->user.n != k->now.n)
        return 0;
    sum.bracket = malloc((sum.n + 1) * sizeof(*sum.bracket));
    if (!sum.bracket)
        return out_of_memory(k);
    for (size_t i = 0; i < sum.n; i++) {
        sum.bracket[i] = k->now.bracket[i];
        sum.bracket[i].before += k->user.bracket[i].before;
        sum.bracket[i].after += k->user.bracket[i].after;
    }
    snprintf(sum.name, sizeof(sum.name), "user+sys");
    rc = assess(k, &sum);
    free(sum.bracket);
    return rc;
}

static int finish_series(struct clocks *k)
{
    int rc;

    if (!k->now.n)
        return 0;
    rc = assess(k, &k->now);
    if (!rc)
        rc = assess_sum(k);
    if (!strcmp(k->now.name, "user")) {
        struct series swap = k->user;

        k->user = k->now;
        k->now = swap;
    }
    k->now.n = 0;
    return rc;
}

static int take(struct clocks *k, const struct query_reading *r,
                const struct clock_bracket *bracket)
{
    struct series *s = &k->now;
    int rc;

    if (s->n && (s->boot != r->boot || strcmp(s->name, r->clock))) {
        rc = finish_series(k);
        if (rc)
            return rc;
    }
    if (!s->n) {
        s->boot = r->boot;
        snprintf(s->name, sizeof(s->name), "%s", r->clock);
        s->unit_ns = r->unit_ns;
        s->step_ns = r->step_ns;
        s->timebase_ppm = (double)r->timebase_ppb / 1e3;
    }
    if (s->n == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 256;
        struct clock_bracket *more = realloc(s->bracket, capacity * sizeof(*more));

        if (!more)
            return out_of_memory(k);
        s->bracket = more;
        s->capacity = capacity;
    }
    s->bracket[s->n++] = *bracket;
    return 0;
}

static int take_reading(void *opaque, const struct query_reading *r)
{
    const struct clock_bracket b = {r->start_ns, r->stop_ns, (uint64_t)r->before,
                                    (uint64_t)r->after};

    return take(opaque, r, &b);
}

/* Read inside the interval: after START and before STOP, so the edges change places. */
static int take_inner(void *opaque, const struct query_reading *r)
{
    const struct clock_bracket b = {r->stop_ns, r->start_ns, (uint64_t)r->before,
                                    (uint64_t)r->after};

    return take(opaque, r, &b);
}

static int write_clocks(struct store *store, const struct query_campaign *c,
                        const struct clocks *k)
{
    struct store_clock *row = calloc(k->results + 1, sizeof(*row));
    int rc;

    if (!row)
        return err_set(k->e, ERR_IO, "out of memory");
    for (size_t i = 0; i < k->results; i++) {
        const struct result *r = &k->result[i];
        int processor = is_processor(r->name);

        row[i] = (struct store_clock){
            .plan_index = (uint32_t)r->boot,
            .clock = r->name,
            .offset_ns = r->a.offset_ns,
            .skew_ppm = r->a.skew_ppm,
            .skew_low = r->a.skew_low,
            .skew_high = r->a.skew_high,
            .jumps = processor ? STORE_NONE : (int64_t)r->a.jumps,
            .backsteps = (int64_t)r->a.backsteps,
            .verdict = clock_verdict_name(r->a.verdict),
            .reason = r->a.reason,
        };
    }
    rc = store_replace_clocks(store, c->id, row, k->results, k->e);
    free(row);
    return rc;
}

int summarise_clocks(struct store *store, struct query *q, const struct query_campaign *c,
                     struct err *e)
{
    struct clocks k = {.e = e};
    int rc = query_readings(q, c, take_reading, &k, e);

    if (!rc)
        rc = finish_series(&k);
    if (!rc)
        rc = query_inner_readings(q, c, take_inner, &k, e);
    if (!rc)
        rc = finish_series(&k);
    if (!rc)
        rc = write_clocks(store, c, &k);
    free(k.now.bracket);
    free(k.user.bracket);
    free(k.result);
    return rc;
}
