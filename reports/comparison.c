/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/comparison.c - a comparison as text; see comparison.h.
 */
#include "reports/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/format.h"

#define CELL_BYTES 768
#define GAP 2

enum column {
    COLUMN_RUN,
    COLUMN_FIRST,
    COLUMN_SECOND,
    COLUMN_UNIT,
    COLUMN_RATIO,
    COLUMN_BOUNDS,
    COLUMN_MEDIANS, /* the columns of samples, left out where every row is exact: from here … */
    COLUMN_RANK,
    COLUMN_P, /* … to here */
    COLUMN_VERDICT,
    COLUMNS,
};

struct line {
    char cell[COLUMNS][CELL_BYTES];
};

struct comparison_failures comparison_failures(const struct comparison *c, double limit)
{
    struct comparison_failures n = {0, 0};

    for (size_t i = 0; i < c->rows; i++) {
        const struct compare_result *r = &c->row[i].result;

        n.slower += r->verdict == COMPARE_SLOWER && r->ratio.ratio > limit;
        n.broken += r->broken != 0;
    }
    return n;
}

static const struct gather_run *named(const struct comparison_row *row)
{
    return row->first ? row->first : row->second;
}

/* A guest's text on one line, nothing in it that a terminal would act upon. */
static void put_safe(char out[CELL_BYTES], const char *text)
{
    char *safe = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&safe, &size);

    if (f) {
        escape_text(f, text);
        fclose(f);
    }
    snprintf(out, CELL_BYTES, "%s", safe ? safe : "");
    free(safe);
}

static void put_value(char out[CELL_BYTES], const struct gather_run *r,
                      const struct compare_view *v)
{
    char buf[FORMAT_BYTES];
    double value = r && v->n ? gather_value(r, v->median_ns) : NAN;

    snprintf(out, CELL_BYTES, "%s",
             isnan(value) ? FORMAT_NONE
                          : format_figure(buf, value, fabs(value) * v->u_ns / v->median_ns));
}

static void put_p(char out[CELL_BYTES], double p)
{
    if (isnan(p))
        strcpy(out, FORMAT_NONE);
    else if (p < 0.0001)
        strcpy(out, "<0.0001");
    else
        snprintf(out, CELL_BYTES, "%.4f", p);
}

static void put_interval(char ratio[CELL_BYTES], char bounds[CELL_BYTES], double value,
                         double low, double high)
{
    char buf[FORMAT_BYTES];

    strcpy(ratio, FORMAT_NONE);
    strcpy(bounds, FORMAT_NONE);
    if (isnan(value) || isnan(low))
        return;
    if (low > 1 || high < 1)
        snprintf(ratio, CELL_BYTES, "%s", format_ratio(buf, value, low, high));
    snprintf(bounds, CELL_BYTES, "%s", format_bounds(buf, low, high));
}

static void fill(struct line *l, const struct comparison_row *row, int with_platform)
{
    const struct gather_run *r = named(row);
    const struct compare_result *c = &row->result;
    char name[CELL_BYTES], unused[CELL_BYTES];

    snprintf(name, sizeof(name), "%s%s%s%s%s%s%s", with_platform ? r->platform : "",
             with_platform ? " " : "", with_platform ? r->variant : "",
             with_platform ? ": " : "", r->workload, *r->param ? " " : "", r->param);
    put_safe(l->cell[COLUMN_RUN], name);
    put_value(l->cell[COLUMN_FIRST], row->first, &c->first);
    put_value(l->cell[COLUMN_SECOND], row->second, &c->second);
    put_safe(l->cell[COLUMN_UNIT], r->unit);
    put_interval(l->cell[COLUMN_RATIO], l->cell[COLUMN_BOUNDS], c->ratio.ratio, c->ratio.low,
                 c->ratio.high);
    if (c->verdict == COMPARE_EQUAL)
        strcpy(l->cell[COLUMN_BOUNDS], "to the timer step");
    put_interval(unused, l->cell[COLUMN_MEDIANS], c->medians.value, c->medians.low,
                 c->medians.high);
    put_p(l->cell[COLUMN_RANK], c->rank.p);
    put_p(l->cell[COLUMN_P], c->adjusted);
    strcpy(l->cell[COLUMN_VERDICT], compare_verdict_name(c->verdict));
}

/* --- the table --- */

