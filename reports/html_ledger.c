/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_ledger.c - where the time went: the overhead ledger of each run.
 */
#include "reports/html.h"

#include <math.h>
#include <stdio.h>

#include "reports/format.h"
#include "reports/wording.h"

static void put_shares(FILE *f, const struct model_overhead *o)
{
    const double term[] = {o->work_ns, o->operations_ns, o->interrupts_ns, o->unseen_ns,
                           o->steal_ns};
    char buf[WORDING_BYTES];

    for (size_t i = 0; i < sizeof(term) / sizeof(term[0]); i++)
        html_number(f, wording_share(buf, term[i], o->true_ns));
    html_number(f, wording_residual(o, buf));
}

/* The reason stands below: a column of sentences would push the figures out of sight. */
static void put_workload(FILE *f, const struct model_overhead *o)
{
    fputs("<td class=\"label\">", f);
    html_text(f, o->workload);
    fputc(' ', f);
    html_text(f, o->param);
    if (*o->reason) {
        fputs("<small>", f);
        html_text(f, o->reason);
        fputs("</small>", f);
    }
    fputs("</td>", f);
}

int html_ledger(FILE *f, const struct model *m, struct err *e)
{
    static const char *const columns[] = {"Platform",        "workload",    "verdict",
                                          "n:time, ms",      "n:work, %",   "n:operations, %",
                                          "n:interrupts, %", "n:unseen, %", "n:steal, %",
                                          "n:residual, %",   "n:flagged",   NULL};
    char buf[FORMAT_BYTES];

    (void)e;
    if (!m->overheads) {
        fputs("<p>No ledger: it needs the platform <code>bare</code> in the campaign, which "
              "says what a run\xE2\x80\x99s own work is.</p>\n",
              f);
        return 0;
    }
    fputs(
        "<p>External time of a run = its work (what the same code takes on the bare machine) "
        "+ "
        "the operations it exists to make + interrupts that the guest counted + what takes "
        "the processor unseen by the guest + steal as the hypervisor tells it + residual. "
        "Each cost comes from <em>other</em> runs of the same boot; nothing is fitted to make "
        "the residual small. A residual beyond 1 % is over budget, and an interval "
        "whose own is beyond 1 % of it is flagged. A dash: nobody tells.</p>\n",
        f);
    html_table(f, "Shares of external time (view overhead has the figures)", columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->overheads; i++) {
        const struct model_overhead *o = &m->overhead[i];

        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, o->platform);
        fputs("</th>", f);
        put_workload(f, o);
        html_verdict(f, o->verdict);
        html_number(f, format_figure(buf, o->true_ns / 1e6, NAN));
        put_shares(f, o);
        html_count(f, o->flagged);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
    return 0;
}
