/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/markdown_trust.c - drift certificates in short, and the uncertainty budget, as Markdown.
 */
#include <math.h>
#include <stdio.h>

#include "reports/budget.h"
#include "reports/format.h"
#include "reports/markdown.h"
#include "reports/wording.h"

static void put_certificates(FILE *f, const struct model *m)
{
    static const char *const title[] = {
        "platform", "clock",   "n:boot",     "verdict",  "n:skew, ppm (95 %)", "n:jitter",
        "n:OADEV",  "n:at, s", "n:readings", "n:biased", "n:aberrant",         NULL};
    char t[6][FORMAT_BYTES], skew[WORDING_BYTES];
    size_t n;

    if (!m->certificates)
        return;
    fputs("\n## Drift certificates\n\nOne a clock, of the boot whose verdict it has; "
          "`etalon drift --certificate DIR` writes each as a page with plots, and the HTML "
          "report links to them.\n",
          f);
    n = markdown_header(f, title);
    for (size_t i = 0; i < m->certificates; i++) {
        const struct model_certificate *c = &m->certificate[i];
        const struct model_clock *k = &m->clock[c->clock];
        const int stable = !isnan(c->oadev);

        markdown_row(f,
                     (const char *[]){
                         m->platform[k->platform].label, k->clock,
                         format_number(t[0], (double)k->boot, 0), k->verdict,
                         wording_certified_skew(c, skew), *c->jitter ? c->jitter : FORMAT_NONE,
                         stable ? wording_small(t[1], c->oadev) : FORMAT_NONE,
                         stable ? wording_small(t[2], c->tau_s) : FORMAT_NONE,
                         format_number(t[3], (double)c->readings, 0),
                         wording_events(t[4], c->judged ? (int64_t)c->biased : QUERY_NONE),
                         wording_events(t[5], c->judged ? (int64_t)c->aberrant : QUERY_NONE)},
                     n);
    }
}

struct rows {
    FILE *f;
    size_t columns;
};

static void put_part(void *opaque, size_t platform, const char *const *cell)
{
    const struct rows *rows = opaque;

    (void)platform; /* its label is the first cell */
    markdown_row(rows->f, cell, rows->columns);
}

void markdown_trust(FILE *f, const struct model *m)
{
    struct rows rows = {.f = f};

    put_certificates(f, m);
    fputs("\n## Uncertainty budget\n", f);
    markdown_paragraph(f, budget_note);
    rows.columns = markdown_header(f, budget_total_columns);
    budget_totals(m, put_part, &rows);
    rows.columns = markdown_header(f, budget_part_columns);
    budget_parts(m, put_part, &rows);
}
