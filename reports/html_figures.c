/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_figures.c - figures per workload, their distributions, and the marker path.
 */
#include <math.h>
#include <string.h>

#include "analysis/stats.h"
#include "reports/differences.h"
#include "reports/format.h"
#include "reports/html.h"
#include "reports/wording.h"

static int has_baseline(const struct model *m, int baseline)
{
    for (size_t i = 0; i < m->runs * m->platforms; i++)
        if (m->cell[i].ratio[baseline].known)
            return 1;
    return 0;
}

static void ratio_cell(FILE *f, const struct model_ratio *r)
{
    char buf[WORDING_BYTES];
    const char *text = wording_ratio(r, buf);

    if (!strcmp(text, FORMAT_NONE)) {
        html_number(f, text);
        return;
    }
    fputs(!strcmp(text, FORMAT_INDISTINGUISHABLE) ? "<td class=\"n\"><span class=\"same\">"
                                                  : "<td class=\"n\"><span>",
          f);
    html_text(f, text);
    fputs("</span>", f);
    text = wording_bounds(r, buf);
    /* "0 … ∞" tells nobody anything. */
    if (strcmp(text, FORMAT_NONE) && !isnan(r->high)) {
        fputs("<small>", f);
        html_text(f, text);
        fputs("</small>", f);
    }
    fputs("</td>", f);
}

static void figure_row(FILE *f, const struct model *m, size_t run, size_t platform,
                       const int *baseline)
{
    const struct model_cell *cell = model_cell(m, run, platform);
    const struct query_summary *s = cell->summary;
    char buf[WORDING_BYTES];

    fputs("<tr><th scope=\"row\">", f);
    html_platform(f, m, platform);
    fputs("</th>", f);
    html_number(f, wording_value(cell, buf));
    html_number(f, wording_quantile(cell, s ? s->p99 : NAN, buf));
    html_number(f, wording_quantile(cell, s ? s->max : NAN, buf));
    for (int b = 0; b < MODEL_BASELINES; b++)
        if (baseline[b])
            ratio_cell(f, &cell->ratio[b]);
    html_count(f, s && s->n ? s->n : QUERY_NONE);
    html_count(f, s && s->boots ? s->boots : QUERY_NONE);
    html_verdict(f, wording_basis(cell, buf));
    fputs("</tr>\n", f);
}

static void figure_table(FILE *f, const struct model *m)
{
    static const char *const titles[MODEL_BASELINES] = {"n:time / native", "n:time / bare"};
    const char *columns[12] = {"Platform", "n:value", "n:99 %", "n:slowest"};
    int baseline[MODEL_BASELINES], n = 4;

    for (int b = 0; b < MODEL_BASELINES; b++)
        if ((baseline[b] = has_baseline(m, b)))
            columns[n++] = titles[b];
    columns[n++] = "n:iterations";
    columns[n++] = "n:boots";
    columns[n++] = "rests on";
    html_table_at(
        f, "figures",
        "True time by the external timer, converted into each workload\xE2\x80\x99s unit",
        columns);
    for (size_t r = 0; r < m->runs; r++) {
        fprintf(f,
                "<tbody class=\"group\" id=\"run-%zu\">\n<tr><th scope=\"rowgroup\" "
                "colspan=\"%d\">",
                r, n);
        html_text(f, m->run[r].label);
        fputs(" <span class=\"soft\">", f);
        html_text(f, m->run[r].metric);
        fputs(", ", f);
        html_text(f, m->run[r].unit);
        fputs("</span></th></tr>\n", f);
        for (size_t p = 0; p < m->platforms; p++)
            if (model_cell(m, r, p)->present)
                figure_row(f, m, r, p, baseline);
        fputs("</tbody>\n", f);
    }
    html_table_end(f);
}

struct difference_table {
    FILE *f;
    const struct model *m;
    size_t n;
};

static void difference_row(void *opaque, const char *const *cell)
{
    const struct difference_table *t = opaque;

    fputs("<tr>", t->f);
    fputs("<th scope=\"row\">", t->f);
    html_text(t->f, cell[0]);
    fputs("</th>", t->f);
    fputs("<td>", t->f);
    for (size_t p = 0; p < t->m->platforms; p++)
        if (!strcmp(t->m->platform[p].label, cell[1]))
            html_platform(t->f, t->m, p);
    fputs("</td>", t->f);
    for (size_t i = 2; i < t->n; i++)
        html_number(t->f, cell[i]);
    fputs("</tr>\n", t->f);
}

static void difference_table(FILE *f, const struct model *m)
{
    const char *title[DIFFERENCES_COLUMNS + 1];
    struct difference_table t = {.f = f, .m = m};
    char buf[WORDING_BYTES], caption[WORDING_BYTES];

    if (!differences_asked(m))
        return;
    differences_titles(m, buf, sizeof(buf), title);
    while (title[t.n])
        t.n++;
    snprintf(caption, sizeof(caption), "Time of one unit of work against %s",
             m->platform[m->baseline].label);
    html_table(f, caption, title);
    fputs("<tbody>\n", f);
    differences_each(m, difference_row, &t);
    fputs("</tbody>\n", f);
    html_table_end(f);
}

