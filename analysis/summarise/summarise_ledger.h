/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise/summarise_ledger.h - view `overhead` of a campaign; by
 * summarise_campaign().
 */
#ifndef ETALON_ANALYSIS_SUMMARISE_SUMMARISE_LEDGER_H
#define ETALON_ANALYSIS_SUMMARISE_SUMMARISE_LEDGER_H

#include "base/err.h"

struct query;
struct query_campaign;
struct store;

/* analysis/ledger.h for each run that the platform `bare` ran too, in each boot that may be used.
 * A campaign without `bare` gets no rows. */
int summarise_ledger(struct store *store, struct query *q, const struct query_campaign *c,
                     struct err *e);

#endif
