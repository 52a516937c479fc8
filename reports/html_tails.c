/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_tails.c - the slow end of each distribution: quantiles of the iterations with the
 * order-statistic interval of analysis/stats.h, and the slowest.
 *
 * On a bench that repeats itself the iterations are all there are: quantiles, and no interval.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/stats.h"
#include "analysis/summary.h"
#include "reports/format.h"
#include "reports/html.h"

static const double quantile[] = {0.5, 0.99, 0.999};
#define QUANTILES (sizeof(quantile) / sizeof(quantile[0]))

static int is_exact(const struct model_cell *cell)
{
    return cell->summary && !strncmp(cell->summary->verdict, "exact", 5);
}

/* A bound, or a dash where the sample has no value far enough out. */
static const char *bound(const struct model_cell *cell, size_t rank, double unit_ns, char *buf)
{
    if (rank < 1 || rank > cell->n)
        return "\xE2\x88\x9E";
    return format_figure(buf, cell->ns[rank - 1] / unit_ns, 0);
}

static void quantile_cell(FILE *f, const struct model_cell *cell, double p, double unit_ns)
{
    char a[FORMAT_BYTES], b[FORMAT_BYTES];
    size_t low, high;

    fputs("<td class=\"n\">", f);
    html_text(f, format_figure(a, stats_quantile_sorted(cell->ns, cell->n, p) / unit_ns, 0));
    if (!is_exact(cell) &&
        !stats_quantile_ranks(cell->n, p, SUMMARY_CONFIDENCE, &low, &high)) {
        fputs("<small>", f);
        html_text(f, low < 1 ? "0" : bound(cell, low, unit_ns, a));
        fputs(" \xE2\x80\xA6 ", f);
        html_text(f, bound(cell, high, unit_ns, b));
        fputs("</small>", f);
    }
    fputs("</td>", f);
}

static void tail_row(FILE *f, const struct model *m, size_t platform,
                     const struct model_cell *cell, double unit_ns)
{
    char buf[FORMAT_BYTES];
    double beyond = stats_beyond_max(cell->n, SUMMARY_CONFIDENCE);

    fputs("<tr><th scope=\"row\">", f);
    html_platform(f, m, platform);
    fputs("</th>", f);
    for (size_t i = 0; i < QUANTILES; i++)
        quantile_cell(f, cell, quantile[i], unit_ns);
    html_number(f, format_figure(buf, cell->ns[cell->n - 1] / unit_ns, 0));
    if (is_exact(cell))
        html_number(f, FORMAT_NONE);
    else
        html_number(f, format_figure(buf, 100 * beyond, 0));
    html_count(f, (int64_t)cell->n);
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
    fputs("<tbody class=\"group\">\n<tr><th scope=\"rowgroup\" colspan=\"7\">", f);
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
        "Platform",     "n:50 %", "n:99 %", "n:99.9 %", "n:slowest", "n:beyond it at most, %",
        "n:iterations", NULL};
    int any = 0;

    for (size_t r = 0; r < m->runs; r++) {
        if (!html_has_spread(m, r))
            continue;
        if (!any++) {
            fputs("<h3 id=\"tails\">Where the worst case matters</h3>\n<p>Quantiles of all "
                  "iterations that count, in true time of one iteration. The line below is a "
                  "95 % interval from order statistics (David and Nagaraja, section 7.1): it "
                  "assumes nothing of the distribution, but that iterations are independent; "
                  "those of one boot may not be, and then it is too narrow. \xE2\x88\x9E: no "
                  "iteration was slow enough to bound it. The slowest is a fact of the sample "
                  "and no bound: beside it, the share that may be slower still, with 95 % "
                  "confidence. Exact figures have no interval.</p>\n",
                  f);
            html_table(f, "Quantiles of the iterations", columns);
        }
        tails_of_run(f, m, r);
    }
    if (any)
        html_table_end(f);
}
