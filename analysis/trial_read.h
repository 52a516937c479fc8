/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/trial_read.h - the boots of a blind trial, from the views recoveries, clocks,
 * distortion_requests and seals of one campaign.
 *
 * What was found is read from where it was put before the seals were opened; that it is still the
 * same is what opening checks (runner/open.h), so a trial is read behind that.
 */
#ifndef ETALON_ANALYSIS_TRIAL_READ_H
#define ETALON_ANALYSIS_TRIAL_READ_H

#include <stddef.h>

#include "analysis/trial.h"
#include "base/err.h"

struct query;
struct query_campaign;

struct trial_entry {
    struct trial_boot b;
    char platform[32], variant[128], seed[24];
    char lies[256];   /* forms that were asked for, joined by "+"; "" none */
    char reason[160]; /* why it is not judged; "" */
};

struct trial_set {
    struct trial_entry *entry; /* owned; in plan order */
    size_t entries;
    size_t seals; /* of the campaign */
};

/* Boots that are sealed, or of which a ledger is open. ERR_DATA: a kind that is not known. */
int trial_read(struct query *q, const struct query_campaign *c, struct trial_set *out,
               struct err *e);
void trial_release(struct trial_set *set);

#endif
