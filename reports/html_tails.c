/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_tails.c - the slow end of each distribution: quantiles of a boot's iterations, and
 * the slowest.
 *
 * The boot is the unit here, too: the figure is the median over boots of each boot's quantile, and
 * the order-statistic interval of analysis/stats.h is one over boots. Figures that are exact have
 * none.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/stats.h"
#include "analysis/summary.h"
#include "reports/format.h"
#include "reports/html.h"

static int is_exact(const struct model_cell *cell)
{
    return cell->summary && !strncmp(cell->summary->verdict, "exact", 5);
}

static void quantile_cell(FILE *f, const struct model_cell *cell, int k, double unit_ns)
{
    const double *ns = cell->boot_ns[k];
    char buf[FORMAT_BYTES];
    size_t low, high;

    fputs("<td class=\"n\">", f);
    html_text(f, format_figure(buf, stats_quantile_sorted(ns, cell->boots, 0.5) / unit_ns, 0));
    if (!is_exact(cell) &&
        !stats_quantile_ranks(cell->boots, 0.5, SUMMARY_CONFIDENCE, &low, &high) && low >= 1 &&
        high <= cell->boots) {
        fputs("<small>", f);
        html_text(f, format_figure(buf, ns[low - 1] / unit_ns, 0));
        fputs(" \xE2\x80\xA6 ", f);
        html_text(f, format_figure(buf, ns[high - 1] / unit_ns, 0));
        fputs("</small>", f);
    }
    fputs("</td>", f);
}

static void tail_row(FILE *f, const struct model *m, size_t platform,
                     const struct model_cell *cell, double unit_ns)
{
    char buf[FORMAT_BYTES];
    double beyond = stats_beyond_max(cell->boots, SUMMARY_CONFIDENCE);

    fputs("<tr><th scope=\"row\">", f);
    html_platform(f, m, platform);
    fputs("</th>", f);
    for (int k = 0; k < MODEL_QUANTILES; k++)
        quantile_cell(f, cell, k, unit_ns);
    html_number(f, format_figure(buf, cell->ns[cell->n - 1] / unit_ns, 0));
    if (is_exact(cell))
        html_number(f, FORMAT_NONE);
    else
        html_number(f, format_number(buf, 100 * beyond, 0));
    html_count(f, (int64_t)cell->n);
    html_count(f, (int64_t)cell->boots);
    fputs("</tr>\n", f);
}

static void tails_of_run(FILE *f, const struct model *m, size_t run)
{
    struct format_time unit;
    double high = 0;

    for (size_t p = 0; p < m->platforms; p++) {
        const struct model_cell *cell = model_cell(m, run, p);

        if (cell->n)
            high = fmax(high, cell->ns[cell->n - 1]);
    }
    unit = format_time_for(high);
    fputs("<tbody class=\"group\">\n<tr><th scope=\"rowgroup\" colspan=\"8\">", f);
    html_text(f, m->run[run].label);
    fputs(" <span class=\"soft\">", f);
    html_text(f, unit.name);
    fputs("</span></th></tr>\n", f);
    for (size_t p = 0; p < m->platforms; p++)
        if (model_cell(m, run, p)->n)
            tail_row(f, m, p, model_cell(m, run, p), unit.ns);
    fputs("</tbody>\n", f);
}

void html_tails(FILE *f, const struct model *m)
{
    static const char *const columns[] = {
        "Platform",     "n:50 %",    "n:99 %",
        "n:99.9 %",     "n:slowest", "n:boots beyond it at most, %",
        "n:iterations", "n:boots",   NULL};
    int any = 0;

    for (size_t r = 0; r < m->runs; r++) {
        if (!html_has_spread(m, r))
            continue;
        if (!any++) {
            fputs("<h3 id=\"tails\">Where the worst case matters</h3>\n<p>Median over "
                  "boots of each boot\xE2\x80\x99s quantile of the iterations that count, in "
                  "true "
                  "time of one iteration. The line below is a 95 % interval from order "
                  "statistics "
                  "over boots (David and Nagaraja, section 7.1): it assumes nothing of the "
                  "distribution, and needs six boots. The slowest iteration is a fact of the "
                  "sample and no bound: beside it, the share of boots that may have a slower "
                  "one, "
                  "with 95 % confidence (ibid., 7.2). Exact figures have no interval.</p>\n",
                  f);
            html_table(f,
                       "Quantiles of a boot\xE2\x80\x99s iterations, and the slowest of all",
                       columns);
        }
        tails_of_run(f, m, r);
    }
    if (any)
        html_table_end(f);
}
