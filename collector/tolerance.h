/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/tolerance.h - by how much a counter may miss what is known in its self-test.
 *
 * A figure is declared, with where it comes from, and never taken from what a counter shows:
 * every platform declares one for real processors (hv-under-test/platform.h), and a bench whose
 * processor counts exactly says that none is needed (bench/bench.h). The runner sends the one
 * that holds in a boot with the plan (etl.tolerance); without that word nothing may be missed.
 *
 * Freestanding: agent, payload, outer system and hypervisor.
 */
#ifndef ETALON_COLLECTOR_TOLERANCE_H
#define ETALON_COLLECTOR_TOLERANCE_H

#include <stddef.h>
#include <stdint.h>

/* What may be added by what is not the known work: counts, and parts per million of what is
 * known. */
struct pmu_tolerance {
    const char *name; /* for texts */
    uint64_t counts, ppm;
    const char *source; /* where the figure comes from: one sentence without its full stop */
};

extern const struct pmu_tolerance pmu_tolerance_exact; /* a machine whose PMU is exact */
extern const struct pmu_tolerance pmu_tolerance_metal; /* interrupts are counted into it */

#define TOLERANCE_MAX_COUNTS 1000000u
#define TOLERANCE_MAX_PPM 10000u /* beyond 1 % a counter is not tested but believed */

/* "COUNTS,PPM", decimal, within the bounds. 0, or -1. */
int tolerance_parse(const char *text, size_t n, struct pmu_tolerance *out);

/* Of a known number. */
uint64_t tolerance_of(const struct pmu_tolerance *t, uint64_t known);

/* What holds in this boot: kept, so set before the first collector is asked. Nothing may be
 * missed until then. */
void tolerance_set(const struct pmu_tolerance *t);
const struct pmu_tolerance *tolerance_now(void);

#endif
