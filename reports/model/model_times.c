/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/model/model_times.c - the audit of time(1), summed over a platform's runs; see
 * model.h.
 */
#include "reports/model/model.h"

#include <math.h>
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

static struct model_time_counter *find_counter(struct model *m, size_t platform, struct err *e)
{
    struct model_time_counter *k;

    for (size_t i = 0; i < m->time_counters; i++) {
        if (m->time_counter[i].platform == platform)
            return &m->time_counter[i];
    }
    k = model_grow(m->time_counter, m->time_counters, sizeof(*k), e);
    if (!k)
        return NULL;
    m->time_counter = k;
    k += m->time_counters++;
    k->platform = platform;
    return k;
}

/* A sum of which a part was not read is not known: NaN stays. */
static int take_counter(void *opaque, const struct query_time_counter *q)
{
    struct reading *r = opaque;
    struct model_time_counter *k =
        find_counter(r->m, model_find_platform(r->m, q->platform, q->variant), r->e);
    const int split = !isnan(q->user_instructions) && !isnan(q->kernel_instructions) &&
                      !isnan(q->user_cycles) && !isnan(q->kernel_cycles);

    if (!k)
        return ERR_IO;
    k->user_ns += q->user_ns;
    k->sys_ns += q->sys_ns;
    k->instructions += split ? q->user_instructions + q->kernel_instructions : q->instructions;
    k->cycles += split ? q->user_cycles + q->kernel_cycles : q->cycles;
    k->user_instructions += q->user_instructions;
    k->kernel_instructions += q->kernel_instructions;
    k->user_cycles += q->user_cycles;
    k->kernel_cycles += q->kernel_cycles;
    return 0;
}

int model_read_times(struct query *q, struct model *m, struct err *e)
{
    struct reading r = {.m = m, .e = e};
    int rc = query_time_audits(q, &m->campaign, take_audit, &r, e);

    return rc ? rc : query_time_counters(q, &m->campaign, take_counter, &r, e);
}
