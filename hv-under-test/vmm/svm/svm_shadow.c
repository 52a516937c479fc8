/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm/svm_shadow.c - the SVM side of shadow paging (vmm/svm/svm_shadow.h).
 * References: APM vol. 2 sections 15.5 (state), 15.8 (control registers), 15.16 (TLB).
 */
#include "hv-under-test/vmm/svm/svm_shadow.h"

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/cpuid.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/decode/insn_operand.h"
#include "hv-under-test/vmm/decode/linear.h"
#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/paging/shadow.h"
#include "hv-under-test/vmm/machine/x86.h"

#define CR0_MSW 0xfull /* PE MP EM TS: what LMSW writes */
/* Translation depends on these. */
#define CR0_PAGING (X86_CR0_PG | X86_CR0_WP)
#define CR4_PAGING (X86_CR4_PSE | X86_CR4_PAE | X86_CR4_PGE | X86_CR4_SMEP | X86_CR4_SMAP)
/* VME PVI TSD DE PSE PAE MCE PGE PCE OSFXSR OSXMMEXCPT */
#define CR4_ALWAYS 0x7ffull
#define UNSUPPORTED_PAGING                                                                    \
    "shadow paging: 32-bit paging without PAE is not carried; paging=nested carries it"

static struct {
    struct guest_mode mode; /* cr0, cr3, cr4, efer */
    uint64_t pat, cr4_allowed;
    int tagged;
    const struct backend *unshadowed;
} shadow;

const struct guest_mode *svm_shadow_guest(void)
{
    return &shadow.mode;
}

static void drop_in_tlb(uint64_t linear, uint32_t id)
{
    __asm__ volatile("invlpga %0, %1" : : "a"(linear), "c"(id) : "memory");
}

/* --- what the processor has, from what the guest believes --- */

void svm_shadow_apply_root(struct svm_vmcb *b)
{
    b->cr3 = shadow_root();
    if (shadow.tagged) {
        b->asid = shadow_id();
        b->tlb_control = shadow_take_flush() ? SVM_TLB_FLUSH_ALL : SVM_TLB_KEEP;
    }
}

static void apply(struct svm_vmcb *b)
{
    const struct guest_mode *m = &shadow.mode;

    b->cr0 = m->cr0 | X86_CR0_PG | X86_CR0_WP;
    b->cr4 = m->cr4 | X86_CR4_PAE;
    if (!(m->cr0 &
          X86_CR0_PG)) /* the pages of a guest without paging are its programs', too */
        b->cr4 &= ~(X86_CR4_SMEP | X86_CR4_SMAP);
    b->efer = (m->efer & ~(X86_EFER_LME | X86_EFER_LMA)) | X86_EFER_NXE | X86_EFER_SVME;
    if (m->efer & X86_EFER_LMA)
        b->efer |= X86_EFER_LME | X86_EFER_LMA;
    b->intercept_cr = SVM_CR_READ(3) | SVM_CR_WRITE(0) | SVM_CR_WRITE(3) | SVM_CR_WRITE(4) |
                      (b->cr0 == m->cr0 ? 0 : SVM_CR_READ(0)) |
                      (b->cr4 == m->cr4 ? 0 : SVM_CR_READ(4));
    svm_shadow_apply_root(b);
}

static void reset(struct svm_vmcb *b)
{
    shadow_reset(&shadow.mode, shadow.pat);
    apply(b);
}

/* --- the backend's view of those registers --- */

static void shadowed_mode(const struct vcpu *v, struct guest_mode *mode)
{
    shadow.unshadowed->mode(v, mode);
    mode->cr0 = shadow.mode.cr0;
    mode->cr3 = shadow.mode.cr3;
    mode->cr4 = shadow.mode.cr4;
    mode->efer = shadow.mode.efer;
}

static int shadowed_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    if (msr == X86_MSR_EFER)
        *value = shadow.mode.efer;
    else if (msr == X86_MSR_PAT)
        *value = shadow.pat;
    else
        return shadow.unshadowed->msr_read(v, msr, value);
    return 0;
}

static void write_efer(struct svm_vmcb *b, uint64_t value)
{
    struct guest_mode *m = &shadow.mode;
    const uint64_t changed = value ^ m->efer;

    m->efer = (value & ~X86_EFER_LMA) | (m->efer & X86_EFER_LMA);
    if (changed & X86_EFER_NXE)
        reset(b);
    else
        apply(b);
}

