/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/ingest_private.h - shared by the files of ingest: what one boot's frames and consoles
 * hold, once read, and the list of what is wrong with it.
 */
#ifndef ETALON_RUNNER_INGEST_PRIVATE_H
#define ETALON_RUNNER_INGEST_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/interval.h"
#include "collector/collector.h"
#include "collector/record.h"
#include "collector/store.h"
#include "probe/wire_decode.h"
#include "runner/ingest.h"

#define INGEST_MAX_FAULTS 1000 /* rows kept of each source; all are counted */
#define INGEST_MAX_INTERVALS (1u << 26)

/* Grow *array (of `size`-byte elements) so that element *count exists; 0, or -1: no memory. */
int ingest_grow(void **array, size_t *room, size_t count, size_t size);

/* --- what is wrong (rows of table damage; the worst one is the boot's reason) --- */

enum ingest_source {
    INGEST_FRAMES,
    INGEST_MARKERS,
    INGEST_CONSOLE,
    INGEST_CONSOLE2,
    INGEST_BENCH,
    INGEST_SOURCES
};

struct ingest_fault {
    enum ingest_source source;
    const char *kind;    /* static text */
    int64_t byte_offset; /* STORE_NONE */
    char detail[440];
};

struct ingest_faults {
    struct ingest_fault *fault;
    size_t count, room;
    size_t of_source[INGEST_SOURCES]; /* all, also those not kept */
    enum verdict worst;
    char reason[512]; /* of the worst, the first of its kind; but see ingest_fault() */
    int explained;    /* … it is what somebody on the machine told */
    int no_memory;
};

const char *ingest_source_name(enum ingest_source source);
/* verdict: what it makes of the boot; VERDICT_OK for a mere note. What target or hypervisor told
 * when it gave up (INGEST_*_GAVE_UP) is the boot's reason before damage that is as bad: a console
 * cut short is the consequence. */
