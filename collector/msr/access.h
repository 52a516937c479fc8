/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr/access.h - how the PMU code reaches a processor: the real one (payload/msr.c) or a model of its registers (tests/unit/msr_model.h).
 *
 * A register access that the processor refuses (#GP, #UD) is a result, not the end: whether a
 * register is there is often found out by no other means.
 */
#ifndef ETALON_COLLECTOR_MSR_ACCESS_H
#define ETALON_COLLECTOR_MSR_ACCESS_H

#include <stdint.h>

struct msr_cpuid {
    uint32_t eax, ebx, ecx, edx;
};

struct msr_access {
    /* 0, or -1: the access faulted and nothing was changed. */
    int (*read)(void *place, uint32_t msr, uint64_t *value);
    int (*write)(void *place, uint32_t msr, uint64_t value);
    int (*rdpmc)(void *place, uint32_t index, uint64_t *value);
    struct msr_cpuid (*cpuid)(void *place, uint32_t leaf, uint32_t subleaf);
    /* The known answer: `turns` times a decrement and a jump back, that is 2 * turns
     * instructions of which turns are branches, and a few around them that do not depend on
     * turns. No memory is touched. turns > 0. */
    void (*loop)(void *place, uint64_t turns);
    void *place;
};

/* The processor itself, in ring 0 (hv-under-test/payload/msr.c); the payload only. */
extern const struct msr_access msr_access_processor;

#endif
