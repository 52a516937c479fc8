/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft.c - the backends soft and pv: what the processor is given instead of
 * a control block (tables, ports, alias), and from exceptions to the neutral handlers of
 * exits.h.
 *
 * Vectors: INT 82h is a hypercall, INT 83h a replaced CPUID, INT3 whatever else the scanner
 * replaced or the guest's own. All other gates are closed to ring 3, so that an INT n of the
 * guest is a #GP.
 */
#include "hv-under-test/vmm/soft.h"

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/cpuid.h"
#include "hv-under-test/vmm/devices.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/fault.h"
#include "hv-under-test/vmm/guest.h"
#include "hv-under-test/vmm/linear.h"
#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/time.h"
#include "hv-under-test/vmm/x86.h"

#define VECTORS 256u
#define CODE_SELECTOR 0x08u
#define TSS_SELECTOR 0x18u
#define GATE_RING0 0x8e00u /* interrupt gates, APM vol. 2 section 4.8.4 */
#define GATE_RING3 0xee00u
#define TSS_AVAILABLE 0x89ull
#define IO_MAP_BYTES 8193u /* section 12.2.5: with the byte of ones behind it */

#define PAGE_TABLE 3ull /* present, writable; supervisor */
#define PAGE_LARGE 0x83ull
#define LARGE_SHIFT 21u

struct gate {
    uint16_t offset_low, selector, attributes, offset_middle;
    uint32_t offset_high, zero;
};

struct __attribute__((packed)) task_state {
    uint32_t reserved0;
    uint64_t rsp[3], reserved1, ist[7], reserved2;
    uint16_t reserved3, io_map_at;
    uint8_t io_map[IO_MAP_BYTES];
};

struct {
    uint8_t stack[SOFT_STACK_BYTES];
    struct vcpu vcpu;
} soft_processor __attribute__((aligned(16)));

struct soft_frame soft_frame __attribute__((aligned(16)));
struct soft_scan soft_scan;
uint64_t soft_rax, soft_host_root, soft_shadow_root;
uint32_t soft_vector;

static struct gate idt[VECTORS] __attribute__((aligned(16)));
static uint64_t gdt[SOFT_GDT_ENTRIES] __attribute__((aligned(16)));
static struct task_state task_state __attribute__((aligned(16)));
static uint8_t double_fault_stack[4096] __attribute__((aligned(16)));
static uint64_t alias_pointers[512] __attribute__((aligned(4096)));
static uint64_t alias_directory[512] __attribute__((aligned(4096)));

extern const uint8_t vmm_end[]; /* link.ld */
extern const struct backend soft_backend, pv_backend;

static uint64_t alias_of(const void *p)
{
    return (uint64_t)(uintptr_t)p + SOFT_ALIAS;
}

/* --- exceptions to neutral handlers --- */

__attribute__((noinline)) static enum vmm_cause hypercall_other(struct vcpu *v)
{
    /* The paravirtual OUT to a port where nothing happens: only counted. */
    if (soft_rax == VMM_PV_OUT8 && soft_state.paravirtual && devices_empty((uint16_t)v->rdx) &&
        !(soft_frame.rflags & X86_RFLAGS_TF)) {
        soft_rax = 0;
        return VMM_CAUSE_PORT_OUT;
    }
    if (soft_state.paravirtual && soft_rax >= VMM_PV_FIRST)
        return soft_pv_hypercall(v);
    soft_rax = exits_hypercall(v, soft_rax);
    soft_skip(v, 0);
    return VMM_CAUSE_HYPERCALL;
}

enum vmm_cause soft_exit_hypercall(struct vcpu *v)
{
    /* The NOP's result, 0, is its number. TF: the debug trap is still due. */
    if (__builtin_expect(soft_rax != VMM_HYPERCALL_NOP || soft_frame.rflags & X86_RFLAGS_TF,
                         0))
        return hypercall_other(v);
    return VMM_CAUSE_HYPERCALL;
}

