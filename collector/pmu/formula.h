/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/formula.h - the arithmetic of the group files:
 *
 *   sum = product { (+|-) product } ; product = factor { (*|/) factor } ;
 *   factor = number | name | ( sum ) | - factor
 *
 * A name is a letter or _ followed by letters, digits and _, and stands for an event's count.
 */
#ifndef ETALON_COLLECTOR_PMU_FORMULA_H
#define ETALON_COLLECTOR_PMU_FORMULA_H

#include <stdint.h>

#include "base/err.h"

struct formula_value {
    const char *name;
    uint64_t count;
};

/*
 * ERR_DATA, naming the column: malformed, an unknown name, or nested deeper than 32.
 * ERR_UNAVAILABLE: a division by zero, so that there is no such figure for these counts.
 */
int formula_evaluate(const char *text, const struct formula_value *value, unsigned values,
                     double *result, struct err *e);

/* Is it well formed, and does it use only these names? Divisions are not looked at. */
int formula_check(const char *text, const struct formula_value *value, unsigned values,
                  struct err *e);

#endif
