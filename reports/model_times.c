/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/model_times.c - the audit of time(1), summed over a platform's runs; see model.h.
 */
#include "reports/model.h"

#include <string.h>

struct reading {
    struct model *m;
    struct err *e;
};

static struct model_time *find_time(struct model *m, size_t platform, struct err *e)
{
    struct model_time *t;

    for (size_t i = 0; i < m->times; i++) {
        if (m->time[i].platform == platform)
            return &m->time[i];
    }
    t = model_grow(m->time, m->times, sizeof(*t), e);
    if (!t)
        return NULL;
    m->time = t;
    t += m->times++;
    t->platform = platform;
    return t;
}

static int add_finding(struct model *m, size_t platform, const struct query_time_audit *q,
                       struct err *e)
{
    struct model_time_finding *f;

    if (m->findings == MODEL_TIME_FINDINGS)
        return 0;
    f = model_grow(m->finding, m->findings, sizeof(*f), e);
    if (!f)
        return ERR_IO;
    m->finding = f;
    f[m->findings++] = (struct model_time_finding){.platform = platform,
                                                   .boot = q->boot,
                                                   .flagged = q->flagged,
                                                   .true_ns = q->true_ns,
                                                   .real_ns = q->real_ns,
                                                   .user_ns = q->user_ns,
                                                   .sys_ns = q->sys_ns,
                                                   .steal_ns = q->steal_ns,
                                                   .workload = model_text(m, q->workload),
                                                   .param = model_text(m, q->param),
                                                   .reason = model_text(m, q->reason)};
    return 0;
}

static int take_audit(void *opaque, const struct query_time_audit *q)
{
    struct reading *r = opaque;
    const size_t platform = model_find_platform(r->m, q->platform, q->variant);
    struct model_time *t = find_time(r->m, platform, r->e);

    if (!t)
        return ERR_IO;
    t->runs++;
    t->true_ns += q->true_ns;
    t->real_ns += q->real_ns;
    t->user_ns += q->user_ns;
    t->sys_ns += q->sys_ns;
    t->steal_ns += q->steal_ns;
    t->unknown += !strcmp(q->verdict, "unknown");
    if (strcmp(q->verdict, "aberrant"))
        return 0;
    t->aberrant++;
    return add_finding(r->m, platform, q, r->e);
}

int model_read_times(struct query *q, struct model *m, struct err *e)
{
    struct reading r = {.m = m, .e = e};

    return query_time_audits(q, &m->campaign, take_audit, &r, e);
}
