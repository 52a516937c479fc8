/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/vmx/vmx_exits.c - from exit reasons to the neutral handlers of exits.h:
 * the two tables that vmx_entry.S goes by, the guest's state around handlers, and the pads
 * behind them. References: SDM vol. 3 chapter 27, appendix C.
 */
#include <stddef.h>

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/devices/devices.h"
#include "hv-under-test/vmm/time/distort.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/paging/guest_walk.h"
#include "hv-under-test/vmm/vmx/vmx.h"
#include "hv-under-test/vmm/machine/x86.h"

enum vmm_cause (*vmx_exit_table[VMX_EXITS + 1])(struct vcpu *v);
const uint8_t *vmx_exit_way[VMX_EXITS + 1];

/* --- the guest's state around a handler --- */

static void load_guest(void)
{
    vmx_guest.rsp = vmx_read(VMCS_GUEST_RSP);
    vmx_guest.rip = vmx_read(VMCS_GUEST_RIP);
    vmx_guest.rflags = vmx_read(VMCS_GUEST_RFLAGS);
}

static void store_guest(void)
{
    (void)vmx_write(VMCS_GUEST_RSP, vmx_guest.rsp);
    (void)vmx_write(VMCS_GUEST_RIP, vmx_guest.rip);
    (void)vmx_write(VMCS_GUEST_RFLAGS, vmx_guest.rflags);
}

/* Those of handlers[], by reason. */
static enum vmm_cause (*inner[VMX_EXITS + 1])(struct vcpu *v);

static unsigned reason_index(void)
{
    const uint64_t reason = vmx_read(VMCS_EXIT_REASON);

    return reason < VMX_EXITS ? (unsigned)reason : VMX_EXITS;
}

__attribute__((noinline)) static enum vmm_cause vmx_exit_other(struct vcpu *v)
{
    enum vmm_cause cause;

    load_guest();
    cause = inner[reason_index()](v);
    store_guest();
    return cause;
}

/* Behind the instruction that exited for what it is: the processor says how long it is. */
static void step(struct vcpu *v)
{
    v->backend->skip(v, (unsigned)vmx_read(VMCS_INSTRUCTION_BYTES));
}

/* --- without the state --- */

static void step_alone(void)
{
    (void)vmx_write(VMCS_GUEST_RIP,
                    vmx_read(VMCS_GUEST_RIP) + vmx_read(VMCS_INSTRUCTION_BYTES));
    vmx_end_of_instruction();
}

static enum vmm_cause vmx_exit_vmcall(struct vcpu *v)
{
    /* The NOP's result, 0, is its number. */
    if (__builtin_expect(vmx_guest.rax != VMM_HYPERCALL_NOP, 0))
        return vmx_exit_other(v);
    step_alone();
    return VMM_CAUSE_HYPERCALL;
}

/* A write to where nothing is has no effect but its exit, and is what a port's exit is measured
 * by. */
static enum vmm_cause vmx_exit_io(struct vcpu *v)
{
    const uint64_t q = vmx_read(VMCS_QUALIFICATION);

    if ((q & (VMX_IO_IN | VMX_IO_STRING | VMX_IO_REPEATED)) || !devices_empty(VMX_IO_PORT(q)))
        return vmx_exit_other(v);
    step_alone();
    return VMM_CAUSE_PORT_OUT;
}

/* --- with it --- */

static enum vmm_cause exit_hypercall(struct vcpu *v)
{
    vmx_guest.rax = exits_hypercall(v, vmx_guest.rax);
    step(v);
    return VMM_CAUSE_HYPERCALL;
}

static enum vmm_cause exit_io(struct vcpu *v)
{
    const uint64_t q = vmx_read(VMCS_QUALIFICATION);
    const struct exits_port p = {.port = VMX_IO_PORT(q),
                                 .bytes = VMX_IO_BYTES(q),
                                 .length = (unsigned)vmx_read(VMCS_INSTRUCTION_BYTES),
                                 .in = (q & VMX_IO_IN) != 0,
                                 .string = (q & (VMX_IO_STRING | VMX_IO_REPEATED)) != 0};

    return exits_port(v, &p);
}

static enum vmm_cause exit_cpuid(struct vcpu *v)
{
    exits_cpuid_result(v, vmx_read(VMCS_GUEST_CR4));
    step(v);
    return VMM_CAUSE_CPUID;
}

