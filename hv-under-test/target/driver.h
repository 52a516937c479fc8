/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/driver.h - carries out a plan on the target: markers, workloads, clocks
 * and records. Freestanding; the same object runs in the Linux agent and in the payload.
 *
 * What differs between the two is a `struct target_ops`. The place fills in a `struct target`
 * (statically allocated: it is larger than a stack), calls target_begin() as soon as it has a
 * console, so that whatever goes wrong afterwards can be told by target_fail(), then
 * target_run(), and ends the machine by its own means.
 *
 * The collectors of the plan read in the table's order before START and in the reverse after
 * STOP; their readings stand side by side in a slot. Facts tell of each whether it is read:
 * collector.NAME=read, or =unavailable: and the collector's sentence.
 *
 * Between START and STOP stands the workload alone (interval.h). Console output happens before
 * the first iteration of a run and after the last; readings wait in a ring until then. If the
 * ring is too small, the rest of the run continues after its contents were written, and a
 * fact record `console_in_run` says so.
 */
#ifndef ETALON_HV_UNDER_TEST_TARGET_DRIVER_H
#define ETALON_HV_UNDER_TEST_TARGET_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "bench/lab/card.h"
#include "collector/collector.h"
#include "collector/record.h"
#include "hv-under-test/target/collection.h"
#include "hv-under-test/target/plan.h"
#include "probe/marker/marker.h"
#include "workloads/workload.h"

/* The same everywhere, so that a workload lays out its memory alike on every platform. */
#define TARGET_ARENA_BYTES (24u << 20)
#define TARGET_ARENA_ALIGN (2u << 20)

#define TARGET_TEXT_BYTES (64u << 10)
#define TARGET_RING_WORDS (128u << 10)
#define TARGET_COMMAND_LINE_BYTES 4096u

/* Markers in an audit: K and 2K of them, the fewest exits of this many rounds. */
#define TARGET_AUDIT_K 100u
#define TARGET_AUDIT_ROUNDS 10u

struct target;

struct target_ops {
    const char *env; /* "linux" or "payload", for the boot record */
    /* Write to the console; returns when the bytes have left the machine, so that nothing of
     * it happens inside a later interval. */
    void (*write)(const char *data, size_t n);
    /* Add fields about the place (hypervisor=, kernel=, clocksource= …) to the boot record. */
    void (*describe_boot)(struct record_writer *w);
    /* Add fields to a fact record. NULL: no further facts. */
    void (*describe)(struct record_writer *w);
    /* VM exits of this guest so far, read without an exit. NULL: nobody tells. */
    uint64_t (*exits_total)(void);
    /* Without exits_total, for somebody who reads a trace of the exits afterwards: a sentinel
     * (sentinel.h) before and after each group of an audit; whoever reads writes the audit's
     * record. NULL: nobody reads. */
    void (*sentinel)(unsigned site);
    /* A hypercall that does nothing. NULL: there is none. */
    void (*hypercall_nop)(void);
    /* Between two runs, when nothing waits to be written: here everything may be put back to where
     * it was at an earlier call, but for the `bytes` at `carried`. NULL: nobody does that. */
    void (*checkpoint)(void *carried, size_t bytes);
    /* A CPUID that is certainly emulated; audited where there is no hypercall. */
    void (*cpuid_nop)(void);
};

/* What has left the machine, on wires and as records, and so cannot be put back: a target that
 * is put back goes on behind it (docs/adr/0027). */
struct target_carried {
    uint64_t intervals, random, seq, at;
    uint32_t strobe, w_index;
};

struct target {
    /* Filled in by the place before target_run(). */
    const struct target_ops *ops;
    struct plan plan;
    struct workload_env env; /* seed is taken from the plan */
    volatile uint32_t *pins; /* the card's output register, mapped */
    uint64_t card;           /* its physical address, for the record */

    /* The driver's own. */
    struct marker marker;
    uint32_t pins_now;  /* after the preamble, until the first interval: for the audits */
    uint64_t intervals; /* so far in this boot */
    uint64_t random;
    struct collection collection;
    struct target_carried carried; /* around a checkpoint */
    struct record_writer out;
    char runs[CARD_PLAN_MAX_BYTES]; /* what the card told */
    char text[TARGET_TEXT_BYTES];
    uint64_t ring[TARGET_RING_WORDS];
};

/* Read from the card's registers what the plan says is there: the plan index, by which records
 * are named from then on, and the runs. Needs t->pins. NULL, or what is wrong. */
const char *target_take_card(struct target *t);

/* Start the stream of records. Call it again when the plan index becomes known. */
void target_begin(struct target *t, const struct target_ops *ops, uint32_t boot);

/*
 * Carry out t->plan. Returns 0, or -1 after an error record when the plan cannot be carried
 * out. A workload that is skipped, gives a wrong answer or cannot prepare is a verdict in the
 * records and no error of the boot.
 */
int target_run(struct target *t);

/* Give up: drop an unfinished record, write what is there, an error record and the end
 * record. May be called from an exception handler at any point after target_begin(). */
void target_fail(struct target *t, const char *reason);

#endif
