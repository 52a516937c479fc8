/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/tsc.h - read the time-stamp counter and turn ticks into ns; freestanding.
 */
#ifndef ETALON_COLLECTOR_TSC_H
#define ETALON_COLLECTOR_TSC_H

#include <stdint.h>

/*
 * Ticks. LFENCE on both sides keeps the read in its place (Intel SDM vol. 2, RDTSC; AMD APM
 * vol. 3 with LFENCE serialising). RDTSCP would do it in one, but is not on every virtual
 * processor.
 */
static inline uint64_t tsc_read(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* ticks / hz in ns, rounded down; hz from 1 to 18 GHz (the remainder times 10^9 must fit). */
static inline uint64_t tsc_to_ns(uint64_t ticks, uint64_t hz)
{
    return ticks / hz * 1000000000u + ticks % hz * 1000000000u / hz;
}

#define TSC_MAX_HZ 18000000000u

#endif
