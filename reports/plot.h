/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/plot.h - one figure, drawn by gnuplot, as an SVG element for an HTML page.
 *
 * The element takes its colours from the page's custom properties (--s1 … --s8 for series,
 * --grid, and the text colour), so that one drawing serves light and dark. Its bytes depend
 * on the data and on gnuplot's version only: no date, no random identifier. Identifiers are
 * prefixed with plot->id, which must be unique in the page.
 */
#ifndef ETALON_REPORTS_PLOT_H
#define ETALON_REPORTS_PLOT_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

#define PLOT_COLOURS 8
#define PLOT_SHAPES 3 /* of points and dashes, one after the other */

enum plot_style { PLOT_POINTS, PLOT_STEPS, PLOT_LINE };

struct plot_series {
    const char *name;     /* legend; NULL: none */
    const char *csv_name; /* in the figure's data; NULL: name */
    unsigned colour;      /* modulo PLOT_COLOURS; which round it is tells the shape */
    enum plot_style style;
    double line_width;   /* 0: the usual one */
    const double *x, *y; /* borrowed; a point with a NaN is left out, and on a logarithmic
                            axis one that is not positive too */
    size_t n;
};

struct plot {
    const char *id;    /* [a-z0-9_]+ */
    const char *title; /* what the figure shows, for readers who do not see it */
    const char *x_label, *y_label;
    int log_x, log_y;
    unsigned width, height; /* of the view box, in pixels */
    const char *const
        *row; /* names of the rows y = 1 … rows, first on top; NULL: y is a scale */
    size_t rows;
    double mark_x;                     /* a vertical line, e.g. ratio 1; NaN: none */
    double x_min, x_max, y_min, y_max; /* NaN: from the data */
    const struct plot_series *series;
    size_t series_count;
};

/* Height of the drawing: the plot's, and more where its legend needs more than one line. */
unsigned plot_height(const struct plot *plot);

/* Draw into f. Returns 1 if there was nothing to draw (no finite point), 0, or an error. Behind the
 * last figure gnuplot is ended by gnuplot_end(). */
int plot_write(const struct plot *plot, FILE *f, struct err *e);

#endif
