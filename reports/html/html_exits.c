/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html/html_exits.c - exits, what they cost, and the proof that marking causes none.
 */
#include <math.h>
#include <string.h>

#include "reports/format.h"
#include "reports/html/html.h"
#include "reports/wording.h"

static void cost_cell(FILE *f, const struct model_exit_cost *c)
{
    char buf[FORMAT_BYTES], low[FORMAT_BYTES], high[FORMAT_BYTES];

    if (!c) {
        html_number(f, FORMAT_NONE);
        return;
    }
    fputs("<td class=\"n\">", f);
    html_text(f, format_figure(buf, c->cost, (c->high - c->low) / 2));
    if (c->high > c->low)
        fprintf(f, "<small>%s \xE2\x80\xA6 %s</small>", format_figure(low, c->low, 0),
                format_figure(high, c->high, 0));
    fputs("</td>", f);
}

static void cost_table(FILE *f, const struct model *m)
{
    const char *columns[MODEL_COLUMNS + 2] = {"operation"};
    char title[MODEL_COLUMNS][128], caption[128];
    size_t platforms = m->platforms < MODEL_COLUMNS ? m->platforms : MODEL_COLUMNS;

    for (size_t p = 0; p < platforms; p++) {
        snprintf(title[p], sizeof(title[p]), "n:%s", m->platform[p].label);
        columns[p + 1] = title[p];
    }
    snprintf(caption, sizeof(caption), "Cost of one operation, %s", m->cost[0].unit);
    html_table_at(f, "exit-costs", caption, columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->costs; i++) {
        const char *operation = m->cost[i].operation;

        if (i && !strcmp(operation, m->cost[i - 1].operation))
            continue;
        fputs("<tr><th scope=\"row\">", f);
        html_text(f, operation);
        fputs("</th>", f);
        for (size_t p = 0; p < platforms; p++)
            cost_cell(f, model_find_cost(m, operation, p));
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

/* Ticks of the hypervisor's clock in the unit of the report: instructions in the lab. */
static void account_cell(FILE *f, const struct model *m, const struct model_exit_count *x,
                         double ticks)
{
    double per = m->campaign.ns_per_instruction > 0 ? m->campaign.ns_per_instruction : 1;
    char buf[FORMAT_BYTES];

    if (!(ticks > 0) || isnan(x->tick_ns))
        html_number(f, FORMAT_NONE);
    else
        html_number(f, format_figure(buf, ticks * x->tick_ns / per, 0.3));
}

static void account_table(FILE *f, const struct model *m)
{
    int lab = m->campaign.ns_per_instruction > 0;
    const char *columns[] = {"Platform",
                             "cause",
                             "n:exits in a boot",
                             lab ? "n:mean, instructions" : "n:mean, ns",
                             "n:shortest",
                             "n:longest",
                             NULL};
    char buf[WORDING_BYTES];

    html_table(
        f,
        "The hypervisor\xE2\x80\x99s own account of whole boots: from exit to entry, by its "
        "own clock",
        columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->exits; i++) {
        const struct model_exit_count *x = &m->exit[i];

        if (!x->count)
            continue;
        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, x->platform);
        fputs("</th>", f);
        html_cell(f, x->cause);
        html_number(f, wording_range(x->count_low, x->count_high, buf));
        account_cell(f, m, x, (double)x->ticks / (double)x->count);
        account_cell(f, m, x, (double)x->ticks_min);
        account_cell(f, m, x, (double)x->ticks_max);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

static void audit_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {
        "Platform", "what", "n:K", "n:exits that K of it cause", "n:boots", NULL};
    char buf[WORDING_BYTES];

    fputs("<h3>No exit between markers</h3>\n<p>Exits are counted over K and over 2K of the "
          "same "
          "thing, best of ten; what the counting itself costs falls out of the difference. K "
          "nulls must cause none, and K hypercalls exactly K.</p>\n",
          f);
    html_table(f, "Exits of 2K minus exits of K", columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->audits; i++) {
        const struct model_audit *a = &m->audit[i];

        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, a->platform);
        fputs("</th>", f);
        html_cell(f, a->what);
        html_count(f, a->k);
        html_number(f, wording_range(a->low, a->high, buf));
        html_count(f, a->boots);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

int html_exits(FILE *f, const struct model *m, struct err *e)
{
    int rc = 0;

    if (m->costs) {
        fputs("<p>Each operation runs in a loop between two markers; the same loop without it "
              "is "
              "subtracted. The figure is the external timer\xE2\x80\x99s, so it holds "
              "everything "
              "that the operation sets off, the operation itself included.</p>\n",
              f);
        cost_table(f, m);
        rc = html_plot_exit_costs(f, m, e);
    }
    if (!rc && m->exits)
        account_table(f, m);
    if (!rc && m->audits)
        audit_table(f, m);
    if (!m->costs && !m->exits && !m->audits)
        fputs("<p>This campaign measured no exits.</p>\n", f);
    return rc;
}
