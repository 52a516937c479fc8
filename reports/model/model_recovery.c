/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/model/model_recovery.c - distortions injected and recovered; see model.h. */
#include "reports/model/model.h"

#include <string.h>

struct reading {
    struct model *m;
    struct err *e;
};

static int take(void *opaque, const struct query_recovery *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    struct model_recovery *more;

    if (!strcmp(q->verdict, "clean") || !strcmp(q->verdict, "nothing")) {
        m->recoveries_clean++;
        return 0;
    }
    if (m->recoveries == MODEL_RECOVERIES) {
        m->recoveries_left++;
        return 0;
    }
    more = model_grow(m->recovery, m->recoveries, sizeof(*more), r->e);
    if (!more)
        return ERR_IO;
    m->recovery = more;
    more[m->recoveries++] =
        (struct model_recovery){.platform = model_find_platform(m, q->platform, q->variant),
                                .boot = q->boot,
                                .injected = q->injected,
                                .events = q->events,
                                .missed = q->missed,
                                .kind = model_text(m, q->kind),
                                .detail = model_text(m, q->detail),
                                .unit = model_text(m, q->unit),
                                .verdict = model_text(m, q->verdict),
                                .reason = model_text(m, q->reason),
                                .requested = q->requested,
                                .delivered = q->delivered,
                                .recovered = q->recovered,
                                .low = q->low,
                                .high = q->high,
                                .per_event = q->per_event};
    return 0;
}

int model_read_recoveries(struct query *q, struct model *m, struct err *e)
{
    struct reading r = {.m = m, .e = e};

    return query_recoveries(q, &m->campaign, take, &r, e);
}
