/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft/soft_pv.c - what a paravirtual guest asks for instead of executing it
 * (vmm/abi.h, VMM_PV_*). Each is booked as what it stands for, so that the counts of cpu=pv
 * compare with the others'.
 */
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/cpuid.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/soft/soft.h"
#include "hv-under-test/vmm/time/time.h"
#include "hv-under-test/vmm/machine/x86.h"

static enum vmm_cause pv_return(struct vcpu *v)
{
    uint64_t words[6], at, code; /* RAX, then what IRETQ takes */

    if (soft_read(v, *v->rsp, words, sizeof(words), &at, &code)) {
        soft_deliver_page_fault(v, at, code);
        return VMM_CAUSE_OTHER;
    }
    soft_rax = words[0];
    soft_return(v, words + 1);
    return VMM_CAUSE_OTHER;
}

static enum vmm_cause pv_port(struct vcpu *v, unsigned bytes, int in)
{
    const struct exits_port p = {.port = (uint16_t)v->rdx, .bytes = bytes, .in = in};
    enum vmm_cause cause;

    soft_rax = in ? 0 : v->rcx;
    cause = exits_port(v, &p);
    if (!in)
        soft_rax = 0;
    return cause;
}

static enum vmm_cause pv_msr_read(struct vcpu *v)
{
    uint64_t value = 0;

    if ((uint32_t)v->rdi == X86_MSR_TSC)
        value = time_guest_tsc();
    else if (soft_msr_read(v, (uint32_t)v->rdi, &value))
        soft_rax = UINT64_MAX;
    v->rdx = value;
    return VMM_CAUSE_MSR_READ;
}

static enum vmm_cause pv_set_cr3(struct vcpu *v)
{
    if (v->rdi & ~0x000ffffffffff018ull) {
        soft_rax = UINT64_MAX;
        return VMM_CAUSE_CONTROL_REGISTER;
    }
    soft_state.cr0 |= X86_CR0_PG | X86_CR0_WP;
    soft_set_cr3(v->rdi);
    return VMM_CAUSE_CONTROL_REGISTER;
}

static enum vmm_cause pv_call(struct vcpu *v, uint64_t number)
{
    soft_rax = 0;
    switch (number) {
    case VMM_PV_CPUID:
        soft_rax = v->rdi;
        v->rcx = v->rsi;
        exits_cpuid_result(v, 0); /* no XSAVE */
        return VMM_CAUSE_CPUID;
    case VMM_PV_SET_CR3:
        return pv_set_cr3(v);
    case VMM_PV_READ_CR2:
        soft_rax = soft_state.cr2;
        return VMM_CAUSE_CONTROL_REGISTER;
    case VMM_PV_INVLPG:
        soft_shadow_drop(v->rdi);
        return VMM_CAUSE_INVLPG;
    case VMM_PV_SET_IDT:
        soft_state.idt = (struct soft_table){v->rdi, (uint16_t)v->rsi};
        return VMM_CAUSE_OTHER;
    case VMM_PV_SET_EXCEPTION_STACK:
        soft_state.exception_stack = v->rdi;
        return VMM_CAUSE_OTHER;
    case VMM_PV_SET_IF:
        soft_state.flags = v->rdi ? X86_RFLAGS_IF : 0;
        return VMM_CAUSE_OTHER;
    case VMM_PV_HLT:
        return exits_hlt(v);
    case VMM_PV_IN8:
        return pv_port(v, 1, 1);
    case VMM_PV_IN32:
        return pv_port(v, 4, 1);
    case VMM_PV_OUT8:
        return pv_port(v, 1, 0);
    case VMM_PV_OUT32:
        return pv_port(v, 4, 0);
    case VMM_PV_MSR_READ:
        return pv_msr_read(v);
    case VMM_PV_MSR_WRITE:
        if (soft_msr_write(v, (uint32_t)v->rdi, v->rsi))
            soft_rax = UINT64_MAX;
        return VMM_CAUSE_MSR_WRITE;
    default:
        soft_rax = UINT64_MAX; /* -1: unknown number */
        return VMM_CAUSE_HYPERCALL;
    }
}

enum vmm_cause soft_pv_hypercall(struct vcpu *v)
{
    const uint64_t number = soft_rax;
    enum vmm_cause cause;

    if (number == VMM_PV_IRET)
        return pv_return(v);
    cause = pv_call(v, number);
    soft_skip(v, 0);
    return cause;
}