/* Printed width: code points. */
static int width(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static int is_left(int column)
{
    return column == COLUMN_RUN || column == COLUMN_UNIT || column == COLUMN_VERDICT;
}

static void put_line(FILE *f, const struct line *l, const int *widths)
{
    for (int c = 0; c < COLUMNS; c++) {
        int pad = widths[c] - width(l->cell[c]);

        if (!widths[c])
            continue;
        if (c == COLUMN_VERDICT)
            pad = 0;
        fprintf(f, "%*s%*s%s%*s", c ? GAP : 0, "", is_left(c) ? 0 : pad, "", l->cell[c],
                is_left(c) ? pad : 0, "");
    }
    fputc('\n', f);
}

static int spans_platforms(const struct comparison *c)
{
    for (size_t i = 1; i < c->rows; i++)
        if (strcmp(named(&c->row[i])->platform, named(&c->row[0])->platform) ||
            strcmp(named(&c->row[i])->variant, named(&c->row[0])->variant))
            return 1;
    return 0;
}

static int has_samples(const struct comparison *c)
{
    for (size_t i = 0; i < c->rows; i++)
        if (!isnan(c->row[i].result.p))
            return 1;
    return 0;
}

static void put_table(FILE *f, const struct comparison *c)
{
    static const struct line titles = {{"workload", "first", "second", "unit", "ratio",
                                        "bounds", "of medians", "p of ranks", "p, Holm",
                                        "verdict"}};
    const int platforms = spans_platforms(c), samples = has_samples(c);
    struct line *line = calloc(c->rows + 1, sizeof(*line));
    int widths[COLUMNS] = {0};

    if (!line)
        return;
    line[0] = titles;
    for (size_t i = 0; i < c->rows; i++)
        fill(&line[i + 1], &c->row[i], platforms);
    for (size_t i = 0; i <= c->rows; i++)
        for (int k = 0; k < COLUMNS; k++)
            widths[k] =
                width(line[i].cell[k]) > widths[k] ? width(line[i].cell[k]) : widths[k];
    for (int k = COLUMN_MEDIANS; !samples && k <= COLUMN_P; k++)
        widths[k] = 0;
    for (size_t i = 0; i <= c->rows; i++)
        put_line(f, &line[i], widths);
    free(line);
}

/* --- around it --- */

static void put_side(FILE *f, const char *title, const struct comparison_side *s,
                     const struct comparison *c, int second)
{
    const struct gather_run *only = NULL;
    const struct compare_view *view = NULL;
    char name[CELL_BYTES];
    int several = spans_platforms(c);

    for (size_t i = 0; i < c->rows && !only; i++) {
        only = second ? c->row[i].second : c->row[i].first;
        view = second ? &c->row[i].result.second : &c->row[i].result.first;
        if (only && !view->n)
            only = NULL;
    }
    put_safe(name, s->campaign.name);
    fprintf(f, "%s: campaign %s on bench %s", title, name, s->campaign.bench);
    if (only && !several) {
        put_safe(name, only->variant);
        fprintf(f, ", %s %s", only->platform, name);
    }
    if (only)
        fprintf(f, ", grade %c, %zu boot%s (%s)", only->grade, view->boots,
                view->boots == 1 ? "" : "s", summary_basis_name(view->basis));
    fputc('\n', f);
}

static void put_nature(FILE *f, const struct comparison_request *request)
{
    if (request->first->campaign.ns_per_instruction > 0 ||
        request->second->campaign.ns_per_instruction > 0)
        fputs("The lab's times are path lengths in instructions, never cycles. Exact figures "
              "have\n"
              "no confidence interval; their bounds are one timer step either way.\n",
              f);
    fputs("A ratio is of the time of the same work, the second over the first: above 1 is "
          "slower.\n",
          f);
}

static void put_state(FILE *f, const char *run, const char *side, const struct gather_run *r,
                      const struct compare_view *v, int left_out)
{
    char low[FORMAT_BYTES], high[FORMAT_BYTES], unit[CELL_BYTES];

    put_safe(unit, r ? r->unit : "");
    if (v->warm)
        fprintf(f, "%s, %s: %zu boot%s settled, the last at iteration %zu%s\n", run, side,
                v->warm, v->warm == 1 ? "" : "s", v->from,
                left_out ? "; what came before is left out" : "");
    if (v->unsettled)
        fprintf(f, "%s, %s: no steady state in %zu boot%s\n", run, side, v->unsettled,
                v->unsettled == 1 ? "" : "s");
    if (v->modes.two)
        fprintf(f, "%s, %s: two modes, %.0f %% near %s and %.0f %% near %s %s\n", run, side,
                100 * (1 - v->modes.share),
                format_figure(low, gather_value(r, v->modes.low), 0), 100 * v->modes.share,
                format_figure(high, gather_value(r, v->modes.high), 0), unit);
}

static void put_counts(FILE *f, const struct comparison *c)
{
    size_t count[COMPARE_VERDICTS] = {0};
    const char *comma = "";

    for (size_t i = 0; i < c->rows; i++)
        count[c->row[i].result.verdict]++;
    fprintf(f, "%zu comparison%s: ", c->rows, c->rows == 1 ? "" : "s");
    for (int v = COMPARE_VERDICTS; v-- > 0;) {
        if (!count[v])
            continue;
        fprintf(f, "%s%zu %s", comma, count[v], compare_verdict_name((enum compare_verdict)v));
        comma = ", ";
    }
    fputc('\n', f);
}

void comparison_write_text(const struct comparison_request *request,
                           const struct comparison *c, FILE *f)
{
    const int platforms = spans_platforms(c);

    put_side(f, "first ", request->first, c, 0);
    put_side(f, "second", request->second, c, 1);
    put_nature(f, request);
    fputc('\n', f);
    put_table(f, c);
    fputc('\n', f);
    for (size_t i = 0; i < c->rows; i++) {
        const struct comparison_row *row = &c->row[i];
        struct line l = {0};

        fill(&l, row, platforms);
        if (*row->result.why) {
            char why[CELL_BYTES];

            put_safe(why, row->result.why);
            fprintf(f, "%s: not comparable: %s\n", l.cell[COLUMN_RUN], why);
        }
        put_state(f, l.cell[COLUMN_RUN], "first", row->first, &row->result.first,
                  request->setting.steady_only);
        put_state(f, l.cell[COLUMN_RUN], "second", row->second, &row->result.second,
                  request->setting.steady_only);
    }
    put_counts(f, c);
}
