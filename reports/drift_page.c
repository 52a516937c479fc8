/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/drift_page.c - the certificate of a clock as a page of its own; see drift.h.
 */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "reports/drift.h"
#include "reports/escape.h"
#include "reports/html.h"
#include "reports/plot.h"
#include "reports/style.h"

#define POINTS 2000u /* of a plot over time; beyond, evenly taken */

struct track {                         /* over time */
    double *s, *low, *high, *residual; /* one block of memory, at s */
    size_t n, every;
};

static int read_track(const struct drift_clock *k, struct track *t, struct err *e)
{
    const size_t every = (k->s.n + POINTS - 1) / POINTS;
    const double rate = isnan(k->a.skew_ppm) ? 0 : k->a.skew_ppm * 1e-6;

    *t = (struct track){.every = every};
    t->s = malloc(4 * (POINTS + 1) * sizeof(*t->s));
    if (!t->s)
        return err_set(e, ERR_IO, "out of memory");
    t->low = t->s + POINTS + 1;
    t->high = t->low + POINTS + 1;
    t->residual = t->high + POINTS + 1;
    for (size_t i = 0; i < k->s.n; i += every) {
        const struct clock_bracket *b = &k->s.bracket[i];
        const double at =
            (b->start_ns + b->stop_ns - k->s.bracket->start_ns - k->s.bracket->stop_ns) / 2;
        double low, high;

        clock_offset_bounds(k->s.bracket, b, k->s.unit_ns, &low, &high);
        t->s[t->n] = at / 1e9;
        t->low[t->n] = low;
        t->high[t->n] = high;
        t->residual[t->n++] = (low + high) / 2 - rate * at;
    }
    return 0;
}

int drift_put_figure(FILE *f, const char *id, const char *title, const char *caption,
                     const char *rows, struct plot plot, struct err *e)
{
    plot.id = id;
    plot.title = title;
    plot.width = 720;
    plot.height = 320;
    plot.mark_x = plot.x_min = plot.x_max = plot.y_min = plot.y_max = NAN;
    return html_figure(f, &plot, title, caption, rows, e);
}

static int plot_time(FILE *f, const struct drift_clock *k, struct err *e)
{
    struct track t;
    int rc = read_track(k, &t, e);
    char caption[256];

    if (rc)
        return rc;
    const int bounded = !k->question.unbounded;
    const struct plot_series bound[] = {{.name = bounded ? "not below" : NULL,
                                         .style = PLOT_LINE,
                                         .x = t.s,
                                         .y = t.low,
                                         .n = t.n},
                                        {.name = "not above",
                                         .colour = 1,
                                         .style = PLOT_LINE,
                                         .x = t.s,
                                         .y = t.high,
                                         .n = t.n}};
    const struct plot_series point = {
        .style = PLOT_POINTS, .x = t.s, .y = t.residual, .n = t.n};
    snprintf(caption, sizeof(caption), "%s%s",
             bounded ? "The offset lies between the lines." : "Middles; nothing bounds them.",
             t.every > 1 ? " Readings are thinned evenly." : "");
    rc = drift_put_figure(f, "offset", "Offset from true time, against the first reading",
                          caption, NULL,
                          (struct plot){.x_label = "true time since the first reading, s",
                                        .y_label = "clock \xE2\x88\x92 true, ns",
                                        .series = bounded ? bound : &bound[0],
                                        .series_count = bounded ? 2 : 1},
                          e);
    if (!rc)
        rc = drift_put_figure(
            f, "residual", "What the rate leaves over",
            "Middles of the brackets less the skew. Level and narrow if the rate is all "
            "that is wrong.",
            NULL,
            (struct plot){.x_label = "true time since the first reading, s",
                          .y_label = "residual, ns",
                          .series = &point,
                          .series_count = 1},
            e);
    free(t.s);
    return rc;
}

