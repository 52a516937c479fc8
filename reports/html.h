/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/html.h - private to reports/html*.c: the page's parts and what they share.
 *
 * All text goes through html_text() (escape_html); literal markup is written by us only.
 */
#ifndef ETALON_REPORTS_HTML_H
#define ETALON_REPORTS_HTML_H

#include <stdio.h>

#include "base/err.h"
#include "reports/model.h"
#include "reports/plot.h"
#include "reports/report.h"

void html_text(FILE *f, const char *text);

/* <td class="n">text</td>, with "none" where the figure does not exist. */
void html_number(FILE *f, const char *text);
void html_count(FILE *f, int64_t n);
void html_cell(FILE *f, const char *text);
void html_label(FILE *f, const char *workload,
                const char *param);          /* one line, where it fits */
void html_reason(FILE *f, const char *text); /* a sentence */
/* A verdict, coloured by what it is. */
void html_verdict(FILE *f, const char *verdict);
/* The platform's colour key and its label. */
void html_platform(FILE *f, const struct model *m, size_t platform);

/* <div class="scroll"><table><caption>…<thead>; columns "n:Title" are numbers. NULL ends. */
void html_table(FILE *f, const char *caption, const char *const *columns);
/* The same with an anchor. */
void html_table_at(FILE *f, const char *id, const char *caption, const char *const *columns);
void html_table_end(FILE *f);
/* Start of a section: heading with an anchor. */
void html_section(FILE *f, const char *id, const char *title);

/* The sections, in the order of the page; 0 or a negative err_code. */
int html_summary(FILE *f, const struct model *m, struct err *e);
int html_figures(FILE *f, const struct model *m, struct err *e);
int html_distributions(FILE *f, const struct model *m, struct err *e);
void html_tails(FILE *f, const struct model *m); /* part of the distributions */
int html_marker_path(FILE *f, const struct model *m, struct err *e);
int html_exits(FILE *f, const struct model *m, struct err *e);
int html_ledger(FILE *f, const struct model *m, struct err *e);
void html_recoveries(FILE *f, const struct model *m); /* part of the clocks */
void html_scores(FILE *f, const struct model *m);     /* likewise */
int html_clocks(FILE *f, const struct model *m, struct err *e);
int html_certificates(FILE *f, const struct model *m, struct err *e);
int html_uncertainty(FILE *f, const struct model *m, struct err *e);
int html_validity(FILE *f, const struct model *m, struct err *e);
int html_provenance(FILE *f, const struct model *m, struct err *e);
int html_method(FILE *f, const struct model *m, struct err *e);

/* model_read_certificates(), and a page for each in a folder beside the report. */
int html_read_certificates(const struct report_request *request, struct model *m,
                           struct err *e);

/* A drawing with its heading and caption (or NULL), its file, its data, and a link to the element
 * `rows` (or NULL) that has its figures. */
int html_figure(FILE *f, const struct plot *plot, const char *heading, const char *caption,
                const char *rows, struct err *e);

/* Figures (html_plots.c). Nothing is written where there is nothing to draw. */
int html_plot_ladder(FILE *f, const struct model *m, int baseline, struct err *e);
/* Empirical distributions of one run; `id` is unique in the page. Steps that lie closer to the one
 * drawn before than this part of the height and of the width are not drawn. */
#define HTML_ECDF_POINTS 300
int html_plot_distribution(FILE *f, const struct model *m, size_t run, const char *id,
                           struct err *e);
int html_plot_exit_costs(FILE *f, const struct model *m, struct err *e);
int html_plot_drift(FILE *f, const struct model *m, struct err *e);

#endif
