/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/html_recovery.c - what a hypervisor did to its guest's time, and what was found. */
#include <inttypes.h>

#include "reports/format.h"
#include "reports/html.h"
#include "reports/wording.h"

void html_recoveries(FILE *f, const struct model *m)
{
    static const char *const columns[] = {
        "Platform",    "n:boot", "kind",      "verdict", "n:requested", "n:delivered",
        "n:recovered", "unit",   "n:entries", "n:found", NULL};
    char buf[WORDING_BYTES];

    if (!m->recoveries && !m->recoveries_clean)
        return;
    fputs("<h3>Distortions: injected and recovered</h3>\n<p>The hypervisor distorted its "
          "guest\xE2\x80\x99s time on purpose and kept a ledger by its own clock. What is "
          "recovered comes from the intervals and the guest\xE2\x80\x99s readings alone: ",
          f);
    html_text(f, wording_recoveries(m, buf));
    if (m->recoveries_left)
        fprintf(f, " %zu more are in the view <code>recoveries</code>.", m->recoveries_left);
    fputs("</p>\n", f);
    html_table(f, "Size by request, by the ledger (entries that could be seen) and as found",
               columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->recoveries; i++) {
        const struct model_recovery *r = &m->recovery[i];

        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, r->platform);
        fputs("</th>", f);
        html_count(f, r->boot);
        fputs("<td class=\"label\">", f);
        html_text(f, r->kind);
        fputs(*r->detail ? " " : "", f);
        html_text(f, r->detail);
        if (*r->reason) {
            fputs("<small>", f);
            html_text(f, r->reason);
            fputs("</small>", f);
        }
        fputs("</td>", f);
        html_verdict(f, r->verdict);
        html_number(f, wording_size(buf, r->requested));
        html_number(f, wording_size(buf, r->delivered));
        html_number(f, wording_recovered(r, buf));
        html_cell(f, r->unit);
        html_count(f, r->injected);
        html_count(f, r->events);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}
