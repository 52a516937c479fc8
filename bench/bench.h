/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/bench.h - the seam of the computer under test and the means to power, boot and hear it.
 *
 * boot() runs one boot from power-on to its end and leaves raw files in work_dir; it derives
 * nothing. It may be called in several processes at once with different work_dirs. Everything
 * it starts dies with the calling process.
 */
#ifndef ETALON_BENCH_BENCH_H
#define ETALON_BENCH_BENCH_H

#include <stdint.h>

#include "base/err.h"
#include "hv-under-test/platform.h"

#define BENCH_FRAMES_FILE "frames.bin"       /* bytes from the timer, as they came */
#define BENCH_CONSOLE_FILE "console.log"     /* first serial port of the machine */
#define BENCH_HYPERVISOR_FILE "console2.log" /* second serial port, if the platform uses it */
#define BENCH_MACHINE_FILE "machine.log"     /* what the bench itself said */

enum bench_end {
    BENCH_END_POWERED_OFF = 0, /* the target ended the machine itself */
    BENCH_END_LIMIT,           /* the bound in the machine's time was reached */
    BENCH_END_DIED,            /* the machine ended by itself: crash, triple fault */
    BENCH_END_STALLED,         /* the bound in the host's time was reached */
    BENCH_END_PROBE,           /* the timer or its link failed */
};

/* The lab's timer with an error of its own, as a real one has. All 0: it is exact. */
struct bench_timer {
    int64_t error_ppb;  /* positive: its clock runs fast */
    uint64_t jitter_ps; /* of each edge, standard deviation */
    int realistic;      /* 1: phase and jitter come from the boot's seed */
    int disciplined;    /* 1: analysis goes by the stamped reference, not the stated clock */
    uint32_t reference_hz; /* of the reference's edges */
    uint64_t stated_ppb;   /* of its frequency, k = 2, where no reference says better */
};

struct bench_boot {
    const struct machine_spec *machine;
    const char *work_dir; /* exists, empty, ours */
    uint32_t plan_index;
    uint64_t nonce; /* for ARM: first 8 bytes of the campaign hash, xor plan index */
    uint64_t seed;
    const char *plan_text;    /* for the card to tell, where card_tells_plan; NULL: nothing */
    uint64_t limit_ns;        /* bound in the machine's own time (lab: virtual time) */
    unsigned host_limit_s;    /* safety bound in host time */
    struct bench_timer timer; /* only where emulates_timer */
    int next_rip;             /* SVM with next-RIP saving; only where emulates_processor */
};

struct bench_outcome {
    enum bench_end end;
    char reason[512];         /* "" after POWERED_OFF */
    uint64_t machine_time_ns; /* lab: virtual time at the end; 0 if unknown */
};

struct bench {
    const char *name; /* lab, host, metal */
    const char *summary;
    char grade;        /* 'A', 'B' or 'C': what its durations rest on */
    int deterministic; /* a boot repeated with the same inputs is the same boot */
    /* Its processor's counters are exact, whatever the platform; NULL: the platform's figure
     * holds (hv-under-test/platform.h). */
    const struct pmu_tolerance *tolerance;
    int emulates_processor;    /* its processor can be given what bench_boot asks for */
    int emulates_timer;        /* its timer can be given what bench_timer asks for */
    double ns_per_instruction; /* lab only; 0 where an instruction has no fixed time */
    uint64_t gap_spins; /* loop iterations between markers that keep the link unclogged */
    uint64_t settle_ns; /* from strobe edge to valid code levels */
    uint64_t tsc_hz;    /* of the target, as stated; 0 if unknown */
    /* The card holds plan index and plan, so that the machine's images and words need not: boots
     * of one seed are then the same boot, and a plan may be longer than a command line. Bytes of
     * plan that it holds; 0: none. */
    size_t card_tells_plan;
    uint64_t timebase_ppb; /* stated uncertainty (k=2) of the timer's frequency */

    /* NULL, or a sentence on what is missing here and how to get it. */
    const char *(*unavailable)(void);
    /* Fetch and build what boots need (cached); progress lines go to `say` (may be NULL). */
    int (*prepare)(void (*say)(void *opaque, const char *line), void *opaque, struct err *e);
    int (*boot)(const struct bench_boot *boot, struct bench_outcome *outcome, struct err *e);
    /* Versions, hashes and options of everything that takes part. */
    int (*describe)(const struct platform_fact_sink *sink, struct err *e);
};

const struct bench *const *bench_table(size_t *count);
const struct bench *bench_find(const char *name);

#endif