static int shadowed_msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
    switch (msr) {
    case X86_MSR_EFER:
        if (!exits_is_efer(v, value))
            return -1;
        write_efer(svm_vmcb_of(v), value);
        return 0;
    case X86_MSR_PAT:
        if (!exits_is_pat(value))
            return -1;
        shadow.pat = value;
        reset(svm_vmcb_of(v));
        return 0;
    default:
        return shadow.unshadowed->msr_write(v, msr, value);
    }
}

static uint64_t allowed_in_cr4(void)
{
    const struct x86_cpuid features = x86_cpuid(7, 0);

    return CR4_ALWAYS | (features.ebx & 1u ? X86_CR4_FSGSBASE : 0) |
           (features.ebx & 1u << 7 ? X86_CR4_SMEP : 0) |
           (features.ebx & 1u << 20 ? X86_CR4_SMAP : 0) |
           (features.ecx & 1u << 2 ? X86_CR4_UMIP : 0) |
           (x86_cpuid(1, 0).ecx & 1u << 26 ? X86_CR4_OSXSAVE : 0);
}

static void report_numbers(void)
{
    const struct shadow_numbers *n = &shadow_numbers;

    report_number("vmm.shadow.entered", n->entered);
    report_number("vmm.shadow.delivered", n->delivered);
    report_number("vmm.shadow.switches", n->switches);
    report_number("vmm.shadow.found", n->found);
    report_number("vmm.shadow.revalidated", n->revalidated);
    report_number("vmm.shadow.evicted", n->evicted);
    report_number("vmm.shadow.written", n->written);
    report_number("vmm.shadow.unshadowed", n->unshadowed);
}

uint64_t svm_shadow_bytes(void)
{
    return shadow_bytes();
}

void svm_shadow_prepare(struct vcpu *v, const struct vmm_config *c, void *memory)
{
    static struct backend shadowed;
    struct svm_vmcb *b = svm_vmcb_of(v);

    shadowed = *v->backend;
    shadowed.mode = shadowed_mode;
    shadowed.msr_read = shadowed_msr_read;
    shadowed.msr_write = shadowed_msr_write;
    shadow.unshadowed = v->backend;
    v->backend = &shadowed;
    shadow.mode = (struct guest_mode){
        .cr0 = b->cr0, .cr3 = b->cr3, .cr4 = b->cr4, .efer = b->efer & ~X86_EFER_SVME};
    shadow.pat = b->guest_pat;
    shadow.tagged = c->asid == CONFIG_ASID_ON;
    shadow.cr4_allowed = allowed_in_cr4();
    cpuid_hide_for_shadow();
    report_at_end(report_numbers);
    x86_wrmsr(X86_MSR_PAT, SHADOW_PAT); /* the hypervisor uses positions 0 to 3 only */
    b->nested_paging = 0;
    b->nested_cr3 = 0;
    b->intercept_exceptions |= 1u << X86_VECTOR_PF;
    if (c->paging == CONFIG_PAGING_SHADOW_LAZY)
        b->intercept_1 |= SVM_1_INVLPG;
    shadow_start(c->paging == CONFIG_PAGING_SHADOW_LAZY ? SHADOW_LAZY : SHADOW_EAGER, memory,
                 x86_cpuid(0x8000000au, 0).ebx - 1, drop_in_tlb);
    reset(b);
}

/* --- snapshots --- */

static struct guest_mode saved_mode;
static uint64_t saved_pat;

void svm_shadow_save(void)
{
    saved_mode = shadow.mode;
    saved_pat = shadow.pat;
}

int svm_shadow_restore(struct svm_vmcb *b)
{
    if (!shadow.unshadowed)
        return 0;
    shadow.mode = saved_mode;
    shadow.pat = saved_pat;
    reset(b);
    return 1;
}

/* --- instructions --- */

_Noreturn static void give_up(struct vcpu *v, enum vmm_cause cause, const char *reason)
{
    exits_give_up(v, cause, reason, "code", svm_vmcb_of(v)->exit_code);
}

/* Control registers move in 16-bit code, too, on the way out of real mode. */
static int decode_16(const uint8_t *code, size_t n, struct soft_insn *i)
{
    if (n < 3 || code[0] != 0x0f || (code[1] != 0x20 && code[1] != 0x22 && code[1] != 0x06))
        return -1;
    *i = (struct soft_insn){.length = code[1] == 0x06 ? 2 : 3,
                            .map = SOFT_MAP_0F,
                            .opcode = code[1],
                            .modrm = code[2]};
    return 0;
}

