/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/plot.c - figures by gnuplot; see plot.h.
 *
 * gnuplot (gnuplot.h) writes a stand-alone SVG with fixed colours; adapt() turns it into an element
 * of the page. Colours are marked by values nobody would draw with: rgb(N, 1, 2) is series N,
 * rgb(254, 1, 2) the grid.
 */
#include "reports/plot.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/gnuplot.h"

#define GRID "#fe0102"

static int drawable(const struct plot *p, double x, double y)
{
    return isfinite(x) && isfinite(y) && (!p->log_x || x > 0) && (!p->log_y || y > 0);
}

static size_t count_points(const struct plot *p)
{
    size_t points = 0;

    for (size_t i = 0; i < p->series_count; i++)
        for (size_t j = 0; j < p->series[i].n; j++)
            points += drawable(p, p->series[i].x[j], p->series[i].y[j]) != 0;
    return points;
}

static void write_limits(FILE *f, const char *axis, double min, double max)
{
    fprintf(f, "set %srange [", axis);
    if (isnan(min))
        fputc('*', f);
    else
        fprintf(f, "%.17g", min);
    fputc(':', f);
    if (isnan(max))
        fputc('*', f);
    else
        fprintf(f, "%.17g", max);
    fputs("]\n", f);
}

static void write_label(FILE *f, const char *what, const char *text)
{
    fprintf(f, "set %s \"", what);
    escape_gnuplot(f, text);
    fputs("\"\n", f);
}

/* Width of text and its gap, at least, in pixels: names of rows, figures on the axis. */
#define ROW_LETTER 6.2
#define TICK_WIDTH 58.0

/* Figures of many decades do not stand beside one another: one every so many then. */
static void write_decades(FILE *f, const struct plot *p)
{
    double low = INFINITY, high = 0, room = p->width - 60, names = 0;
    int decades, step = 1;

    for (size_t i = 0; i < p->rows; i++)
        names = fmax(names, ROW_LETTER * (double)strlen(p->row[i]));
    for (size_t i = 0; i < p->series_count; i++)
        for (size_t j = 0; j < p->series[i].n; j++)
            if (drawable(p, p->series[i].x[j], p->series[i].y[j])) {
                low = fmin(low, p->series[i].x[j]);
                high = fmax(high, p->series[i].x[j]);
            }
    if (!(high > 0))
        return;
    decades = (int)(ceil(log10(high)) - floor(log10(low)));
    while ((decades / step + 1) * TICK_WIDTH > room - names && step < decades)
        step++;
    if (decades > 1)
        fprintf(f, "set xtics 1e%d\n", step);
}

static void write_axes(FILE *f, const struct plot *p)
{
    if (p->x_label)
        write_label(f, "xlabel", p->x_label);
    if (p->y_label)
        write_label(f, "ylabel", p->y_label);
    if (p->log_x)
        fputs("set logscale x\nset format x \"%g\"\n", f);
    if (p->log_y)
        fputs("set logscale y\nset format y \"%g\"\n", f);
    if (p->log_x)
        write_decades(f, p);
    write_limits(f, "x", p->x_min, p->x_max);
    if (!p->row) {
        write_limits(f, "y", p->y_min, p->y_max);
        return;
    }
    fputs("set ytics font ',11.5' (", f);
    for (size_t i = 0; i < p->rows; i++) {
        fputs(i ? ", \"" : "\"", f);
        escape_gnuplot(f, p->row[i]);
        fprintf(f, "\" %zu", i + 1);
    }
    fprintf(f, ")\nset yrange [%.1f:0.5]\n", (double)p->rows + 0.5);
}

static void write_data(FILE *f, const struct plot *p)
{
    for (size_t i = 0; i < p->series_count; i++) {
        const struct plot_series *s = &p->series[i];

        fprintf(f, "$data%zu << END\n", i);
        for (size_t j = 0; j < s->n; j++)
            if (drawable(p, s->x[j], s->y[j]))
                fprintf(f, "%.17g %.17g\n", s->x[j], s->y[j]);
        fputs("END\n", f);
    }
}

/* Where the colours come round again, another shape: as the keys of html_platform(). The number of
 * a point or of a dash. */
static int shape_of(const struct plot_series *s)
{
    static const int point[PLOT_SHAPES] = {7, 5, 13}; /* disc, square, diamond */
    const unsigned round = s->colour / PLOT_COLOURS % PLOT_SHAPES;

    return s->style == PLOT_POINTS ? point[round] : (int)round + 1;
}

static double width_of(const struct plot_series *s)
{
    return s->line_width > 0 ? s->line_width : 1.8;
}

/* The legend is laid out here: gnuplot's own way lets its lines run into the drawing. Pixels. */
#define LEGEND_LETTER 7.0 /* at most, of the usual names */
#define LEGEND_SAMPLE 18
#define LEGEND_LEFT 10.0
#define LEGEND_MARK 34 /* sample and gaps */
#define LEGEND_LINE 20
#define LEGEND_HEAD 18 /* above and below */

