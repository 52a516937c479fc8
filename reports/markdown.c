/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/markdown.c - the report's tables as Markdown (CommonMark with GitHub's tables).
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "reports/differences.h"
#include "reports/escape.h"
#include "reports/format.h"
#include "reports/formats.h"
#include "reports/scores.h"
#include "reports/wording.h"

static void put_row(FILE *f, const char *const *cell, size_t n)
{
    fputc('|', f);
    for (size_t i = 0; i < n; i++) {
        fputc(' ', f);
        escape_markdown(f, cell[i]);
        fputs(" |", f);
    }
    fputc('\n', f);
}

/* Titles that begin with "n:" are columns of numbers. */
static size_t put_header(FILE *f, const char *const *title)
{
    size_t n = 0;

    fputs("\n|", f);
    for (; title[n]; n++) {
        fputc(' ', f);
        escape_markdown(f, title[n] + (strncmp(title[n], "n:", 2) ? 0 : 2));
        fputs(" |", f);
    }
    fputs("\n|", f);
    for (size_t i = 0; i < n; i++)
        fputs(strncmp(title[i], "n:", 2) ? " --- |" : " ---: |", f);
    fputc('\n', f);
    return n;
}

static void put_paragraph(FILE *f, const char *text)
{
    fputc('\n', f);
    escape_markdown(f, text);
    fputc('\n', f);
}

static void put_figures(FILE *f, const struct model *m)
{
    static const char *const title[] = {
        "workload",      "platform",  "n:value",         "unit",
        "n:99 %",        "n:slowest", "n:time / native", "n:bounds",
        "n:time / bare", "n:bounds",  "n:iterations",    "n:boots",
        "rests on",      NULL};
    char text[12][WORDING_BYTES];
    size_t n = put_header(f, title);

    for (size_t r = 0; r < m->runs; r++) {
        for (size_t p = 0; p < m->platforms; p++) {
            const struct model_cell *c = model_cell(m, r, p);
            const struct query_summary *s = c->summary;
            const struct model_ratio *ratio = c->ratio;

            if (!c->present)
                continue;
            put_row(f,
                    (const char *[]){m->run[r].label, m->platform[p].label,
                                     wording_value(c, text[0]), m->run[r].unit,
                                     wording_quantile(c, s ? s->p99 : NAN, text[1]),
                                     wording_quantile(c, s ? s->max : NAN, text[2]),
                                     wording_ratio(&ratio[MODEL_NATIVE], text[3]),
                                     wording_bounds(&ratio[MODEL_NATIVE], text[4]),
                                     wording_ratio(&ratio[MODEL_BARE], text[5]),
                                     wording_bounds(&ratio[MODEL_BARE], text[6]),
                                     format_number(text[7], s ? (double)s->n : NAN, 0),
                                     format_number(text[8], s ? (double)s->boots : NAN, 0),
                                     wording_basis(c, text[9])},
                    n);
        }
    }
}

/* One row an operation, one column a platform, in the order of the ladder. */
static void put_costs(FILE *f, const struct model *m)
{
    const char *columns[MODEL_COLUMNS + 2] = {"operation"}, *cells[MODEL_COLUMNS + 1];
    char title[MODEL_COLUMNS][WORDING_BYTES], text[MODEL_COLUMNS][WORDING_BYTES], caption[160];
    const size_t platforms = m->platforms < MODEL_COLUMNS ? m->platforms : MODEL_COLUMNS;
    size_t n;

    if (!m->costs)
        return;
    snprintf(caption, sizeof(caption),
             "Cost of one operation by the external timer, the empty loop subtracted, %s:",
             m->cost[0].unit);
    put_paragraph(f, caption);
    for (size_t p = 0; p < platforms; p++) {
        snprintf(title[p], sizeof(title[p]), "n:%s", m->platform[p].label);
        columns[p + 1] = title[p];
    }
    n = put_header(f, columns);
    for (size_t i = 0; i < m->costs; i++) {
        if (i && !strcmp(m->cost[i].operation, m->cost[i - 1].operation))
            continue;
        cells[0] = m->cost[i].operation;
        for (size_t p = 0; p < platforms; p++) {
            const struct model_exit_cost *c = model_find_cost(m, cells[0], p);

            cells[p + 1] =
                c ? format_figure(text[p], c->cost, (c->high - c->low) / 2) : FORMAT_NONE;
        }
        put_row(f, cells, n);
    }
}

