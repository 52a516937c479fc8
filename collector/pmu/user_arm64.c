/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/user_arm64.c - PMEVCNTR<n>_EL0 and PMCCNTR_EL0, which PMUSERENR_EL0 opens to EL0
 * (Arm ARM, "Performance Monitors registers"). The kernel numbers the cycle counter 31 here. The
 * page's times are carried on by CNTVCT_EL0.
 */
#include "collector/pmu/perf.h"

#define CYCLE_COUNTER 31u

const uint64_t pmu_user_request = 1u << 1; /* config1, format "rdpmc" */

/* The number is part of the instruction. */
/* clang-format off */
#define EACH_COUNTER(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) \
    X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30)
/* clang-format on */

uint64_t pmu_user_counter(uint32_t index)
{
    uint64_t value = 0;

    /* What was executed before is counted before. */
    __asm__ volatile("isb" ::: "memory");
    switch (index) {
#define READ(n)                                                                               \
    case n:                                                                                   \
        __asm__ volatile("mrs %0, pmevcntr" #n "_el0" : "=r"(value));                         \
        break;
        EACH_COUNTER(READ)
    case CYCLE_COUNTER:
        __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(value));
        break;
    default: /* there is none: what is read is refused against read(2) */
        break;
    }
    return value;
}

uint64_t pmu_user_cycles(void)
{
    uint64_t value;

    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
    return value;
}
