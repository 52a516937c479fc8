/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/execute.h - run all boots of a campaign into a store.
 *
 * Boots run in child processes, `jobs` at once; each finished one is ingested in one
 * transaction by the calling process. What is in the store already (resume) is not run again.
 * Whatever kills the caller, the children die with it and the store holds whole boots only.
 */
#ifndef ETALON_RUNNER_EXECUTE_H
#define ETALON_RUNNER_EXECUTE_H

#include <signal.h>
#include <stddef.h>

#include "base/err.h"
#include "base/progress.h"
#include "base/verdict.h"
#include "runner/campaign.h"

struct store;

struct execute_boot_report { /* one finished boot */
    const struct campaign_platform *platform;
    unsigned plan_index;
    enum verdict verdict;
    const char *reason; /* "" when ok */
    double host_s;
};

struct execute_request {
    const struct campaign *campaign;
    struct store *store;
    const char *db_path;         /* work folders stand beside it */
    unsigned jobs;               /* boots at once, at least 1 */
    int resume;                  /* the campaign may be in the store already */
    const char *keep_dir;        /* NULL, or where the raw files of each boot are left */
    volatile sig_atomic_t *stop; /* set by the caller's signal handler; may be NULL */
    /* Called for each finished boot and about ten times a second between. May be NULL. */
    void (*finished)(void *opaque, const struct execute_boot_report *boot,
                     const struct progress *progress);
    void (*tick)(void *opaque, const struct progress *progress);
    void *opaque;
};

/*
 * 0 when every boot is in the store (whatever its verdict; *worst tells), ERR_INTERRUPTED after
 * *stop, ERR_UNAVAILABLE / ERR_USAGE when the next boot would fail alike, else what went wrong
 * with the store. Everything finished before is in the store in each case.
 */
int execute_campaign(const struct execute_request *request, enum verdict *worst,
                     struct err *e);

#endif
