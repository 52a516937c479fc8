/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/model/model_exits.c - exits of a campaign, joined over boots; see model.h.
 */
#include "reports/model/model.h"

#include <math.h>
#include <string.h>

#include "analysis/stats.h"

struct reading {
    struct model *m;
    struct err *e;
};

/* One of the model's two lists of costs. */
static int add_cost(struct reading *r, const struct query_exit_cost *q,
                    struct model_exit_cost **list, size_t *count)
{
    struct model *m = r->m;
    size_t platform = model_find_platform(m, q->platform, q->variant), i = 0;
    struct model_exit_cost *c = *list;
    double *sample;

    while (i < *count && (c[i].platform != platform || strcmp(c[i].operation, q->operation)))
        i++;
    if (i == *count) {
        c = model_grow(c, *count, sizeof(*c), r->e);
        if (!c)
            return ERR_IO;
        *list = c;
        c[(*count)++] = (struct model_exit_cost){.platform = platform,
                                                 .operation = model_text(m, q->operation),
                                                 .unit = model_text(m, q->unit)};
    }
    c += i;
    sample = model_grow(c->sample, c->boots, sizeof(*sample), r->e);
    if (!sample)
        return ERR_IO;
    c->sample = sample;
    sample[c->boots++] = q->cost;
    return 0;
}

static int take_cost(void *opaque, const struct query_exit_cost *q)
{
    struct reading *r = opaque;

    return add_cost(r, q, &r->m->cost, &r->m->costs);
}

static int take_observer(void *opaque, const struct query_exit_cost *q)
{
    struct reading *r = opaque;

    return add_cost(r, q, &r->m->observer, &r->m->observers);
}

static void finish_costs(struct model_exit_cost *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct model_exit_cost *c = &list[i];

        stats_sort(c->sample, c->boots);
        c->cost = stats_quantile_sorted(c->sample, c->boots, 0.5);
        c->low = c->sample[0];
        c->high = c->sample[c->boots - 1];
    }
}

static int take_count(void *opaque, const struct query_exit_count *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    size_t platform = model_find_platform(m, q->platform, q->variant), i = 0;
    struct model_exit_count *x;

    /* Accounts of single runs stay in the view; the page shows whole boots. */
    if (q->w >= 0)
        return 0;
    while (i < m->exits &&
           (m->exit[i].platform != platform || strcmp(m->exit[i].cause, q->cause)))
        i++;
    if (i == m->exits) {
        x = model_grow(m->exit, m->exits, sizeof(*x), r->e);
        if (!x)
            return ERR_IO;
        m->exit = x;
        x[m->exits++] = (struct model_exit_count){.platform = platform,
                                                  .cause = model_text(m, q->cause),
                                                  .count_low = q->count,
                                                  .count_high = q->count,
                                                  .ticks_min = q->ticks_min,
                                                  .ticks_max = q->ticks_max,
                                                  .tick_ns = q->tick_ns};
    }
    x = &m->exit[i];
    x->boots++;
    x->count += q->count;
    x->ticks += q->ticks;
    x->count_low = q->count < x->count_low ? q->count : x->count_low;
    x->count_high = q->count > x->count_high ? q->count : x->count_high;
    /* 0 is "unknown", not the shortest exit. */
    if (q->ticks_min && (!x->ticks_min || q->ticks_min < x->ticks_min))
        x->ticks_min = q->ticks_min;
    x->ticks_max = q->ticks_max > x->ticks_max ? q->ticks_max : x->ticks_max;
    return 0;
}

static int take_audit(void *opaque, const struct query_audit *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    size_t platform = model_find_platform(m, q->platform, q->variant), i = 0;
    int64_t exits = q->exits_2k - q->exits_k;
    struct model_audit *a;

    while (i < m->audits && (m->audit[i].platform != platform || m->audit[i].k != q->k ||
                             strcmp(m->audit[i].what, q->what)))
        i++;
    if (i == m->audits) {
        a = model_grow(m->audit, m->audits, sizeof(*a), r->e);
        if (!a)
            return ERR_IO;
        m->audit = a;
        a[m->audits++] =
            (struct model_audit){platform, model_text(m, q->what), q->k, 0, exits, exits};
    }
    a = &m->audit[i];
    a->boots++;
    a->low = exits < a->low ? exits : a->low;
    a->high = exits > a->high ? exits : a->high;
    return 0;
}

const struct model_exit_cost *model_find_cost(const struct model *m, const char *operation,
                                              size_t platform)
{
    for (size_t i = 0; i < m->costs; i++)
        if (m->cost[i].platform == platform && !strcmp(m->cost[i].operation, operation))
            return &m->cost[i];
    return NULL;
}

int model_read_exits(struct query *q, struct model *m, struct err *e)
{
    struct reading r = {m, e};
    int rc = query_exit_costs(q, &m->campaign, take_cost, &r, e);

    if (!rc)
        rc = query_observer_costs(q, &m->campaign, take_observer, &r, e);
    if (!rc) {
        finish_costs(m->cost, m->costs);
        finish_costs(m->observer, m->observers);
    }
    if (!rc)
        rc = query_exit_counts(q, &m->campaign, take_count, &r, e);
    if (!rc)
        rc = query_audits(q, &m->campaign, take_audit, &r, e);
    return rc;
}
