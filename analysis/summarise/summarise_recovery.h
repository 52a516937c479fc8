/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise/summarise_recovery.h - view `recoveries` of a campaign; by
 * summarise_campaign().
 */
#ifndef ETALON_ANALYSIS_SUMMARISE_SUMMARISE_RECOVERY_H
#define ETALON_ANALYSIS_SUMMARISE_SUMMARISE_RECOVERY_H

#include "base/err.h"

struct query;
struct query_campaign;
struct store;

/*
 * Of campaigns in which a hypervisor was asked to distort, or may have been (a seal), for every boot that may be used: what
 * is found of each kind (analysis/recover/recover.h), beside what the ledger has where there
 * is one to be seen. Verdicts:
 *   nothing, found      there is no ledger to compare with
 *   clean, false alarm  the ledger has none of this kind
 *   recovered           what the ledger says was delivered lies in what is stated of the finding
 *   not recovered       it was found, and its size is wrong
 *   missed              it is in the ledger and was not found
 *   unseen              it is in the ledger, and no interval lay where it could be seen
 */
int summarise_recovery(struct store *store, struct query *q, const struct query_campaign *c,
                       struct err *e);

#endif
