/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise_times.c - the audit of time(1), run by run.
 */
#include "analysis/summarise_times.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/query.h"
#include "analysis/times.h"
#include "collector/store.h"

struct result {
    int64_t boot, w;
    size_t intervals;
    struct times_limits limits;
    struct times_result r;
};

struct times {
    int64_t boot, w; /* of the run being read */
    struct times_limits limits;
    struct times_sample *sample;
    size_t n, room;
    struct result *result;
    size_t results;
    struct err *e;
};

static int finish_run(struct times *t)
{
    struct result *more;

    if (!t->n)
        return 0;
    more = realloc(t->result, (t->results + 1) * sizeof(*more));
    if (!more)
        return err_set(t->e, ERR_IO, "out of memory");
    t->result = more;
    more += t->results++;
    *more = (struct result){t->boot, t->w, t->n, t->limits, {.flagged = 0}};
    times_audit(t->sample, t->n, &t->limits, &more->r);
    t->n = 0;
    return 0;
}

static int take(void *opaque, const struct query_times *q)
{
    struct times *t = opaque;
    int rc = t->n && (t->boot != q->boot || t->w != q->w) ? finish_run(t) : 0;
    struct times_sample *s;

    if (rc)
        return rc;
    if (t->n == t->room) {
        const size_t room = t->room ? 2 * t->room : 256;

        s = realloc(t->sample, room * sizeof(*s));
        if (!s)
            return err_set(t->e, ERR_IO, "out of memory");
        t->sample = s;
        t->room = room;
    }
    t->boot = q->boot;
    t->w = q->w;
    t->limits = (struct times_limits){
        .step_ns = q->step_ns,
        .timebase_ppm = (double)q->timebase_ppb / 1e3,
        .tick_ns = q->tick_ns == QUERY_NONE ? 0 : (double)q->tick_ns,
        .cpus = q->cpus == QUERY_NONE ? 0 : (unsigned)q->cpus,
    };
    s = &t->sample[t->n++];
    s->start_ns = q->start_ns;
    s->stop_ns = q->stop_ns;
    memcpy(s->before, q->before, sizeof(s->before));
    memcpy(s->after, q->after, sizeof(s->after));
    return 0;
}

static int write_times(struct store *store, const struct query_campaign *c,
                       const struct times *t)
{
    struct store_times *row = calloc(t->results + 1, sizeof(*row));
    int rc;

    if (!row)
        return err_set(t->e, ERR_IO, "out of memory");
    for (size_t i = 0; i < t->results; i++) {
        const struct result *r = &t->result[i];

        row[i] = (struct store_times){
            .plan_index = (uint32_t)r->boot,
            .w = r->w,
            .intervals = r->intervals,
            .true_ns = r->r.true_ns,
            .real_ns = r->r.spent[TIMES_REAL],
            .user_ns = r->r.spent[TIMES_USER],
            .sys_ns = r->r.spent[TIMES_SYS],
            .cpus = r->limits.cpus ? (int64_t)r->limits.cpus : STORE_NONE,
            .tolerance_ns = r->r.tolerance_ns,
            .flagged = r->r.flagged,
            .verdict = times_verdict_name(r->r.verdict),
            .reason = r->r.reason,
        };
    }
    rc = store_replace_times(store, c->id, row, t->results, t->e);
    free(row);
    return rc;
}

int summarise_times(struct store *store, struct query *q, const struct query_campaign *c,
                    struct err *e)
{
    struct times t = {.e = e};
    int rc = query_times(q, c, take, &t, e);

    if (!rc)
        rc = finish_run(&t);
    if (!rc)
        rc = write_times(store, c, &t);
    free(t.sample);
    free(t.result);
    return rc;
}
