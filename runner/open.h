/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/open.h - the end of a blind trial: what was found is fixed, then what was sealed is
 * opened and laid beside it (docs/adr/0023).
 */
#ifndef ETALON_RUNNER_OPEN_H
#define ETALON_RUNNER_OPEN_H

#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"

struct store;

struct open_report {
    size_t seals, opened;          /* of the campaign; now */
    char findings[HASH_HEX_BYTES]; /* SHA-256 of what was found before anything was opened */
};

/*
 * Open all of the campaign's seals that are not open yet, in one transaction; `campaign` NULL: the
 * only one. The store is open for writing.
 *
 * Findings (views clocks, and recoveries without what comes from ledgers) are made and hashed before; the hash
 * becomes the fact `seal.findings`. They are made again afterwards: if they are not the same,
 * analysis has looked where it must not, and ERR_BUG says so.
 *
 * ERR_USAGE: no seals, boots missing, or another key (it is named). ERR_DATA: a seal is damaged,
 * or what is in it is not what was committed to.
 */
int open_campaign(struct store *store, const char *campaign, const char *key_path,
                  struct open_report *report, struct err *e);

#endif
