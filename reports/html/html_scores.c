/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/html/html_scores.c - what benchmarks that time themselves would have printed. */
#include <string.h>

#include "reports/html/html.h"
#include "reports/scores.h"

static void put_row(void *opaque, const char *const *cell)
{
    FILE *f = opaque;

    fputs("<tr><th scope=\"row\">", f);
    html_text(f, cell[0]);
    fputs("</th>", f);
    for (size_t i = 1; i < SCORES_COLUMNS; i++) {
        if (strncmp(scores_columns[i], "n:", 2))
            html_cell(f, cell[i]);
        else
            html_number(f, cell[i]);
    }
    fputs("</tr>\n", f);
}

void html_scores(FILE *f, const struct model *m)
{
    if (!m->scores)
        return;
    fputs("<h3>What benchmarks in the guest would have printed</h3>\n<p>", f);
    html_text(f, scores_note);
    fputs(" Each score is in the view <code>scores</code>.</p>\n", f);
    html_table(f,
               "Scores by the guest\xE2\x80\x99s clock and by true time, and the farthest off",
               scores_columns);
    fputs("<tbody>\n", f);
    scores_each(m, put_row, f);
    fputs("</tbody>\n", f);
    html_table_end(f);
}
