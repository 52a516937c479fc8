/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/terminal.h - the summary table at the end of `etalon run` and `etalon report`.
 *
 * Plain text in UTF-8: what was measured on what, the figures per workload and platform with
 * their ratio to the baselines, and what was not as it should be. Control characters in names
 * are replaced, so a guest cannot drive the user's terminal.
 */
#ifndef ETALON_REPORTS_TERMINAL_H
#define ETALON_REPORTS_TERMINAL_H

#include <stdio.h>

#include "base/err.h"

struct model; /* reports/model.h */

int terminal_write_summary(const struct model *m, FILE *f, struct err *e);

#endif
