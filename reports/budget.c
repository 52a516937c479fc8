/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/budget.c - see budget.h. */
#include "reports/budget.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/stats.h"

const char budget_note[] =
    "After JCGM 100:2008, of one interval of each platform\xE2\x80\x99s longest run, "
    "where the timebase counts most, with the worst that any boot had of each part. "
    "Contribution is standard uncertainty times sensitivity; their squares add up to "
    "that of the combined standard uncertainty u. Its degrees of freedom are those of "
    "Welch and Satterthwaite (G.4.1), k is Student\xE2\x80\x99s t at 95.45 %, which is "
    "2 where everything is known, and U = k u. What boots differ by is not in it: that "
    "is the interval beside each ratio.";

const char *const budget_total_columns[BUDGET_TOTAL_COLUMNS + 1] = {
    "platform", "interval of",   "n:true time, ns", "n:combined u, ns", "n:degrees of freedom",
    "n:k",      "n:U = k u, ns", "n:U, ppm",        "dominates",        NULL};

const char *const budget_part_columns[BUDGET_PART_COLUMNS + 1] = {"platform",
                                                                  "component",
                                                                  "distribution",
                                                                  "n:standard uncertainty",
                                                                  "unit",
                                                                  "n:sensitivity, ns per unit",
                                                                  "n:contribution, ns",
                                                                  "n:share of u\xC2\xB2, %",
                                                                  "n:degrees of freedom",
                                                                  NULL};

/* The run with the longest median; m->runs: none has samples. */
static size_t longest_run(const struct model *m, size_t platform, double *median_ns)
{
    size_t longest = m->runs;

    *median_ns = 0;
    for (size_t r = 0; r < m->runs; r++) {
        const struct model_cell *cell = model_cell(m, r, platform);
        const double ns = cell->n ? stats_quantile_sorted(cell->ns, cell->n, 0.5) : 0;

        if (ns > *median_ns) {
            *median_ns = ns;
            longest = r;
        }
    }
    return longest;
}

/* Nulls of the boot that has the fewest, less one; at least 1. */
static double path_freedom(const struct model *m, size_t platform)
{
    size_t fewest = SIZE_MAX;

    for (size_t r = 0; r < m->runs; r++) {
        const struct model_cell *cell = model_cell(m, r, platform);

        for (size_t b = 0; !strcmp(m->run[r].workload, "null") && b < cell->boots; b++)
            if (model_boot_samples(cell, b) < fewest)
                fewest = model_boot_samples(cell, b);
    }
    return fewest == SIZE_MAX || fewest < 2 ? 1 : (double)fewest - 1;
}

int budget_of_platform(const struct model *m, size_t platform, struct budget *out)
{
    struct uncertainty_interval v = {.timebase_df = INFINITY};

    *out = (struct budget){.run = longest_run(m, platform, &v.true_ns)};
    if (out->run == m->runs)
        return 0;
    for (size_t i = 0; i < m->boots; i++) {
        const struct model_boot *b = &m->boot[i];

        if (b->platform != platform || strcmp(b->verdict, "ok"))
            continue;
        v.step_ns = fmax(v.step_ns, b->step_ns);
        v.path_ns = fmax(v.path_ns, b->path_u_ns);
        v.timebase_ppb = fmax(v.timebase_ppb, (double)b->timebase_ppb);
    }
    v.timebase_ppb = uncertainty_standard(UNCERTAINTY_NORMAL, v.timebase_ppb);
    v.path_df = path_freedom(m, platform);
    if (m->campaign.deterministic)
        v.path_ns = 0;
    out->true_ns = v.true_ns;
    uncertainty_of_interval(&v, out->component);
    out->distribution[0] = "triangular";
    out->distribution[1] = "normal";
    out->distribution[2] = "normal";
    if (m->campaign.deterministic) {
        out->component[0].u = uncertainty_standard(UNCERTAINTY_NORMAL, v.step_ns);
        out->component[2].df = INFINITY;
        out->distribution[0] = "bound, k = 2";
        out->distribution[2] = "none: no spread";
    }
    return !uncertainty_budget(out->component, UNCERTAINTY_INTERVAL_COMPONENTS,
                               BUDGET_CONFIDENCE, &out->total);
}

static const char *put_freedom(char *buf, double df)
{
    return isinf(df) ? "\xE2\x88\x9E" : format_number(buf, df, 0);
}

/* Three significant digits: an uncertainty has no more. */
static const char *put_part(char *buf, double value)
{
    snprintf(buf, FORMAT_BYTES, "%.3g", value);
    return buf;
}

static const char *dominant(const struct budget *b)
{
    return b->total.dominant < UNCERTAINTY_INTERVAL_COMPONENTS
               ? b->component[b->total.dominant].name
               : "nothing";
}

void budget_totals(const struct model *m,
                   void (*row)(void *opaque, size_t platform, const char *const *cell),
                   void *opaque)
{
    for (size_t p = 0; p < m->platforms; p++) {
        char t[6][FORMAT_BYTES];
        struct budget b;

        if (!budget_of_platform(m, p, &b))
            continue;
        snprintf(t[3], sizeof(t[3]), "%.2f", b.total.k);
        row(opaque, p,
            (const char *[]){
                m->platform[p].label, m->run[b.run].label,
                format_figure(t[0], b.true_ns, b.total.expanded), put_part(t[1], b.total.u_c),
                put_freedom(t[2], b.total.df), t[3], put_part(t[4], b.total.expanded),
                put_part(t[5], b.total.expanded / b.true_ns * 1e6), dominant(&b)});
    }
}

static void part_row(const struct model *m, size_t platform, const struct budget *b, size_t i,
                     void (*row)(void *opaque, size_t platform, const char *const *cell),
                     void *opaque)
{
    const struct uncertainty_component *c = &b->component[i];
    const double part = fabs(c->sensitivity) * c->u;
    const double share = b->total.u_c > 0 ? part / b->total.u_c : 0;
    char t[5][FORMAT_BYTES];

    row(opaque, platform,
        (const char *[]){m->platform[platform].label, c->name, b->distribution[i],
                         put_part(t[0], c->u), c->unit, put_part(t[1], c->sensitivity),
                         put_part(t[2], part), format_number(t[3], 100 * share * share, 1),
                         put_freedom(t[4], c->df)});
}

void budget_parts(const struct model *m,
                  void (*row)(void *opaque, size_t platform, const char *const *cell),
                  void *opaque)
{
    for (size_t p = 0; p < m->platforms; p++) {
        struct budget b;

        if (!budget_of_platform(m, p, &b))
            continue;
        for (size_t i = 0; i < UNCERTAINTY_INTERVAL_COMPONENTS; i++)
            part_row(m, p, &b, i, row, opaque);
    }
}