int svm_shadow_fetch(struct vcpu *v, struct guest_mode *m, struct soft_insn *i)
{
    uint8_t code[LINEAR_FETCH_BYTES];
    size_t n;

    v->backend->mode(v, m);
    n = linear_fetch(m, m->code_base + *v->rip, code);
    return m->code_bits == 16 ? decode_16(code, n, i) : soft_decode(code, n, m->code_bits, i);
}

static uint64_t segment_base(const struct svm_vmcb *b, const struct guest_mode *m,
                             const struct soft_insn *i)
{
    const unsigned base = i->has_sib ? i->sib & 7u : i->modrm & 7u;
    const int on_stack = (i->modrm >> 6 && base == 5) || (i->has_sib && base == 4);

    switch (i->segment) {
    case 0x64:
        return b->fs.base;
    case 0x65:
        return b->gs.base;
    case 0x26:
        return m->code_bits == 64 ? 0 : b->es.base;
    case 0x2e:
        return m->code_bits == 64 ? 0 : b->cs.base;
    case 0x36:
        return m->code_bits == 64 ? 0 : b->ss.base;
    case 0x3e:
        return m->code_bits == 64 ? 0 : b->ds.base;
    default:
        return m->code_bits == 64 ? 0 : on_stack ? b->ss.base : b->ds.base;
    }
}

uint64_t svm_shadow_linear(const struct vcpu *v, const struct guest_mode *m,
                           const struct soft_insn *i, uint64_t offset)
{
    const uint64_t linear = segment_base(svm_vmcb_of(v), m, i) + offset;

    return m->efer & X86_EFER_LMA ? linear : (uint32_t)linear;
}

/* --- control registers --- */

/* 0, or -1: #GP. APM vol. 2 sections 3.1.1 and 14.6. */
static int write_cr0(struct vcpu *v, uint64_t value)
{
    struct svm_vmcb *b = svm_vmcb_of(v);
    struct guest_mode *m = &shadow.mode;
    const uint64_t changed = value ^ m->cr0;
    const int in_long_code =
        (m->efer & X86_EFER_LMA) && (b->cs.attributes & SVM_ATTRIBUTE_LONG);

    if (value >> 32 || ((value & X86_CR0_PG) && !(value & X86_CR0_PE)) ||
        ((value & X86_CR0_NW) && !(value & X86_CR0_CD)) ||
        ((changed & X86_CR0_PG) && in_long_code))
        return -1;
    if (changed & value & X86_CR0_PG && m->efer & X86_EFER_LME) {
        if (!(m->cr4 & X86_CR4_PAE) || (b->cs.attributes & SVM_ATTRIBUTE_LONG))
            return -1;
        m->efer |= X86_EFER_LMA;
    } else if (changed & X86_CR0_PG) {
        m->efer &= ~X86_EFER_LMA;
    }
    if (value & X86_CR0_PG && !(m->cr4 & X86_CR4_PAE))
        give_up(v, VMM_CAUSE_CONTROL_REGISTER, UNSUPPORTED_PAGING);
    if (!(value & X86_CR0_WP) && m->cr4 & X86_CR4_SMAP)
        give_up(v, VMM_CAUSE_CONTROL_REGISTER,
                "shadow paging: SMAP without CR0.WP is not carried");
    m->cr0 = value | X86_CR0_ET;
    if (changed & CR0_PAGING)
        reset(b);
    else
        apply(b);
    return 0;
}

static int write_cr3(struct vcpu *v, uint64_t value)
{
    if (value >> 52)
        return -1;
    shadow.mode.cr3 = value;
    if (shadow.mode.cr0 & X86_CR0_PG) {
        shadow_set_root(&shadow.mode);
        svm_shadow_apply_root(svm_vmcb_of(v));
    }
    return 0;
}

static int write_cr4(struct vcpu *v, uint64_t value)
{
    struct guest_mode *m = &shadow.mode;
    const uint64_t changed = value ^ m->cr4;

    if (value & ~shadow.cr4_allowed || (m->efer & X86_EFER_LMA && !(value & X86_CR4_PAE)))
        return -1;
    if (m->cr0 & X86_CR0_PG && !(value & X86_CR4_PAE))
        give_up(v, VMM_CAUSE_CONTROL_REGISTER, UNSUPPORTED_PAGING);
    if (value & X86_CR4_SMAP && !(m->cr0 & X86_CR0_WP))
        give_up(v, VMM_CAUSE_CONTROL_REGISTER,
                "shadow paging: SMAP without CR0.WP is not carried");
    m->cr4 = value;
    if (changed & CR4_PAGING)
        reset(svm_vmcb_of(v));
    else
        apply(svm_vmcb_of(v));
    return 0;
}