static enum vmm_cause exit_rdtsc(struct vcpu *v)
{
    exits_rdtsc_result(v);
    step(v);
    return VMM_CAUSE_RDTSC;
}

static enum vmm_cause exit_rdmsr(struct vcpu *v)
{
    if (!exits_msr_read_result(v))
        step(v);
    return VMM_CAUSE_MSR_READ;
}

static enum vmm_cause exit_wrmsr(struct vcpu *v)
{
    if (!exits_msr_write_result(v))
        step(v);
    return VMM_CAUSE_MSR_WRITE;
}

static enum vmm_cause exit_xsetbv(struct vcpu *v)
{
    if (!exits_xsetbv_result(v))
        step(v);
    return VMM_CAUSE_OTHER;
}

/* As exits_invd(). */
static enum vmm_cause exit_invd(struct vcpu *v)
{
    x86_wbinvd();
    step(v);
    return VMM_CAUSE_OTHER;
}

static enum vmm_cause exit_hlt(struct vcpu *v)
{
    exits_hlt_check(v);
    step(v);
    exits_hlt_wait(v);
    return VMM_CAUSE_HLT;
}

/*
 * What exits is a change of a bit that the processor wants at 1 and the guest must not see: NE of
 * CR0, VMXE of CR4 (vmx.c). NE is the guest's as far as it can read it back: what it wants is put
 * into the shadow and the instruction runs again, now without an exit, with all that the
 * processor does and checks for the rest of the register. VMXE is of what CPUID hides.
 */
static enum vmm_cause exit_control_register(struct vcpu *v)
{
    const uint64_t q = vmx_read(VMCS_QUALIFICATION), shadow = vmx_read(VMCS_CR0_SHADOW);
    const uint64_t wanted = *vcpu_register(v, VMX_CR_REGISTER(q));

    if (VMX_CR_ACCESS(q) != VMX_CR_MOV_TO ||
        (VMX_CR_NUMBER(q) != 0 && VMX_CR_NUMBER(q) != 4) ||
        (VMX_CR_NUMBER(q) == 0 && !((wanted ^ shadow) & X86_CR0_NE)))
        exits_give_up(v, VMM_CAUSE_CONTROL_REGISTER,
                      "an access to a control register that does not exit", "qualification",
                      q);
    if (VMX_CR_NUMBER(q) == 4)
        v->backend->inject(v, X86_VECTOR_GP, 0);
    else
        (void)vmx_write(VMCS_CR0_SHADOW, wanted & X86_CR0_NE);
    return VMM_CAUSE_CONTROL_REGISTER;
}

/* Section 27.2.1 and table 27-7, in the bits of a page fault. A valid vectoring event (section
 * 27.2.4) says that the violation cut short the delivery of an event. */
static enum vmm_cause exit_ept_violation(struct vcpu *v)
{
    const uint64_t q = vmx_read(VMCS_QUALIFICATION);
    const int walk = (q & VMX_EPT_LINEAR) && !(q & VMX_EPT_TRANSLATED);
    const struct exits_memory_fault f = {
        .guest = vmx_read(VMCS_GUEST_PHYSICAL),
        .code = (q & VMX_EPT_PRESENT ? GUEST_CODE_PRESENT : 0) |
                (q & VMX_EPT_WRITE ? GUEST_CODE_WRITE : 0) |
                (q & VMX_EPT_FETCH ? GUEST_CODE_FETCH : 0) |
                (walk ? GUEST_CODE_TABLE_WALK : 0),
        .nested_event = (vmx_read(VMCS_VECTORING_EVENT) & VMX_EVENT_VALID) != 0};

    return exits_memory_fault(v, &f);
}

static enum vmm_cause exit_exception(struct vcpu *v)
{
    const uint64_t event = vmx_read(VMCS_EXIT_EVENT);

    if ((event & 0xffu) == X86_VECTOR_NMI)
        return exits_nmi(v);
    return exits_unknown(v, event);
}

