/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/store.h - the database of measurements: SQLite, raw first, append-only.
 *
 * The tables and the public views are in collector/schema.sql and docs/store.md. This is the
 * only code that writes them.
 *
 * Durability: write-ahead log; a boot is one transaction, so it is there whole or not at all,
 * whatever happens to the process, the disk or the machine. store_open() does all checks, so
 * that a wrong file is refused before any boot runs.
 *
 * Ownership: strings and bytes handed in are copied. NULL strings are stored as ''.
 * Threads and processes: one struct store per thread; never used across fork(). Several
 * processes may write the same file (each waits up to 10 s for its turn).
 *
 * Errors: ERR_IO (disk full, read-only, permission, locked), ERR_DATA (not a database, other
 * program's or newer version's database, damaged), ERR_USAGE (campaign name taken by another
 * text), ERR_BUG (constraint of ours broken). A failed store_put or store_add leaves a boot
 * transaction open: call store_rollback_boot().
 *
 * Not handled here: what the bytes mean (runner/ingest.c), reading back (analysis/query.c, on
 * the handle of store_handle()).
 */
#ifndef ETALON_COLLECTOR_STORE_H
#define ETALON_COLLECTOR_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/verdict.h"

#define STORE_VERSION 7              /* user_version of the file */
#define STORE_APPLICATION 0x45544C4E /* application_id: "ETLN" */
#define STORE_CHUNK_BYTES 65536u
#define STORE_NONE INT64_MIN /* an unknown number: stored as NULL where allowed */

struct sqlite3;
struct store;

enum store_mode {
    STORE_CREATE, /* read and write, made if missing, older versions are migrated */
    STORE_WRITE,  /* read and write, must exist, older versions are migrated */
    STORE_READ,   /* must exist and be of this version */
};

/* The version of a file that store_open() would take for writing; only reads. Who migrates it can
 * say so. */
int store_read_version(const char *path, int *version, struct err *e);
int store_open(const char *path, enum store_mode mode, struct store **out, struct err *e);
void store_close(struct store *s); /* NULL allowed; an open transaction is rolled back */
struct sqlite3 *store_handle(struct store *s); /* for the query layer; owned by the store */

/* --- campaign, provenance, attempts: one small transaction each --- */

struct store_campaign {
    const char *name;
    const char *hash; /* SHA-256 of text, hex */
    const char *text; /* canonical text */
    const char *bench;
    int deterministic;
    double ns_per_instruction; /* 0 where there is none */
    uint32_t boots_planned;
};

/* Insert, or find the campaign of the same name and hash. Same name, other hash: ERR_USAGE. */
int store_put_campaign(struct store *s, const struct store_campaign *c, int64_t *id,
                       struct err *e);
/* 1 found (*id filled), 0 not there, negative: error. */
int store_find_campaign(struct store *s, const char *name, int64_t *id, struct err *e);

/* Provenance. Putting the same value again is nothing; another value for a key that is there
 * is ERR_DATA: the campaign would mix two toolchains. */
int store_put_fact(struct store *s, int64_t campaign, const char *key, const char *value,
                   struct err *e);
/* As store_put_fact(), for what depends on the controller (last value wins, never exported). */
int store_put_host_fact(struct store *s, int64_t campaign, const char *key, const char *value,
                        struct err *e);

/* 1 if this boot is stored, 0 if not, negative: error. */
int store_has_boot(struct store *s, int64_t campaign, uint32_t plan_index, struct err *e);

/* Host times are Unix ns. An attempt that is never ended was cut off with the runner. */
int store_begin_attempt(struct store *s, int64_t campaign, uint32_t plan_index,
                        int64_t unix_ns, int64_t *id, struct err *e);
/* outcome: complete (the boot is stored), interrupted, error. */
int store_end_attempt(struct store *s, int64_t id, int64_t unix_ns, const char *outcome,
                      struct err *e);

/* --- one boot, one transaction --- */

