/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/model/model_scores.c - what benchmarks in a guest would have printed; see model.h.
 */
#include "reports/model/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct reading {
    struct model *m;
    struct err *e;
};

static struct model_score *find(struct model *m, const struct query_score *q, size_t platform)
{
    for (size_t i = 0; i < m->scores; i++) {
        struct model_score *s = &m->score[i];

        if (s->platform == platform && !strcmp(s->style, q->style) &&
            !strcmp(s->whole, *q->workload ? "" : q->name))
            return s;
    }
    return NULL;
}

/* No figure at all is worse than any. */
static double badness(double error_ppm, double u_ppm)
{
    return isnan(error_ppm) ? INFINITY : fabs(error_ppm) - u_ppm;
}

static int take(void *opaque, const struct query_score *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    const size_t platform = model_find_platform(m, q->platform, q->variant);
    struct model_score *s = find(m, q, platform);
    char label[MODEL_SCORE_BYTES];

    if (!s) {
        s = model_grow(m->score, m->scores, sizeof(*s), r->e);
        if (!s)
            return ERR_IO;
        m->score = s;
        s = &m->score[m->scores++];
        *s = (struct model_score){.platform = platform,
                                  .style = model_text(m, q->style),
                                  .whole = model_text(m, *q->workload ? "" : q->name)};
    }
    s->printed++;
    s->wrong += !strcmp(q->verdict, "wrong");
    if (s->printed > 1 && !(badness(q->error_ppm, q->u_ppm) > badness(s->error_ppm, s->u_ppm)))
        return 0;
    snprintf(label, sizeof(label), "%s%s%s%s%s", q->workload, *q->param ? " " : "", q->param,
             *q->workload && *q->name ? ": " : "", q->name);
    s->worst = model_text(m, label);
    s->unit = model_text(m, q->unit);
    s->guest = q->guest;
    s->truth = q->truth;
    s->error_ppm = q->error_ppm;
    s->u_ppm = q->u_ppm;
    return 0;
}

int model_read_scores(struct query *q, struct model *m, struct err *e)
{
    struct reading r = {.m = m, .e = e};

    return query_scores(q, &m->campaign, take, &r, e);
}
