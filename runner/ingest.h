/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/ingest.h - from the raw files of one boot to its rows in the store.
 *
 * Reads what bench->boot() left in work_dir (bench/bench.h), decodes the frames, derives the
 * intervals, reads the records, holds the one against the other, and writes raw bytes and all
 * that follows from them in one transaction. Nothing is dropped: a boot that died, a console
 * full of garbage, a link that failed are stored with verdict and reason.
 *
 * Verdict of the boot, worst of: crash (the machine died by itself, or its bound was reached
 * before the target's last word), error (damaged frames, lost > 0, grammar violated, records
 * missing or contradicting the frames, the target gave up), fail (a workload's answer was
 * wrong), ok. With lost > 0 or a wrong preamble every interval of the boot is invalid;
 * otherwise those that a fault touches are.
 *
 * Only errors of ours are returned (files unreadable, the store refuses); the transaction is
 * then rolled back and earlier boots are intact.
 */
#ifndef ETALON_RUNNER_INGEST_H
#define ETALON_RUNNER_INGEST_H

#include <stdint.h>

#include "base/err.h"
#include "base/verdict.h"
#include "bench/bench.h"

struct store;

struct ingest_boot {
    int64_t campaign; /* from store_put_campaign() */
    uint32_t plan_index;
    const char *platform, *variant;
    uint32_t block, position; /* of the ABBA order */
    uint64_t seed, nonce;     /* as given to bench->boot() */
    const char *plan_text;
    const struct bench *bench; /* grade, settle_ns, timebase_ppb, tsc_hz, deterministic */
    struct bench_timer timer;  /* as given to bench->boot(); not realistic: bench's timebase */
    int second_console;        /* the machine_spec's: records are due there, too */
    const char *seal;          /* NULL, or the key with which the second console is sealed */
    const struct bench_outcome *outcome;
    /* Set when the boot was never tried (platform unavailable …): stored with verdict skip and
     * this reason; outcome and files are not looked at. */
    const char *skip_reason;
};

struct ingest_result {
    enum verdict verdict;
    char reason[512];   /* "" when ok */
    uint64_t intervals; /* stored */
    uint64_t intervals_ok;
    uint64_t frames, frames_damaged, frames_missing, lost, violations;
};

/* result may be NULL. */
int ingest_boot(struct store *store, const struct ingest_boot *boot, const char *work_dir,
                struct ingest_result *result, struct err *e);

/*
 * As ingest_boot(), from one file of frames without a console: intervals are derived, numbered
 * and stored, but belong to no run. boot->outcome and second_console are not looked at.
 */
int ingest_frames(struct store *store, const struct ingest_boot *boot, const char *frames_path,
                  struct ingest_result *result, struct err *e);

/*
 * What was sealed of a boot, now that it is known: its rows, inside a transaction of
 * store_begin_opening(). `boot` is the row's id. The boot's verdict stays; what is wrong in it is
 * told in the view damages.
 */
int ingest_opened(struct store *store, int64_t boot, uint32_t plan_index, const char *log,
                  size_t n, struct err *e);

#endif