enum vmm_cause soft_exit_cpuid(struct vcpu *v)
{
    exits_cpuid_result(v, 0); /* no XSAVE */
    soft_skip(v, 0);
    return VMM_CAUSE_CPUID;
}

/* OUT of AL to a port where nothing happens: only counted. 1: that is done. */
static inline int skip_idle_out(uint16_t port, unsigned bytes)
{
    if (!devices_empty(port) || soft_frame.cs != SOFT_USER_CODE_64 ||
        soft_frame.rflags & X86_RFLAGS_TF)
        return 0;
    soft_frame.rip += bytes;
    return 1;
}

enum vmm_cause soft_exit_protection(struct vcpu *v, uint32_t code)
{
    const unsigned opcode = code & 0xff;

    if (opcode == 0xee && skip_idle_out((uint16_t)v->rdx, 1))
        return VMM_CAUSE_PORT_OUT;
    if (opcode == 0xe6 && skip_idle_out((uint16_t)(code >> 8), 2))
        return VMM_CAUSE_PORT_OUT;
    /* IN and OUT without a prefix, E4-E7 and EC-EF: no decoding needed. */
    if ((opcode & 0xf4) == 0xe4) {
        const int named = !(opcode & 8); /* the port, in the second byte */
        const struct exits_port p = {.port = (uint16_t)(named ? code >> 8 : v->rdx),
                                     .bytes = opcode & 1 ? 4 : 1,
                                     .length = named ? 2 : 1,
                                     .in = !(opcode & 2)};

        return exits_port(v, &p);
    }
    return soft_emulate(v);
}

static enum vmm_cause breakpoint(struct vcpu *v)
{
    struct guest_mode mode;
    uint64_t physical;

    if (!soft_state.paravirtual) {
        v->backend->mode(v, &mode);
        soft_frame.rip--;
        if (!linear_translate(&mode, soft_frame.rip, &physical) &&
            soft_scan_find(&soft_scan, physical))
            return soft_emulate(v);
        soft_frame.rip++;
    }
    soft_deliver(v, X86_VECTOR_BP, -1);
    return VMM_CAUSE_EXCEPTION;
}

/* A hypercall where the scanner could not put INT n, or whatever the processor does not
 * know. */
static enum vmm_cause undefined(struct vcpu *v)
{
    if (soft_state.efer & X86_EFER_SCE)
        exits_give_up(v, VMM_CAUSE_EXCEPTION, "SYSCALL is not carried by this backend", NULL,
                      0);
    soft_deliver(v, X86_VECTOR_UD, -1);
    return VMM_CAUSE_EXCEPTION;
}

enum vmm_cause soft_exit_exception(struct vcpu *v, uint32_t vector)
{
    static const uint32_t with_error = 1u << 8 | 0x1fu << 10 | 1u << 17 | 1u << 21;
    uint64_t linear;

    switch (vector) {
    case X86_VECTOR_PF:
        __asm__ volatile("mov %%cr2, %0" : "=r"(linear));
        return soft_shadow_fault(v, linear, soft_frame.error);
    case X86_VECTOR_BP:
        return breakpoint(v);
    case X86_VECTOR_UD:
        return undefined(v);
    case X86_VECTOR_NMI:
        return exits_nmi(v);
    case X86_VECTOR_MC:
        exits_give_up(v, VMM_CAUSE_INTERRUPT, "a machine check arrived", NULL, 0);
    default:
        soft_deliver(v, vector,
                     with_error >> vector & 1 ? (int64_t)(uint32_t)soft_frame.error : -1);
        return VMM_CAUSE_EXCEPTION;
    }
}

/* --- the processor's tables --- */

static void set_gate(unsigned vector, const uint8_t *stub, unsigned attributes)
{
    const uint64_t at = alias_of(stub);

    idt[vector] = (struct gate){.offset_low = (uint16_t)at,
                                .selector = CODE_SELECTOR,
                                .attributes = (uint16_t)attributes,
                                .offset_middle = (uint16_t)(at >> 16),
                                .offset_high = (uint32_t)(at >> 32)};
}

