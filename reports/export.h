/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/export.h - rows as text, for programs and for comparing two runs.
 *
 * Whole numbers are written as such; doubles with the fewest digits that read back as the same
 * double (at most 17), so nothing is lost. Lines end in LF.
 */
#ifndef ETALON_REPORTS_EXPORT_H
#define ETALON_REPORTS_EXPORT_H

#include <stdio.h>

#include "base/err.h"

struct query;
struct query_campaign;

enum export_format { EXPORT_CSV, EXPORT_JSON };

/*
 * All of a campaign that a repetition must give again, as JSON lines:
 * {"section":NAME,"columns":[…]} opens a section, each row after it is [NAME,value,…]. Nothing
 * of the host, its tools and packages among it, no row ids: two equal runs of a deterministic
 * bench give equal bytes on whatever computer, and diff shows what differs. What is left out of
 * the provenance is in the view of that name. Write errors of f: ERR_IO.
 */
int export_canonical(struct query *q, const struct query_campaign *c, FILE *f, struct err *e);

/*
 * One public view, of one campaign or (NULL) of all. CSV: RFC 4180 with a header line; SQL's
 * NULL is an empty field. JSON: an array of objects, one a line.
 */
int export_view(struct query *q, const char *view, const struct query_campaign *c,
                enum export_format format, FILE *f, struct err *e);

#endif