/* `at` is the place of a double in struct stability_row. */
static struct plot_series series_of(const struct drift_clock *k, double *room,
                                    const char *name, unsigned colour, size_t at)
{
    double *x = room, *y = room + STABILITY_ROWS;

    for (size_t i = 0; i < k->rows; i++) {
        x[i] = k->row[i].tau;
        memcpy(&y[i], (const char *)&k->row[i] + at, sizeof(y[i]));
    }
    return (struct plot_series){
        .name = name, .colour = colour, .style = PLOT_LINE, .x = x, .y = y, .n = k->rows};
}

#define PLACE(member, kind) (offsetof(struct stability_row, member) + (kind) * sizeof(double))

static int plot_stability(FILE *f, const struct drift_clock *k, struct err *e)
{
    double room[5][2 * STABILITY_ROWS];
    struct plot_series series[4], mtie;
    int rc;

    if (!k->rows)
        return 0;
    series[0] = series_of(k, room[0], "OADEV", 0, PLACE(deviation, STABILITY_OADEV));
    series[1] = series_of(k, room[1], NULL, 0, PLACE(low, STABILITY_OADEV));
    series[2] = series_of(k, room[2], NULL, 0, PLACE(high, STABILITY_OADEV));
    series[3] = series_of(k, room[3], "MDEV", 1, PLACE(deviation, STABILITY_MDEV));
    series[1].line_width = series[2].line_width = 0.6;
    mtie = series_of(k, room[4], NULL, 2, PLACE(deviation, STABILITY_MTIE));
    rc = drift_put_figure(f, "stability", "Frequency stability",
                          "Thin: the 95 % interval of OADEV. Both axes logarithmic.",
                          "stability-rows",
                          (struct plot){.x_label = "averaging time, s",
                                        .y_label = "deviation of frequency",
                                        .log_x = 1,
                                        .log_y = 1,
                                        .series = series,
                                        .series_count = 4},
                          e);
    if (!rc)
        rc = drift_put_figure(
            f, "mtie", "Largest time interval error",
            "The most that the offset moves within any stretch of the length shown.",
            "stability-rows",
            (struct plot){.x_label = "length, s",
                          .y_label = "MTIE, s",
                          .log_x = 1,
                          .log_y = 1,
                          .series = &mtie,
                          .series_count = 1},
            e);
    return rc;
}

static void row(FILE *f, const char *name, const char *text)
{
    if (!*text)
        return;
    fputs("<tr><th scope=\"row\">", f);
    escape_html(f, name);
    fputs("</th><td>", f);
    escape_html(f, text);
    fputs("</td></tr>\n", f);
}

static void item(FILE *f, const char *text)
{
    fputs("<li>", f);
    escape_html(f, text);
    fputs("</li>\n", f);
}

static void tau(FILE *f, double tau_s)
{
    fprintf(f, "<tr><th scope=\"row\" class=\"n\">%.6g</th>", tau_s);
}

static void deviation(FILE *f, double value)
{
    if (isnan(value))
        fputs("<td class=\"n none\">\xE2\x80\x93</td>", f);
    else
        fprintf(f, "<td class=\"n\">%.4g</td>", value);
}

static void noise(FILE *f, const char *name)
{
    fprintf(f, "<td>%s</td></tr>\n", name);
}

static const struct drift_form form = {
    .row = row,
    .item = item,
    .tau = tau,
    .deviation = deviation,
    .noise = noise,
    .unit = 1,
};

static void write_verdict(FILE *f, const struct drift_head *head, const struct drift_set *set,
                          const struct drift_clock *k)
{
    fprintf(f, "<div class=\"note\"><p><strong>%s</strong>", clock_verdict_name(k->a.verdict));
    if (*k->a.reason) {
        fputs(": ", f);
        escape_html(f, k->a.reason);
    }
    fputs("</p><p>", f);
    escape_html(f, drift_nature_text(head, set));
    fputs("</p></div>\n<div class=\"scroll\"><table><caption>Evidence</caption><tbody>\n", f);
    drift_put_evidence(f, &form, k);
    fputs("</tbody></table></div>\n", f);
    if (!k->events)
        return;
    fputs("<h3>Events</h3><ul>\n", f);
    drift_put_events(f, &form, k);
    fputs("</ul>\n", f);
}

