/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise/summarise.h - fill the derived tables of one campaign: view `summary` and
 * `clocks`.
 *
 * Reads through analysis/query/query.h, computes with analysis/summary.h and
 * analysis/clock/clock.h, writes through store_replace_summary() and store_replace_clocks().
 * Raw rows are never touched, and the result is a pure function of them: it can be thrown away
 * and made again.
 *
 * View `summary` has one row per platform, variant, workload, parameters and baseline; the
 * baselines are `native` and `bare`, where the campaign has them (first variant).
 *   value, p50, p99, max  in the workload's unit. value is the median over boots of the boot's
 *               median. Quantiles are of times and then converted, so for a rate p99 is what
 *               99 of 100 iterations reach, and max the slowest.
 *   ci_low, ci_high  95 %, from boots; NULL where figures are exact or boots too few
 *   ratio       time per unit of work over the baseline's; above 1 is slower, for rates too.
 *               ratio_low without ratio_high: no upper bound (a baseline of one timer step);
 *               neither: unknown.
 *   verdict     exact, sampled, single boot, boots differ; with "; not distinguishable" after
 *               a comparison whose bounds hold 1. skip, error, fail: the worst that became
 *               of the run in any boot; then value rests on the boots that are left. crash or
 *               error also where no boot is left.
 */
#ifndef ETALON_ANALYSIS_SUMMARISE_SUMMARISE_H
#define ETALON_ANALYSIS_SUMMARISE_SUMMARISE_H

#include "base/err.h"

struct store;

/* `campaign` NULL: the only one. The store is open for writing. */
int summarise_campaign(struct store *store, const char *campaign, struct err *e);

#endif
