/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/model_cells.c - what was measured of each run on each platform; see model.h.
 */
#include "reports/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats.h"

const char *const model_baseline_name[MODEL_BASELINES] = {
    [MODEL_NATIVE] = "native",
    [MODEL_BARE] = "bare",
};

const double model_quantile[MODEL_QUANTILES] = {0.5, 0.99, 0.999};

struct reading {
    struct model *m;
    struct err *e;
    size_t run; /* number of a run of samples, and its cell; SIZE_MAX: none yet */
    struct model_cell *cell;
    int64_t *boot; /* of each cell: the boot whose samples came last */
};

static size_t find_run(const struct model *m, const char *workload, const char *param)
{
    size_t i = m->runs;

    while (i-- > 0)
        if (!strcmp(m->run[i].workload, workload) && !strcmp(m->run[i].param, param))
            return i;
    return m->runs;
}

static int take_run(void *opaque, const struct query_run *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    struct model_run *run;
    char label[640];

    if (find_run(m, q->workload, q->param) < m->runs)
        return 0;
    run = model_grow(m->run, m->runs, sizeof(*run), r->e);
    if (!run)
        return ERR_IO;
    m->run = run;
    snprintf(label, sizeof(label), "%s%s%s", q->workload, *q->param ? " " : "", q->param);
    run[m->runs++] = (struct model_run){
        .workload = model_text(m, q->workload),
        .param = model_text(m, q->param),
        .label = model_text(m, label),
        .metric = model_text(m, q->metric),
        .unit = model_text(m, q->unit),
    };
    return 0;
}

static int take_skip(void *opaque, const struct query_run *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    size_t platform = model_find_platform(m, q->platform, q->variant);
    size_t run = find_run(m, q->workload, q->param);
    struct model_cell *cell = model_cell(m, run, platform);
    struct model_skip *skip;

    cell->present = 1;
    if (!strcmp(q->verdict, "ok"))
        return 0;
    cell->reason = model_text(m, q->reason);
    for (size_t i = 0; i < m->skips; i++) {
        skip = &m->skip[i];
        if (skip->platform == platform && skip->run == run &&
            !strcmp(skip->verdict, q->verdict) && !strcmp(skip->reason, q->reason)) {
            skip->boots++;
            return 0;
        }
    }
    skip = model_grow(m->skip, m->skips, sizeof(*skip), r->e);
    if (!skip)
        return ERR_IO;
    m->skip = skip;
    skip[m->skips++] = (struct model_skip){.platform = platform,
                                           .run = run,
                                           .verdict = model_text(m, q->verdict),
                                           .reason = cell->reason,
                                           .boots = 1};
    return 0;
}

static int take_summary(void *opaque, const struct query_summary *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    struct query_summary *s = model_grow(m->summary, m->summaries, sizeof(*s), r->e);

    if (!s)
        return ERR_IO;
    m->summary = s;
    s += m->summaries++;
    *s = *q;
    s->platform = model_text(m, q->platform);
    s->variant = model_text(m, q->variant);
    s->workload = model_text(m, q->workload);
    s->param = model_text(m, q->param);
    s->metric = model_text(m, q->metric);
    s->unit = model_text(m, q->unit);
    s->baseline = model_text(m, q->baseline);
    s->verdict = model_text(m, q->verdict);
    return 0;
}

static struct model_ratio ratio_of(const struct query_summary *s)
{
    return (struct model_ratio){1, !strncmp(s->verdict, "exact", 5), s->ratio, s->ratio_low,
                                s->ratio_high};
}

static void link_summary(struct model *m)
{
    char chosen[2 * QUERY_NAME_BYTES];

    snprintf(chosen, sizeof(chosen), "%s %s", m->campaign.baseline_platform,
             m->campaign.baseline_variant);
    for (size_t i = 0; i < m->summaries; i++) {
        const struct query_summary *s = &m->summary[i];
        size_t platform = model_find_platform(m, s->platform, s->variant);
        size_t run = find_run(m, s->workload, s->param);
        struct model_cell *cell;

        if (platform == m->platforms || run == m->runs)
            continue;
        cell = model_cell(m, run, platform);
        if (!cell->summary)
            cell->summary = s;
        if (isnan(s->ratio))
            continue;
        for (int b = 0; b < MODEL_BASELINES; b++)
            if (!strcmp(s->baseline, model_baseline_name[b]))
                cell->ratio[b] = ratio_of(s);
        if (!strcmp(s->baseline, chosen))
            cell->chosen = ratio_of(s);
    }
}

/* Runs of a boot may be mixed, boots are not: each cell's samples come boot by boot. */
static int begin_boot(struct reading *r, int64_t boot)
{
    struct model_cell *cell = r->cell;
    int64_t *last = &r->boot[cell - r->m->cell];
    size_t *begin;

    if (cell->boots && *last == boot)
        return 0;
    begin = model_grow(cell->boot_begin, cell->boots, sizeof(*begin), r->e);
    if (!begin)
        return ERR_IO;
    cell->boot_begin = begin;
    begin[cell->boots++] = cell->n;
    *last = boot;
    return 0;
}

size_t model_boot_samples(const struct model_cell *cell, size_t b)
{
    return (b + 1 < cell->boots ? cell->boot_begin[b + 1] : cell->n) - cell->boot_begin[b];
}

