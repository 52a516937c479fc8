/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/report.h - the seam of exporters of a whole report.
 *
 * An exporter reads through analysis/query.h only and writes into a directory. It is a pure
 * function of the database: run twice it writes the same bytes.
 */
#ifndef ETALON_REPORTS_REPORT_H
#define ETALON_REPORTS_REPORT_H

#include <stddef.h>

#include "base/err.h"

struct query; /* analysis/query.h: an open, read-only database */
struct model;

struct report_request {
    struct query *query;
    const char *campaign; /* name in the database; NULL: the only one */
    const char *out_dir;  /* exists */
    struct model *model; /* reports/model.h, of that campaign, read once for all formats; NULL:
                             each reads it for itself */
};

struct report_format {
    const char *name; /* html, markdown, csv, json, hyperfine, pdf */
    const char *file; /* main file it writes, relative to out_dir */
    const char *summary;
    int asked_for; /* written only where it is named: it needs what few have installed */
    const char *(*unavailable)(void);
    int (*write)(const struct report_request *request, struct err *e);
};

const struct report_format *const *report_table(size_t *count);
const struct report_format *report_find(const char *name);

#endif