#define INGEST_TARGET_GAVE_UP "target gave up"
#define INGEST_HYPERVISOR_GAVE_UP "hypervisor gave up"
void ingest_fault(struct ingest_faults *f, enum verdict verdict, enum ingest_source source,
                  const char *kind, int64_t byte_offset, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* --- frames --- */

struct ingest_wire {
    struct wire_stats stats;
    struct wire_hello hello;
    int have_hello, armed, disarmed;
    uint64_t lost,
        lost_counted; /* since ARM: by LOST, by heartbeats; then lost is the larger */
    uint64_t high_water, refused;
    int watchdog;
    uint64_t reference_edges;
    int64_t reference_first_tick, reference_last_tick;
    uint64_t *reference; /* ticks of its rising edges; owned */
    size_t reference_room;
    uint64_t timebase_ppb; /* of tick_hz, k = 2 */
    uint64_t tick_hz;      /* 0: no HELLO */
    uint32_t tick_scale, step_ticks;
    struct interval_item *tape; /* owned */
    size_t items, room;
    size_t last_heartbeat; /* items on the tape when it came */
    int synced;            /* a good frame was seen: what is damaged now was to be read */
    int no_memory;
    uint64_t nonce; /* expected */
    struct ingest_faults *faults;
};

/* Decode and put on the tape. Ends the tape with a break if DISARM's reply is missing. `w` is to be
 * released. */
void ingest_read_frames(struct ingest_wire *w, const uint8_t *data, size_t n, uint64_t nonce,
                        struct ingest_faults *faults);
void ingest_release_frames(struct ingest_wire *w);

/*
 * The rate that the ticks have in truth, by the reference on the tape, and how well it is known:
 * instead of the timer's word where the bench says so. A reference that is none is an error of
 * the boot; too few edges leave the stated uncertainty.
 */
void ingest_discipline(struct ingest_wire *w, const struct bench_timer *timer);

/* --- consoles --- */

struct ingest_clock {
    char name[32], unit[16];
};

struct ingest_run {
    uint32_t w;
    char workload[64], param[512], metric[64], unit[32], form[8], reason[256], answer[256];
    double scale;
    uint64_t work, iterations, first;
    enum verdict verdict;
    int answered;
    uint64_t seen; /* iv records */
};

struct ingest_figure {
    uint32_t w;
    char key[64];
    int64_t value;
};

struct ingest_iv {
    int present; /* 1; 2: told twice */
    uint32_t w;
    uint64_t iteration;
    int64_t read;  /* STORE_NONE */
    size_t values; /* index of its first (before, after) in `value` */
    uint32_t mask; /* clocks that are there */
};

struct ingest_exit {
    int64_t w;
    char cause[48];
    uint64_t count, ticks[3];
};

struct ingest_audit {
    char what[48];
    uint64_t k, exits_k, exits_2k;
};

struct ingest_distortion {
    struct store_distortion row; /* kind and unit in `text` */
    char text[2][24];
};

struct ingest_distortion_request {
    struct store_distortion_request row;
    char text[2][24], form[128];
};

struct ingest_fact {
    char *text; /* key NUL value NUL */
};

struct ingest_console {
    struct record_stats stats; /* both streams */
    struct ingest_clock clock[COLLECTOR_MAX_READINGS];
    unsigned clocks;
    uint64_t tsc_hz; /* as the target states; 0 */
    int have_boot, have_end, end_ok;
    uint64_t end_intervals;
    struct ingest_run *run;
    size_t runs, runs_room;
    struct ingest_figure *figure;
    size_t figures, figures_room;
    struct ingest_iv *iv; /* by interval number */
    size_t ivs, ivs_room;
    int64_t *value; /* before, after, before, after … */
    size_t values, values_room;
    struct ingest_exit *exit;
    size_t exits, exits_room;
    struct ingest_audit *audit;
    size_t audits, audits_room;
    struct ingest_fact *fact;
    size_t facts, facts_room;
    struct ingest_distortion *distortion;
    size_t distortions, distortions_room;
    struct ingest_distortion_request *request;
    size_t requests, requests_room;
    int have_ledger;
    uint64_t stream_records[2];
    int stream_end[2];
    int no_memory;
};

/* Read one console (stream 0 or 1) of boot plan_index. */
void ingest_read_console(struct ingest_console *c, const char *log, size_t n, int stream,
                         uint32_t plan_index, struct ingest_faults *faults);
void ingest_put_fact(struct ingest_console *c, const char *prefix, const char *key,
                     const char *value);
/* Exit counts, audits and distortions. */
int ingest_put_counts(struct store *s, int64_t boot, const struct ingest_console *c,
                      struct err *e);
int ingest_get_signed(const struct record *r, const char *key, int64_t *value); /* 0, or -1 */
struct ingest_run *ingest_find_run(struct ingest_console *c, uint64_t w);
void ingest_free_console(struct ingest_console *c);

/* Records of the hypervisor's ledger of distortions (ingest_distortions.c): NULL, or what is
 * wrong with the record. */
const char *ingest_take_distortion(struct ingest_console *c, const struct record *r);
const char *ingest_take_lie(struct ingest_console *c, const struct record *r);
/* The last of them, which says how many there are: what does not agree is a fault, and so is a
 * ledger that was full. */
const char *ingest_take_ledger(struct ingest_console *c, const struct record *r,
                               struct ingest_faults *faults);
int ingest_put_distortions(struct store *s, int64_t boot, const struct ingest_console *c,
                           struct err *e);

/* --- sealed (ingest_seal.c) --- */

struct ingest_boot_data;
/* The second console of a boot that is scored blind: of what it says only the hypervisor's facts
 * and whether it is sound come into the boot. */
void ingest_read_sealed(struct ingest_boot_data *d, const char *log, size_t n);
/* … and all of it goes into the store with the key of d->boot->seal. */
int ingest_put_sealed(struct store *s, int64_t boot, const struct ingest_boot_data *d,
                      const char *log, size_t n, struct err *e);

/* --- one held against the other (ingest_check.c) --- */

struct ingest_boot_data {
    const struct ingest_boot *boot;
    struct ingest_faults faults;
    struct ingest_wire wire;
    struct ingest_console console;
    int has_console; /* 0: frames alone */
    struct interval_result intervals;
    const char **why; /* per interval: NULL ok, or the reason it is not */
    uint64_t intervals_ok;
    const char *guest_clock;
    uint64_t guest_clock_hz;
    double path_u_ns;
};

/* Derive the intervals, judge them, the runs and the boot. 0, or -1: no memory. */
int ingest_check(struct ingest_boot_data *d);

#endif
