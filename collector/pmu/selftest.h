/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/selftest.h - a counter is believed after it counted something known.
 *
 * An assembly loop runs N times and 2N times; an event with a known number per iteration must
 * differ between the two by N times that number, within the platform's declared tolerance. A
 * counter that opens, claims to have run all the time and reads 0, sticks, or is off by 2^31
 * or 2^32 is a fault seen in emulators and hypervisors: it becomes a sentence, never a number.
 */
#ifndef ETALON_COLLECTOR_PMU_SELFTEST_H
#define ETALON_COLLECTOR_PMU_SELFTEST_H

#include <stdint.h>

#include "collector/pmu/encode.h"
#include "collector/tolerance.h"

/* The loop of this processor (loop_x86.c, loop_arm64.c): two instructions an iteration, one of
 * them a branch. iterations > 0. */
#define PMU_LOOP_INSTRUCTIONS 2u
#define PMU_LOOP_BRANCHES 1u
void pmu_loop(uint64_t iterations);

/* What one iteration adds, in thousandths: low = high for instructions and branches; a range
 * for cycles, which only the processor knows. */
struct pmu_known {
    uint64_t low_per_1000, high_per_1000;
};

struct pmu_selftest {
    uint64_t iterations; /* N; the second run is 2N */
    uint64_t count[2];   /* N, 2N */
    uint64_t low, high;  /* bounds on their difference, tolerance included */
    uint64_t enabled_ns[2], running_ns[2];
};

/* 0: believe it. ERR_UNAVAILABLE: the sentence is in `e`; *out tells what was seen as far as
 * it came. */
int pmu_selftest(const struct pmu_event *event, const struct pmu_known *known,
                 const struct pmu_tolerance *tolerance, uint64_t iterations,
                 struct pmu_selftest *out, struct err *e);

/* The judgement alone, on what was counted. */
int pmu_selftest_judge(const char *event, const struct pmu_selftest *seen, struct err *e);

/* `calls` system calls between two readings of a tracepoint or software event that counts
 * them, which must then differ by exactly that many more for 2 * calls (`count` as above). */
int pmu_selftest_calls(const struct pmu_event *event, void (*call)(void), uint64_t calls,
                       struct pmu_selftest *out, struct err *e);

#endif
