/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/markdown.h - private to reports/markdown*.c: the parts of the page and what they share.
 *
 * All text goes through escape_markdown(); literal markup is written by us only.
 */
#ifndef ETALON_REPORTS_MARKDOWN_H
#define ETALON_REPORTS_MARKDOWN_H

#include <stddef.h>
#include <stdio.h>

#include "reports/model.h"

/* Titles that begin with "n:" are columns of numbers; NULL ends them. Returns their number. */
size_t markdown_header(FILE *f, const char *const *title);
void markdown_row(FILE *f, const char *const *cell, size_t n);
void markdown_paragraph(FILE *f, const char *text);

void markdown_clocks(FILE *f, const struct model *m);
void markdown_trust(FILE *f, const struct model *m); /* certificates and budget */

#endif
