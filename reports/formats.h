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

extern const struct report_format report_html, report_markdown, report_csv, report_json;

/* Read the model, let `page` write it, and put the whole of it into out_dir/file by rename: a
 * report is there whole or not at all. */
int formats_write(const struct report_request *request, const char *file,
                  int (*page)(FILE *f, const struct model *m, struct err *e), struct err *e);

/* The file of out_dir that `f` (from open_memstream) was written for. */
int formats_put(const struct report_request *request, const char *file, const char *text,
                size_t size, struct err *e);

#endif
