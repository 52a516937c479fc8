/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/user_none.c - no user-space read on this processor. On arm64 the kernel opens
 * the counters to user space only with the sysctl perf_user_access and an attr that asks for
 * it; read(2) is exact there and is what is used.
 */
#include "collector/pmu/perf.h"

const int pmu_user_counter_known = 0;

uint64_t pmu_user_counter(uint32_t index)
{
    (void)index;
    return 0; /* never called: pmu_user_counter_known is 0 */
}