struct table {
    FILE *f;
    size_t n;
};

static void put_difference(void *opaque, const char *const *cell)
{
    const struct table *t = opaque;

    put_row(t->f, cell, t->n);
}

static void put_differences(FILE *f, const struct model *m)
{
    const char *title[DIFFERENCES_COLUMNS + 1];
    char buf[WORDING_BYTES];
    struct table t = {.f = f};

    if (!differences_asked(m))
        return;
    fputs("\n## Against ", f);
    escape_markdown(f, m->platform[m->baseline].label);
    fputs("\n\nTime of one unit of work (one operation, byte, digit …) and what it is longer "
          "than there.\n",
          f);
    differences_titles(m, buf, sizeof(buf), title);
    t.n = put_header(f, title);
    differences_each(m, put_difference, &t);
}

static void put_exits(FILE *f, const struct model *m)
{
    static const char *const audits[] = {"platform", "what", "n:K",
                                         "n:exits that K of it cause", NULL};
    static const char *const exits[] = {"platform", "cause", "n:exits in a boot", NULL};
    char a[WORDING_BYTES], b[WORDING_BYTES];
    size_t n;

    fputs("\n## Exits and what they cost\n", f);
    put_costs(f, m);
    if (m->exits) {
        n = put_header(f, exits);
        for (size_t i = 0; i < m->exits; i++)
            put_row(f,
                    (const char *[]){
                        m->platform[m->exit[i].platform].label, m->exit[i].cause,
                        wording_range(m->exit[i].count_low, m->exit[i].count_high, a)},
                    n);
    }
    if (m->audits) {
        n = put_header(f, audits);
        for (size_t i = 0; i < m->audits; i++)
            put_row(f,
                    (const char *[]){m->platform[m->audit[i].platform].label, m->audit[i].what,
                                     format_number(b, (double)m->audit[i].k, 0),
                                     wording_range(m->audit[i].low, m->audit[i].high, a)},
                    n);
    }
}

