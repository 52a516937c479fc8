/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/user_x86.c - RDPMC (Intel SDM vol. 2B, "RDPMC"; AMD APM vol. 3): ECX is the
 * counter's number as the event's page gives it, bit 30 set for Intel's fixed counters. The
 * page's times are carried on by the TSC.
 */
#include "collector/pmu/perf.h"

const uint64_t pmu_user_request = 0;

uint64_t pmu_user_counter(uint32_t index)
{
    uint32_t low, high;

    __asm__ volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(index));
    return (uint64_t)high << 32 | low;
}

uint64_t pmu_user_cycles(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}
