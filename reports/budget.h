/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/budget.h - the uncertainty budget of an interval after JCGM 100, as every format of the
 * report shows it: for each platform one of its longest run, where the timebase counts most, with
 * the worst of the parts that any boot had.
 *
 * The components are those of analysis/uncertainty.h, from what the database has: the timer's step,
 * the stated uncertainty of its rate (at k = 2; degrees of freedom are not stored, and so taken as
 * known), and the standard deviation of null with its nulls less one, of the boot with the fewest.
 * On a deterministic bench edges lie on samples and the path has no spread: one step is given as a
 * bound at k = 2, as in the view `intervals`. BUDGET_CONFIDENCE is that of k = 2 where all is known,
 * so that the expanded uncertainty is that view's u_ns but for few degrees of freedom.
 */
#ifndef ETALON_REPORTS_BUDGET_H
#define ETALON_REPORTS_BUDGET_H

#include "analysis/uncertainty.h"
#include "reports/format.h"
#include "reports/model.h"

#define BUDGET_CONFIDENCE 0.95449973610364158 /* erf(2 / sqrt(2)) */

struct budget {
    size_t run;
    double true_ns; /* of the interval: the run's median */
    struct uncertainty_component component[UNCERTAINTY_INTERVAL_COMPONENTS];
    const char *distribution[UNCERTAINTY_INTERVAL_COMPONENTS];
    struct uncertainty_budget total;
};

/* 1; 0 where no interval of the platform counts. */
int budget_of_platform(const struct model *m, size_t platform, struct budget *out);

extern const char budget_note[];

/* The tables' columns ("n:" marks numbers) and rows, as plain text; the first column is the
 * platform's, whose text each format writes itself. Cells are borrowed until `row` returns. */
#define BUDGET_TOTAL_COLUMNS 9
#define BUDGET_PART_COLUMNS 9
extern const char *const budget_total_columns[BUDGET_TOTAL_COLUMNS + 1];
extern const char *const budget_part_columns[BUDGET_PART_COLUMNS + 1];
void budget_totals(const struct model *m,
                   void (*row)(void *opaque, size_t platform, const char *const *cell),
                   void *opaque);
void budget_parts(const struct model *m,
                  void (*row)(void *opaque, size_t platform, const char *const *cell),
                  void *opaque);

#endif