static void write_table(FILE *f, const struct drift_clock *k)
{
    char buf[DRIFT_TEXT_BYTES];

    fputs("<p>", f);
    escape_html(f, drift_spacing_text(k, buf));
    fputs(".</p>\n", f);
    if (!k->rows)
        return;
    fputs("<div class=\"scroll\" id=\"stability-rows\" role=\"region\" tabindex=\"0\" "
          "aria-label=\"Stability\"><table>"
          "<caption>Deviations by averaging time</caption><thead><tr>"
          "<th scope=\"col\" class=\"n\">tau, s</th>",
          f);
    for (int d = 0; d < STABILITY_KINDS; d++) {
        fprintf(f, "<th scope=\"col\" class=\"n\">%s%s</th>",
                stability_name((enum stability_kind)d),
                d == STABILITY_TDEV || d == STABILITY_MTIE ? ", s" : "");
        if (d == STABILITY_OADEV)
            fputs("<th scope=\"col\" class=\"n\">low</th><th scope=\"col\" "
                  "class=\"n\">high</th>",
                  f);
    }
    fputs("<th scope=\"col\">noise</th></tr></thead><tbody>\n", f);
    drift_put_stability(f, &form, k);
    fputs("</tbody></table></div>\n", f);
}

int drift_write_page(FILE *f, const struct drift_head *head, const struct drift_set *set,
                     size_t i, const char *back, struct err *e)
{
    const struct drift_clock *k = &set->clock[i];
    int rc = 0;

    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'\">\n<title>Drift certificate: ",
          f);
    escape_html(f, k->s.name);
    fputs("</title>\n<style>\n", f);
    fputs(style_css, f);
    fputs("</style>\n</head>\n<body>\n<header>\n<h1>Drift certificate: ", f);
    escape_html(f, k->s.name);
    fputs("</h1>\n<p class=\"sub\">", f);
    escape_html(f, *k->s.platform ? k->s.platform : head->source);
    fputs(*k->s.variant ? ", " : "", f);
    escape_html(f, k->s.variant);
    if (back)
        fprintf(f, " \xC2\xB7 <a href=\"%s\">the campaign\xE2\x80\x99s report</a>", back);
    fputs("</p>\n</header>\n<main>\n<section>\n<h2>Verdict</h2>\n", f);
    write_verdict(f, head, set, k);
    fputs("</section>\n<section>\n<h2>Offset</h2>\n", f);
    if (k->verdict)
        rc = plot_time(f, k, e);
    else
        fputs("<p>Processor time, or ticks of no stated frequency: there is no offset.</p>\n",
              f);
    fputs("</section>\n<section>\n<h2>Stability</h2>\n", f);
    if (!rc)
        rc = plot_stability(f, k, e);
    write_table(f, k);
    fputs("</section>\n", f);
    if (!rc)
        rc = drift_put_power_page(f, set, k, e);
    fputs("<section>\n<h2>Method</h2>\n<ul>\n", f);
    drift_put_method(f, &form);
    fputs("</ul>\n</section>\n<section>\n<h2>Provenance</h2>\n", f);
    fputs("<div class=\"scroll\"><table><caption>Provenance</caption><tbody>\n", f);
    drift_put_provenance(f, &form, head, k);
    fputs("</tbody></table></div>\n", f);
    fputs("</section>\n</main>\n<footer>Written by Etalon; the same readings give the same "
          "bytes. How a number comes about: docs/method.md.</footer>\n</body>\n</html>\n",
          f);
    return rc;
}
