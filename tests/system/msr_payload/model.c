/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The payload (tests/system/payload_msr.sh) and the hypervisor (tests/system/vmm_pmu.sh) on a
 * processor with a PMU, which the lab's has not: the registers are the model of
 * tests/unit/msr_model.h, linked in place of hv-under-test/payload/msr.c and of
 * hv-under-test/vmm/pmu_processor.c. What the processor does is taken from its TSC, which in the
 * lab tells instructions: two ticks each. The model's own instructions are left out.
 *
 * --defsym msr_fault=N: enum model_fault.
 */
#include "collector/msr/access.h"
#include "hv-under-test/vmm/pmu.h"

#include "tests/unit/msr_model.h"

#define TICKS_AN_INSTRUCTION 2u

extern char msr_fault[];

static struct model model;
static uint64_t left_at; /* TSC when the model was last left; 0: not yet entered */

static uint64_t now_ticks(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* In the lab there is one instruction a cycle, and every second one is a branch. */
static void enter(void)
{
    const uint64_t n = left_at ? (now_ticks() - left_at) / TICKS_AN_INSTRUCTION : 0;
    const struct model_work work = {.instructions = n, .branches = n / 2, .cycles = n};

    if (!left_at) {
        model = model_amd(0x19, 1, 0);
        model.model = 0x01;
        model.svme = 1;
        model.fault = (enum model_fault)(uintptr_t)msr_fault;
    }
    model_work(&model, &work);
}

static int leave(int rc)
{
    left_at = now_ticks();
    return rc;
}

static int modelled_read(void *place, uint32_t msr, uint64_t *value)
{
    enter();
    return leave(model_op_read(place, msr, value));
}

static int modelled_write(void *place, uint32_t msr, uint64_t value)
{
    enter();
    return leave(model_op_write(place, msr, value));
}

static int modelled_rdpmc(void *place, uint32_t index, uint64_t *value)
{
    enter();
    return leave(model_op_rdpmc(place, index, value));
}

static struct msr_cpuid modelled_cpuid(void *place, uint32_t leaf, uint32_t subleaf)
{
    struct msr_cpuid r;

    enter();
    r = model_op_cpuid(place, leaf, subleaf);
    leave(0);
    return r;
}

/* The real loop: it is the instructions that count. */
static void modelled_loop(void *place, uint64_t turns)
{
    (void)place;
    __asm__ volatile("1:\tdecq %0\n\tjnz 1b" : "+r"(turns) : : "cc");
}

const struct msr_access msr_access_processor = {
    .read = modelled_read,
    .write = modelled_write,
    .rdpmc = modelled_rdpmc,
    .cpuid = modelled_cpuid,
    .loop = modelled_loop,
    .place = &model,
};

extern const struct msr_access vmm_pmu_processor
    __attribute__((alias("msr_access_processor")));

_Static_assert(FAULT_SILENT == 3 && FAULT_JUMPS == 5 && FAULT_DROPS_GUEST == 10 &&
                   FAULT_IGNORES_GUEST == 11,
               "numbers in tests/module.mk");
