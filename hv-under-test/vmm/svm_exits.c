/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm_exits.c - from exit codes to the neutral handlers of exits.h: the two
 * tables that svm_entry.S goes by, and the pads behind handlers. References: APM vol. 2 section
 * 15.
 */
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/devices.h"
#include "hv-under-test/vmm/distort.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/guests.h"
#include "hv-under-test/vmm/restore.h"
#include "hv-under-test/vmm/svm.h"
#include "hv-under-test/vmm/svm_shadow.h"
#include "hv-under-test/vmm/x86.h"

#define IOIO_IN 1u /* section 15.10.2 */
#define IOIO_STRING 4u
#define IOIO_REPEATED 8u
#define IOIO_PORT_SHIFT 16

enum vmm_cause (*svm_exit_table[SVM_EXIT_MASK + 1])(struct vcpu *v);
const uint8_t *svm_exit_way[SVM_EXIT_MASK + 1];

/* Apart from the NOP, so that the NOP spills nothing. */
__attribute__((noinline)) static enum vmm_cause svm_hypercall_other(struct vcpu *v)
{
    struct svm_vmcb *b = svm_vmcb_of(v);

    b->rax = exits_hypercall(v, b->rax);
    svm_go_on(b, b->rip + SVM_VMMCALL_BYTES);
    return VMM_CAUSE_HYPERCALL;
}

static enum vmm_cause svm_exit_vmmcall(struct vcpu *v)
{
    struct svm_vmcb *b = svm_vmcb_of(v);

    /* The NOP's result, 0, is its number. */
    if (__builtin_expect(b->rax != VMM_HYPERCALL_NOP, 0))
        return svm_hypercall_other(v);
    svm_go_on(b, b->rip + SVM_VMMCALL_BYTES);
    return VMM_CAUSE_HYPERCALL;
}

__attribute__((noinline)) static enum vmm_cause svm_ioio_other(struct vcpu *v)
{
    const struct svm_vmcb *b = svm_vmcb_of(v);
    const struct exits_port p = {.port = (uint16_t)(b->exit_info_1 >> IOIO_PORT_SHIFT),
                                 .bytes = (b->exit_info_1 >> 4) & 7u,
                                 .length = (unsigned)(b->exit_info_2 - b->rip),
                                 .in = b->exit_info_1 & IOIO_IN,
                                 .string =
                                     (b->exit_info_1 & (IOIO_STRING | IOIO_REPEATED)) != 0};

    return exits_port(v, &p);
}

/* EXITINFO1, section 15.10.2; EXITINFO2 is the address of the next instruction. A write to where
 * nothing is has no effect but its exit, and is what a port's exit is measured by. */
static enum vmm_cause svm_exit_ioio(struct vcpu *v)
{
    struct svm_vmcb *b = svm_vmcb_of(v);

    if ((b->exit_info_1 & (IOIO_IN | IOIO_STRING | IOIO_REPEATED)) ||
        !devices_empty((uint16_t)(b->exit_info_1 >> IOIO_PORT_SHIFT)))
        return svm_ioio_other(v);
    svm_go_on(b, b->exit_info_2);
    return VMM_CAUSE_PORT_OUT;
}

static enum vmm_cause svm_exit_msr(struct vcpu *v)
{
    return svm_vmcb_of(v)->exit_info_1 & 1u ? exits_msr_write(v) : exits_msr_read(v);
}

/* Section 15.25.6. A valid EXITINTINFO (section 15.7.2) says that the fault cut short the
 * delivery of an event, which would have to be repeated. */
static enum vmm_cause svm_exit_nested_fault(struct vcpu *v)
{
    const struct svm_vmcb *b = svm_vmcb_of(v);
    const struct exits_memory_fault f = {.guest = b->exit_info_2,
                                         .code = b->exit_info_1,
                                         .nested_event =
                                             (b->exit_interrupt & SVM_EVENT_VALID) != 0};

    return exits_memory_fault(v, &f);
}

static enum vmm_cause svm_exit_unknown(struct vcpu *v)
{
    return exits_unknown(v, svm_vmcb_of(v)->exit_code);
}

