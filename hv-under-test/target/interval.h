/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/interval.h - the border of an interval, instruction by instruction.
 *
 * In assembly (interval.S), because nothing may come between the two stores but what is
 * measured, whatever the compiler. Instructions from the START edge to the STOP edge, the
 * STOP store counted, the START store not:
 *     interval_null   1
 *     interval_run    2 + those of run() with its ret   (call, run() … ret, store)
 * The same object is linked into agent and payload.
 */
#ifndef ETALON_HV_UNDER_TEST_TARGET_INTERVAL_H
#define ETALON_HV_UNDER_TEST_TARGET_INTERVAL_H

#include <stdint.h>

struct workload_run;

/* Store `start`, then `stop`. */
void interval_null(volatile uint32_t *pins, uint32_t start, uint32_t stop);
/* Store `start`, run(arg), store `stop`. */
void interval_run(volatile uint32_t *pins, uint32_t start, uint32_t stop,
                  void (*run)(struct workload_run *arg), struct workload_run *arg);

/* Wait `turns` turns of a loop of two instructions. */
static inline void interval_spin(uint64_t turns)
{
    if (turns)
        __asm__ volatile("1: decq %0\n\tjnz 1b" : "+r"(turns) : : "cc");
}

#endif
