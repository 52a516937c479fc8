/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/record.h - console records: how results leave the machine under test.
 *
 *   0x1E "ETL1 " boot " " seq " " type { " " key "=" value } " " crc32c LF
 *
 * boot   plan index, decimal, five digits (at most 65535). seq: 0, 1, … per stream, decimal; a missing seq is an error.
 * stream one console; the agent or payload and the hypervisor under test count separately.
 * value  bytes outside 0x21..0x7E and '%', '=' are written %XX; never empty ("-" stands for
 *        an empty value).
 * crc32c eight lower-case hex digits over everything from the 'E' to the space before them,
 *        that space included.
 * Anything between records (kernel messages, firmware) is noise and is skipped; a record cut
 * or damaged by it is counted as damaged, and its seq is then missing.
 *
 * Types and keys, version 1 (all numbers decimal unless a 0x says otherwise):
 *   boot   env=linux|payload platform facts: card=0x… tsc_hz= hypervisor= kernel= clocksource=
 *          clock.NAME=UNIT for every guest clock and counter that will be read, in reading
 *          order (units: collector/collector.h)
 *   run    w=<run index> name=<workload> param=<canonical text> iters= first=<interval>
 *          metric= unit= work=<number> form=per|rate  (what summary makes of a time)
 *          verdict=skip|error reason=… when it did not run (then iters=0)
 *   iv     n=<interval> w=<run index> i=<iteration> CLOCK=<before>:<after> …
 *          [read=<ns>]  guest clock as read inside the interval (workloads with has_reading)
 *   answer w= verdict=ok|fail|error reason=… answer=<text> KEY=<number> … (check after a run,
 *          guest-timed score and other per-run figures of the workload)
 *   exits  cause=<neutral name> count= ticks=<sum of the hypervisor's TSC ticks spent on it, 0
 *          unknown> ticks_min= ticks_max=  (of a single exit; 0 if none was stamped)
 *   audit  what=null|hypercall k=<K> exits_k= exits_2k=   (exits counted over K and 2K nulls
 *          or hypercalls, best of 10)
 *   fact   key=value …   further provenance, stored as it comes; collector.NAME=read, or
 *          =unavailable: why, for every collector that was asked for
 *   distortion, lie, ledger: the hypervisor's ledger of distortions, on its own console only
 *          (hv-under-test/vmm/report.h)
 *   error  reason=…      the target gave up; the boot is invalid
 *   end    intervals=<total> status=ok|error
 */
#ifndef ETALON_COLLECTOR_RECORD_H
#define ETALON_COLLECTOR_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define RECORD_MARK 0x1E
#define RECORD_MAGIC "ETL1"
#define RECORD_MAX_BYTES 2048 /* with mark and LF; a longer one is damage */
#define RECORD_MAX_FIELDS 64

/* --- writer: freestanding (record_write.c), used by agent, payload and hypervisor --- */

struct record_writer {
    char *buf; /* owned by the caller */
    size_t size, used;
    uint64_t boot, seq; /* seq is bumped by record_end() */
    int overflow;       /* set when buf was too small; the record then is not emitted */
    size_t start;       /* of the record being written */
};

void record_begin(struct record_writer *w, const char *type);
void record_text(struct record_writer *w, const char *key, const char *value);
void record_u64(struct record_writer *w, const char *key, uint64_t value);
void record_s64(struct record_writer *w, const char *key, int64_t value);
void record_hex(struct record_writer *w, const char *key, uint64_t value);
/* key=<a>:<b>, both decimal */
void record_pair(struct record_writer *w, const char *key, uint64_t a, uint64_t b);
/* Seal with crc and LF. Returns 0, or -1 on overflow (nothing of the record then stays). */
int record_end(struct record_writer *w);

/* --- reader: controller only (record_read.c) --- */

struct record_field {
    const char *key, *value; /* unescaped, NUL-terminated, inside record.text */
};

struct record {
    uint64_t boot, seq;
    const char *type;
    unsigned fields;
    struct record_field field[RECORD_MAX_FIELDS];
    char text[RECORD_MAX_BYTES]; /* backing store */
};

struct record_stats {
    uint64_t records, damaged, missing, repeated, noise_bytes;
};

/*
 * Find the next record at or after *pos of a whole console log; *pos moves behind it. Returns
 * 1 with *r filled, 0 at the end. Damaged ones are counted in *s and skipped; holes and
 * repetitions of seq are counted by comparing with *next_seq, which the caller starts at 0.
 */
int record_next(const char *log, size_t size, size_t *pos, struct record *r,
                uint64_t *next_seq, struct record_stats *s);

/* Field by key; NULL if absent. record_get_u64: 0, or -1 if absent or not a number (decimal
 * or 0x hex). */
const char *record_get(const struct record *r, const char *key);
int record_get_u64(const struct record *r, const char *key, uint64_t *value);
int record_get_pair(const struct record *r, const char *key, uint64_t *a, uint64_t *b);

#endif
