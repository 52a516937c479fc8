/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/differences.h - entries of a campaign against its own baseline ("patched against
 * unpatched"): what a unit of work takes longer, as every format of the report shows it.
 *
 * A row is a run, or an operation of exit_costs (the loop around it subtracted), on an entry
 * that is not the baseline. Time and not value: of a rate, too, more is slower. Where one
 * instruction has a fixed time, in instructions as well.
 */
#ifndef ETALON_REPORTS_DIFFERENCES_H
#define ETALON_REPORTS_DIFFERENCES_H

#include <stddef.h>

#include "reports/model/model.h"

#define DIFFERENCES_COLUMNS 6

/* 1 if the campaign named a baseline and it has boots. */
int differences_asked(const struct model *m);

/* Titles of the columns into title[], NULL-terminated; "n:" marks numbers. The texts are in
 * buf. */
void differences_titles(const struct model *m, char *buf, size_t size,
                        const char *title[DIFFERENCES_COLUMNS + 1]);

/* Every row, as plain text; the cells are borrowed until the callback returns. */
void differences_each(const struct model *m,
                      void (*row)(void *opaque, const char *const *cell), void *opaque);

#endif
