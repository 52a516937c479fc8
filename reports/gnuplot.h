/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/gnuplot.h - one gnuplot that draws figure after figure: to start it takes longer than to
 * draw most of them.
 */
#ifndef ETALON_REPORTS_GNUPLOT_H
#define ETALON_REPORTS_GNUPLOT_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/* NULL, or what to install. */
const char *gnuplot_unavailable(void);

/*
 * The drawing of one program, which sets the terminal (svg) and plots, and does not set the output.
 * gnuplot is started if it does not run, and forgets everything between two programs. *svg is the
 * caller's to free, 0-terminated. After an error it does not run.
 */
int gnuplot_draw(const char *program, char **svg, struct err *e);

/* Ends it, if it runs. Whoever has drawn figures calls this behind the last of them. */
void gnuplot_end(void);

#endif
