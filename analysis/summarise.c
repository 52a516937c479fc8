/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise.c - view `summary` of one campaign; see summarise.h.
 */
#include "analysis/summarise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/query.h"
#include "analysis/summarise_clocks.h"
#include "analysis/summarise_ledger.h"
#include "analysis/summarise_recovery.h"
#include "analysis/summarise_times.h"
#include "analysis/summary.h"
#include "collector/store.h"
#include "hv-under-test/platform.h"

#define GROUP_NAME_BYTES 64
#define GROUP_PARAM_BYTES 512
#define VERDICT_BYTES 64

struct group { /* one workload with its parameters on one platform */
    char platform[GROUP_NAME_BYTES], variant[GROUP_NAME_BYTES];
    char workload[GROUP_NAME_BYTES], param[GROUP_PARAM_BYTES];
    char metric[GROUP_NAME_BYTES], unit[GROUP_NAME_BYTES];
    int rate;
    double scale;
    int64_t work, w;         /* w: of the first boot that has it */
    enum verdict worst;      /* of its runs */
    enum verdict worst_boot; /* said only where no boot is left */
    struct summary_boot *boot;
    int64_t *boot_index;
    size_t boots;
    struct summary_figure figure;
};

struct gather {
    struct group *group;
    size_t groups;
    size_t run, at; /* number of a run of samples, and its group's place; SIZE_MAX: none yet */
    const struct query_campaign *campaign;
    struct err *e;
};

static void set_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

static int same(const struct group *g, const char *platform, const char *variant,
                const char *workload, const char *param)
{
    return !strcmp(g->platform, platform) && !strcmp(g->variant, variant) &&
           !strcmp(g->workload, workload) && !strcmp(g->param, param);
}

static struct group *find_group(const struct gather *g, const char *platform,
                                const char *variant, const char *workload, const char *param)
{
    /* Rows of one group come together: the last one found is nearly always it. */
    for (size_t i = g->groups; i-- > 0;)
        if (same(&g->group[i], platform, variant, workload, param))
            return &g->group[i];
    return NULL;
}

static int out_of_memory(struct gather *g)
{
    return err_set(g->e, ERR_IO, "out of memory");
}

/* Every run makes its group, also one that was skipped: nothing planned goes missing. */
static int take_run(void *opaque, const struct query_run *r)
{
    struct gather *all = opaque;
    struct group *g = find_group(all, r->platform, r->variant, r->workload, r->param), *more;
    enum verdict run = VERDICT_ERROR, boot = VERDICT_ERROR;

    if (!g) {
        more = realloc(all->group, (all->groups + 1) * sizeof(*more));
        if (!more)
            return out_of_memory(all);
        all->group = more;
        g = &all->group[all->groups++];
        memset(g, 0, sizeof(*g));
        set_text(g->platform, sizeof(g->platform), r->platform);
        set_text(g->variant, sizeof(g->variant), r->variant);
        set_text(g->workload, sizeof(g->workload), r->workload);
        set_text(g->param, sizeof(g->param), r->param);
        set_text(g->metric, sizeof(g->metric), r->metric);
        set_text(g->unit, sizeof(g->unit), r->unit);
        g->rate = !strcmp(r->form, "rate");
        g->w = r->w;
    }
    /* A skipped run knows its work and scale no more than a failed one. */
    if (!g->work && r->work > 0) {
        g->work = r->work;
        g->scale = r->scale;
    }
    verdict_parse(r->verdict, &run);
    verdict_parse(r->boot_verdict, &boot);
    g->worst = verdict_worst(g->worst, run);
    g->worst_boot = verdict_worst(g->worst_boot, boot);
    return 0;
}

static struct summary_boot *group_boot(struct group *g, const struct query_sample *d)
{
    struct summary_boot *boot;
    int64_t *index;

    /* Runs of one boot may be mixed, boots never: its own is the last. */
    if (g->boots && g->boot_index[g->boots - 1] == d->boot)
        return &g->boot[g->boots - 1];
    boot = realloc(g->boot, (g->boots + 1) * sizeof(*boot));
    if (boot)
        g->boot = boot;
    index = realloc(g->boot_index, (g->boots + 1) * sizeof(*index));
    if (index)
        g->boot_index = index;
    if (!boot || !index)
        return NULL;
    memset(&boot[g->boots], 0, sizeof(*boot));
    set_text(boot[g->boots].seed, sizeof(boot[g->boots].seed), d->seed);
    index[g->boots] = d->boot;
    return &boot[g->boots++];
}

