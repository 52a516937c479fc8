/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html_figure.c - one figure of the page, with what can be taken out of it: the drawing
 * as a file, its data as CSV, and the way to the rows behind it. Links carry their files
 * themselves (RFC 2397), so the page still stands alone.
 */
#include <math.h>
#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

#include "reports/escape.h"
#include "reports/html.h"
#include "reports/style.h"

/* A page's drawing takes colours from the page; one on its own brings the light ones along. */
#define COLOURS_END "}"

static int link_data(FILE *f, const char *id, const char *suffix, const char *type,
                     const char *text, const char *data, size_t size, struct err *e)
{
    char *encoded = malloc(BASE64_ENCODE_RAW_LENGTH(size) + 1);

    if (!encoded)
        return err_set(e, ERR_IO, "out of memory");
    base64_encode_raw(encoded, size, (const uint8_t *)data);
    encoded[BASE64_ENCODE_RAW_LENGTH(size)] = 0;
    fprintf(f, "<a download=\"%s.%s\" href=\"data:%s;base64,%s\">%s</a>", id, suffix, type,
            encoded, text);
    free(encoded);
    return 0;
}

/* "<svg class…" of the page as a file: its name space, size, colours, and a sheet of paper. */
static int link_drawing(FILE *f, const struct plot *plot, const char *svg, struct err *e)
{
    const char *root = strstr(style_css, ":root {"), *body = strchr(svg, '>');
    char *file = NULL;
    size_t size = 0, head = body ? (size_t)(body - svg) : 0;
    FILE *mem = open_memstream(&file, &size);
    int rc;

    if (!mem)
        return err_set(e, ERR_IO, "out of memory");
    fprintf(mem,
            "%.*s xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\">\n"
            "<style>%.*s} svg { color: var(--ink); background: var(--paper); "
            "font-family: sans-serif }</style>%s\n",
            (int)head, svg, plot->width, plot_height(plot),
            root ? (int)strcspn(root, COLOURS_END) : 0, root ? root : "",
            body ? body + 1 : "");
    rc = fclose(mem) ? err_set(e, ERR_IO, "out of memory")
                     : link_data(f, plot->id, "svg", "image/svg+xml", "SVG", file, size, e);
    free(file);
    return rc;
}

static void csv_axis(FILE *f, const char *name, const char *label)
{
    fputc(',', f);
    escape_csv(f, label ? label : name);
}

static int link_points(FILE *f, const struct plot *plot, struct err *e)
{
    char *file = NULL;
    size_t size = 0;
    FILE *mem = open_memstream(&file, &size);
    int rc;

    if (!mem)
        return err_set(e, ERR_IO, "out of memory");
    fputs("series", mem);
    csv_axis(mem, "x", plot->x_label);
    csv_axis(mem, plot->row ? "row" : "y", plot->y_label);
    fputc('\n', mem);
    for (size_t i = 0; i < plot->series_count; i++) {
        const struct plot_series *s = &plot->series[i];

        for (size_t j = 0; j < s->n; j++) {
            const size_t row = (size_t)lround(s->y[j]);

            escape_csv(mem, s->csv_name ? s->csv_name : s->name);
            fprintf(mem, ",%.15g,", s->x[j]);
            if (!plot->row)
                fprintf(mem, "%.15g", s->y[j]);
            else if (row >= 1 && row <= plot->rows)
                escape_csv(mem, plot->row[row - 1]);
            fputc('\n', mem);
        }
    }
    rc = fclose(mem)
             ? err_set(e, ERR_IO, "out of memory")
             : link_data(f, plot->id, "csv", "text/csv;charset=utf-8", "data", file, size, e);
    free(file);
    return rc;
}

static int put_links(FILE *f, const struct plot *plot, const char *svg, const char *rows,
                     struct err *e)
{
    int rc;

    fputs("<p class=\"take\">", f);
    rc = link_drawing(f, plot, svg, e);
    fputs(" \xC2\xB7 ", f);
    if (!rc)
        rc = link_points(f, plot, e);
    if (rows)
        fprintf(f, " \xC2\xB7 <a href=\"#%s\">rows</a>", rows);
    fputs("</p>", f);
    return rc;
}

int html_figure(FILE *f, const struct plot *plot, const char *heading, const char *caption,
                const char *rows, struct err *e)
{
    char *svg = NULL;
    size_t size;
    FILE *mem = open_memstream(&svg, &size);
    int rc = mem ? plot_write(plot, mem, e) : err_set(e, ERR_IO, "out of memory");

    if (mem)
        fclose(mem);
    if (!rc) {
        fputs("<figure>", f);
        if (heading) {
            fputs("<h3>", f);
            html_text(f, heading);
            fputs("</h3>", f);
        }
        fprintf(f,
                "<div class=\"plotscroll\" role=\"region\" tabindex=\"0\" "
                "aria-label=\"drawing\">%s</div>",
                svg);
        if (caption) {
            fputs("<figcaption>", f);
            html_text(f, caption);
            fputs("</figcaption>", f);
        }
        rc = put_links(f, plot, svg, rows, e);
        fputs("</figure>\n", f);
    }
    free(svg);
    return rc < 0 ? rc : 0;
}
