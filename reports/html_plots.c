/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_plots.c - the page's figures, from the model to reports/plot.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats.h"
#include "reports/format.h"
#include "reports/html.h"
#include "reports/plot.h"

#define MAX_PLATFORMS 32
#define LABEL_BYTES 44
#define WIDEST_LINE 7.0 /* above the thinnest */

static struct plot blank(const char *id, const char *title)
{
    return (struct plot){.id = id,
                         .title = title,
                         .width = 720,
                         .height = 320,
                         .mark_x = NAN,
                         .x_min = NAN,
                         .x_max = NAN,
                         .y_min = NAN,
                         .y_max = NAN};
}

/* Row names share the width with the data. */
static void shorten(char label[LABEL_BYTES], const char *text)
{
    size_t n = strlen(text);

    if (n < LABEL_BYTES) {
        memcpy(label, text, n + 1);
        return;
    }
    n = LABEL_BYTES - 4;
    while (n && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--;
    memcpy(label, text, n);
    memcpy(label + n, "\xE2\x80\xA6", 4);
}

/* A dot plot: one row per name, one colour per platform. */
struct dots {
    char (*label)[LABEL_BYTES];
    const char **row;
    double *x, *y; /* [platform * rows + row] */
    struct plot_series series[MAX_PLATFORMS];
    size_t rows, platforms;
};

static int dots_begin(struct dots *d, const struct model *m, size_t most, struct err *e)
{
    d->platforms = m->platforms < MAX_PLATFORMS ? m->platforms : MAX_PLATFORMS;
    d->rows = 0;
    d->label = calloc(most + 1, sizeof(*d->label));
    d->row = calloc(most + 1, sizeof(*d->row));
    d->x = calloc((most + 1) * (d->platforms + 1), sizeof(*d->x));
    d->y = calloc((most + 1) * (d->platforms + 1), sizeof(*d->y));
    if (!d->label || !d->row || !d->x || !d->y)
        return err_set(e, ERR_IO, "out of memory");
    for (size_t p = 0; p < d->platforms; p++)
        d->series[p] = (struct plot_series){.name = m->platform[p].label,
                                            .colour = (unsigned)p,
                                            .style = PLOT_POINTS,
                                            .x = d->x + p * (most + 1),
                                            .y = d->y + p * (most + 1)};
    return 0;
}

static void dots_row(struct dots *d, const char *name)
{
    shorten(d->label[d->rows], name);
    d->row[d->rows] = d->label[d->rows];
    d->rows++;
}

static void dots_point(struct dots *d, size_t platform, double x)
{
    struct plot_series *s;

    if (platform >= d->platforms)
        return;
    s = &d->series[platform];
    d->x[(size_t)(s->x - d->x) + s->n] = x;
    /* Platforms stand a little apart in a row, or equal ones would hide each other. */
    d->y[(size_t)(s->y - d->y) + s->n] =
        (double)d->rows + 0.5 * (((double)platform + 0.5) / (double)d->platforms - 0.5);
    s->n++;
}

static void dots_end(struct dots *d)
{
    free(d->label);
    free(d->row);
    free(d->x);
    free(d->y);
}

/* Series without a point would stand in the legend for nothing. */
static size_t drop_empty(struct plot_series *series, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (series[i].n)
            series[kept++] = series[i];
    return kept;
}

int html_plot_ladder(FILE *f, const struct model *m, int baseline, struct err *e)
{
    char id[32], title[128], x_label[64];
    struct plot plot = blank(id, title);
    struct dots d;
    int rc = dots_begin(&d, m, m->runs, e);

    snprintf(id, sizeof(id), "ladder_%s", model_baseline_name[baseline]);
    snprintf(title, sizeof(title), "Time of each workload over its time on %s, per platform",
             model_baseline_name[baseline]);
    snprintf(x_label, sizeof(x_label), "time / time on %s", model_baseline_name[baseline]);
    for (size_t r = 0; !rc && r < m->runs; r++) {
        int named = 0;

        for (size_t p = 0; p < m->platforms; p++) {
            const struct model_ratio *ratio = &model_cell(m, r, p)->ratio[baseline];

            if (!ratio->known || !(ratio->ratio > 0))
                continue;
            if (!named++)
                dots_row(&d, m->run[r].label);
            dots_point(&d, p, ratio->ratio);
        }
    }
    plot.x_label = x_label;
    plot.log_x = 1;
    plot.row = d.row;
    plot.rows = d.rows;
    plot.width = 600;
    plot.height = (unsigned)(95 + 22 * d.rows);
    plot.mark_x = 1;
    plot.series = d.series;
    if (!rc) {
        plot.series_count = drop_empty(d.series, d.platforms);
        rc = html_figure(f, &plot, NULL,
                         "Logarithmic. Left of the dotted line is faster than the baseline.",
                         "figures", e);
    }
    dots_end(&d);
    return rc;
}

int html_plot_exit_costs(FILE *f, const struct model *m, struct err *e)
{
    struct plot plot = blank("exit_costs", "Cost of one operation, per platform");
    char x_label[64];
    struct dots d;
    int rc = dots_begin(&d, m, m->costs, e);

    /* Costs come by operation, then platform. */
    for (size_t i = 0; !rc && i < m->costs; i++) {
        if (!i || strcmp(m->cost[i].operation, m->cost[i - 1].operation))
            dots_row(&d, m->cost[i].operation);
        if (m->cost[i].cost > 0)
            dots_point(&d, m->cost[i].platform, m->cost[i].cost);
    }
    snprintf(x_label, sizeof(x_label), "%s per operation", m->costs ? m->cost[0].unit : "");
    plot.x_label = x_label;
    plot.log_x = 1;
    plot.row = d.row;
    plot.rows = d.rows;
    plot.height = (unsigned)(95 + 26 * d.rows);
    plot.series = d.series;
    if (!rc) {
        plot.series_count = drop_empty(d.series, d.platforms);
        rc = html_figure(f, &plot, NULL, NULL, "exit-costs", e);
    }
    dots_end(&d);
    return rc;
}

/* --- distributions --- */

/* Air on both sides, so that a line at either end is not the frame. */
static void pad(struct plot *plot, double low, double high)
{
    if (plot->log_x) {
        plot->x_min = low / 1.25;
        plot->x_max = high * 1.25;
    } else {
        plot->x_min = low - 0.04 * (high - low);
        plot->x_max = high + 0.04 * (high - low);
    }
}

struct line {
    double x[2 * HTML_ECDF_POINTS + 5], y[2 * HTML_ECDF_POINTS + 5];
};

/* How far along the axis a time stands. */
static double place(double ns, int log_x)
{
    return log_x ? log(ns) : ns;
}

/* Points of the empirical distribution, thinned to what can be seen, from share 0 to 1: a step is
 * drawn if it is the first or the last, or lies a line's width from the one drawn before it, up
 * or along. So no stretch of the tail goes missing, however few iterations are in it. */
static size_t ecdf_line(const struct model_cell *cell, double unit_ns, double end_ns,
                        double low_ns, double high_ns, int log_x, struct line *line)
{
    struct stats_step *step = calloc(cell->n, sizeof(*step));
    const double width = (place(high_ns, log_x) - place(low_ns, log_x)) / HTML_ECDF_POINTS;
    size_t distinct, n = 0, last = 0;

    if (!step)
        return 0;
    distinct = stats_ecdf(cell->ns, cell->n, step, cell->n);
    line->x[n] = step[0].value / unit_ns;
    line->y[n++] = 0;
    for (size_t i = 0; i < distinct; i++) {
        if (i && i + 1 < distinct &&
            (step[i].at_most - step[last].at_most) * HTML_ECDF_POINTS < 1 &&
            place(step[i].value, log_x) - place(step[last].value, log_x) < width)
            continue;
        line->x[n] = step[i].value / unit_ns;
        line->y[n++] = step[i].at_most;
        last = i;
    }
    line->x[n] = end_ns / unit_ns;
    line->y[n++] = 1;
    free(step);
    return n;
}

int html_plot_distribution(FILE *f, const struct model *m, size_t run, const char *id,
                           struct err *e)
{
    struct plot plot = blank(id, m->run[run].label);
    struct plot_series series[MAX_PLATFORMS];
    struct line *line = calloc(MAX_PLATFORMS, sizeof(*line));
    double low = INFINITY, high = 0;
    struct format_time unit;
    char x_label[64], rows[32];
    int rc;

    if (!line)
        return err_set(e, ERR_IO, "out of memory");
    for (size_t p = 0; p < m->platforms; p++) {
        const struct model_cell *cell = model_cell(m, run, p);

        if (cell->n) {
            low = fmin(low, cell->ns[0]);
            high = fmax(high, cell->ns[cell->n - 1]);
        }
    }
    unit = format_time_for(high);
    plot.log_x = low > 0 && high / low > 20;
    for (size_t p = 0; p < m->platforms && plot.series_count < MAX_PLATFORMS; p++) {
        const struct model_cell *cell = model_cell(m, run, p);
        size_t i = plot.series_count;

        if (!cell->n)
            continue;
        series[plot.series_count++] = (struct plot_series){
            .name = m->platform[p].label,
            .colour = (unsigned)p,
            .style = PLOT_STEPS,
            .x = line[i].x,
            .y = line[i].y,
            .n = ecdf_line(cell, unit.ns, 2 * high, low, high, plot.log_x, &line[i])};
    }
    snprintf(x_label, sizeof(x_label), "true time, %s", unit.name);
    plot.x_label = x_label;
    plot.y_label = "share of iterations";
    plot.width = 560;
    plot.height = 290;
    plot.y_min = 0;
    plot.y_max = 1.03;
    pad(&plot, low / unit.ns, high / unit.ns);
    /* Lines that lie on one another show as nested: the first is the widest. */
    for (size_t i = 0; i < plot.series_count; i++)
        series[i].line_width = 1.5 + fmin(1.2, WIDEST_LINE / (double)plot.series_count) *
                                         (double)(plot.series_count - 1 - i);
    plot.series = series;
    snprintf(rows, sizeof(rows), "run-%zu", run);
    rc = html_figure(f, &plot, m->run[run].label, NULL, rows, e);
    free(line);
    return rc;
}

struct bounds {
    double *block; /* all the lines' */
    struct format_time unit;
};

/* The bounds of each track in a unit that suits all of them, low then high, track after track. */
static int read_bounds(const struct model *m, size_t tracks, struct bounds *b, struct err *e)
{
    double largest = 0, *at;
    size_t n = 0;

    for (size_t i = 0; i < tracks; i++) {
        n += 2 * m->track[i].n;
        for (size_t j = 0; j < m->track[i].n; j++)
            largest =
                fmax(largest, fmax(fabs(m->track[i].low_ns[j]), fabs(m->track[i].high_ns[j])));
    }
    b->unit = format_time_for(largest);
    at = b->block = malloc((n + 1) * sizeof(*at));
    if (!at)
        return err_set(e, ERR_IO, "out of memory");
    for (size_t i = 0; i < tracks; i++) {
        for (size_t j = 0; j < m->track[i].n; j++)
            *at++ = m->track[i].low_ns[j] / b->unit.ns;
        for (size_t j = 0; j < m->track[i].n; j++)
            *at++ = m->track[i].high_ns[j] / b->unit.ns;
    }
    return 0;
}

/* Two lines a platform, the bounds that its brackets put on the offset: the middle alone would
 * show the reading's own delays as drift. */
int html_plot_drift(FILE *f, const struct model *m, struct err *e)
{
    struct plot plot =
        blank("drift", "Bounds of the guest clock's offset from true time, per platform");
    const size_t tracks = m->tracks < MAX_PLATFORMS ? m->tracks : MAX_PLATFORMS;
    struct plot_series series[2 * MAX_PLATFORMS];
    char name[2 * MAX_PLATFORMS][160], y_label[64];
    struct bounds bounds;
    size_t n = 0;
    int rc = read_bounds(m, tracks, &bounds, e);
    const double *y = bounds.block;

    if (rc)
        return rc;
    for (size_t i = 0; i < tracks; i++) {
        const struct model_clock_track *t = &m->track[i];

        series[n] = (struct plot_series){.name = m->platform[t->platform].label,
                                         .colour = (unsigned)t->platform,
                                         .style = PLOT_LINE,
                                         .line_width = 1.4,
                                         .x = t->true_s,
                                         .y = y,
                                         .n = t->n};
        snprintf(name[n], sizeof(name[n]), "%s, lower bound", m->platform[t->platform].label);
        snprintf(name[n + 1], sizeof(name[n + 1]), "%s, upper bound",
                 m->platform[t->platform].label);
        series[n].csv_name = name[n];
        series[n + 1] = series[n];
        series[n + 1].name = NULL;
        series[n + 1].csv_name = name[n + 1];
        series[n + 1].y = y + t->n;
        y += 2 * t->n;
        n += 2;
    }
    plot.x_label = "true time since the first interval, s";
    snprintf(y_label, sizeof(y_label), "guest \xE2\x88\x92 true, %s", bounds.unit.name);
    plot.y_label = y_label;
    plot.series = series;
    plot.series_count = n;
    rc = html_figure(
        f, &plot, NULL,
        "The clock that a benchmark in the guest would use, in the first boot of each "
        "platform, against its first reading: the offset lies between the two lines. "
        "Both stay level if the clock is sound; how far they are apart is how long "
        "the clock takes to be read.",
        "clock-rows", e);
    free(bounds.block);
    return rc;
}
