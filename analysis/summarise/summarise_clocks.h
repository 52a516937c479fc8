/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise/summarise_clocks.h - view `clocks` of one campaign; called by
 * summarise_campaign().
 */
#ifndef ETALON_ANALYSIS_SUMMARISE_SUMMARISE_CLOCKS_H
#define ETALON_ANALYSIS_SUMMARISE_SUMMARISE_CLOCKS_H

#include "base/err.h"

struct query;
struct query_campaign;
struct store;

/* Every clock of every boot that may be used, the reading inside the workload `clock`, and
 * user + sys together, which must not exceed true time either. */
int summarise_clocks(struct store *store, struct query *q, const struct query_campaign *c,
                     struct err *e);

#endif
