/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/pmu.c - performance counters for the guest (vmm/pmu.h). */
#include "hv-under-test/vmm/pmu.h"

#include "collector/msr/pmu.h"
#include "collector/msr/registers.h"
#include "hv-under-test/vmm/cpuid.h"
#include "hv-under-test/vmm/text.h"

#define SELECT_OF_GUEST (SELECT_OF_EVENT | SELECT_USER | SELECT_SYSTEM | SELECT_ENABLE)

static const struct msr_access *processor;
static unsigned counters;
static char sentence[PMU_REASON_BYTES + 16];

static const char *refuse(const char *reason)
{
    struct vmm_text t;

    vmm_text_start(&t, sentence, sizeof(sentence));
    vmm_text_put(&t, "pmu=guest: ");
    vmm_text_put(&t, reason);
    return sentence;
}

const char *vmm_pmu_start(const struct msr_access *access)
{
    static struct pmu pmu;
    char reason[PMU_REASON_BYTES];

    counters = 0;
    if (pmu_detect(&pmu, access, reason))
        return refuse(reason);
    if (pmu.kind != PMU_AMD_CORE)
        return refuse("this processor has no core counters (CPUID 8000_0001 ECX bit 23): only "
                      "those are given to a guest");
    for (unsigned i = 0; i < pmu.general; i++)
        if (pmu_open(&pmu, MSR_EVENT_INSTRUCTIONS, PMU_GUEST, reason) < 0)
            return refuse(reason);
    pmu_close(&pmu);
    /* The guest knows no global control: all on, as after reset. */
    if (pmu.global_msr &&
        access->write(access->place, pmu.global_msr, (1ull << pmu.general) - 1))
        return refuse("the global control cannot be written");
    processor = access;
    counters = pmu.general;
    cpuid_show_counters();
    return NULL;
}

unsigned vmm_pmu_counters(void)
{
    return counters;
}

static int is_select(uint32_t msr)
{
    return msr >= AMD_CORE_CTL0 && msr < AMD_CORE_CTL0 + 2 * counters &&
           !((msr - AMD_CORE_CTL0) & 1u);
}

int vmm_pmu_read_select(uint32_t msr, uint64_t *value)
{
    if (!is_select(msr) || processor->read(processor->place, msr, value))
        return -1;
    *value &= SELECT_OF_GUEST;
    return 0;
}

int vmm_pmu_write_select(uint32_t msr, uint64_t value)
{
    if (!is_select(msr) || value & ~SELECT_OF_GUEST)
        return -1;
    return processor->write(processor->place, msr, value | AMD_SELECT_GUEST_ONLY);
}
