/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/plan.h - what a boot is told to do, as words of a command line.
 *
 *   etl.boot=<plan index>   etl.seed=<u64>        etl.card=<hex address, 0 = scan PCI>
 *   etl.gap=<spins>         etl.tsc_hz=<u64>      etl.mmio=<hex address of a register, 0 = card's>
 *   etl.exit=debug|hypercall  how the payload ends the machine (Linux powers off)
 *   etl.collectors=clocks|none
 *   etl.plan=<run>/<run>/…   run = workload[,key=value]…[,iters=N]   (workload_parse())
 *
 * Freestanding: parsed by the agent (/proc/cmdline) and by the payload alike. Unknown etl.
 * words are an error record, never ignored.
 */
#ifndef ETALON_HV_UNDER_TEST_TARGET_PLAN_H
#define ETALON_HV_UNDER_TEST_TARGET_PLAN_H

#include <stddef.h>
#include <stdint.h>

struct plan {
    uint32_t boot;
    uint64_t seed;
    uint64_t card, mmio; /* physical; 0 = discover */
    uint64_t gap_spins;  /* iterations of a two-instruction loop between two markers */
    uint64_t tsc_hz;
    int exit_hypercall;
    int collect_clocks;
    const char *runs;    /* inside the command line */
    size_t runs_length;
};

/* 0, or -1 with a sentence in reason. `command_line` must outlive *plan. */
int plan_parse(const char *command_line, struct plan *plan, char *reason, size_t reason_size);

#endif
