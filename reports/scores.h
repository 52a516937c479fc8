/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/scores.h - the counterfactual as every format of the report shows it: on which platform
 * what style of benchmark would have printed how many scores, how many of them wrong, and the one
 * that is farthest off.
 */
#ifndef ETALON_REPORTS_SCORES_H
#define ETALON_REPORTS_SCORES_H

#include "reports/model/model.h"

#define SCORES_COLUMNS 9

extern const char scores_note[];
/* Of the other table: scores that a workload itself reported (figure guest_score_milli). */
extern const char scores_reported_note[];
/* NULL-terminated; "n:" marks numbers. */
extern const char *const scores_columns[SCORES_COLUMNS + 1];

/* Every row, as plain text; the cells are borrowed until the callback returns. */
void scores_each(const struct model *m, void (*row)(void *opaque, const char *const *cell),
                 void *opaque);

#endif
