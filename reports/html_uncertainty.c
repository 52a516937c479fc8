/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_uncertainty.c - what the uncertainty of an interval is made of, platform by
 * platform, and the method in one page.
 */
#include <math.h>
#include <string.h>

#include "reports/budget.h"
#include "reports/format.h"
#include "reports/html.h"

struct budget_table {
    FILE *f;
    const struct model *m;
    const char *const *column;
};

/* Length at which the timebase is as large as the rest. */
static double even_ns(double fixed_ns, int64_t timebase_ppb)
{
    return timebase_ppb > 0 ? fixed_ns / ((double)timebase_ppb * 1e-9) : NAN;
}

static void budget_row(FILE *f, const struct model *m, size_t platform)
{
    double step = 0, path = 0, fixed, even;
    int64_t timebase = 0;
    char buf[FORMAT_BYTES];
    struct format_time unit;

    for (size_t i = 0; i < m->boots; i++) {
        const struct model_boot *b = &m->boot[i];

        if (b->platform != platform)
            continue;
        step = fmax(step, b->step_ns);
        path = fmax(path, b->path_u_ns);
        timebase = b->timebase_ppb > timebase ? b->timebase_ppb : timebase;
    }
    /* As view intervals has it. */
    step = m->campaign.deterministic ? step : 2 * step / sqrt(6);
    path = m->campaign.deterministic ? 0 : 2 * path;
    fixed = hypot(step, path);
    even = even_ns(fixed, timebase);
    fputs("<tr><th scope=\"row\">", f);
    html_platform(f, m, platform);
    fputs("</th>", f);
    html_number(f, format_figure(buf, step, 0));
    html_number(f, format_figure(buf, path, 0));
    html_number(f, format_figure(buf, (double)timebase / 1000, 0));
    html_number(f, format_figure(buf, fixed, 0));
    html_cell(f, path > step ? "marker path" : "timer step");
    if (isnan(even)) {
        html_number(f, FORMAT_NONE);
    } else {
        unit = format_time_for(even);
        fputs("<td class=\"n\">", f);
        html_text(f, format_figure(buf, even / unit.ns, 0));
        fputc(' ', f);
        html_text(f, unit.name);
        fputs("</td>", f);
    }
    fputs("</tr>\n", f);
}

static void put_part(void *opaque, size_t platform, const char *const *cell)
{
    const struct budget_table *t = opaque;

    fputs("<tr><th scope=\"row\">", t->f);
    html_platform(t->f, t->m, platform);
    fputs("</th>", t->f);
    for (size_t i = 1; t->column[i]; i++) {
        if (strncmp(t->column[i], "n:", 2))
            html_cell(t->f, cell[i]);
        else
            html_number(t->f, cell[i]);
    }
    fputs("</tr>\n", t->f);
}

static void
jcgm_table(FILE *f, const struct model *m, const char *id, const char *caption,
           const char *const *column,
           void (*rows)(const struct model *m,
                        void (*row)(void *opaque, size_t platform, const char *const *cell),
                        void *opaque))
{
    struct budget_table t = {f, m, column};

    html_table_at(f, id, caption, column);
    fputs("<tbody>\n", f);
    rows(m, put_part, &t);
    fputs("</tbody>\n", f);
    html_table_end(f);
}

int html_uncertainty(FILE *f, const struct model *m, struct err *e)
{
    static const char *const columns[] = {
        "Platform",   "n:timer step, ns", "n:marker path, ns", "n:timebase, ppm",
        "n:both, ns", "larger of them",   "n:timebase from",   NULL};

    (void)e;
    fputs("<p>", f);
    html_text(f, budget_note);
    fputs("</p>\n", f);
    jcgm_table(f, m, "budget", "Expanded uncertainty of an interval, and what dominates it",
               budget_total_columns, budget_totals);
    jcgm_table(f, m, "budget-parts", "Its components", budget_part_columns, budget_parts);
    fputs("<h3>From what length on the timebase dominates</h3>\n"
          "<p>Step and path are the same for every interval, the timebase grows with it: from "
          "the last column\xE2\x80\x99s length on it is the largest.</p>\n",
          f);
    html_table(f, "Parts of an interval\xE2\x80\x99s uncertainty, k = 2, worst boot", columns);
    fputs("<tbody>\n", f);
    for (size_t p = 0; p < m->platforms; p++)
        budget_row(f, m, p);
    fputs("</tbody>\n", f);
    html_table_end(f);
    return 0;
}

int html_method(FILE *f, const struct model *m, struct err *e)
{
    (void)m;
    (void)e;
    fputs(
        "<ol class=\"method\">\n"
        "<li><strong>Marker.</strong> START and STOP are one store each to a card that is "
        "mapped into whatever runs the workload: no exit, on every platform, which is what "
        "makes platforms comparable. That there is none is counted, not assumed (audits of "
        "exits, above).</li>\n"
        "<li><strong>Time.</strong> A timer outside the machine stamps the edges. It numbers "
        "its frames and counts what it drops; a boot with a lost record gives no figure. "
        "The hypervisor has no hand on this clock.</li>\n"
        "<li><strong>Interval.</strong> True time is STOP less START. The marking itself is "
        "measured by <code>null</code> in every boot and enters the uncertainty; it is not "
        "subtracted.</li>\n"
        "<li><strong>Figure.</strong> The boot is the statistical unit: a figure is the "
        "median "
        "over boots of the boots\xE2\x80\x99 medians. Iterations that are not ok are kept and "
        "named, and no figure rests on them; nothing is dropped for being slow.</li>\n"
        "<li><strong>Ratio.</strong> Exact figures: ratio of medians, bounded by one timer "
        "step "
        "on either side. Otherwise the ratio of geometric means of boot means, with "
        "Welch\xE2\x80\x99s interval on logarithms, 95 %. Bounds that hold 1 read "
        "\xE2\x80\x9Cnot "
        "distinguishable\xE2\x80\x9D.</li>\n"
        "<li><strong>Guest clocks.</strong> Each is read on both sides of every interval, so "
        "its offset from true time lies between two bounds, and its verdict follows from "
        "them.</li>\n"
        "<li><strong>Provenance.</strong> Versions, hashes, options and seeds of all that "
        "took "
        "part are in the database with the raw frames, and every figure of this page can be "
        "made from it again.</li>\n"
        "</ol>\n<p>At length, with formulas and sources: docs/method.md.</p>\n",
        f);
    return 0;
}
