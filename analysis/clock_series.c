/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock_series.c - the clocks of a campaign; see clock_series.h.
 */
#include "analysis/clock_series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/query.h"
#include "analysis/summary.h"

struct reader {
    struct clock_series now, user; /* being read; kept until sys of the same boot comes */
    int (*take)(void *opaque, const struct clock_series *series);
    void *opaque;
    struct err *e;
};

int clock_series_is_processor(const char *name)
{
    return !strcmp(name, "user") || !strcmp(name, "sys") || !strcmp(name, "user+sys");
}

struct clock_question clock_series_question(const struct clock_series *s)
{
    return (struct clock_question){
        .kind = clock_series_is_processor(s->name) ? CLOCK_KIND_PROCESSOR : CLOCK_KIND_TIME,
        .unit_ns = s->unit_ns,
        .step_ns = s->step_ns,
        .timebase_ppm = s->timebase_ppm,
        .confidence = SUMMARY_CONFIDENCE,
    };
}

int clock_series_assess(const struct clock_series *s, struct clock_assessment *out)
{
    const struct clock_question question = clock_series_question(s);

    if (!isnan(s->unit_ns))
        return clock_assess(s->bracket, s->n, &question, out);
    /* Ticks of no stated frequency follow no time that they could be held against. */
    clock_assess(NULL, 0, &question, out);
    snprintf(out->reason, sizeof(out->reason), "its frequency is not stated");
    return 0;
}

/* user + sys, reading by reading. Both were read around the same intervals. */
static int give_sum(struct reader *r)
{
    struct clock_series sum = r->now;
    int rc;

    if (strcmp(r->now.name, "sys") || strcmp(r->user.name, "user") ||
        r->user.boot != r->now.boot || r->user.n != r->now.n)
        return 0;
    sum.bracket = malloc((sum.n + 1) * sizeof(*sum.bracket));
    if (!sum.bracket)
        return err_set(r->e, ERR_IO, "out of memory");
    for (size_t i = 0; i < sum.n; i++) {
        sum.bracket[i] = r->now.bracket[i];
        sum.bracket[i].before += r->user.bracket[i].before;
        sum.bracket[i].after += r->user.bracket[i].after;
    }
    snprintf(sum.name, sizeof(sum.name), "user+sys");
    rc = r->take(r->opaque, &sum);
    free(sum.bracket);
    return rc;
}

static int finish(struct reader *r)
{
    int rc;

    if (!r->now.n)
        return 0;
    rc = r->take(r->opaque, &r->now);
    if (!rc)
        rc = give_sum(r);
    if (!strcmp(r->now.name, "user")) {
        struct clock_series swap = r->user;

        r->user = r->now;
        r->now = swap;
    }
    r->now.n = 0;
    return rc;
}

static int add(struct reader *r, const struct query_reading *q,
               const struct clock_bracket *bracket)
{
    struct clock_series *s = &r->now;
    int rc;

    if (s->n && (s->boot != q->boot || strcmp(s->name, q->clock))) {
        rc = finish(r);
        if (rc)
            return rc;
    }
    if (!s->n) {
        s->boot = q->boot;
        snprintf(s->platform, sizeof(s->platform), "%s", q->platform);
        snprintf(s->variant, sizeof(s->variant), "%s", q->variant);
        snprintf(s->name, sizeof(s->name), "%s", q->clock);
        s->unit_ns = q->unit_ns;
        s->step_ns = q->step_ns;
        s->timebase_ppm = (double)q->timebase_ppb / 1e3;
    }
    if (s->n == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 256;
        struct clock_bracket *more = realloc(s->bracket, capacity * sizeof(*more));

        if (!more)
            return err_set(r->e, ERR_IO, "out of memory");
        s->bracket = more;
        s->capacity = capacity;
    }
    s->bracket[s->n++] = *bracket;
    return 0;
}

static int take_reading(void *opaque, const struct query_reading *q)
{
    const struct clock_bracket b = {q->start_ns, q->stop_ns, (uint64_t)q->before,
                                    (uint64_t)q->after};

    return add(opaque, q, &b);
}

/* Read inside the interval: after START and before STOP, so the edges change places. */
static int take_inner(void *opaque, const struct query_reading *q)
{
    const struct clock_bracket b = {q->stop_ns, q->start_ns, (uint64_t)q->before,
                                    (uint64_t)q->after};

    return add(opaque, q, &b);
}

int clock_series_read(struct query *q, const struct query_campaign *c, int64_t boot,
                      int (*take)(void *opaque, const struct clock_series *series),
                      void *opaque, struct err *e)
{
    struct reader r = {.take = take, .opaque = opaque, .e = e};
    int rc = query_boot_readings(q, c, boot, NULL, take_reading, &r, e);

    if (!rc)
        rc = finish(&r);
    if (!rc)
        rc = query_inner_readings(q, c, boot, take_inner, &r, e);
    if (!rc)
        rc = finish(&r);
    free(r.now.bracket);
    free(r.user.bracket);
    return rc;
}