/* The guest can take what was posted: now. */
static enum vmm_cause exit_window(struct vcpu *v)
{
    (void)v;
    (void)vmx_write(VMCS_ENTRY_EVENT, vmx_guest.posted | VMX_EVENT_INTERRUPT);
    vmx_guest.posted = 0;
    vmx_ask_for_window(0);
    return VMM_CAUSE_INTERRUPT_WINDOW;
}

static enum vmm_cause exit_unknown(struct vcpu *v)
{
    const uint64_t reason = vmx_read(VMCS_EXIT_REASON);

    if (reason & VMX_REASON_ENTRY_FAILED)
        return exits_refused(v);
    return exits_unknown(v, reason);
}

void vmx_not_entered(struct vcpu *v)
{
    load_guest();
    exits_give_up(v, VMM_CAUSE_OTHER, "the processor did not take the entry of the guest",
                  "instruction_error", vmx_read(VMCS_INSTRUCTION_ERROR));
}

static const struct {
    unsigned reason;
    enum vmm_cause (*handler)(struct vcpu *v);
} handlers[] = {
    {VMX_REASON_VMCALL, exit_hypercall},
    {VMX_REASON_CPUID, exit_cpuid},
    {VMX_REASON_IO, exit_io},
    {VMX_REASON_RDMSR, exit_rdmsr},
    {VMX_REASON_WRMSR, exit_wrmsr},
    {VMX_REASON_RDTSC, exit_rdtsc},
    {VMX_REASON_EPT_VIOLATION, exit_ept_violation},
    {VMX_REASON_CONTROL_REGISTER, exit_control_register},
    {VMX_REASON_HLT, exit_hlt},
    {VMX_REASON_INVD, exit_invd},
    {VMX_REASON_XSETBV, exit_xsetbv},
    {VMX_REASON_TRIPLE_FAULT, exits_shutdown},
    {VMX_REASON_INTERRUPT, exits_interrupt},
    {VMX_REASON_WINDOW, exit_window},
    {VMX_REASON_EXCEPTION, exit_exception},
    /* what CPUID hides, VT-x itself apart */
    {VMX_REASON_GETSEC, exits_hidden_instruction},
    {VMX_REASON_RDPMC, exits_hidden_instruction},
    {VMX_REASON_MONITOR, exits_hidden_instruction},
    {VMX_REASON_MWAIT, exits_hidden_instruction},
    {VMX_REASON_INVEPT, exits_hidden_instruction},
    {VMX_REASON_INVVPID, exits_hidden_instruction},
};

/* Those that neither read nor write the guest's RBX, RBP or R12 to R15, whatever they call. */
static const unsigned light[] = {VMX_REASON_VMCALL, VMX_REASON_IO,    VMX_REASON_RDMSR,
                                 VMX_REASON_WRMSR,  VMX_REASON_RDTSC, VMX_REASON_INTERRUPT,
                                 VMX_REASON_HLT,    VMX_REASON_WINDOW};

static void fill_exit_table(void)
{
    for (unsigned i = 0; i <= VMX_EXITS; i++) {
        inner[i] = exit_unknown;
        vmx_exit_table[i] = vmx_exit_other;
        vmx_exit_way[i] = vmx_full_whole;
    }
    for (unsigned i = VMX_REASON_VMCLEAR; i <= VMX_REASON_VMXON; i++)
        inner[i] = exits_hidden_instruction;
    for (unsigned i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
        inner[handlers[i].reason] = handlers[i].handler;
    vmx_exit_table[VMX_REASON_VMCALL] = vmx_exit_vmcall;
    vmx_exit_table[VMX_REASON_IO] = vmx_exit_io;
    for (unsigned i = 0; i < sizeof(light) / sizeof(light[0]); i++)
        vmx_exit_way[light[i]] = vmx_full_light;
}

/* The table as it is without pads. */
static enum vmm_cause (*unpadded[VMX_EXITS + 1])(struct vcpu *v);

static enum vmm_cause vmx_exit_padded(struct vcpu *v)
{
    const enum vmm_cause cause = unpadded[reason_index()](v);

    distort_pad(cause);
    return cause;
}

void vmx_fill_exits(const struct vmm_config *c)
{
    fill_exit_table();
    for (unsigned i = 0; distort_pads_exits(c) && i <= VMX_EXITS; i++) {
        unpadded[i] = vmx_exit_table[i];
        vmx_exit_table[i] = vmx_exit_padded;
    }
}
