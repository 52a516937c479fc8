/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_clocks.c - what the guest's clocks said while the external timer ran.
 */
#include <math.h>
#include <string.h>

#include "reports/format.h"
#include "reports/html.h"
#include "reports/scores.h"
#include "reports/wording.h"

static void clock_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {
        "Platform", "clock",        "n:skew, ppm", "n:offset at first, s",
        "n:jumps",  "n:steps back", "n:freezes",   "n:boots",
        "verdict",  "reason",       NULL};
    char buf[WORDING_BYTES];

    html_table_at(f, "clock-rows",
                  "Guest clocks; skew above 0: the guest\xE2\x80\x99s clock runs fast",
                  columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->clocks; i++) {
        const struct model_clock *k = &m->clock[i];

        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, k->platform);
        fputs("</th>", f);
        html_cell(f, k->clock);
        html_number(f, wording_skew(k, buf));
        html_number(f, isnan(k->offset_ns) ? FORMAT_NONE
                                           : format_number(buf, k->offset_ns / 1e9,
                                                           fabs(k->offset_ns) < 1e12 ? 6 : 0));
        html_count(f, k->jumps);
        html_count(f, k->backsteps);
        html_count(f, k->freezes);
        html_count(f, k->boots);
        html_verdict(f, k->verdict);
        html_reason(f, k->reason);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

static void time_cells(FILE *f, const double ns[5])
{
    char buf[FORMAT_BYTES];

    for (size_t i = 0; i < 5; i++)
        html_number(f, isnan(ns[i]) ? FORMAT_NONE : format_number(buf, ns[i] / 1e6, 3));
}

static void finding_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {"Platform",
                                          "n:boot",
                                          "workload",
                                          "n:real, ms",
                                          "n:user, ms",
                                          "n:sys, ms",
                                          "n:steal, ms",
                                          "n:true time, ms",
                                          "n:intervals flagged",
                                          "why it cannot be true",
                                          NULL};

    html_table(f, "Runs whose times cannot be true (view time_audits has all)", columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->findings; i++) {
        const struct model_time_finding *t = &m->finding[i];

        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, t->platform);
        fputs("</th>", f);
        html_count(f, t->boot);
        html_label(f, t->workload, t->param);
        time_cells(
            f, (const double[]){t->real_ns, t->user_ns, t->sys_ns, t->steal_ns, t->true_ns});
        html_count(f, t->flagged);
        html_reason(f, t->reason);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

static void counter_table(FILE *f, const struct model *m)
{
    char cell[WORDING_COUNTERS][WORDING_BYTES];

    fputs("<p>", f);
    html_text(f, wording_counter_note);
    fputs("</p>\n", f);
    html_table(f, "Beside the processor's counters (view <code>time_counters</code>)",
               wording_counter_columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->time_counters; i++) {
        const struct model_time_counter *k = &m->time_counter[i];

        wording_counters(k, cell);
        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, k->platform);
        fputs("</th>", f);
        for (size_t c = 0; c < WORDING_COUNTERS; c++)
            html_number(f, cell[c]);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

static void time_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {
        "Platform",        "n:real, ms", "n:user, ms", "n:sys, ms", "n:steal, ms",
        "n:true time, ms", "n:runs",     "n:aberrant", "verdict",   NULL};

    if (!m->times)
        return;
    fputs("<h3>What <code>time</code> would say</h3>\n<p>Each run from its first interval to "
          "its last, summed: real, user and sys by the guest, beside what passed outside. "
          "user + sys (and steal) may not exceed real time on the processors of the process, "
          "and real must be what passed outside, to one tick of the guest\xE2\x80\x99s "
          "kernel.</p>\n",
          f);
    html_table(f, "real, user, sys, steal and true time", columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->times; i++) {
        const struct model_time *t = &m->time[i];

        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, t->platform);
        fputs("</th>", f);
        time_cells(
            f, (const double[]){t->real_ns, t->user_ns, t->sys_ns, t->steal_ns, t->true_ns});
        html_count(f, t->runs);
        html_count(f, t->aberrant);
        html_verdict(f, wording_times(t));
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
    if (m->findings)
        finding_table(f, m);
    if (m->time_counters)
        counter_table(f, m);
}

