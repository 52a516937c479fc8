/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/pmu_processor.c - the counters' registers as they are (vmm/pmu.h). Nothing is
 * caught: a register that CPUID promises and that faults is told by fault.c and ends the boot.
 */
#include "hv-under-test/vmm/pmu.h"

#include "hv-under-test/vmm/machine/x86.h"

static int processor_read(void *place, uint32_t msr, uint64_t *value)
{
    (void)place;
    *value = x86_rdmsr(msr);
    return 0;
}

static int processor_write(void *place, uint32_t msr, uint64_t value)
{
    (void)place;
    x86_wrmsr(msr, value);
    return 0;
}

static int processor_rdpmc(void *place, uint32_t index, uint64_t *value)
{
    (void)place;
    *value = x86_rdpmc(index);
    return 0;
}

static struct msr_cpuid processor_cpuid(void *place, uint32_t leaf, uint32_t subleaf)
{
    const struct x86_cpuid r = x86_cpuid(leaf, subleaf);

    (void)place;
    return (struct msr_cpuid){r.eax, r.ebx, r.ecx, r.edx};
}

static void processor_loop(void *place, uint64_t turns)
{
    (void)place;
    __asm__ volatile(".balign 64\n1:\tdecq %0\n\tjnz 1b" : "+r"(turns) : : "cc");
}

const struct msr_access vmm_pmu_processor = {
    .read = processor_read,
    .write = processor_write,
    .rdpmc = processor_rdpmc,
    .cpuid = processor_cpuid,
    .loop = processor_loop,
};
