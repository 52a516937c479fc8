/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/formats.h - private to reports/: the formats that table.c lists, and how each writes
 * its file.
 */
#ifndef ETALON_REPORTS_FORMATS_H
#define ETALON_REPORTS_FORMATS_H

#include <stdio.h>

#include "reports/model.h"
#include "reports/report.h"

extern const struct report_format report_html, report_markdown, report_csv, report_json,
    report_hyperfine, report_pdf;

/* Put out_dir/file by rename what `write` writes: it is there whole or not at all, and is never
 * in memory as a whole. */
int formats_put(const struct report_request *request, const char *file,
                int (*write)(void *opaque, FILE *f, struct err *e), void *opaque,
                struct err *e);

/* The request's model, or else one read into `own`, which formats_release() frees. NULL: *rc. */
const struct model *formats_model(const struct report_request *request, struct model *own,
                                  int *rc, struct err *e);
void formats_release(const struct report_request *request, struct model *own);

/* Let `prepare` (or NULL) add to that model, let `page` write it into a file as above. */
int formats_write(const struct report_request *request, const char *file,
                  int (*prepare)(const struct report_request *request, struct model *m,
                                 struct err *e),
                  int (*page)(FILE *f, const struct model *m, struct err *e), struct err *e);

/* index.html with no page beside it and no link to one: what goes on paper. */
int formats_write_single_page(const struct report_request *request, struct err *e);

#endif