static int write_control(struct vcpu *v, unsigned number, uint64_t value)
{
    return number == 0   ? write_cr0(v, value)
           : number == 3 ? write_cr3(v, value)
           : number == 4 ? write_cr4(v, value)
                         : -1;
}

static uint64_t read_control(unsigned number)
{
    return number == 0 ? shadow.mode.cr0 : number == 3 ? shadow.mode.cr3 : shadow.mode.cr4;
}

enum done { DONE, REFUSED, FAULTED }; /* REFUSED: #GP is due; FAULTED: the guest has its own */

/* Group 7: SMSW and LMSW. In memory they have 16 bits. */
static enum done machine_status_word(struct vcpu *v, const struct guest_mode *m,
                                     const struct soft_insn *i, uint64_t *r)
{
    const uint64_t cr0 = shadow.mode.cr0;
    const int in_memory = i->modrm >> 6 != 3;
    const uint64_t linear =
        in_memory ? svm_shadow_linear(v, m, i, insn_address(v, i, m->code_bits)) : 0;
    uint16_t word = (uint16_t)*r;

    if (((i->modrm >> 3) & 7u) == 6) { /* LMSW; PE it sets and never clears */
        if (in_memory && svm_shadow_load16(v, linear, &word))
            return FAULTED;
        return write_cr0(v, (cr0 & ~(CR0_MSW & ~X86_CR0_PE)) | (word & CR0_MSW)) ? REFUSED
                                                                                 : DONE;
    }
    if (in_memory) {
        const int faulted = svm_shadow_store16(v, linear, (uint16_t)cr0);

        svm_shadow_apply_root(svm_vmcb_of(v));
        return faulted ? FAULTED : DONE;
    }
    if (i->operand_size && !(i->rex & SOFT_REX_W))
        *r = (*r & ~0xffffull) | (cr0 & 0xffff);
    else
        *r = i->rex & SOFT_REX_W ? cr0 : (uint32_t)cr0;
    return DONE;
}

enum vmm_cause svm_shadow_control(struct vcpu *v)
{
    const enum vmm_cause cause = VMM_CAUSE_CONTROL_REGISTER;
    struct guest_mode m;
    struct soft_insn i;
    uint64_t *r;
    unsigned number;
    enum done done = DONE;

    if (svm_shadow_fetch(v, &m, &i) || i.map != SOFT_MAP_0F) {
        if (m.cpl != 3) /* a program's must not end the machine */
            give_up(v, cause, "an instruction that exited cannot be emulated");
        return exits_hidden_instruction(v);
    }
    r = vcpu_register(v, (i.modrm & 7u) | (i.rex & SOFT_REX_B ? 8u : 0));
    number = ((i.modrm >> 3) & 7u) | (i.rex & SOFT_REX_R ? 8u : 0);
    switch (i.opcode) {
    case 0x06:
        done = write_cr0(v, shadow.mode.cr0 & ~X86_CR0_TS) ? REFUSED : DONE;
        break;
    case 0x01:
        done = machine_status_word(v, &m, &i, r);
        break;
    case 0x20:
        *r = m.code_bits == 64 ? read_control(number) : (uint32_t)read_control(number);
        break;
    case 0x22:
        done =
            write_control(v, number, m.code_bits == 64 ? *r : (uint32_t)*r) ? REFUSED : DONE;
        break;
    default:
        give_up(v, cause, "the instruction in memory is not the one that exited");
    }
    if (done == REFUSED)
        v->backend->inject(v, X86_VECTOR_GP, 0);
    else if (done == DONE)
        v->backend->skip(v, i.length);
    return cause;
}

enum vmm_cause svm_shadow_invlpg(struct vcpu *v)
{
    struct guest_mode m;
    struct soft_insn i;

    if (svm_shadow_fetch(v, &m, &i) || i.map != SOFT_MAP_0F || i.opcode != 0x01)
        give_up(v, VMM_CAUSE_INVLPG, "an instruction that exited cannot be emulated");
    if (shadow.mode.cr0 & X86_CR0_PG)
        shadow_drop(svm_shadow_linear(v, &m, &i, insn_address(v, &i, m.code_bits)));
    svm_shadow_apply_root(svm_vmcb_of(v));
    v->backend->skip(v, i.length);
    return VMM_CAUSE_INVLPG;
}
