/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/vmx/vmx_capability.c - what VT-x must have (vmm/vmx/vmx_capability.h). */
#include "hv-under-test/vmm/vmx/vmx_capability.h"

#include <stddef.h>

#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/vmx/vmx.h"

#define LEAF1_ECX_VMX (1u << 5)

/* Appendix A.1 to A.5 and A.10. */
#define BASIC_TRUE_CONTROLS (1ull << 55)
#define MSR_SECONDARY 0x0000048bu
#define MSR_EPT_VPID 0x0000048cu
#define MSR_TRUE_PIN 0x0000048du
#define MSR_TRUE_PRIMARY 0x0000048eu
#define MSR_TRUE_EXIT 0x0000048fu
#define MSR_TRUE_ENTRY 0x00000490u
#define EPT_FOUR_LEVELS (1ull << 6)
#define EPT_CACHED_TABLES (1ull << 14)
#define EPT_LARGE_PAGES (1ull << 16)
#define EPT_INVEPT (1ull << 20 | 1ull << 26) /* the instruction, for all contexts */
#define VPID_INVVPID (1ull << 32 | 1ull << 42)
#define EPT_NEEDED (EPT_FOUR_LEVELS | EPT_CACHED_TABLES | EPT_LARGE_PAGES | EPT_INVEPT)

#define PIN_NEEDED (VMX_PIN_INTERRUPT | VMX_PIN_NMI)
#define PRIMARY_NEEDED                                                                        \
    (VMX_PRIMARY_WINDOW | VMX_PRIMARY_TSC_OFFSET | VMX_PRIMARY_HLT | VMX_PRIMARY_MWAIT |      \
     VMX_PRIMARY_RDPMC | VMX_PRIMARY_RDTSC | VMX_PRIMARY_TPR_SHADOW | VMX_PRIMARY_IO_MAPS |   \
     VMX_PRIMARY_MSR_MAP | VMX_PRIMARY_MONITOR)
#define EXIT_NEEDED                                                                           \
    (VMX_EXIT_SAVE_DEBUG | VMX_EXIT_HOST_64 | VMX_EXIT_SAVE_PAT | VMX_EXIT_LOAD_PAT |         \
     VMX_EXIT_SAVE_EFER | VMX_EXIT_LOAD_EFER)
#define ENTRY_NEEDED (VMX_ENTRY_LOAD_DEBUG | VMX_ENTRY_LOAD_PAT | VMX_ENTRY_LOAD_EFER)

static int may_be_1(uint64_t pair, uint32_t bits)
{
    return ((uint32_t)(pair >> 32) & bits) == bits;
}

static int may_be_0(uint64_t pair, uint32_t bits)
{
    return !((uint32_t)pair & bits);
}

void vmx_find_capabilities(uint32_t leaf1_ecx, uint64_t (*read)(uint32_t msr),
                           struct vmx_capabilities *c)
{
    *c = (struct vmx_capabilities){.vmx = (leaf1_ecx & LEAF1_ECX_VMX) != 0};
    if (!c->vmx)
        return;
    c->feature_control = read(VMX_MSR_FEATURE_CONTROL);
    c->basic = read(VMX_MSR_BASIC);
    if (!(c->basic & BASIC_TRUE_CONTROLS))
        return;
    c->pin = read(MSR_TRUE_PIN);
    c->primary = read(MSR_TRUE_PRIMARY);
    c->exit = read(MSR_TRUE_EXIT);
    c->entry = read(MSR_TRUE_ENTRY);
    if (may_be_1(c->primary, VMX_PRIMARY_SECONDARY))
        c->secondary = read(MSR_SECONDARY);
    if (may_be_1(c->secondary, VMX_SECONDARY_EPT) ||
        may_be_1(c->secondary, VMX_SECONDARY_VPID))
        c->ept_vpid = read(MSR_EPT_VPID);
}

static const char *missing_in_processor(const struct vmx_capabilities *p, int vpid)
{
    if (!p->vmx)
        return "cpu=vmx: this processor has no VT-x";
    if ((p->feature_control & VMX_FEATURE_LOCKED) && !(p->feature_control & VMX_FEATURE_ON))
        return "cpu=vmx: the firmware has locked VT-x off (IA32_FEATURE_CONTROL)";
    if (!may_be_1(p->secondary, VMX_SECONDARY_EPT))
        return "paging=nested: this processor's VT-x has no EPT";
    if (!may_be_1(p->secondary, VMX_SECONDARY_UNRESTRICTED))
        return "cpu=vmx: this processor has no unrestricted guest, and the guest starts "
               "without paging";
    if ((p->ept_vpid & EPT_NEEDED) != EPT_NEEDED)
        return "paging=nested: this processor's EPT lacks four levels, 2 MiB pages, cached "
               "tables or INVEPT";
    if (vpid && (!may_be_1(p->secondary, VMX_SECONDARY_VPID) ||
                 (p->ept_vpid & VPID_INVVPID) != VPID_INVVPID))
        return "asid=on: this processor's VT-x has no VPID; ask for asid=off";
    if (!may_be_1(p->pin, PIN_NEEDED) || !may_be_1(p->primary, PRIMARY_NEEDED) ||
        !may_be_1(p->exit, EXIT_NEEDED) || !may_be_1(p->entry, ENTRY_NEEDED) ||
        !may_be_0(p->primary, VMX_PRIMARY_CR3_LOAD | VMX_PRIMARY_CR3_STORE))
        return "cpu=vmx: this processor's VT-x lacks a control that is needed: maps of ports "
               "and registers, TPR shadow, EFER and PAT switched, CR3 without exits";
    return NULL;
}

const char *vmx_missing(const struct vmx_capabilities *p, const struct vmm_config *c)
{
    if (c->popf_requested)
        return "popf: with cpu=vmx no instruction is replaced; the processor keeps the "
               "guest's flags";
    if (c->paging != CONFIG_PAGING_NESTED)
        return "paging: cpu=vmx carries paging=nested only";
    if (c->hypercall == CONFIG_HYPERCALL_FAST)
        return "hypercall=fast: only cpu=svm has a path that saves nothing";
    if (c->pmu == CONFIG_PMU_GUEST)
        return "pmu=guest: only cpu=svm hands on counters; Intel's cannot be made to count "
               "the "
               "guest alone by their own event selects";
    return missing_in_processor(p, c->asid == CONFIG_ASID_ON);
}

uint32_t vmx_controls(uint64_t pair, uint32_t wanted)
{
    return (wanted | (uint32_t)pair) & (uint32_t)(pair >> 32);
}

int vmx_needs_enabling(const struct vmx_capabilities *p)
{
    return !(p->feature_control & VMX_FEATURE_LOCKED);
}

int vmx_can_scale_tsc(const struct vmx_capabilities *p)
{
    return may_be_1(p->secondary, VMX_SECONDARY_TSC_SCALING);
}