static const struct {
    unsigned code;
    enum vmm_cause (*handler)(struct vcpu *v);
} handlers[] = {
    {SVM_EXIT_VMMCALL, svm_exit_vmmcall},
    {SVM_EXIT_CPUID, exits_cpuid},
    {SVM_EXIT_IOIO, svm_exit_ioio},
    {SVM_EXIT_MSR, svm_exit_msr},
    {SVM_EXIT_RDTSC, exits_rdtsc},
    {SVM_EXIT_NESTED_FAULT, svm_exit_nested_fault},
    {SVM_EXIT_CR_READ(0), svm_shadow_control},
    {SVM_EXIT_CR_READ(3), svm_shadow_control},
    {SVM_EXIT_CR_READ(4), svm_shadow_control},
    {SVM_EXIT_CR_WRITE(0), svm_shadow_control},
    {SVM_EXIT_CR_WRITE(3), svm_shadow_control},
    {SVM_EXIT_CR_WRITE(4), svm_shadow_control},
    {SVM_EXIT_INVLPG, svm_shadow_invlpg},
    {SVM_EXIT_EXCEPTION(X86_VECTOR_PF), svm_shadow_page_fault},
    {SVM_EXIT_HLT, exits_hlt},
    {SVM_EXIT_INVD, exits_invd},
    {SVM_EXIT_XSETBV, exits_xsetbv},
    {SVM_EXIT_SHUTDOWN, exits_shutdown},
    {SVM_EXIT_INTR, exits_interrupt},
    {SVM_EXIT_NMI, exits_nmi},
    {SVM_EXIT_REFUSED, exits_refused},
    /* SVM itself and what CPUID hides */
    {SVM_EXIT_VMRUN, exits_hidden_instruction},
    {SVM_EXIT_VMLOAD, exits_hidden_instruction},
    {SVM_EXIT_VMSAVE, exits_hidden_instruction},
    {SVM_EXIT_STGI, exits_hidden_instruction},
    {SVM_EXIT_CLGI, exits_hidden_instruction},
    {SVM_EXIT_SKINIT, exits_hidden_instruction},
    {SVM_EXIT_INVLPGA, exits_hidden_instruction},
    {SVM_EXIT_RDPMC, exits_hidden_instruction},
    {SVM_EXIT_RDTSCP, exits_hidden_instruction},
    {SVM_EXIT_MONITOR, exits_hidden_instruction},
    {SVM_EXIT_MWAIT, exits_hidden_instruction},
    {SVM_EXIT_MWAIT_CONDITIONAL, exits_hidden_instruction},
    {SVM_EXIT_RDPRU, exits_hidden_instruction},
};

/* Those that neither read nor write the guest's RBX, RBP or R12 to R15, whatever they call. Whoever
 * gives an operand by its number (vcpu_register()) or fills CPUID's registers is none of them. */
static const unsigned light[] = {SVM_EXIT_VMMCALL, SVM_EXIT_IOIO, SVM_EXIT_MSR,
                                 SVM_EXIT_RDTSC,   SVM_EXIT_INTR, SVM_EXIT_HLT};

static void fill_exit_table(int fast)
{
    for (unsigned i = 0; i <= SVM_EXIT_MASK; i++) {
        svm_exit_table[i] = svm_exit_unknown;
        svm_exit_way[i] = fast ? svm_fast_whole : svm_full_whole;
    }
    for (unsigned i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
        svm_exit_table[handlers[i].code] = handlers[i].handler;
    for (unsigned i = 0; i < sizeof(light) / sizeof(light[0]); i++)
        svm_exit_way[light[i]] = fast ? svm_fast_light : svm_full_light;
}

/* The table as it is without pads. */
static enum vmm_cause (*unpadded[SVM_EXIT_MASK + 1])(struct vcpu *v);

static enum vmm_cause svm_exit_padded(struct vcpu *v)
{
    enum vmm_cause cause = unpadded[svm_vmcb_of(v)->exit_code & SVM_EXIT_MASK](v);

    distort_pad(cause);
    return cause;
}

static void pad_exit_table(void)
{
    for (unsigned i = 0; i <= SVM_EXIT_MASK; i++) {
        unpadded[i] = svm_exit_table[i];
        svm_exit_table[i] = svm_exit_padded;
    }
}

void svm_fill_exits(const struct vmm_config *c)
{
    fill_exit_table(c->hypercall == CONFIG_HYPERCALL_FAST);
    /* A checkpoint saves and puts back all registers. */
    if (restore_is_asked(c))
        svm_exit_way[SVM_EXIT_VMMCALL] = svm_exit_way[SVM_EXIT_CPUID];
    if (c->guests > 1)
        svm_exit_table[SVM_EXIT_INTR] = guests_interrupt;
    if (distort_pads_exits(c))
        pad_exit_table();
}