static void fill_idt(void)
{
    for (unsigned i = 0; i < FAULT_VECTORS; i++)
        set_gate(i, soft_stubs + i * SOFT_STUB_BYTES,
                 i == X86_VECTOR_BP || i == X86_VECTOR_OF ? GATE_RING3 : GATE_RING0);
    idt[X86_VECTOR_DF].attributes |= 1; /* IST 1 */
    set_gate(SOFT_VECTOR_HYPERCALL, soft_stub_hypercall, GATE_RING3);
    if (soft_state.paravirtual)
        return; /* its #GP is its own, and it has no replaced instructions */
    set_gate(SOFT_VECTOR_CPUID, soft_stub_cpuid, GATE_RING3);
    set_gate(X86_VECTOR_GP, soft_stub_protection, GATE_RING0);
}

static void fill_gdt(void)
{
    const uint64_t base = alias_of(&task_state), limit = sizeof(task_state) - 1;

    gdt[CODE_SELECTOR / 8] = 0x00af9b000000ffffull;
    gdt[2] = 0x00cf93000000ffffull;
    gdt[TSS_SELECTOR / 8] =
        limit | (base & 0xffffffu) << 16 | TSS_AVAILABLE << 40 | (base >> 24 & 0xffu) << 56;
    gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
    gdt[SOFT_USER_CODE_64 / 8] = 0x00affb000000ffffull;
    gdt[SOFT_USER_CODE_32 / 8] = 0x00cffb000000ffffull;
    gdt[SOFT_USER_DATA / 8] = 0x00cff3000000ffffull;
}

static void fill_task_state(void)
{
    task_state.rsp[0] = alias_of(&soft_frame + 1);
    task_state.ist[0] = alias_of(double_fault_stack + sizeof(double_fault_stack));
    task_state.io_map_at = offsetof(struct task_state, io_map);
    for (unsigned i = 0; i < IO_MAP_BYTES; i++)
        task_state.io_map[i] = 0xff;
    for (unsigned i = 0; exits_passed_ports[i].last; i++)
        for (unsigned p = exits_passed_ports[i].first; p <= exits_passed_ports[i].last; p++)
            task_state.io_map[p / 8] &= (uint8_t) ~(1u << (p % 8));
}

/* The hypervisor's image once more, for supervisors, in both address spaces. */
static void map_alias(void)
{
    uint64_t *root;

    __asm__ volatile("mov %%cr3, %0" : "=r"(soft_host_root));
    root = (uint64_t *)(uintptr_t)soft_host_root;
    for (uint64_t at = 0; at < (uint64_t)(uintptr_t)vmm_end; at += 1ull << LARGE_SHIFT)
        alias_directory[at >> LARGE_SHIFT] = at | PAGE_LARGE;
    alias_pointers[0] = (uint64_t)(uintptr_t)alias_directory | PAGE_TABLE;
    root[SOFT_ROOT_ENTRY] = (uint64_t)(uintptr_t)alias_pointers | PAGE_TABLE;
    __asm__ volatile("mov %0, %%cr3" : : "r"(soft_host_root) : "memory");
    soft_shadow_start(root[SOFT_ROOT_ENTRY]);
}

static void load_tables(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } g = {sizeof(gdt) - 1, alias_of(gdt)}, i = {sizeof(idt) - 1, alias_of(idt)};
    uint64_t cr4;

    __asm__ volatile("lgdt %0; lidt %1; ltr %w2" : : "m"(g), "m"(i), "r"(TSS_SELECTOR));
    __asm__ volatile("mov %w0, %%ds; mov %w0, %%es" : : "r"(SOFT_USER_DATA));
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    if (time_is_trapped())
        __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | X86_CR4_TSD));
}

/* --- the backend contract --- */