static void put_clocks(FILE *f, const struct model *m)
{
    static const char *const clocks[] = {"platform",     "clock",   "n:skew, ppm", "n:jumps",
                                         "n:steps back", "verdict", "reason",      NULL};
    static const char *const scores[] = {"platform", "workload", "n:score, guest's clock",
                                         "n:score, true time", NULL};
    char a[WORDING_BYTES], b[FORMAT_BYTES], c[FORMAT_BYTES];
    size_t n, seen = 0;

    fputs("\n## Guest clocks against true time\n", f);
    n = put_header(f, clocks);
    for (size_t i = 0; i < m->clocks; i++) {
        const struct model_clock *k = &m->clock[i];

        put_row(
            f,
            (const char *[]){
                m->platform[k->platform].label, k->clock, wording_skew(k, a),
                format_number(b, k->jumps == QUERY_NONE ? NAN : (double)k->jumps, 0),
                format_number(c, k->backsteps == QUERY_NONE ? NAN : (double)k->backsteps, 0),
                k->verdict, k->reason},
            n);
    }
    for (size_t r = 0; r < m->runs; r++) {
        for (size_t p = 0; p < m->platforms; p++) {
            const struct model_cell *cell = model_cell(m, r, p);

            if (isnan(cell->guest_score))
                continue;
            if (!seen++) {
                put_paragraph(f, scores_reported_note);
                n = put_header(f, scores);
            }
            put_row(f,
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

    put_row(rows->f, cell, rows->columns);
}

static void put_scores(FILE *f, const struct model *m)
{
    struct score_rows rows = {f, 0};

    if (!m->scores)
        return;
    fprintf(f, "\n### What benchmarks in the guest would have printed\n\n%s\n", scores_note);
    rows.columns = put_header(f, scores_columns);
    scores_each(m, put_score, &rows);
}

static const char *put_events(char *buf, int64_t n)
{
    return n == QUERY_NONE ? FORMAT_NONE : format_count(buf, (uint64_t)n);
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
    n = put_header(f, columns);
    for (size_t i = 0; i < m->recoveries; i++) {
        const struct model_recovery *r = &m->recovery[i];

        snprintf(kind, sizeof(kind), "%s %s", r->kind, r->detail);
        put_row(f,
                (const char *[]){m->platform[r->platform].label, kind,
                                 wording_size(t[0], r->requested),
                                 wording_size(t[1], r->delivered), wording_recovered(r, t[2]),
                                 r->unit, put_events(t[3], r->injected),
                                 put_events(t[4], r->events), r->verdict, r->reason},
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
    n = put_header(f, wording_counter_columns);
    for (size_t i = 0; i < m->time_counters; i++) {
        wording_counters(&m->time_counter[i], cell);
        row[0] = m->platform[m->time_counter[i].platform].label;
        for (size_t c = 0; c < WORDING_COUNTERS; c++)
            row[1 + c] = cell[c];
        put_row(f, row, n);
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
    n = put_header(f, sums);
    for (size_t i = 0; i < m->times; i++) {
        const struct model_time *k = &m->time[i];

        put_row(f,
                (const char *[]){m->platform[k->platform].label, put_ms(t[0], k->real_ns),
                                 put_ms(t[1], k->user_ns), put_ms(t[2], k->sys_ns),
                                 put_ms(t[3], k->steal_ns), put_ms(t[4], k->true_ns),
                                 format_number(t[5], (double)k->runs, 0),
                                 format_number(t[6], (double)k->aberrant, 0),
                                 wording_times(k)},
                n);
    }
    if (m->findings)
        n = put_header(f, findings);
    for (size_t i = 0; i < m->findings; i++) {
        const struct model_time_finding *k = &m->finding[i];

        snprintf(label, sizeof(label), "%s %s", k->workload, k->param);
        put_row(f,
                (const char *[]){m->platform[k->platform].label, label,
                                 put_ms(t[0], k->real_ns), put_ms(t[1], k->user_ns),
                                 put_ms(t[2], k->sys_ns), put_ms(t[3], k->steal_ns),
                                 put_ms(t[4], k->true_ns), k->reason},
                n);
    }
    put_counters(f, m);
}

static void put_ledger(FILE *f, const struct model *m)
{
    static const char *const columns[] = {"platform",        "workload",
                                          "n:true time, ms", "n:work, %",
                                          "n:operations, %", "n:interrupts, %",
                                          "n:unseen, %",     "n:steal, %",
                                          "n:residual, %",   "n:intervals flagged",
                                          "verdict",         NULL};
    char t[9][WORDING_BYTES], label[128];
    size_t n;

    if (!m->overheads)
        return;
    fputs(
        "\n## Where the time went\n\nExternal time = work as on the bare machine + operations "
        "+ interrupts + what the guest does not see + steal + residual:\n",
        f);
    n = put_header(f, columns);
    for (size_t i = 0; i < m->overheads; i++) {
        const struct model_overhead *o = &m->overhead[i];

        snprintf(label, sizeof(label), "%s %s", o->workload, o->param);
        put_row(f,
                (const char *[]){m->platform[o->platform].label, label,
                                 format_figure(t[0], o->true_ns / 1e6, NAN),
                                 wording_share(t[1], o->work_ns, o->true_ns),
                                 wording_share(t[2], o->operations_ns, o->true_ns),
                                 wording_share(t[3], o->interrupts_ns, o->true_ns),
                                 wording_share(t[4], o->unseen_ns, o->true_ns),
                                 wording_share(t[5], o->steal_ns, o->true_ns),
                                 wording_residual(o, t[6]),
                                 format_number(t[7], (double)o->flagged, 0), o->verdict},
                n);
    }
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
    n = put_header(f, columns);
    for (size_t i = 0; i < m->observers; i++) {
        const struct model_exit_cost *c = &m->observer[i];

        put_row(f,
                (const char *[]){m->platform[c->platform].label, c->operation,
                                 format_figure(buf, c->cost, (c->high - c->low) / 2), c->unit},
                n);
    }
}

static void put_validity(FILE *f, const struct model *m)
{
    static const char *const boots[] = {
        "n:boot",      "platform", "verdict",          "reason",           "n:intervals ok",
        "n:intervals", "n:lost",   "n:frames damaged", "n:frames missing", NULL};
    static const char *const invalid[] = {"platform", "verdict", "reason", "n:intervals",
                                          NULL};
    static const char *const skips[] = {"platform", "workload", "verdict", "reason", NULL};
    char t[6][FORMAT_BYTES];
    size_t n;

    fputs("\n## Validity\n", f);
    n = put_header(f, boots);
    for (size_t i = 0; i < m->boots; i++) {
        const struct model_boot *b = &m->boot[i];

        put_row(f,
                (const char *[]){format_number(t[0], (double)b->boot, 0),
                                 m->platform[b->platform].label, b->verdict, b->reason,
                                 format_number(t[1], (double)b->intervals_ok, 0),
                                 format_number(t[2], (double)b->intervals, 0),
                                 format_number(t[3], (double)b->lost, 0),
                                 format_number(t[4], (double)b->frames_damaged, 0),
                                 format_number(t[5], (double)b->frames_missing, 0)},
                n);
    }
    if (m->invalids) {
        n = put_header(f, invalid);
        for (size_t i = 0; i < m->invalids; i++)
            put_row(f,
                    (const char *[]){m->platform[m->invalid[i].platform].label,
                                     m->invalid[i].verdict, m->invalid[i].reason,
                                     format_number(t[0], (double)m->invalid[i].intervals, 0)},
                    n);
    }
    if (m->skips) {
        n = put_header(f, skips);
        for (size_t i = 0; i < m->skips; i++)
            put_row(f,
                    (const char *[]){m->platform[m->skip[i].platform].label,
                                     m->run[m->skip[i].run].label, m->skip[i].verdict,
                                     m->skip[i].reason},
                    n);
    }
}

static void put_provenance(FILE *f, const struct model *m)
{
    static const char *const title[] = {"key", "value", NULL};
    size_t n;

    fputs("\n## Provenance\n", f);
    n = put_header(f, title);
    for (size_t i = 0; i < m->facts; i++)
        put_row(f, (const char *[]){m->fact[i].key, m->fact[i].value}, n);
}

static int write_page(FILE *f, const struct model *m, struct err *e)
{
    char buf[WORDING_BYTES];

    (void)e;
    fputs("# Campaign ", f);
    escape_markdown(f, m->campaign.name);
    fputs("\n\nBench ", f);
    escape_markdown(f, m->campaign.bench);
    fputs(", platforms ", f);
    for (size_t p = 0; p < m->platforms; p++) {
        fputs(p ? ", " : "", f);
        escape_markdown(f, m->platform[p].label);
    }
    fputs(".\n", f);
    put_paragraph(f, wording_nature(m, buf));
    put_paragraph(f, wording_boots(m, buf));
    fputs("\n## Figures\n", f);
    put_figures(f, m);
    put_differences(f, m);
    put_exits(f, m);
    put_ledger(f, m);
    put_clocks(f, m);
    put_scores(f, m);
    put_recoveries(f, m);
    put_times(f, m);
    put_observers(f, m);
    put_validity(f, m);
    put_provenance(f, m);
    return 0;
}

static int markdown_write(const struct report_request *request, struct err *e)
{
    return formats_write(request, "report.md", write_page, e);
}

const struct report_format report_markdown = {
    .name = "markdown",
    .file = "report.md",
    .summary = "the tables as Markdown",
    .write = markdown_write,
};
