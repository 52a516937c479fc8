/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/gather.c - runs and their iterations; see gather.h.
 */
#include "analysis/gather.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hv-under-test/platform.h"

struct reading {
    struct gather *all;
    size_t run, at; /* number of a run of samples, and its place; SIZE_MAX: none yet */
    struct err *e;
};

static void set_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
}

static int out_of_memory(struct reading *r)
{
    return err_set(r->e, ERR_IO, "out of memory");
}

static struct gather_run *find(const struct gather *g, const char *platform,
                               const char *variant, const char *workload, const char *param)
{
    /* Rows of one run come together: the last one found is nearly always it. */
    for (size_t i = g->runs; i-- > 0;) {
        struct gather_run *r = &g->run[i];

        if (!strcmp(r->platform, platform) && !strcmp(r->variant, variant) &&
            !strcmp(r->workload, workload) && !strcmp(r->param, param))
            return r;
    }
    return NULL;
}

const struct gather_run *gather_find(const struct gather *g, const char *platform,
                                     const char *variant, const char *workload,
                                     const char *param)
{
    return find(g, platform, variant, workload, param);
}

static struct gather_run *add_run(struct reading *reading, const struct query_run *r)
{
    struct gather *all = reading->all;
    struct gather_run *g = realloc(all->run, (all->runs + 1) * sizeof(*g));

    if (!g)
        return NULL;
    all->run = g;
    g = &all->run[all->runs++];
    memset(g, 0, sizeof(*g));
    set_text(g->platform, sizeof(g->platform), r->platform);
    set_text(g->variant, sizeof(g->variant), r->variant);
    set_text(g->workload, sizeof(g->workload), r->workload);
    set_text(g->param, sizeof(g->param), r->param);
    set_text(g->metric, sizeof(g->metric), r->metric);
    set_text(g->unit, sizeof(g->unit), r->unit);
    g->rate = !strcmp(r->form, "rate");
    g->w = r->w;
    return g;
}

static int take_run(void *opaque, const struct query_run *r)
{
    struct reading *reading = opaque;
    struct gather_run *g = find(reading->all, r->platform, r->variant, r->workload, r->param);
    enum verdict run = VERDICT_ERROR, boot = VERDICT_ERROR;

    if (!g)
        g = add_run(reading, r);
    if (!g)
        return out_of_memory(reading);
    /* A skipped run knows its work and scale no more than a failed one. */
    if (!g->work && r->work > 0) {
        g->work = r->work;
        g->scale = r->scale;
    }
    verdict_parse(r->verdict, &run);
    verdict_parse(r->boot_verdict, &boot);
    if (run > g->worst)
        set_text(g->reason, sizeof(g->reason), r->reason);
    g->worst = verdict_worst(g->worst, run);
    g->worst_boot = verdict_worst(g->worst_boot, boot);
    return 0;
}

static struct summary_boot *add_boot(struct gather_run *g, const struct query_sample *d)
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
    struct reading *reading = opaque;
    struct summary_boot *boot;
    struct gather_run *g;

    if (reading->run != d->run) {
        g = find(reading->all, d->platform, d->variant, d->workload, d->param);
        if (!g)
            return 0; /* an interval that belongs to no run */
        reading->run = d->run;
        reading->at = (size_t)(g - reading->all->run);
    }
    g = &reading->all->run[reading->at];
    boot = add_boot(g, d);
    if (!boot)
        return out_of_memory(reading);
    if (boot->n == boot->capacity) {
        size_t capacity = boot->capacity ? 2 * boot->capacity : 64;
        double *more = realloc(boot->ns, capacity * sizeof(*more));

        if (!more)
            return out_of_memory(reading);
        boot->ns = more;
        boot->capacity = capacity;
    }
    boot->ns[boot->n++] = d->true_ns;
    boot->u_ns = fmax(boot->u_ns, d->u_ns);
    g->grade = !g->grade || g->grade == d->grade ? d->grade : GATHER_MIXED;
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
    const struct gather_run *a = va, *b = vb;
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

double gather_value(const struct gather_run *g, double ns)
{
    double value =
        g->rate ? (double)g->work * 1e9 / ns * g->scale : ns / (double)g->work * g->scale;

    return isfinite(value) ? value : NAN;
}

int gather_campaign(struct query *q, const struct query_campaign *c, struct gather *out,
                    struct err *e)
{
    struct reading reading = {.all = out, .run = SIZE_MAX, .e = e};
    int rc;

    *out = (struct gather){NULL, 0};
    rc = query_runs(q, c, take_run, &reading, e);
    if (!rc) /* gathered in SQL's order, handed on in the ladder's */
        rc = query_samples(q, c, 0, take_sample, &reading, e);
    if (!rc && out->runs)
        qsort(out->run, out->runs, sizeof(*out->run), by_place);
    return rc;
}

void gather_release(struct gather *g)
{
    for (size_t i = 0; i < g->runs; i++) {
        struct gather_run *r = &g->run[i];

        for (size_t j = 0; j < r->boots; j++)
            free(r->boot[j].ns);
        free(r->boot);
        free(r->boot_index);
    }
    free(g->run);
    *g = (struct gather){NULL, 0};
}
