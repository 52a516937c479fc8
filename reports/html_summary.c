/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_summary.c - what fits into one look: a line for each platform, then the medians.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/format.h"
#include "reports/heads.h"
#include "reports/html.h"
#include "reports/wording.h"

/* Ratios against one baseline, counted. */
struct standing {
    size_t slower, faster, level, unknown;
    const struct model_ratio *largest;
    size_t largest_run;
};

static struct standing stand(const struct model *m, size_t platform, int baseline)
{
    struct standing s = {0};

    for (size_t r = 0; r < m->runs; r++) {
        const struct model_ratio *ratio = heads_ratio(model_cell(m, r, platform), baseline);

        if (!ratio->known)
            continue;
        if (isnan(ratio->low))
            s.unknown++;
        else if (ratio->low > 1)
            s.slower++;
        else if (ratio->high < 1)
            s.faster++;
        else
            s.level++;
        if (ratio->low > 1 && (!s.largest || ratio->ratio > s.largest->ratio)) {
            s.largest = ratio;
            s.largest_run = r;
        }
    }
    return s;
}

static void clocks_cell(FILE *f, const struct model *m, size_t platform)
{
    static const char *const order[] = {"unknown", "sound", "biased", "aberrant"};
    size_t worst = 0, clocks = 0;

    for (size_t i = 0; i < m->clocks; i++) {
        if (m->clock[i].platform != platform)
            continue;
        clocks++;
        for (size_t v = worst + 1; v < sizeof(order) / sizeof(order[0]); v++)
            if (!strncmp(m->clock[i].verdict, order[v], strlen(order[v])))
                worst = v;
    }
    if (clocks)
        html_verdict(f, order[worst]);
    else
        html_number(f, FORMAT_NONE);
}

static void standing_row(FILE *f, const struct model *m, size_t platform, int baseline)
{
    const struct standing s = stand(m, platform, baseline);
    const struct model_platform *p = &m->platform[platform];
    char buf[WORDING_BYTES];

    fputs("<tr><th scope=\"row\">", f);
    html_platform(f, m, platform);
    fputs("</th>", f);
    snprintf(buf, sizeof(buf), "%lld of %lld", (long long)p->boots_ok, (long long)p->boots);
    html_number(f, buf);
    html_count(f, (int64_t)s.slower);
    html_count(f, (int64_t)s.level);
    html_count(f, (int64_t)s.faster);
    html_count(f, (int64_t)s.unknown);
    html_number(f, s.largest ? wording_ratio(s.largest, buf) : FORMAT_NONE);
    html_cell(f, s.largest ? m->run[s.largest_run].label : "");
    clocks_cell(f, m, platform);
    fputs("</tr>\n", f);
}

static void standing_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {
        "Platform",    "n:boots ok", "n:slower", "n:level",           "n:faster",
        "n:no bounds", "n:most",     "in",       "worst guest clock", NULL};
    const int baseline = heads_baseline(m);
    char caption[WORDING_BYTES];

    if (baseline < 0)
        return;
    snprintf(caption, sizeof(caption),
             "Runs against %s by the bounds of their ratios; level: equal or not "
             "distinguishable",
             heads_baseline_name(m, baseline));
    html_table(f, caption, columns);
    fputs("<tbody>\n", f);
    for (size_t p = 0; p < m->platforms; p++)
        standing_row(f, m, p, baseline);
    fputs("</tbody>\n", f);
    html_table_end(f);
}

static void put_head(void *opaque, const char *name, const char *text)
{
    FILE *f = opaque;

    if (*name) {
        fputs("<dt>", f);
        html_text(f, name);
        fputs("</dt>", f);
    }
    fputs("<dd>", f);
    html_text(f, text);
    fputs("</dd>\n", f);
}

/* One line a workload, one column a platform: what fits into one look. */
int html_summary(FILE *f, const struct model *m, struct err *e)
{
    const char *columns[MODEL_COLUMNS + 3] = {"workload", "unit"};
    char title[MODEL_COLUMNS][128], buf[WORDING_BYTES];
    size_t platforms = m->platforms < MODEL_COLUMNS ? m->platforms : MODEL_COLUMNS;

    (void)e;
    fputs("<dl class=\"heads\">\n", f);
    heads_each(m, put_head, f);
    fputs("</dl>\n", f);
    standing_table(f, m);
    for (size_t p = 0; p < platforms; p++) {
        snprintf(title[p], sizeof(title[p]), "n:%s", m->platform[p].label);
        columns[p + 2] = title[p];
    }
    html_table(f, "Medians by the external timer, per platform", columns);
    fputs("<tbody>\n", f);
    for (size_t r = 0; r < m->runs; r++) {
        fputs("<tr><th scope=\"row\">", f);
        html_text(f, m->run[r].label);
        fputs("</th>", f);
        html_cell(f, m->run[r].unit);
        for (size_t p = 0; p < platforms; p++)
            html_number(f, wording_value(model_cell(m, r, p), buf));
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
    return 0;
}
