/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise/summarise_times.c - the audit of time(1), run by run.
 */
#include "analysis/summarise/summarise_times.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/query/query.h"
#include "analysis/times.h"
#include "collector/store.h"

struct result {
    int64_t boot, w;
    size_t first, intervals; /* of the boot's samples */
    struct times_limits limits;
    struct times_result r;
};

struct times {
    int64_t boot;    /* being read */
    int lacks_steal; /* a sample of it does */
    struct times_sample *sample;
    size_t n, room;
    struct result *result;
    size_t results, audited; /* runs; of which these are done with */
    struct err *e;
};

/* All samples of the boot are there: a run's neighbours bound it. */
static void finish_boot(struct times *t)
{
    for (; t->audited < t->results; t->audited++) {
        struct result *r = &t->result[t->audited];

        r->limits.has_steal &= !t->lacks_steal;
        times_audit(t->sample, t->n, r->first, r->intervals, &r->limits, &r->r);
    }
    t->n = 0;
    t->lacks_steal = 0;
}

static int begin_run(struct times *t, const struct query_times *q)
{
    struct result *more = realloc(t->result, (t->results + 1) * sizeof(*more));

    if (!more)
        return err_set(t->e, ERR_IO, "out of memory");
    t->result = more;
    more[t->results++] = (struct result){
        .boot = q->boot,
        .w = q->w,
        .first = t->n,
        .limits =
            {
                .step_ns = q->step_ns,
                .timebase_ppm = (double)q->timebase_ppb / 1e3,
                .tick_ns = q->tick_ns == QUERY_NONE ? 0 : (double)q->tick_ns,
                .cpus = q->cpus == QUERY_NONE ? 0 : (unsigned)q->cpus,
                .has_steal = q->cpus != QUERY_NONE && q->cpus == q->online_cpus,
            },
    };
    return 0;
}

static int take(void *opaque, const struct query_times *q)
{
    struct times *t = opaque;
    struct times_sample *s;
    struct result *run;
    int rc = 0;

    if (t->n && t->boot != q->boot)
        finish_boot(t);
    t->boot = q->boot;
    run = t->results ? &t->result[t->results - 1] : NULL;
    if (!run || run->boot != q->boot || run->w != q->w)
        rc = begin_run(t, q);
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
    t->result[t->results - 1].intervals++;
    s = &t->sample[t->n++];
    s->start_ns = q->start_ns;
    s->stop_ns = q->stop_ns;
    memcpy(s->before, q->before, sizeof(s->before));
    memcpy(s->after, q->after, sizeof(s->after));
    if (q->before[TIMES_STEAL] == QUERY_NONE || q->after[TIMES_STEAL] == QUERY_NONE) {
        s->before[TIMES_STEAL] = s->after[TIMES_STEAL] = 0;
        t->lacks_steal = 1; /* it is asked of all samples of a boot or of none */
    }
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
            .steal_ns = r->limits.has_steal ? r->r.spent[TIMES_STEAL] : STORE_NONE,
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
        finish_boot(&t);
    if (!rc)
        rc = write_times(store, c, &t);
    free(t.sample);
    free(t.result);
    return rc;
}
