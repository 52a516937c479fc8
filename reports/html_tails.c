/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/html_tails.c - the slow end of each distribution, as a table; see tails.h. */
#include <math.h>
#include <stdio.h>

#include "reports/format.h"
#include "reports/html.h"
#include "reports/tails.h"

static void quantile_cell(FILE *f, const struct model_cell *cell, int k, double unit_ns)
{
    const struct tails_figure q = tails_quantile(cell, k);
    char buf[FORMAT_BYTES];

    fputs("<td class=\"n\">", f);
    html_text(f, format_figure(buf, q.value / unit_ns, 0));
    if (!isnan(q.low)) {
        fputs("<small>", f);
        html_text(f, format_figure(buf, q.low / unit_ns, 0));
        fputs(" \xE2\x80\xA6 ", f);
        html_text(f, format_figure(buf, q.high / unit_ns, 0));
        fputs("</small>", f);
    }
    fputs("</td>", f);
}

static void tail_row(FILE *f, const struct model *m, size_t platform,
                     const struct model_cell *cell, double unit_ns)
{
    char buf[FORMAT_BYTES];

    fputs("<tr><th scope=\"row\">", f);
    html_platform(f, m, platform);
    fputs("</th>", f);
    for (int k = 0; k < MODEL_QUANTILES; k++)
        quantile_cell(f, cell, k, unit_ns);
    html_number(f, format_figure(buf, cell->ns[cell->n - 1] / unit_ns, 0));
    html_number(f, format_number(buf, 100 * tails_beyond(cell), 0));
    html_count(f, (int64_t)cell->n);
    html_count(f, (int64_t)cell->boots);
    fputs("</tr>\n", f);
}

static void tails_of_run(FILE *f, const struct model *m, size_t run)
{
    const struct format_time unit = tails_unit(m, run);

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
        if (!model_has_spread(m, r))
            continue;
        if (!any++) {
            fputs("<h3 id=\"tails\">Where the worst case matters</h3>\n<p>", f);
            html_text(f, tails_note);
            fputs("</p>\n", f);
            html_table(f,
                       "Quantiles of a boot\xE2\x80\x99s iterations, and the slowest of all",
                       columns);
        }
        tails_of_run(f, m, r);
    }
    if (any)
        html_table_end(f);
}
