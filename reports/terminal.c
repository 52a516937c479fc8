/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/terminal.c - the summary table as text; see terminal.h.
 */
#include "reports/terminal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/differences.h"
#include "reports/escape.h"
#include "reports/format.h"
#include "reports/model.h"
#include "reports/wording.h"

#define TEXT_WIDTH 95
#define RATIO_WIDTH 19 /* "not distinguishable" */

/* Printed width: code points, which is right for all that these tables hold. */
static int width(const char *text)
{
    int n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static void put_left(FILE *f, const char *text, int to)
{
    char *safe = NULL;
    size_t size;
    FILE *mem = open_memstream(&safe, &size);

    if (!mem)
        return;
    escape_text(mem, text);
    fclose(mem);
    fprintf(f, "%s%*s", safe, to > width(safe) ? to - width(safe) : 0, "");
    free(safe);
}

static void put_right(FILE *f, const char *text, int to)
{
    fprintf(f, "%*s%s", to > width(text) ? to - width(text) : 0, "", text);
}

static void put_paragraph(FILE *f, const char *text)
{
    int column = 0;

    while (*text) {
        size_t n = strcspn(text, " ");
        char word[WORDING_BYTES];

        snprintf(word, sizeof(word), "%.*s", (int)n, text);
        if (column && column + 1 + width(word) > TEXT_WIDTH) {
            fputc('\n', f);
            column = 0;
        }
        column += (column != 0) + width(word);
        fprintf(f, "%s%s", column > width(word) ? " " : "", word);
        text += n + (text[n] == ' ');
    }
    fputc('\n', f);
}

struct widths {
    int run, unit, platform, value;
};

static int wider(int a, int b)
{
    return a > b ? a : b;
}

static struct widths measure(const struct model *m)
{
    struct widths w = {8, 4, 8, 8};
    char buf[WORDING_BYTES];

    for (size_t r = 0; r < m->runs; r++) {
        w.run = wider(w.run, width(m->run[r].label));
        w.unit = wider(w.unit, width(m->run[r].unit));
        for (size_t p = 0; p < m->platforms; p++)
            w.value = wider(w.value, width(wording_value(model_cell(m, r, p), buf)));
    }
    for (size_t p = 0; p < m->platforms; p++)
        w.platform = wider(w.platform, width(m->platform[p].label));
    return w;
}

static int has_baseline(const struct model *m, int baseline)
{
    for (size_t p = 0; p < m->platforms; p++)
        if (!strcmp(m->platform[p].name, model_baseline_name[baseline]))
            return m->platforms > 1;
    return 0;
}

/* Skipped runs would be most of the table; they come below it, by reason. */
static int is_skipped(const struct model_cell *cell)
{
    return cell->summary && !strcmp(cell->summary->verdict, "skip");
}

static void put_skips(FILE *f, const struct model *m)
{
    for (size_t i = 0; i < m->skips; i++) {
        const struct model_skip *s = &m->skip[i];
        size_t runs = 0, first = i;

        if (strcmp(s->verdict, "skip"))
            continue;
        for (size_t j = 0; j < m->skips; j++) {
            if (m->skip[j].platform != s->platform || strcmp(m->skip[j].reason, s->reason) ||
                strcmp(m->skip[j].verdict, "skip"))
                continue;
            runs++;
            first = j < first ? j : first;
        }
        if (first != i)
            continue;
        fprintf(f, "skipped on ");
        put_left(f, m->platform[s->platform].label, 0);
        fprintf(f, ": %zu run%s: ", runs, runs == 1 ? "" : "s");
        put_left(f, s->reason, 0);
        fputc('\n', f);
    }
}

/* Only what is out of the ordinary: the head says what figures rest on. */
static void put_note(FILE *f, const struct model_cell *cell)
{
    const char *verdict = cell->summary ? cell->summary->verdict : "";

    if (*verdict && strncmp(verdict, "exact", 5) && strncmp(verdict, "sampled", 7)) {
        fputs("  ", f);
        put_left(f, verdict, 0);
        if (*cell->reason) {
            fputs(": ", f);
            put_left(f, cell->reason, 0);
        }
    }
    fputc('\n', f);
}

static void put_table(FILE *f, const struct model *m)
{
    const struct widths w = measure(m);
    char buf[WORDING_BYTES];

    put_left(f, "workload", w.run + 2);
    put_left(f, "unit", w.unit + 2);
    put_left(f, "platform", w.platform + 2);
    put_right(f, "value", w.value);
    for (int b = 0; b < MODEL_BASELINES; b++) {
        if (!has_baseline(m, b))
            continue;
        snprintf(buf, sizeof(buf), "time / %s", model_baseline_name[b]);
        put_right(f, buf, RATIO_WIDTH + 2);
    }
    fputc('\n', f);
    for (size_t r = 0; r < m->runs; r++) {
        int first = 1;

        for (size_t p = 0; p < m->platforms; p++) {
            const struct model_cell *cell = model_cell(m, r, p);

            if (!cell->present || is_skipped(cell))
                continue;
            put_left(f, first ? m->run[r].label : "", w.run + 2);
            put_left(f, first ? m->run[r].unit : "", w.unit + 2);
            put_left(f, m->platform[p].label, w.platform + 2);
            put_right(f, wording_value(cell, buf), w.value);
            for (int b = 0; b < MODEL_BASELINES; b++)
                if (has_baseline(m, b))
                    put_right(f, wording_ratio(&cell->ratio[b], buf), RATIO_WIDTH + 2);
            put_note(f, cell);
            first = 0;
        }
    }
}

struct difference_lines {
    FILE *f; /* NULL: measure only */
    int width[DIFFERENCES_COLUMNS];
    size_t n;
};

static void put_difference(void *opaque, const char *const *cell)
{
    struct difference_lines *d = opaque;

    for (size_t i = 0; i < d->n; i++) {
        if (!d->f)
            d->width[i] = wider(d->width[i], width(cell[i]));
        else if (i < 2)
            put_left(d->f, cell[i], d->width[i] + 2);
        else
            put_right(d->f, cell[i], d->width[i] + (i > 2 ? 2 : 0));
    }
    if (d->f)
        fputc('\n', d->f);
}

static void put_differences(FILE *f, const struct model *m)
{
    const char *title[DIFFERENCES_COLUMNS + 1];
    struct difference_lines d = {.f = NULL};
    char buf[WORDING_BYTES];

    if (!differences_asked(m))
        return;
    differences_titles(m, buf, sizeof(buf), title);
    for (; title[d.n]; d.n++)
        title[d.n] += strncmp(title[d.n], "n:", 2) ? 0 : 2;
    put_difference(&d, title);
    differences_each(m, put_difference, &d);
    d.f = f;
    fputs("\ntime of one unit of work:\n", f);
    put_difference(&d, title);
    differences_each(m, put_difference, &d);
}

static void put_head(FILE *f, const struct model *m)
{
    char buf[WORDING_BYTES];

    fputs("campaign ", f);
    put_left(f, m->campaign.name, 0);
    fputs(", bench ", f);
    put_left(f, m->campaign.bench, 0);
    fprintf(f, ", %zu of %" PRId64 " boots of ", m->boots, m->campaign.boots_planned);
    for (size_t p = 0; p < m->platforms; p++) {
        fputs(p ? ", " : "", f);
        put_left(f, m->platform[p].label, 0);
    }
    fputc('\n', f);
    put_paragraph(f, wording_nature(m, buf));
    put_paragraph(f, wording_boots(m, buf));
    fputc('\n', f);
}

static void put_validity(FILE *f, const struct model *m)
{
    const struct wording_totals t = wording_totals(m);

    fprintf(f,
            "\nvalidity: %" PRId64 " of %" PRId64 " boots and %" PRId64 " of %" PRId64
            " intervals are not ok; timer records lost %" PRId64 ",\nframes damaged %" PRId64
            ", missing %" PRId64 ", console records damaged or missing %" PRId64 "\n",
            t.boots_bad, t.boots, t.intervals_bad, t.intervals, t.lost, t.frames_damaged,
            t.frames_missing, t.records_bad);
    put_skips(f, m);
    for (size_t i = 0; i < m->boots; i++) {
        const struct model_boot *b = &m->boot[i];

        if (!strcmp(b->verdict, "ok"))
            continue;
        fprintf(f, "boot %" PRId64 " (", b->boot);
        put_left(f, m->platform[b->platform].label, 0);
        fprintf(f, ") %s: ", b->verdict);
        put_left(f, b->reason, 0);
        fputc('\n', f);
    }
    for (size_t i = 0; i < m->clocks; i++) {
        const struct model_clock *k = &m->clock[i];

        if (strcmp(k->verdict, "biased") && strcmp(k->verdict, "aberrant"))
            continue;
        fputs("guest clock ", f);
        put_left(f, k->clock, 0);
        fputs(" on ", f);
        put_left(f, m->platform[k->platform].label, 0);
        fprintf(f, " is %s: ", k->verdict);
        put_left(f, k->reason, 0);
        fputc('\n', f);
    }
}

static void put_times(FILE *f, const struct model *m)
{
    for (size_t i = 0; i < m->findings; i++) {
        const struct model_time_finding *k = &m->finding[i];

        fputs("time of ", f);
        put_left(f, k->workload, 0);
        fputc(' ', f);
        put_left(f, k->param, 0);
        fputs(" on ", f);
        put_left(f, m->platform[k->platform].label, 0);
        fprintf(f, " is aberrant (boot %" PRId64 "): ", k->boot);
        put_left(f, k->reason, 0);
        fputc('\n', f);
    }
}

/* Only where a benchmark would have been wrong. */
static void put_scores(FILE *f, const struct model *m)
{
    for (size_t i = 0; i < m->scores; i++) {
        const struct model_score *s = &m->score[i];

        if (!s->wrong || *s->whole)
            continue;
        fprintf(f, "what %s would print on ", s->style);
        put_left(f, m->platform[s->platform].label, 0);
        fprintf(f, " is wrong in %zu of %zu scores", s->wrong, s->printed);
        if (isnan(s->error_ppm))
            fputs("; none comes out of ", f);
        else
            fprintf(f, ", by up to %+.4g ppm: ", s->error_ppm);
        put_left(f, s->worst, 0);
        fputc('\n', f);
    }
}

static void put_ledger(FILE *f, const struct model *m)
{
    for (size_t i = 0; i < m->overheads; i++) {
        const struct model_overhead *o = &m->overhead[i];

        if (strcmp(o->verdict, "over budget"))
            continue;
        fputs("ledger of ", f);
        put_left(f, o->workload, 0);
        fputc(' ', f);
        put_left(f, o->param, 0);
        fputs(" on ", f);
        put_left(f, m->platform[o->platform].label, 0);
        fputs(" is over budget: ", f);
        put_left(f, o->reason, 0);
        fputc('\n', f);
    }
}

int terminal_write_summary(const struct model *m, FILE *f, struct err *e)
{
    put_head(f, m);
    put_table(f, m);
    put_differences(f, m);
    put_validity(f, m);
    put_times(f, m);
    put_scores(f, m);
    put_ledger(f, m);
    return ferror(f) ? err_set(e, ERR_IO, "cannot write the summary") : 0;
}