static int take_sample(void *opaque, const struct query_sample *d)
{
    struct gather *all = opaque;
    struct summary_boot *boot;

    if (all->run != d->run) {
        const struct group *g =
            find_group(all, d->platform, d->variant, d->workload, d->param);

        if (!g)
            return 0; /* an interval that belongs to no run */
        all->run = d->run;
        all->at = (size_t)(g - all->group);
    }
    boot = group_boot(&all->group[all->at], d);
    if (!boot)
        return out_of_memory(all);
    if (boot->n == boot->capacity) {
        size_t capacity = boot->capacity ? 2 * boot->capacity : 64;
        double *more = realloc(boot->ns, capacity * sizeof(*more));

        if (!more)
            return out_of_memory(all);
        boot->ns = more;
        boot->capacity = capacity;
    }
    boot->ns[boot->n++] = d->true_ns;
    boot->u_ns = fmax(boot->u_ns, d->u_ns);
    return 0;
}

static unsigned ladder_rank(const char *name)
{
    const struct platform *p = platform_find(name);

    return p ? p->rank : 1000;
}

/* Campaign order of workloads, ladder order of platforms. */
static int by_place(const void *va, const void *vb)
{
    const struct group *a = va, *b = vb;
    unsigned ra = ladder_rank(a->platform), rb = ladder_rank(b->platform);
    int order;

    if (a->w != b->w)
        return a->w < b->w ? -1 : 1;
    if ((order = strcmp(a->workload, b->workload)) || (order = strcmp(a->param, b->param)))
        return order;
    if (ra != rb)
        return ra < rb ? -1 : 1;
    order = strcmp(a->platform, b->platform);
    return order ? order : strcmp(a->variant, b->variant);
}

/* workloads/workload.h: PER value = ns / work * scale; RATE value = work / s * scale. */
static double convert(const struct group *g, double ns)
{
    double value =
        g->rate ? (double)g->work * 1e9 / ns * g->scale : ns / (double)g->work * g->scale;

    return isfinite(value) ? value : NAN;
}

/* The same run on `platform`. Of several entries of that platform the campaign's baseline if it
 * is one of them, else the first by name: one without a label stands before those with one. */
static const struct group *find_baseline(const struct gather *all, const struct group *g,
                                         const char *platform)
{
    const char *chosen = strcmp(all->campaign->baseline_platform, platform)
                             ? NULL
                             : all->campaign->baseline_variant;

    for (size_t i = 0; i < all->groups; i++) {
        const struct group *b = &all->group[i];

        if (!strcmp(b->platform, platform) &&
            same(b, platform, chosen ? chosen : b->variant, g->workload, g->param))
            return b;
    }
    return NULL;
}

#define BASELINES_MAX 3 /* native, bare, the campaign's own */

struct rows {
    struct store_summary *row;
    char (*verdict)[VERDICT_BYTES];
    const char *chosen; /* name of the campaign's own baseline in the rows */
    size_t n;
};

static const char *basis_text(const struct group *g)
{
    if (g->worst > VERDICT_OK)
        return verdict_name(g->worst);
    if (g->figure.basis != SUMMARY_EMPTY)
        return summary_basis_name(g->figure.basis);
    /* Runs that say ok without an interval left: what their boots say, or our own fault. */
    return verdict_name(g->worst_boot > VERDICT_OK ? g->worst_boot : VERDICT_ERROR);
}

