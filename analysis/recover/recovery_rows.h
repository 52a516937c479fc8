/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/recover/recovery_rows.h - private to summarise_recovery.c, summarise_pads.c and
 * summarise_ticks.c: rows of the view `recoveries` while they are made.
 */
#ifndef ETALON_ANALYSIS_RECOVER_RECOVERY_ROWS_H
#define ETALON_ANALYSIS_RECOVER_RECOVERY_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/query/query.h"
#include "analysis/recover/recover.h"
#include "base/err.h"
#include "collector/store.h"

struct recovery_entry { /* of a ledger */
    int64_t boot;
    struct recover_entry e; /* but for its kind */
    char kind[24];
};

struct recovery_request {
    int64_t boot, entries, count, requested, delivered;
    char kind[24], form[128];
};

struct recovery_row {
    struct store_recovery r; /* but for the texts below */
    int told;                /* the boot's ledger is there to be seen */
    char detail[32], unit[16], reason[200];
};

struct recovery { /* of one campaign; arrays are owned */
    struct recovery_entry *entry;
    size_t entries, entry_room;
    struct recovery_request *request;
    size_t requests, request_room;
    struct recovery_row *row;
    size_t rows, row_room;
    struct recover_sample *sample; /* of the boot being read */
    size_t samples, sample_room;
    struct query_recovery_sample boot; /* what is the same in all of them */
    struct err *e;
};

/* A new last row, nothing found and nothing told; NULL: out of memory, `v->e` says so. */
struct recovery_row *recovery_add_row(struct recovery *v, int64_t boot, const char *kind);

/* The verdict (summarise_recovery.h) on a row with `injected` and `missed` set. */
const char *recovery_judge(const struct store_recovery *r, int found, int within);

/* Are all of the boot's entries there that its requests count? */
int recovery_is_whole(const struct recovery *v, int64_t boot);
#define RECOVERY_NOT_WHOLE "the ledger was full: what was injected is not known entry by entry"

/* Rows of kinds lost_ticks and user_over_total. 0 or an error, which is in `v->e`. */
int recovery_find_ticks(struct recovery *v, struct query *q, const struct query_campaign *c);

/* Rows of kind exit_pad, after all others are there. 0 or an error, which is in `v->e`. */
int recovery_find_pads(struct recovery *v, struct query *q, const struct query_campaign *c);

#endif