static const char *check_common(const struct vmm_config *c)
{
    if (c->paging == CONFIG_PAGING_SHADOW_EAGER)
        return "paging=shadow-eager: only cpu=svm carries it; this backend's shadow is lazy "
               "(paging=shadow-lazy)";
    if (c->asid_requested)
        return "asid: only cpu=svm has address-space identifiers";
    if (c->paging != CONFIG_PAGING_SHADOW_LAZY)
        return "paging=nested: there is no nested paging without SVM; this backend shadows "
               "the guest's tables (paging=shadow-lazy)";
    if (c->hypercall == CONFIG_HYPERCALL_FAST)
        return "hypercall=fast: only cpu=svm has a path that saves nothing";
    if (c->tsc == CONFIG_TSC_OFFSET)
        return "tsc=offset: the processor adds no offset outside SVM; ask for tsc=trap";
    if (c->pmu == CONFIG_PMU_GUEST)
        return "pmu=guest: counting the guest alone needs SVM's guest-only counters";
    return NULL;
}

static const char *soft_unavailable(const struct vmm_config *c)
{
    return check_common(c);
}

static const char *pv_unavailable(const struct vmm_config *c)
{
    if (c->io == CONFIG_IO_TRAP)
        return "io=trap: a paravirtual guest's instructions are not decoded; ask for io=ring";
    if (c->tsc == CONFIG_TSC_TRAP)
        return "tsc=trap: a paravirtual guest's instructions are not decoded";
    if (c->tsc == CONFIG_TSC_SCALE)
        return "tsc=scale: here done by trapping, and a paravirtual guest's instructions are "
               "not decoded";
    if (c->popf_requested)
        return "popf: a paravirtual guest's code is not read, so that there is nothing to "
               "replace or leave";
    return check_common(c);
}

static uint64_t no_features(void)
{
    return 0; /* of the processor nothing is needed */
}

static struct vcpu *prepare(const struct backend *backend, const struct guest_start *start)
{
    struct vcpu *v = &soft_processor.vcpu;
    struct soft_state *s = &soft_state;

    map_alias();
    fill_gdt();
    fill_idt();
    fill_task_state();
    s->cr0 = X86_CR0_PE | X86_CR0_ET;
    s->selector[SOFT_CS] = 0x08; /* as if loaded: no table is behind it yet */
    s->selector[SOFT_SS] = s->selector[SOFT_DS] = s->selector[SOFT_ES] = 0x10;
    soft_frame.rip = start->entry;
    soft_frame.cs = SOFT_USER_CODE_32;
    soft_frame.ss = SOFT_USER_DATA;
    soft_frame.rflags = X86_RFLAGS_ONE;
    v->rbx = start->start_info;
    v->rax = &soft_rax;
    v->rsp = &soft_frame.rsp;
    v->rip = &soft_frame.rip;
    v->rflags = &soft_frame.rflags;
    v->backend = backend;
    return v;
}

static struct vcpu *soft_prepare(const struct vmm_config *c, const struct guest_start *start,
                                 uint64_t page_root)
{
    const char *reason;

    (void)page_root; /* the guest's memory is looked up with paging_find() */
    reason = soft_scan_image(&soft_scan, start->image, start->image_bytes, start->entry,
                             c->popf == CONFIG_POPF_OPEN);
    if (reason) {
        const struct report_detail where = {"guest_physical", soft_scan.place};

        report_error(reason, &where, 1);
    }
    report_number("vmm.soft.instructions", soft_scan.instructions);
    report_number("vmm.soft.replaced", soft_scan.patches);
    cpuid_hide_for_ring3();
    return prepare(&soft_backend, start);
}

static struct vcpu *pv_prepare(const struct vmm_config *c, const struct guest_start *start,
                               uint64_t page_root)
{
    struct guest_start pv = *start;
    struct vcpu *v;

    (void)c;
    (void)page_root;
    if (guest_find_note(start->image, start->image_bytes, VMM_PV_NOTE_NAME, VMM_PV_NOTE_ENTRY,
                        &pv.entry))
        report_error(
            "cpu=pv: the guest's image has no paravirtual entry (note Etalon, type 1)", NULL,
            0);
    soft_state.paravirtual = 1;
    v = prepare(&pv_backend, &pv);
    soft_state.efer = X86_EFER_LME | X86_EFER_LMA;
    soft_state.cr4 = X86_CR4_PAE;
    soft_frame.cs = SOFT_USER_CODE_64;
    v->rsi = start->start_info;
    return v;
}