static void observer_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {"Platform", "collector", "n:cost of a sample",
                                          "n:lowest", "n:highest", "unit",
                                          "n:boots",  NULL};
    char buf[FORMAT_BYTES];

    if (!m->observers)
        return;
    fputs(
        "<h3>What observing costs</h3>\n<p>A sample is what a collector reads before START "
        "and after STOP, by the external timer, the same loop without it subtracted. It lies "
        "outside the intervals: it makes a run longer and no interval.</p>\n",
        f);
    html_table(f, "Cost of a sample of each collector", columns);
    fputs("<tbody>\n", f);
    for (size_t i = 0; i < m->observers; i++) {
        const struct model_exit_cost *c = &m->observer[i];

        fputs("<tr><th scope=\"row\">", f);
        html_platform(f, m, c->platform);
        fputs("</th>", f);
        html_cell(f, c->operation);
        html_number(f, format_figure(buf, c->cost, (c->high - c->low) / 2));
        html_number(f, format_figure(buf, c->low, 0));
        html_number(f, format_figure(buf, c->high, 0));
        html_cell(f, c->unit);
        html_count(f, (int64_t)c->boots);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

static void score_table(FILE *f, const struct model *m)
{
    static const char *const columns[] = {
        "Platform",           "workload",       "n:score, guest\xE2\x80\x99s clock",
        "n:score, true time", "n:guest / true", NULL};
    int any = 0;
    char buf[FORMAT_BYTES];

    for (size_t i = 0; i < m->runs * m->platforms; i++)
        any |= !isnan(m->cell[i].guest_score);
    if (!any)
        return;
    fputs("<h3>Scores by the guest\xE2\x80\x99s clock</h3>\n<p>", f);
    html_text(f, scores_reported_note);
    fputs(" The guest\xE2\x80\x99s time holds the reading of its clock, too, so a ratio a "
          "little below 1 is no lie.</p>\n",
          f);
    html_table(f, "Scores, work per second over the suite\xE2\x80\x99s normalisation",
               columns);
    fputs("<tbody>\n", f);
    for (size_t r = 0; r < m->runs; r++) {
        for (size_t p = 0; p < m->platforms; p++) {
            const struct model_cell *cell = model_cell(m, r, p);

            if (isnan(cell->guest_score))
                continue;
            fputs("<tr><th scope=\"row\">", f);
            html_platform(f, m, p);
            fputs("</th>", f);
            html_label(f, m->run[r].label, "");
            /* thousandths are all that the guest's integer score holds */
            html_number(f, format_figure(buf, cell->guest_score, 0.001));
            html_number(f, format_figure(buf, cell->true_score, 0.001));
            html_number(f, format_number(buf, cell->true_total_ns / cell->guest_total_ns, 6));
            fputs("</tr>\n", f);
        }
    }
    fputs("</tbody>\n", f);
    html_table_end(f);
}

int html_clocks(FILE *f, const struct model *m, struct err *e)
{
    int rc = 0;

    if (!m->clocks) {
        fputs("<p>No guest clock was read in this campaign.</p>\n", f);
        observer_table(f, m);
        return 0;
    }
    fputs("<p>Every clock of the guest is read before START and after STOP, so each interval "
          "brackets the guest\xE2\x80\x99s clock between two true times. Names ending in "
          "<code>.read</code> are single reads inside an interval (workload "
          "<code>clock</code>). "
          "Processor time (user, sys) need not follow true time; it must not outrun it.</p>\n",
          f);
    clock_table(f, m);
    if (m->tracks)
        rc = html_plot_drift(f, m, e);
    if (!rc)
        html_recoveries(f, m);
    if (!rc)
        time_table(f, m);
    if (!rc)
        html_scores(f, m);
    if (!rc)
        score_table(f, m);
    if (!rc)
        observer_table(f, m);
    return rc;
}
