/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise/summarise.c - view `summary` of one campaign; see summarise.h.
 */
#include "analysis/summarise/summarise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/gather.h"
#include "analysis/query/query.h"
#include "analysis/summarise/summarise_clocks.h"
#include "analysis/summarise/summarise_ledger.h"
#include "analysis/summarise/summarise_recovery.h"
#include "analysis/summarise/summarise_scores.h"
#include "analysis/summarise/summarise_times.h"
#include "analysis/summary.h"
#include "collector/store.h"

#define VERDICT_BYTES 64

struct gathered { /* runs and the figure of each */
    const struct query_campaign *campaign;
    struct gather runs;
    struct summary_figure *figure;
};

/* The same run on `platform`. Of several entries of that platform the campaign's baseline if it
 * is one of them, else the first by name: one without a label stands before those with one. */
static const struct gather_run *find_baseline(const struct gathered *all,
                                              const struct gather_run *g, const char *platform)
{
    const char *chosen = strcmp(all->campaign->baseline_platform, platform)
                             ? NULL
                             : all->campaign->baseline_variant;

    for (size_t i = 0; i < all->runs.runs; i++) {
        const struct gather_run *b = &all->runs.run[i];

        if (!strcmp(b->platform, platform) && (!chosen || !strcmp(b->variant, chosen)) &&
            !strcmp(b->workload, g->workload) && !strcmp(b->param, g->param))
            return b;
    }
    return NULL;
}

static const struct summary_figure *figure_of(const struct gathered *all,
                                              const struct gather_run *g)
{
    return &all->figure[g - all->runs.run];
}

#define BASELINES_MAX 3 /* native, bare, the campaign's own */

struct rows {
    struct store_summary *row;
    char (*verdict)[VERDICT_BYTES];
    const char *chosen; /* name of the campaign's own baseline in the rows */
    size_t n;
};

static const char *basis_text(const struct gather_run *g, const struct summary_figure *f)
{
    if (g->worst > VERDICT_OK)
        return verdict_name(g->worst);
    if (f->basis != SUMMARY_EMPTY)
        return summary_basis_name(f->basis);
    /* Runs that say ok without an interval left: what their boots say, or our own fault. */
    return verdict_name(g->worst_boot > VERDICT_OK ? g->worst_boot : VERDICT_ERROR);
}

static void put_row(struct rows *out, const struct gathered *all, const struct gather_run *g,
                    const struct gather_run *baseline, const char *name)
{
    const struct summary_figure *f = figure_of(all, g);
    struct store_summary *r = &out->row[out->n];
    char *verdict = out->verdict[out->n++];
    struct summary_ratio ratio = {NAN, NAN, NAN, 0, 0};

    *r = (struct store_summary){
        .platform = g->platform,
        .variant = g->variant,
        .workload = g->workload,
        .param = g->param,
        .metric = g->metric,
        .unit = g->unit,
        .n = f->n,
        .value = gather_value(g, f->median_ns),
        .p50 = gather_value(g, f->p50_ns),
        .p99 = gather_value(g, f->p99_ns),
        .max = gather_value(g, f->max_ns),
        .ci_low = gather_value(g, g->rate ? f->high_ns : f->low_ns),
        .ci_high = gather_value(g, g->rate ? f->low_ns : f->high_ns),
        .boots = (uint32_t)f->boots,
        .baseline = name,
        .verdict = verdict,
    };
    if (baseline)
        summary_compare(f, (double)g->work, figure_of(all, baseline), (double)baseline->work,
                        &ratio);
    r->ratio = ratio.ratio;
    r->ratio_low = ratio.low;
    r->ratio_high = isfinite(ratio.high) ? ratio.high : NAN;
    snprintf(verdict, VERDICT_BYTES, "%s%s", basis_text(g, f),
             !isnan(ratio.low) && !ratio.distinguishable ? "; not distinguishable" : "");
}

static void put_run(const struct gathered *all, const struct gather_run *g, struct rows *out)
{
    static const char *const baselines[] = {"native", "bare"};
    size_t before = out->n;

    for (size_t i = 0; i < sizeof(baselines) / sizeof(baselines[0]); i++) {
        const struct gather_run *b = find_baseline(all, g, baselines[i]);

        if (b && strcmp(g->platform, b->platform))
            put_row(out, all, g, b, b->platform);
    }
    if (*all->campaign->baseline_platform) {
        const struct gather_run *b = find_baseline(all, g, all->campaign->baseline_platform);

        if (b && b != g)
            put_row(out, all, g, b, out->chosen);
    }
    if (out->n == before)
        put_row(out, all, g, NULL, "");
}

static int write_summary(struct store *store, const struct gathered *all, struct err *e)
{
    const struct query_campaign *c = all->campaign;
    const size_t most = BASELINES_MAX * all->runs.runs + 1;
    char chosen[2 * QUERY_NAME_BYTES];
    struct rows out = {.row = calloc(most, sizeof(*out.row)),
                       .verdict = calloc(most, sizeof(*out.verdict)),
                       .chosen = chosen};
    int rc = 0;

    snprintf(chosen, sizeof(chosen), "%s %s", c->baseline_platform, c->baseline_variant);
    if (!out.row || !out.verdict)
        rc = err_set(e, ERR_IO, "out of memory");
    for (size_t i = 0; !rc && i < all->runs.runs; i++)
        put_run(all, &all->runs.run[i], &out);
    if (!rc)
        rc = store_replace_summary(store, c->id, out.row, out.n, e);
    free(out.row);
    free(out.verdict);
    return rc;
}

static int assess(struct gathered *all, struct err *e)
{
    all->figure = calloc(all->runs.runs + 1, sizeof(*all->figure));
    if (!all->figure)
        return err_set(e, ERR_IO, "out of memory");
    for (size_t i = 0; i < all->runs.runs; i++)
        if (summary_assess(all->runs.run[i].boot, all->runs.run[i].boots,
                           all->campaign->deterministic, &all->figure[i]))
            return err_set(e, ERR_IO, "out of memory");
    return 0;
}

static int summarise_figures(struct store *store, struct query *q,
                             const struct query_campaign *c, struct err *e)
{
    struct gathered all = {.campaign = c};
    int rc = gather_campaign(q, c, &all.runs, e);

    if (!rc)
        rc = assess(&all, e);
    if (!rc)
        rc = write_summary(store, &all, e);
    for (size_t i = 0; all.figure && i < all.runs.runs; i++)
        summary_release(&all.figure[i]);
    free(all.figure);
    gather_release(&all.runs);
    return rc;
}

int summarise_campaign(struct store *store, const char *campaign, struct err *e)
{
    struct query_campaign c;
    struct query *q;
    int rc = query_attach(store, &q, e);

    if (rc)
        return rc;
    rc = query_find_campaign(q, campaign, &c, e);
    if (!rc)
        rc = summarise_figures(store, q, &c, e);
    if (!rc)
        rc = summarise_clocks(store, q, &c, e);
    if (!rc)
        rc = summarise_times(store, q, &c, e);
    if (!rc)
        rc = summarise_scores(store, q, &c, e);
    if (!rc)
        rc = summarise_ledger(store, q, &c, e);
    if (!rc)
        rc = summarise_recovery(store, q, &c, e);
    query_close(q);
    return rc;
}
