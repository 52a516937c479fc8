/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/print.h - what `run` and `report` both show at their end. */
#ifndef ETALON_CMD_PRINT_H
#define ETALON_CMD_PRINT_H

#include "cmd/command.h"

/* The summary table of a campaign (NULL: the only one) to standard output. Returns
 * EXIT_STATUS_VERDICT if a boot or run has the verdict error, fail or crash. */
int print_summary(const struct command *c, const char *db, const char *campaign);

/* The same of a campaign that is read already (reports/model.h). */
struct query;
struct model;
int print_model(const struct command *c, struct query *query, const struct model *m);

#endif
