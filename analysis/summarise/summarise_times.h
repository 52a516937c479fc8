/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise/summarise_times.h - view `time_audits` of a campaign; by
 * summarise_campaign().
 */
#ifndef ETALON_ANALYSIS_SUMMARISE_SUMMARISE_TIMES_H
#define ETALON_ANALYSIS_SUMMARISE_SUMMARISE_TIMES_H

#include "base/err.h"

struct query;
struct query_campaign;
struct store;

/* analysis/times.h for each run of each boot that may be used and reads real, user and sys. */
int summarise_times(struct store *store, struct query *q, const struct query_campaign *c,
                    struct err *e);

#endif