int html_figures(FILE *f, const struct model *m, struct err *e)
{
    int rc = 0;

    fputs(
        "<p>The value is the median over boots of each boot\xE2\x80\x99s median iteration. "
        "\xE2\x80\x9Ctime / native\xE2\x80\x9D is the time of the same work over its time on "
        "native: above 1 is slower, for rates too. The line below a ratio bounds it; where "
        "the "
        "bounds hold 1, the two are not distinguishable; two exact counts that are the same "
        "are equal. A ratio against \xE2\x80\x9C"
        "bare"
        "\xE2\x80\x9D tells what stands above the naked machine.</p>\n",
        f);
    fputs("<div class=\"plots\">\n", f);
    for (int b = 0; !rc && b < MODEL_BASELINES; b++)
        if (has_baseline(m, b))
            rc = html_plot_ladder(f, m, b, e);
    fputs("</div>\n", f);
    if (!rc) {
        figure_table(f, m);
        difference_table(f, m);
    }
    return rc;
}

/* --- distributions --- */

static int has_samples(const struct model *m, size_t run)
{
    for (size_t p = 0; p < m->platforms; p++)
        if (model_cell(m, run, p)->n)
            return 1;
    return 0;
}

/* Has a line more steps than are drawn? */
static int is_thinned(const struct model *m)
{
    for (size_t i = 0; i < m->runs * m->platforms; i++)
        if (m->cell[i].n > HTML_ECDF_POINTS)
            return 1;
    return 0;
}

int html_distributions(FILE *f, const struct model *m, struct err *e)
{
    size_t still = 0;
    int rc = 0;

    fputs("<p>Share of iterations that took at most the time on the axis, per platform. A "
          "vertical line is a time that never varied; a foot to the right is what interrupts "
          "cost.",
          f);
    if (is_thinned(m))
        fprintf(f,
                " A step that lies within 1/%d of the height and of the width from the one "
                "before it is not drawn; the fastest and the slowest iteration are.",
                HTML_ECDF_POINTS);
    fputs("</p>\n<div class=\"plots\">\n", f);
    for (size_t r = 0; !rc && r < m->runs; r++) {
        char id[48];

        if (!strcmp(m->run[r].workload, "null") || !model_has_spread(m, r))
            continue;
        snprintf(id, sizeof(id), "distribution_%zu", r);
        rc = html_plot_distribution(f, m, r, id, e);
    }
    fputs("</div>\n", f);
    for (size_t r = 0; r < m->runs; r++) {
        if (!has_samples(m, r) || model_has_spread(m, r))
            continue;
        fputs(still++ ? ", "
                      : "<p class=\"soft\">Every iteration on a platform took the same "
                        "time in: ",
              f);
        html_text(f, m->run[r].label);
    }
    fputs(still ? ".</p>\n" : "", f);
    if (!rc)
        html_tails(f, m);
    return rc;
}

/* --- null: the instrument function --- */

#define NULL_STEPS 12

static void null_rows(FILE *f, const struct model *m, size_t run, size_t platform)
{
    const struct model_cell *cell = model_cell(m, run, platform);
    struct stats_step step[NULL_STEPS];
    size_t distinct = stats_ecdf(cell->ns, cell->n, step, NULL_STEPS);
    char buf[FORMAT_BYTES];

    if (!cell->n)
        return;
    fprintf(f, "<tbody class=\"group\"><tr><th scope=\"rowgroup\" colspan=\"3\">");
    html_platform(f, m, platform);
    fputs("</th></tr>\n", f);
    for (size_t i = 0; i < distinct && i < NULL_STEPS; i++) {
        fputs("<tr>", f);
        html_number(f, format_figure(buf, step[i].value, 0));
        html_count(f, (int64_t)step[i].count);
        html_number(f, format_number(buf, 100 * step[i].at_most, 2));
        fputs("</tr>\n", f);
    }
    if (distinct > NULL_STEPS)
        fprintf(f,
                "<tr><td class=\"soft\" colspan=\"3\">and %zu longer times, up to %s "
                "ns</td></tr>\n",
                distinct - NULL_STEPS, format_figure(buf, cell->ns[cell->n - 1], 0));
    fputs("</tbody>\n", f);
}

int html_marker_path(FILE *f, const struct model *m, struct err *e)
{
    static const char *const columns[] = {"n:true time, ns", "n:iterations", "n:at most, %",
                                          NULL};
    size_t run = 0;
    int rc = 0;

    while (run < m->runs && strcmp(m->run[run].workload, "null"))
        run++;
    if (run == m->runs) {
        fputs("<p>This campaign has no workload <code>null</code>: the marker path is not "
              "calibrated.</p>\n",
              f);
        return 0;
    }
    fputs(
        "<p>The workload <code>null</code> marks START and at once STOP: what it shows is the "
        "marking itself, the instrument function. It enters the uncertainty of every interval "
        "and is not subtracted from any.</p>\n",
        f);
    html_table(f, "Every time that null took, and how often", columns);
    for (size_t p = 0; p < m->platforms; p++)
        null_rows(f, m, run, p);
    html_table_end(f);
    if (model_has_spread(m, run))
        rc = html_plot_distribution(f, m, run, "distribution_null", e);
    return rc;
}
