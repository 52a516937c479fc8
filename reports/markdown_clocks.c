/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/markdown_clocks.c - what the guest's clocks and books said, as Markdown.
 */
#include <math.h>
#include <stdio.h>

#include "reports/format.h"
#include "reports/markdown.h"
#include "reports/scores.h"
#include "reports/wording.h"

static void put_clocks(FILE *f, const struct model *m)
{
    static const char *const clocks[] = {"platform", "clock",        "n:skew, ppm",
                                         "n:jumps",  "n:steps back", "n:freezes",
                                         "verdict",  "reason",       NULL};
    static const char *const scores[] = {"platform", "workload", "n:score, guest's clock",
                                         "n:score, true time", NULL};
    char a[WORDING_BYTES], b[FORMAT_BYTES], c[FORMAT_BYTES], d[FORMAT_BYTES];
    size_t n, seen = 0;

    fputs("\n## Guest clocks against true time\n", f);
    n = markdown_header(f, clocks);
    for (size_t i = 0; i < m->clocks; i++) {
        const struct model_clock *k = &m->clock[i];

        markdown_row(f,
                     (const char *[]){m->platform[k->platform].label, k->clock,
                                      wording_skew(k, a), wording_events(b, k->jumps),
                                      wording_events(c, k->backsteps),
                                      wording_events(d, k->freezes), k->verdict, k->reason},
                     n);
    }
    for (size_t r = 0; r < m->runs; r++) {
        for (size_t p = 0; p < m->platforms; p++) {
            const struct model_cell *cell = model_cell(m, r, p);

            if (isnan(cell->guest_score))
                continue;
            if (!seen++) {
                markdown_paragraph(f, scores_reported_note);
                n = markdown_header(f, scores);
            }
            markdown_row(f,
                         (const char *[]){m->platform[p].label, m->run[r].label,
                                          format_figure(b, cell->guest_score, 0.001),
                                          format_figure(c, cell->true_score, 0.001)},
                         n);
        }
    }
}

struct score_rows {
    FILE *f;
    size_t columns;
};

static void put_score(void *opaque, const char *const *cell)
{
    const struct score_rows *rows = opaque;

    markdown_row(rows->f, cell, rows->columns);
}

static void put_scores(FILE *f, const struct model *m)
{
    struct score_rows rows = {f, 0};

    if (!m->scores)
        return;
    fprintf(f, "\n### What benchmarks in the guest would have printed\n\n%s\n", scores_note);
    rows.columns = markdown_header(f, scores_columns);
    scores_each(m, put_score, &rows);
}

static void put_recoveries(FILE *f, const struct model *m)
{
    static const char *const columns[] = {
        "platform",  "kind",    "n:requested", "n:delivered", "n:recovered", "unit",
        "n:entries", "n:found", "verdict",     "remark",      NULL};
    char t[5][WORDING_BYTES], kind[128];
    size_t n;

    if (!m->recoveries && !m->recoveries_clean)
        return;
    fprintf(f,
            "\nDistortions that the hypervisor's ledger has, and what was found without it: "
            "%s\n",
            wording_recoveries(m, t[0]));
    n = markdown_header(f, columns);
    for (size_t i = 0; i < m->recoveries; i++) {
        const struct model_recovery *r = &m->recovery[i];

        snprintf(kind, sizeof(kind), "%s %s", r->kind, r->detail);
        markdown_row(f,
                     (const char *[]){m->platform[r->platform].label, kind,
                                      wording_size(t[0], r->requested),
                                      wording_size(t[1], r->delivered),
                                      wording_recovered(r, t[2]), r->unit,
                                      wording_events(t[3], r->injected),
                                      wording_events(t[4], r->events), r->verdict, r->reason},
                     n);
    }
}

static const char *put_ms(char *buf, double ns)
{
    return isnan(ns) ? FORMAT_NONE : format_number(buf, ns / 1e6, 3);
}

static void put_counters(FILE *f, const struct model *m)
{
    char cell[WORDING_COUNTERS][WORDING_BYTES];
    const char *row[WORDING_COUNTERS + 1];
    size_t n;

    if (!m->time_counters)
        return;
    fprintf(f, "\n%s\n", wording_counter_note);
    n = markdown_header(f, wording_counter_columns);
    for (size_t i = 0; i < m->time_counters; i++) {
        wording_counters(&m->time_counter[i], cell);
        row[0] = m->platform[m->time_counter[i].platform].label;
        for (size_t c = 0; c < WORDING_COUNTERS; c++)
            row[1 + c] = cell[c];
        markdown_row(f, row, n);
    }
}

static void put_times(FILE *f, const struct model *m)
{
    static const char *const sums[] = {
        "platform",        "n:real, ms", "n:user, ms", "n:sys, ms", "n:steal, ms",
        "n:true time, ms", "n:runs",     "n:aberrant", "verdict",   NULL};
    static const char *const findings[] = {
        "platform",  "workload",    "n:real, ms",      "n:user, ms",
        "n:sys, ms", "n:steal, ms", "n:true time, ms", "why it cannot be true",
        NULL};
    char t[7][FORMAT_BYTES], label[128];
    size_t n;

    if (!m->times)
        return;
    fputs("\nWhat time(1) would say of each run from its first interval to its last, summed, "
          "beside what passed outside:\n",
          f);
    n = markdown_header(f, sums);
    for (size_t i = 0; i < m->times; i++) {
        const struct model_time *k = &m->time[i];

        markdown_row(f,
                     (const char *[]){m->platform[k->platform].label, put_ms(t[0], k->real_ns),
                                      put_ms(t[1], k->user_ns), put_ms(t[2], k->sys_ns),
                                      put_ms(t[3], k->steal_ns), put_ms(t[4], k->true_ns),
                                      format_number(t[5], (double)k->runs, 0),
                                      format_number(t[6], (double)k->aberrant, 0),
                                      wording_times(k)},
                     n);
    }
    if (m->findings)
        n = markdown_header(f, findings);
    for (size_t i = 0; i < m->findings; i++) {
        const struct model_time_finding *k = &m->finding[i];

        snprintf(label, sizeof(label), "%s %s", k->workload, k->param);
        markdown_row(f,
                     (const char *[]){m->platform[k->platform].label, label,
                                      put_ms(t[0], k->real_ns), put_ms(t[1], k->user_ns),
                                      put_ms(t[2], k->sys_ns), put_ms(t[3], k->steal_ns),
                                      put_ms(t[4], k->true_ns), k->reason},
                     n);
    }
    put_counters(f, m);
}

static void put_observers(FILE *f, const struct model *m)
{
    static const char *const columns[] = {"platform", "collector", "n:cost of a sample",
                                          "unit", NULL};
    char buf[FORMAT_BYTES];
    size_t n;

    if (!m->observers)
        return;
    fputs("\nWhat observing costs: a sample is what is read before START and after STOP, "
          "outside the interval:\n",
          f);
    n = markdown_header(f, columns);
    for (size_t i = 0; i < m->observers; i++) {
        const struct model_exit_cost *c = &m->observer[i];

        markdown_row(f,
                     (const char *[]){m->platform[c->platform].label, c->operation,
                                      format_figure(buf, c->cost, (c->high - c->low) / 2),
                                      c->unit},
                     n);
    }
}

void markdown_clocks(FILE *f, const struct model *m)
{
    put_clocks(f, m);
    put_scores(f, m);
    put_recoveries(f, m);
    put_times(f, m);
    put_observers(f, m);
}