/* Each boot's own quantiles, then all iterations ascending. */
static int order_cell(struct model_cell *cell, struct err *e)
{
    for (int k = 0; k < MODEL_QUANTILES && cell->boots; k++) {
        cell->boot_ns[k] = malloc(cell->boots * sizeof(double));
        if (!cell->boot_ns[k])
            return err_set(e, ERR_IO, "out of memory");
    }
    for (size_t b = 0; b < cell->boots; b++) {
        const size_t begin = cell->boot_begin[b];
        const size_t n = model_boot_samples(cell, b);

        stats_sort(cell->ns + begin, n);
        for (int k = 0; k < MODEL_QUANTILES; k++)
            cell->boot_ns[k][b] =
                stats_quantile_sorted(cell->ns + begin, n, model_quantile[k]);
    }
    for (int k = 0; k < MODEL_QUANTILES; k++)
        stats_sort(cell->boot_ns[k], cell->boots);
    stats_sort(cell->ns, cell->n);
    return 0;
}

static int take_sample(void *opaque, const struct query_sample *d)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    struct model_cell *cell;
    double *ns;

    if (r->run != d->run) {
        size_t platform = model_find_platform(m, d->platform, d->variant);
        size_t run = find_run(m, d->workload, d->param);

        if (platform == m->platforms || run == m->runs)
            return 0;
        r->run = d->run;
        r->cell = model_cell(m, run, platform);
        if (begin_boot(r, d->boot))
            return ERR_IO;
    }
    cell = r->cell;
    ns = model_grow(cell->ns, cell->n, sizeof(*ns), r->e);
    if (!ns)
        return ERR_IO;
    cell->ns = ns;
    ns[cell->n++] = d->true_ns;
    if (!isnan(d->guest_ns)) {
        cell->true_total_ns += d->true_ns;
        cell->guest_total_ns += d->guest_ns;
    }
    return 0;
}

/* --- scores by the guest's own clock --- */

struct score {
    struct model_cell *cell;
    double *sample;
    size_t n;
};

struct scores {
    struct reading r;
    struct score *score; /* one per cell */
};

static int take_figure(void *opaque, const struct query_figure *f)
{
    struct scores *all = opaque;
    struct model *m = all->r.m;
    size_t platform = model_find_platform(m, f->platform, f->variant);
    size_t run = find_run(m, f->workload, f->param);
    struct score *score;
    double *sample;

    if (strcmp(f->key, "guest_score_milli") || platform == m->platforms || run == m->runs)
        return 0;
    score = &all->score[run * m->platforms + platform];
    score->cell = model_cell(m, run, platform);
    sample = model_grow(score->sample, score->n, sizeof(*sample), all->r.e);
    if (!sample)
        return ERR_IO;
    score->sample = sample;
    sample[score->n++] = (double)f->value / 1000;
    return 0;
}

/*
 * The guest's score is work over the guest's time of all iterations. The true one is the same
 * work over the true time: the guest's score scaled by guest time over true time.
 */
static int read_scores(struct query *q, struct model *m, struct err *e)
{
    struct scores all = {{.m = m, .e = e},
                         calloc(m->runs * m->platforms + 1, sizeof(*all.score))};
    int rc;

    if (!all.score)
        return err_set(e, ERR_IO, "out of memory");
    rc = query_figures(q, &m->campaign, take_figure, &all, e);
    for (size_t i = 0; i < m->runs * m->platforms; i++) {
        struct model_cell *cell = &m->cell[i];

        cell->guest_score = cell->true_score = NAN;
        if (all.score[i].n && cell->true_total_ns > 0) {
            cell->guest_score = stats_median(all.score[i].sample, all.score[i].n);
            cell->true_score = cell->guest_score * cell->guest_total_ns / cell->true_total_ns;
        }
        free(all.score[i].sample);
    }
    free(all.score);
    return rc;
}

/* --- all of it --- */

static int read_cells(struct query *q, struct reading *r)
{
    struct model *m = r->m;
    const struct query_campaign *c = &m->campaign;
    int rc;

    m->cell = calloc(m->runs * m->platforms + 1, sizeof(*m->cell));
    if (!m->cell)
        return err_set(r->e, ERR_IO, "out of memory");
    for (size_t i = 0; i < m->runs * m->platforms; i++)
        m->cell[i].reason = "";
    rc = query_runs(q, c, take_skip, r, r->e);
    if (!rc)
        rc = query_summaries(q, c, take_summary, r, r->e);
    if (rc)
        return rc;
    if (!m->summaries && m->runs)
        return err_set(r->e, ERR_USAGE,
                       "campaign %s has no summary yet: its run was not finished; "
                       "`etalon run --resume` does",
                       c->name);
    link_summary(m);
    r->boot = calloc(m->runs * m->platforms + 1, sizeof(*r->boot));
    if (!r->boot)
        return err_set(r->e, ERR_IO, "out of memory");
    rc = query_samples(q, c, 1, take_sample, r, r->e);
    free(r->boot);
    for (size_t i = 0; !rc && i < m->runs * m->platforms; i++)
        rc = order_cell(&m->cell[i], r->e);
    return rc;
}

int model_read_cells(struct query *q, struct model *m, struct err *e)
{
    struct reading r = {.m = m, .e = e, .run = SIZE_MAX};
    int rc = query_runs(q, &m->campaign, take_run, &r, e);

    if (!rc)
        rc = read_cells(q, &r);
    if (!rc)
        rc = read_scores(q, m, e);
    return rc;
}

int model_has_spread(const struct model *m, size_t run)
{
    for (size_t p = 0; p < m->platforms; p++) {
        const struct model_cell *cell = model_cell(m, run, p);

        if (cell->n && cell->ns[0] != cell->ns[cell->n - 1])
            return 1;
    }
    return 0;
}
