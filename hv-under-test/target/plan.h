/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/plan.h - what a boot is told to do, as words of a command line.
 *
 *   etl.boot=<plan index>|card   etl.seed=<u64>        etl.card=<hex address, 0 = scan PCI>
 *   etl.gap=<spins>         etl.tsc_hz=<u64>      etl.mmio=<hex address of a register, 0 = card's>
 *   etl.exit=debug|hypercall  how the payload ends the machine (Linux powers off)
 *   etl.console=<hex port of a 16550, default 3f8>
 *   etl.counter=<hex port of a 16550 that tells exits, 0 = none>  (target/counter.h)
 *   etl.counter=trace       somebody reads a trace of the exits  (target/sentinel.h)
 *   etl.collectors=none|<name>,<name>…   of collector_table(), each once
 *   etl.tolerance=<counts>,<ppm>   of counters in their self-test (collector/tolerance.h)
 *   etl.net=virtio|xen      the guest has a network to the outer system (net/net.h)
 *   etl.plan=<run>/<run>/…|card   run = workload[,key=value]…[,iters=N]   (workload_parse())
 *
 * etl.boot, etl.seed and etl.plan must be there; the rest defaults to 0, debug, none. A word
 * given twice is an error. Values are decimal unless it says hex (with or without 0x).
 *
 * Freestanding: parsed by the agent (/proc/cmdline) and by the payload alike. Unknown etl.
 * words are an error record, never ignored.
 */
#ifndef ETALON_HV_UNDER_TEST_TARGET_PLAN_H
#define ETALON_HV_UNDER_TEST_TARGET_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "collector/tolerance.h"
#include "hv-under-test/net/net.h"

#define PLAN_CONSOLE_PORT 0x3f8u

struct plan {
    uint32_t boot;
    int boot_from_card; /* etl.boot=card: the card's register tells (bench/lab/card.h) */
    uint64_t seed;
    uint64_t card, mmio; /* physical; 0 = discover */
    uint64_t gap_spins;  /* iterations of a two-instruction loop between two intervals */
    uint64_t tsc_hz;
    int exit_hypercall;
    uint32_t collectors; /* bit i: collector_table()[i] */
    uint16_t console_port;
    uint16_t counter_port;          /* 0: nobody tells exits there */
    int counter_trace;              /* etl.counter=trace */
    struct pmu_tolerance tolerance; /* none: of the kind exact */
    enum net_kind net;
    int runs_from_card; /* etl.plan=card: the card's registers tell */
    const char *runs;   /* inside the command line; NULL with runs_from_card */
    size_t runs_length;
};

/* Take the text of the runs. 0, or -1 if it is empty or a run in it is. Not copied. */
int plan_set_runs(struct plan *plan, const char *runs, size_t length);

/* 0, or -1 with a sentence in reason. `command_line` must outlive *plan. */
int plan_parse(const char *command_line, struct plan *plan, char *reason, size_t reason_size);

#endif