static void put_row(struct rows *out, const struct group *g, const struct group *baseline,
                    const char *name)
{
    const struct summary_figure *f = &g->figure;
    struct store_summary *r = &out->row[out->n];
    char *verdict = out->verdict[out->n++];
    struct summary_ratio ratio = {NAN, NAN, NAN, 0};

    *r = (struct store_summary){
        .platform = g->platform,
        .variant = g->variant,
        .workload = g->workload,
        .param = g->param,
        .metric = g->metric,
        .unit = g->unit,
        .n = f->n,
        .value = convert(g, f->median_ns),
        .p50 = convert(g, f->p50_ns),
        .p99 = convert(g, f->p99_ns),
        .max = convert(g, f->max_ns),
        .ci_low = convert(g, g->rate ? f->high_ns : f->low_ns),
        .ci_high = convert(g, g->rate ? f->low_ns : f->high_ns),
        .boots = (uint32_t)f->boots,
        .baseline = name,
        .verdict = verdict,
    };
    if (baseline)
        summary_compare(f, (double)g->work, &baseline->figure, (double)baseline->work, &ratio);
    r->ratio = ratio.ratio;
    r->ratio_low = ratio.low;
    r->ratio_high = isfinite(ratio.high) ? ratio.high : NAN;
    snprintf(verdict, VERDICT_BYTES, "%s%s", basis_text(g),
             !isnan(ratio.low) && !ratio.distinguishable ? "; not distinguishable" : "");
}

static void put_group(const struct gather *all, const struct group *g, struct rows *out)
{
    static const char *const baselines[] = {"native", "bare"};
    size_t before = out->n;

    for (size_t i = 0; i < sizeof(baselines) / sizeof(baselines[0]); i++) {
        const struct group *b = find_baseline(all, g, baselines[i]);

        if (b && strcmp(g->platform, b->platform))
            put_row(out, g, b, b->platform);
    }
    if (*all->campaign->baseline_platform) {
        const struct group *b = find_baseline(all, g, all->campaign->baseline_platform);

        if (b && b != g)
            put_row(out, g, b, out->chosen);
    }
    if (out->n == before)
        put_row(out, g, NULL, "");
}

static int write_summary(struct store *store, const struct query_campaign *c,
                         struct gather *all)
{
    const size_t most = BASELINES_MAX * all->groups + 1;
    char chosen[2 * QUERY_NAME_BYTES];
    struct rows out = {.row = calloc(most, sizeof(*out.row)),
                       .verdict = calloc(most, sizeof(*out.verdict)),
                       .chosen = chosen};
    int rc = 0;

    snprintf(chosen, sizeof(chosen), "%s %s", c->baseline_platform, c->baseline_variant);

    if (!out.row || !out.verdict)
        rc = out_of_memory(all);
    for (size_t i = 0; !rc && i < all->groups; i++) {
        struct group *g = &all->group[i];

        if (summary_assess(g->boot, g->boots, c->deterministic, &g->figure))
            rc = out_of_memory(all);
    }
    for (size_t i = 0; !rc && i < all->groups; i++)
        put_group(all, &all->group[i], &out);
    if (!rc)
        rc = store_replace_summary(store, c->id, out.row, out.n, all->e);
    free(out.row);
    free(out.verdict);
    return rc;
}

static void gather_free(struct gather *all)
{
    for (size_t i = 0; i < all->groups; i++) {
        struct group *g = &all->group[i];

        for (size_t j = 0; j < g->boots; j++)
            free(g->boot[j].ns);
        free(g->boot);
        free(g->boot_index);
        summary_release(&g->figure);
    }
    free(all->group);
}

int summarise_campaign(struct store *store, const char *campaign, struct err *e)
{
    struct query_campaign c;
    struct gather all = {.campaign = &c, .run = SIZE_MAX, .e = e};
    struct query *q;
    int rc = query_attach(store, &q, e);

    if (rc)
        return rc;
    rc = query_find_campaign(q, campaign, &c, e);
    if (!rc)
        rc = query_runs(q, &c, take_run, &all, e);
    if (!rc) /* gathered in SQL's order, reported in the ladder's */
        rc = query_samples(q, &c, 0, take_sample, &all, e);
    if (!rc && all.groups)
        qsort(all.group, all.groups, sizeof(*all.group), by_place);
    if (!rc)
        rc = write_summary(store, &c, &all);
    if (!rc)
        rc = summarise_clocks(store, q, &c, e);
    if (!rc)
        rc = summarise_times(store, q, &c, e);
    if (!rc)
        rc = summarise_ledger(store, q, &c, e);
    if (!rc)
        rc = summarise_recovery(store, q, &c, e);
    gather_free(&all);
    query_close(q);
    return rc;
}