struct store_boot { /* fields as the columns of table boot */
    int64_t campaign;
    uint32_t plan_index;
    const char *platform, *variant;
    uint32_t block, position;
    uint64_t seed;
    const char *plan;
    enum verdict verdict;
    const char *reason;
    char grade;
    const char *end;
    uint64_t machine_time_ns;
    uint64_t tick_hz;
    uint32_t step_ticks, fclk_hz, baud, phases;
    uint64_t source_id, build_id;
    uint64_t timebase_ppb;
    double path_u_ns; /* NAN: no null in this boot */
    uint64_t settle_ns;
    const char *guest_clock; /* NULL: none */
    uint64_t guest_clock_hz;
    uint64_t frames, events, heartbeats, frames_damaged, frames_missing, frames_repeated;
    uint64_t epoch_changes, lost, high_water, refused;
    int watchdog;
    uint64_t markers, violations;
    uint64_t reference_edges;
    int64_t reference_first_tick, reference_last_tick; /* STORE_NONE */
    uint64_t records, records_damaged, records_missing, records_repeated;
};

struct store_run {
    uint32_t w;
    const char *workload, *param, *metric, *unit;
    const char *form; /* "per" or "rate" */
    double scale;
    uint64_t work, iterations, first_interval;
    enum verdict verdict;
    const char *reason, *answer;
};

struct store_interval {
    uint64_t n;
    int64_t w, iteration;          /* STORE_NONE */
    int64_t start_tick, stop_tick; /* STORE_NONE */
    int64_t reading;               /* STORE_NONE */
    enum verdict verdict;
    const char *reason;
};

struct store_reading {
    uint64_t n; /* interval */
    uint32_t clock;
    int64_t before, after; /* START, STOP */
};

struct store_distortion { /* fields as the columns of table distortion */
    uint64_t seq, lie;
    const char *kind, *unit;
    uint64_t begin, end, guest;
    int64_t requested, delivered, visible;
    uint64_t count;
};

struct store_distortion_request { /* fields as the columns of table distortion_request */
    uint64_t lie;
    const char *kind, *unit, *form;
    uint64_t entries, count;
    int64_t requested, delivered, visible;
};

/* BEGIN IMMEDIATE and the boot's row; *boot is for the calls below. Runs go in before their
 * figures, clocks before their readings. */
int store_begin_boot(struct store *s, const struct store_boot *b, int64_t *boot,
                     struct err *e);
/* All of a stream at once; cut into chunks of STORE_CHUNK_BYTES. */
int store_add_frames(struct store *s, int64_t boot, const void *data, size_t n, struct err *e);
int store_add_console(struct store *s, int64_t boot, int stream, const void *data, size_t n,
                      struct err *e);
int store_add_log(struct store *s, int64_t boot, const void *data, size_t n, struct err *e);
int store_add_fact(struct store *s, int64_t boot, const char *key, const char *value,
                   struct err *e);
/* Also takes `param` ("key=value key=value") apart into run_param. */
int store_add_run(struct store *s, int64_t boot, const struct store_run *r, struct err *e);
int store_add_figure(struct store *s, int64_t boot, uint32_t w, const char *key, int64_t value,
                     struct err *e);
int store_add_interval(struct store *s, int64_t boot, const struct store_interval *i,
                       struct err *e);
/* Many at once: several rows to a statement, some three times as fast. */
int store_add_intervals(struct store *s, int64_t boot, const struct store_interval *rows,
                        size_t n, struct err *e);
int store_add_clock(struct store *s, int64_t boot, uint32_t clock, const char *name,
                    const char *unit, struct err *e);
int store_add_reading(struct store *s, int64_t boot, uint64_t n, uint32_t clock,
                      int64_t before, int64_t after, struct err *e);
int store_add_readings(struct store *s, int64_t boot, const struct store_reading *rows,
                       size_t n, struct err *e);
/* w: run, or -1 for the whole boot. ticks: the hypervisor's own time, all, shortest and
 * longest exit; 0 unknown. */
int store_add_exit_count(struct store *s, int64_t boot, int64_t w, const char *cause,
                         uint64_t count, const uint64_t ticks[3], struct err *e);
int store_add_audit(struct store *s, int64_t boot, uint32_t ordinal, const char *what,
                    uint64_t k, uint64_t exits_k, uint64_t exits_2k, struct err *e);
/* byte_offset: STORE_NONE where it means nothing. */
int store_add_damage(struct store *s, int64_t boot, uint32_t ordinal, const char *source,
                     const char *kind, int64_t byte_offset, const char *detail, struct err *e);
