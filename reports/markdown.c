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
#include "reports/heads.h"
#include "reports/markdown.h"
#include "reports/tails.h"
#include "reports/wording.h"

void markdown_row(FILE *f, const char *const *cell, size_t n)
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
size_t markdown_header(FILE *f, const char *const *title)
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

void markdown_paragraph(FILE *f, const char *text)
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
    size_t n = markdown_header(f, title);

    for (size_t r = 0; r < m->runs; r++) {
        for (size_t p = 0; p < m->platforms; p++) {
            const struct model_cell *c = model_cell(m, r, p);
            const struct query_summary *s = c->summary;
            const struct model_ratio *ratio = c->ratio;

            if (!c->present)
                continue;
            markdown_row(f,
                         (const char *[]){
                             m->run[r].label, m->platform[p].label, wording_value(c, text[0]),
                             m->run[r].unit, wording_quantile(c, s ? s->p99 : NAN, text[1]),
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

/* "11.8 (11.2 … 12.4)" */
static const char *put_quantile(char *buf, const struct model_cell *cell, int k,
                                double unit_ns)
{
    const struct tails_figure q = tails_quantile(cell, k);
    char a[FORMAT_BYTES], b[FORMAT_BYTES], c[FORMAT_BYTES];

    if (isnan(q.low))
        return format_figure(buf, q.value / unit_ns, 0);
    snprintf(buf, WORDING_BYTES, "%s (%s \xE2\x80\xA6 %s)",
             format_figure(a, q.value / unit_ns, 0), format_figure(b, q.low / unit_ns, 0),
             format_figure(c, q.high / unit_ns, 0));
    return buf;
}

static void put_tails(FILE *f, const struct model *m)
{
    static const char *const title[] = {
        "workload",     "platform", "unit",      "n:50 %",
        "n:99 %",       "n:99.9 %", "n:slowest", "n:boots beyond it at most, %",
        "n:iterations", "n:boots",  NULL};
    char t[MODEL_QUANTILES + 4][WORDING_BYTES];
    size_t n = 0;

    for (size_t r = 0; r < m->runs; r++) {
        const struct format_time unit = tails_unit(m, r);

        for (size_t p = 0; model_has_spread(m, r) && p < m->platforms; p++) {
            const struct model_cell *c = model_cell(m, r, p);

            if (!c->n)
                continue;
            if (!n) {
                fputs("\n## Where the worst case matters\n", f);
                markdown_paragraph(f, tails_note);
                n = markdown_header(f, title);
            }
            markdown_row(f,
                         (const char *[]){m->run[r].label, m->platform[p].label, unit.name,
                                          put_quantile(t[0], c, 0, unit.ns),
                                          put_quantile(t[1], c, 1, unit.ns),
                                          put_quantile(t[2], c, 2, unit.ns),
                                          format_figure(t[3], c->ns[c->n - 1] / unit.ns, 0),
                                          format_number(t[4], 100 * tails_beyond(c), 0),
                                          format_number(t[5], (double)c->n, 0),
                                          format_number(t[6], (double)c->boots, 0)},
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
    markdown_paragraph(f, caption);
    for (size_t p = 0; p < platforms; p++) {
        snprintf(title[p], sizeof(title[p]), "n:%s", m->platform[p].label);
        columns[p + 1] = title[p];
    }
    n = markdown_header(f, columns);
    for (size_t i = 0; i < m->costs; i++) {
        if (i && !strcmp(m->cost[i].operation, m->cost[i - 1].operation))
            continue;
        cells[0] = m->cost[i].operation;
        for (size_t p = 0; p < platforms; p++) {
            const struct model_exit_cost *c = model_find_cost(m, cells[0], p);

            cells[p + 1] =
                c ? format_figure(text[p], c->cost, (c->high - c->low) / 2) : FORMAT_NONE;
        }
        markdown_row(f, cells, n);
    }
}

struct table {
    FILE *f;
    size_t n;
};

static void put_difference(void *opaque, const char *const *cell)
{
    const struct table *t = opaque;

    markdown_row(t->f, cell, t->n);
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
    t.n = markdown_header(f, title);
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
        n = markdown_header(f, exits);
        for (size_t i = 0; i < m->exits; i++)
            markdown_row(f,
                         (const char *[]){
                             m->platform[m->exit[i].platform].label, m->exit[i].cause,
                             wording_range(m->exit[i].count_low, m->exit[i].count_high, a)},
                         n);
    }
    if (m->audits) {
        n = markdown_header(f, audits);
        for (size_t i = 0; i < m->audits; i++)
            markdown_row(f,
                         (const char *[]){m->platform[m->audit[i].platform].label,
                                          m->audit[i].what,
                                          format_number(b, (double)m->audit[i].k, 0),
                                          wording_range(m->audit[i].low, m->audit[i].high, a)},
                         n);
    }
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
    n = markdown_header(f, columns);
    for (size_t i = 0; i < m->overheads; i++) {
        const struct model_overhead *o = &m->overhead[i];

        snprintf(label, sizeof(label), "%s %s", o->workload, o->param);
        markdown_row(f,
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
    n = markdown_header(f, boots);
    for (size_t i = 0; i < m->boots; i++) {
        const struct model_boot *b = &m->boot[i];

        markdown_row(f,
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
        n = markdown_header(f, invalid);
        for (size_t i = 0; i < m->invalids; i++)
            markdown_row(
                f,
                (const char *[]){m->platform[m->invalid[i].platform].label,
                                 m->invalid[i].verdict, m->invalid[i].reason,
                                 format_number(t[0], (double)m->invalid[i].intervals, 0)},
                n);
    }
    if (m->skips) {
        n = markdown_header(f, skips);
        for (size_t i = 0; i < m->skips; i++)
            markdown_row(f,
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
    n = markdown_header(f, title);
    for (size_t i = 0; i < m->facts; i++)
        markdown_row(f, (const char *[]){m->fact[i].key, m->fact[i].value}, n);
}

static void put_head(void *opaque, const char *name, const char *text)
{
    FILE *f = opaque;

    fputs(*name ? "- " : "    - ", f);
    escape_markdown(f, name);
    fputs(*name ? ": " : "", f);
    escape_markdown(f, text);
    fputc('\n', f);
}

static int write_page(FILE *f, const struct model *m, struct err *e)
{
    char buf[WORDING_BYTES], validity[HEADS_BYTES];

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
    markdown_paragraph(f, wording_nature(m, buf));
    markdown_paragraph(f, wording_boots(m, buf));
    fputs("\n## Summary\n\n", f);
    put_head(f, "validity", heads_validity(m, validity));
    heads_each(m, put_head, f);
    fputs("\n## Figures\n", f);
    put_figures(f, m);
    put_tails(f, m);
    put_differences(f, m);
    put_exits(f, m);
    put_ledger(f, m);
    markdown_clocks(f, m);
    markdown_trust(f, m);
    put_validity(f, m);
    put_provenance(f, m);
    return 0;
}

static int judge_clocks(const struct report_request *request, struct model *m, struct err *e)
{
    return model_read_certificates(request->query, m, NULL, NULL, e);
}

static int markdown_write(const struct report_request *request, struct err *e)
{
    return formats_write(request, "report.md", judge_clocks, write_page, e);
}

const struct report_format report_markdown = {
    .name = "markdown",
    .file = "report.md",
    .summary = "the tables as Markdown",
    .write = markdown_write,
};