static size_t letters(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static double legend_width(const struct plot_series *s)
{
    return s->name ? LEGEND_LETTER * (double)letters(s->name) + LEGEND_MARK : 0;
}

/* How many names stand in a line: all of them side by side, or as many columns as fit. */
static unsigned legend_columns(const struct plot *p, size_t *names)
{
    double longest = 1, all = 0;
    unsigned columns;

    *names = 0;
    for (size_t i = 0; i < p->series_count; i++) {
        *names += p->series[i].name != NULL;
        longest = fmax(longest, legend_width(&p->series[i]));
        all += legend_width(&p->series[i]);
    }
    columns = all <= p->width - LEGEND_LEFT ? (unsigned)*names
                                            : (unsigned)((p->width - LEGEND_LEFT) / longest);
    return columns ? columns : 1;
}

static unsigned legend_lines(const struct plot *p)
{
    size_t names;
    const unsigned columns = legend_columns(p, &names);

    return (unsigned)((names + columns - 1) / columns);
}

unsigned plot_height(const struct plot *p)
{
    const unsigned lines = legend_lines(p);

    return p->height + (lines > 1 ? (lines - 1) * LEGEND_LINE : 0);
}

/* A sample and its name; x and y in pixels, y from the top. */
static void legend_entry(FILE *f, const struct plot *p, const struct plot_series *s, double x,
                         double y)
{
    const double at = 1 - y / plot_height(p);

    if (s->style == PLOT_POINTS)
        fprintf(f, "set label \"\" at screen %.4f, screen %.4f point ps 0.75 pt %d",
                (x + LEGEND_SAMPLE / 2.0) / p->width, at, shape_of(s));
    else
        fprintf(f,
                "set arrow from screen %.4f, screen %.4f to screen %.4f, screen %.4f nohead "
                "dashtype %d linewidth %.1f",
                x / p->width, at, (x + LEGEND_SAMPLE) / p->width, at, shape_of(s),
                width_of(s));
    fprintf(f, " linecolor rgb '#%02x0102'\nset label \"", s->colour % PLOT_COLOURS + 1);
    escape_gnuplot(f, s->name);
    fprintf(f, "\" at screen %.4f, screen %.4f left font ',12'\n",
            (x + LEGEND_SAMPLE + 6) / p->width, at);
}

/* Line by line across the whole drawing: long row names would leave no room beside them. */
static void write_legend(FILE *f, const struct plot *p)
{
    const unsigned lines = legend_lines(p);
    size_t names, n = 0;
    const unsigned columns = legend_columns(p, &names);
    double x = LEGEND_LEFT;

    fputs("unset key\n", f);
    if (!lines)
        return;
    fprintf(f, "set tmargin at screen %.4f\n",
            1 - (double)(LEGEND_HEAD + lines * LEGEND_LINE) / plot_height(p));
    for (size_t i = 0; i < p->series_count; i++) {
        const struct plot_series *s = &p->series[i];

        if (!s->name)
            continue;
        if (lines > 1)
            x = LEGEND_LEFT + (double)(n % columns) * (p->width - LEGEND_LEFT) / columns;
        legend_entry(f, p, s, x, LEGEND_LINE / 2.0 + (double)(n / columns) * LEGEND_LINE);
        x += legend_width(s);
        n++;
    }
}

static void write_program(FILE *f, const struct plot *p)
{
    static const char *const style[] = {
        [PLOT_POINTS] = "points ps 0.75 pt",
        [PLOT_STEPS] = "steps dashtype",
        [PLOT_LINE] = "lines dashtype",
    };
    const char *separator = "";

    fprintf(f,
            "set encoding utf8\n"
            "set terminal svg size %u,%u dynamic noenhanced font 'sans-serif,13' name '%s'\n",
            p->width, plot_height(p), p->id);
    fputs("set border 3 linecolor rgb '" GRID
          "'\nset tics nomirror out scale 0.4 textcolor rgb 'black'\n"
          "set grid x y linetype 1 linewidth 0.7 linecolor rgb '" GRID "'\n",
          f);
    write_legend(f, p);
    write_axes(f, p);
    if (isfinite(p->mark_x))
        fprintf(f,
                "set arrow from first %.17g, graph 0 to first %.17g, graph 1 nohead "
                "dashtype 3 linewidth 1.2 back\n",
                p->mark_x, p->mark_x);
    write_data(f, p);
    fputs("plot ", f);
    for (size_t i = 0; i < p->series_count; i++) {
        const struct plot_series *s = &p->series[i];

        fprintf(f,
                "%s$data%zu using 1:2 with %s %d linewidth %.1f linecolor rgb '#%02x0102' "
                "notitle",
                separator, i, style[s->style], shape_of(s), width_of(s),
                s->colour % PLOT_COLOURS + 1);
        separator = ", ";
    }
    fputc('\n', f);
}

/* --- from a stand-alone drawing to an element of the page --- */

static int starts(const char *s, const char *prefix)
{
    return !strncmp(s, prefix, strlen(prefix));
}

/* ` stroke='rgb(  3,   1,   2)'` becomes ` style='stroke:var(--s3)'`. Returns the bytes read,
 * or 0 if this is not one of our colours. */
static size_t adapt_colour(FILE *f, const char *s)
{
    static const char *const attribute[] = {"stroke", "fill", "color"};

    for (size_t i = 0; i < sizeof(attribute) / sizeof(attribute[0]); i++) {
        size_t n = strlen(attribute[i]);
        unsigned red;
        int used = 0;

        if (strncmp(s, attribute[i], n))
            continue;
        while (s[n] == ' ')
            n++;
        if (s[n] != '=')
            continue;
        n++;
        while (s[n] == ' ')
            n++;
        if (s[n] != '\'' && s[n] != '"')
            continue;
        if (sscanf(s + n + 1, "rgb( %u, 1, 2)%n", &red, &used) != 1 || !used ||
            s[n + 1 + (size_t)used] != s[n])
            continue;
        if (red == 254)
            fprintf(f, "style=\"%s:var(--grid)\"", attribute[i]);
        else
            fprintf(f, "style=\"%s:var(--s%u)\"", attribute[i], red);
        return n + (size_t)used + 2;
    }
    return 0;
}

struct replacement {
    const char *from, *to; /* %s in `to` is the id of the plot */
};

static size_t adapt_token(FILE *f, const char *s, const char *id)
{
    /* currentColor must come from the page, so gnuplot may not set `color`. */
    static const struct replacement table[] = {
        {"xlink:href", "href"},
        {"id=\"gnuplot_canvas\"", "id=\"%s-canvas\""},
        {"'#gp", "'#%s-gp"},
        {"id='gp", "id='%s-gp"},
        {"id='textbox", "id='%s-textbox"},
        {"id='greybox", "id='%s-greybox"},
        {" color=\"black\"", ""},
        {" color=\"white\"", ""},
        {"'black'", "'currentColor'"},
        {"\"black\"", "\"currentColor\""},
        {"\"rgb(0,0,0)\"", "\"currentColor\""},
        {"font-family=\"sans-serif\"", ""},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const char *hole;

        if (!starts(s, table[i].from))
            continue;
        hole = strstr(table[i].to, "%s");
        if (hole)
            fprintf(f, "%.*s%s%s", (int)(hole - table[i].to), table[i].to, id, hole + 2);
        else
            fputs(table[i].to, f);
        return strlen(table[i].from);
    }
    return 0;
}

/* A group with nothing in it, of which gnuplot writes many; the first has the colour that the
 * drawing before it ended with. 0: none. */
static size_t empty_group(const char *s)
{
    static const char rest[] = ">\n</g>\n";
    const size_t head = strcspn(s, ">");

    if (!starts(s, "<g ") || !starts(s + head, rest))
        return 0;
    return head + strlen(rest);
}

/* Between tags nothing is replaced: there stands text of the data. */
static void adapt(FILE *f, const struct plot *p, const char *body)
{
    int in_tag = 0;

    fprintf(
        f,
        "<svg class=\"plot\" role=\"img\" aria-labelledby=\"%s-title\" viewBox=\"0 0 %u %u\" "
        "style=\"--w:%upx\">\n<title id=\"%s-title\">",
        p->id, p->width, plot_height(p), p->width, p->id);
    escape_html(f, p->title);
    fputs("</title>\n", f);
    while (*body) {
        size_t used = empty_group(body);

        if (used) {
            body += used;
            continue;
        }
        if (*body == '<')
            in_tag = 1;
        else if (*body == '>')
            in_tag = 0;
        if (in_tag) {
            used = adapt_token(f, body, p->id);
            if (!used && isalpha((unsigned char)*body) && body[-1] == ' ')
                used = adapt_colour(f, body);
        }
        if (!used)
            fputc(body[used++], f);
        body += used;
    }
}

int plot_write(const struct plot *p, FILE *f, struct err *e)
{
    char *program = NULL, *text = NULL, *body;
    size_t size = 0;
    FILE *out;
    int rc;

    if (!count_points(p))
        return 1;
    out = open_memstream(&program, &size);
    if (!out)
        return err_set(e, ERR_IO, "out of memory");
    write_program(out, p);
    rc = fclose(out) ? err_set(e, ERR_IO, "out of memory") : gnuplot_draw(program, &text, e);
    free(program);
    if (rc)
        return err_wrap(e, rc, "plot %s", p->id);
    body = strstr(text, "<g id=\"gnuplot_canvas\"");
    if (body)
        adapt(f, p, body);
    else
        rc = err_set(e, ERR_DATA, "plot %s: gnuplot wrote no drawing", p->id);
    free(text);
    return rc;
}
