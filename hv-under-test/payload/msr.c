/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/msr.c - the processor's registers for collector/msr. The payload runs
 * in ring 0, so it may try; what faults is told (guarded.S).
 */
#include "collector/msr/access.h"

#include "hv-under-test/payload/cpu.h"
#include "hv-under-test/payload/payload.h"

static int processor_read(void *place, uint32_t msr, uint64_t *value)
{
    (void)place;
    return payload_is_pv ? pv_msr_read(msr, value) : guarded_rdmsr(msr, value);
}

static int processor_write(void *place, uint32_t msr, uint64_t value)
{
    (void)place;
    return payload_is_pv ? pv_msr_write(msr, value) : guarded_wrmsr(msr, value);
}

static int processor_rdpmc(void *place, uint32_t index, uint64_t *value)
{
    (void)place;
    return guarded_rdpmc(index, value);
}

static struct msr_cpuid processor_cpuid(void *place, uint32_t leaf, uint32_t subleaf)
{
    const struct cpu_id r = cpu_id_sub(leaf, subleaf);

    (void)place;
    return (struct msr_cpuid){r.eax, r.ebx, r.ecx, r.edx};
}

static void processor_loop(void *place, uint64_t turns)
{
    (void)place;
    guarded_loop(turns);
}

const struct msr_access msr_access_processor = {
    .read = processor_read,
    .write = processor_write,
    .rdpmc = processor_rdpmc,
    .cpuid = processor_cpuid,
    .loop = processor_loop,
};
