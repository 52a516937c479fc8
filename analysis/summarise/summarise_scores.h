/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise/summarise_scores.h - private to analysis/: fill view `scores` of one
 * campaign.
 *
 * What reading the guest's clock costs is taken off every guest interval, as benchmarks take off
 * what they measured of their own clock: the median by which the guest's time exceeds the true one
 * in the boot's shortest run (workload clock, where it is there; null, which takes another way
 * through the runtime, only if there is nothing else). The spread of it, central 95 %, is what one
 * interval cannot be told better than.
 */
#ifndef ETALON_ANALYSIS_SUMMARISE_SUMMARISE_SCORES_H
#define ETALON_ANALYSIS_SUMMARISE_SUMMARISE_SCORES_H

#include "base/err.h"

struct query;
struct query_campaign;
struct store;

int summarise_scores(struct store *store, struct query *q, const struct query_campaign *c,
                     struct err *e);

#endif