static void run(struct vcpu *v)
{
    (void)v;
    load_tables();
    soft_enter();
}

static void mode_of(const struct vcpu *v, struct guest_mode *mode)
{
    const struct soft_state *s = &soft_state;

    (void)v;
    mode->cr0 = s->cr0;
    mode->cr3 = s->cr3;
    mode->cr4 = s->cr4;
    /* A paravirtual guest has long mode before it has paging. */
    mode->efer = s->cr0 & X86_CR0_PG ? s->efer : s->efer & ~X86_EFER_LMA;
    mode->cpl = 0;
    mode->code_base = 0;
    mode->code_bits = soft_frame.cs == SOFT_USER_CODE_64 ? 64 : 32;
}

static int efer_write(struct vcpu *v, uint64_t value)
{
    struct soft_state *s = &soft_state;

    if (!exits_is_efer(v, value))
        return -1;
    s->efer = (value & ~X86_EFER_LMA) | (s->efer & X86_EFER_LMA);
    soft_shadow_flush();
    return 0;
}

/* System-call registers hold what is written and do nothing: SYSCALL is not carried. */
static uint64_t *kept_msr(uint32_t msr)
{
    struct soft_state *s = &soft_state;

    switch (msr) {
    case X86_MSR_STAR:
        return &s->star;
    case X86_MSR_LSTAR:
        return &s->lstar;
    case X86_MSR_CSTAR:
        return &s->cstar;
    case X86_MSR_SFMASK:
        return &s->sfmask;
    case X86_MSR_KERNEL_GS_BASE:
        return &s->kernel_gs_base;
    case X86_MSR_SYSENTER_CS:
    case X86_MSR_SYSENTER_ESP:
    case X86_MSR_SYSENTER_EIP:
        return &s->sysenter[msr - X86_MSR_SYSENTER_CS];
    default:
        return NULL;
    }
}

int soft_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    const uint64_t *kept = kept_msr(msr);

    (void)v;
    if (kept)
        *value = *kept;
    else if (msr == X86_MSR_EFER)
        *value = soft_state.efer;
    else if (msr == X86_MSR_PAT)
        *value = X86_PAT_RESET;
    else if (msr == X86_MSR_FS_BASE || msr == X86_MSR_GS_BASE)
        *value = x86_rdmsr(msr);
    else
        return -1;
    return 0;
}

int soft_msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
    uint64_t *kept = kept_msr(msr);

    if (msr == X86_MSR_EFER)
        return efer_write(v, value);
    if (msr == X86_MSR_PAT) /* the processor's own is not changed for the guest */
        return value == X86_PAT_RESET ? 0 : -1;
    if (msr != X86_MSR_SFMASK && msr != X86_MSR_STAR && !soft_is_canonical(value))
        return -1;
    if (kept)
        *kept = value;
    else if (msr == X86_MSR_FS_BASE || msr == X86_MSR_GS_BASE)
        x86_wrmsr(msr, value);
    else
        return -1;
    return 0;
}

const struct backend soft_backend = {
    .name = "soft",
    .unavailable = soft_unavailable,
    .prepare = soft_prepare,
    .run = run,
    .mode = mode_of,
    .skip = soft_skip,
    .inject = soft_deliver,
    .msr_read = soft_msr_read,
    .msr_write = soft_msr_write,
    .save = soft_save,
    .restore = soft_restore,
    .features = no_features,
};

const struct backend pv_backend = {
    .name = "pv",
    .unavailable = pv_unavailable,
    .prepare = pv_prepare,
    .run = run,
    .mode = mode_of,
    .skip = soft_skip,
    .inject = soft_deliver,
    .msr_read = soft_msr_read,
    .msr_write = soft_msr_write,
    .save = soft_save,
    .restore = soft_restore,
    .features = no_features,
};
