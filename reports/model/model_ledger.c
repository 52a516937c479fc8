/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/model/model_ledger.c - the overhead ledger, summed over the boots of a platform; see
 * model.h.
 */
#include "reports/model/model.h"

#include <math.h>
#include <string.h>

struct reading {
    struct model *m;
    struct err *e;
};

static struct model_overhead *find_overhead(struct model *m, size_t platform,
                                            const struct query_overhead *q, struct err *e)
{
    struct model_overhead *o;

    for (size_t i = 0; i < m->overheads; i++) {
        o = &m->overhead[i];
        if (o->platform == platform && !strcmp(o->workload, q->workload) &&
            !strcmp(o->param, q->param))
            return o;
    }
    o = model_grow(m->overhead, m->overheads, sizeof(*o), e);
    if (!o)
        return NULL;
    m->overhead = o;
    o += m->overheads++;
    o->platform = platform;
    o->workload = model_text(m, q->workload);
    o->param = model_text(m, q->param);
    o->verdict = o->reason = "";
    return o;
}

static int rank(const char *verdict)
{
    return !strcmp(verdict, "over budget") ? 2 : !strcmp(verdict, "incomplete");
}

static int take_overhead(void *opaque, const struct query_overhead *q)
{
    struct reading *r = opaque;
    const size_t platform = model_find_platform(r->m, q->platform, q->variant);
    struct model_overhead *o = find_overhead(r->m, platform, q, r->e);

    if (!o)
        return ERR_IO;
    o->true_ns += q->true_ns;
    o->work_ns += q->work_ns;
    o->operations_ns += q->operations_ns;
    o->interrupts_ns += q->interrupts_ns;
    o->unseen_ns += q->unseen_ns;
    o->steal_ns += q->steal_ns;
    o->residual_ns += q->residual_ns;
    o->u_ns = hypot(o->u_ns, q->u_ns);
    o->intervals += q->intervals;
    o->flagged += q->flagged;
    if (!*o->verdict || rank(q->verdict) > rank(o->verdict)) {
        o->verdict = model_text(r->m, q->verdict);
        o->reason = model_text(r->m, q->reason);
    }
    return 0;
}

int model_read_ledger(struct query *q, struct model *m, struct err *e)
{
    struct reading r = {.m = m, .e = e};

    return query_overheads(q, &m->campaign, take_overhead, &r, e);
}