/* The hypervisor's ledger of distortions. */
int store_add_distortion(struct store *s, int64_t boot, const struct store_distortion *d,
                         struct err *e);
int store_add_distortion_request(struct store *s, int64_t boot,
                                 const struct store_distortion_request *r, struct err *e);
/* What the hypervisor said, sealed (base/seal.h). */
int store_add_seal(struct store *s, int64_t boot, const char *key_id, const char *commitment,
                   const void *sealed, size_t n, struct err *e);
/* Begin a transaction that adds to boots what was sealed: store_add_*() with their rows' ids,
 * then store_commit_boot(). */
int store_begin_opening(struct store *s, struct err *e);
int store_commit_boot(struct store *s, struct err *e); /* after an error: rolled back */
void store_rollback_boot(struct store *s);

/* --- derived tables: replaced as a whole, for one campaign, in one transaction --- */

struct store_summary { /* NAN is stored as NULL; fields as the columns of view summary */
    const char *platform, *variant, *workload, *param, *metric, *unit;
    uint64_t n;
    double value, p50, p99, max, ci_low, ci_high;
    uint32_t boots;
    const char *baseline; /* platform the ratio is against; "" none */
    double ratio, ratio_low, ratio_high;
    const char *verdict; /* of the comparison; text of analysis */
};

struct store_clock {
    uint32_t plan_index; /* of the boot */
    const char *clock;
    double offset_ns, skew_ppm, skew_low, skew_high; /* NAN: unknown */
    int64_t jumps, backsteps, freezes;               /* STORE_NONE: unknown */
    const char *verdict, *reason;                    /* sound, biased, aberrant … */
};

struct store_times {     /* the audit of time(1) of one run */
    uint32_t plan_index; /* of the boot */
    int64_t w;
    uint64_t intervals;
    double true_ns;
    int64_t real_ns, user_ns, sys_ns;
    int64_t steal_ns; /* STORE_NONE: not read */
    int64_t cpus;     /* STORE_NONE: not told */
    double tolerance_ns;
    uint64_t flagged;
    const char *verdict, *reason; /* sound, aberrant, unknown */
};

struct store_overhead { /* the overhead ledger of one run; analysis/ledger.h */
    uint32_t plan_index;
    int64_t w;
    uint64_t intervals;
    double true_ns, work_ns;
    int64_t operations;
    double operation_ns, operations_ns; /* NAN: NULL, where the column allows */
    int64_t interrupts;                 /* STORE_NONE: not counted */
    double interrupt_ns, interrupts_ns, unseen_ns, steal_ns, residual_ns, u_ns, budget_ns;
    uint64_t flagged;
    const char *verdict, *reason; /* closed, over budget, incomplete */
};

struct store_score {     /* fields as the columns of table derived_score */
    uint32_t plan_index; /* of the boot */
    int64_t w;           /* -1: of the boot's runs together */
    const char *style, *name, *unit;
    uint64_t n;
    double guest, truth, error_ppm, u_ppm; /* NAN: none */
    const char *verdict;
};

struct store_recovery {  /* fields as the columns of table derived_recovery */
    uint32_t plan_index; /* of the boot */
    const char *kind, *detail, *unit;
    uint64_t events;
    double recovered, low, high;            /* NAN: none */
    int64_t injected, missed;               /* STORE_NONE: no ledger to be seen */
    double requested, delivered, per_event; /* NAN: the same */
    const char *verdict, *reason;
};

int store_replace_summary(struct store *s, int64_t campaign, const struct store_summary *rows,
                          size_t n, struct err *e);
int store_replace_clocks(struct store *s, int64_t campaign, const struct store_clock *rows,
                         size_t n, struct err *e);
int store_replace_scores(struct store *s, int64_t campaign, const struct store_score *rows,
                         size_t n, struct err *e);
int store_replace_times(struct store *s, int64_t campaign, const struct store_times *rows,
                        size_t n, struct err *e);
int store_replace_overhead(struct store *s, int64_t campaign,
                           const struct store_overhead *rows, size_t n, struct err *e);
int store_replace_recoveries(struct store *s, int64_t campaign,
                             const struct store_recovery *rows, size_t n, struct err *e);

#endif
