/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/comparison.h - a comparison (analysis/compare/comparison.h) for people and for
 * programs.
 *
 * A row that is not comparable is written like any other, with its reason: what cannot be said is
 * part of the answer. Names and reasons come from a guest and are escaped.
 */
#ifndef ETALON_REPORTS_COMPARISON_H
#define ETALON_REPORTS_COMPARISON_H

#include <stdio.h>

#include "analysis/compare/comparison.h"

/* What `--fail-above` asks: rows that are slower by more than `limit` (a ratio), and rows of which
 * the second side has no figure though it should (struct compare_result.broken). */
struct comparison_failures {
    size_t slower, broken;
};
struct comparison_failures comparison_failures(const struct comparison *c, double limit);

/* Both sides, a table, a line for each row that is not comparable, start that had to settle and
 * pair of modes, and how many rows have which verdict. */
void comparison_write_text(const struct comparison_request *request,
                           const struct comparison *c, FILE *f);
/* RFC 4180, a header line and a line for each row; no value: an empty field. */
void comparison_write_csv(const struct comparison *c, FILE *f);
/* One object; no value: null. fail_above NaN: none was asked for. */
void comparison_write_json(const struct comparison_request *request,
                           const struct comparison *c, double fail_above, FILE *f);

#endif
