/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm.c - the SVM backend: control block, intercepts, what passes without an
 * exit, and the contract of backend.h. References: APM vol. 2 section 15.
 *
 * Interrupts: the machine's are the hypervisor's. V_INTR_MASKING with the hypervisor's IF = 1
 * makes each one exit whatever the guest's IF says (section 15.21.1); GIF = 0 keeps it pending
 * from the exit on, until svm_interrupts() opens the gate. An NMI exits, and is an error.
 */
#include "hv-under-test/vmm/svm.h"

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/cpuid.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/guest.h"
#include "hv-under-test/vmm/pmu.h"
#include "hv-under-test/vmm/svm_neighbour.h"
#include "hv-under-test/vmm/svm_shadow.h"
#include "hv-under-test/vmm/time.h"
#include "hv-under-test/vmm/x86.h"

#define CPUID_SVM (1u << 2)           /* 8000_0001 ECX */
#define CPUID_NESTED_PAGING (1u << 0) /* 8000_000A EDX */
#define CPUID_TSC_RATIO (1u << 4)     /* the same: section 15.30.5 */
#define CPUID_LEAF1_ECX_XSAVE (1u << 26)
#define VM_CR_SVM_DISABLED (1ull << 4) /* section 15.30.1 */

#define V_TPR 0xffull /* offset 060h: the guest's CR8, there while it is out */
#define V_IRQ (1ull << 8)
#define V_INTR_PRIORITY (15ull << 16)
#define V_IGN_TPR (1ull << 20)
#define V_INTR_MASKING (1ull << 24)
#define V_INTR_VECTOR_SHIFT 32
#define NESTED_PAGING_ENABLE 1ull
#define GUEST_ASID 1u

/* Segment attributes, section 15.5.1: descriptor bits 55:52 and 47:40. */
#define CODE_32 0xc9bu
#define DATA_32 0xc93u
#define TSS_BUSY_32 0x08bu
#define LDT_EMPTY 0x082u
#define LINUX_BOOT_CS 0x10u
#define LINUX_BOOT_DS 0x18u

#define IO_MAP_BYTES 12288u /* section 15.10.1 */
#define MSR_MAP_BYTES 8192u /* section 15.11 */

#define STACK_BYTES 32768u

/* The vcpu on top of its stack, so that the pushes of the exit path save into it. */
static struct {
    uint8_t stack[STACK_BYTES];
    struct vcpu vcpu;
} processor __attribute__((aligned(16)));

static struct svm_vmcb vmcb __attribute__((aligned(4096)));
static uint8_t host_save[4096] __attribute__((aligned(4096)));
static uint8_t io_map[IO_MAP_BYTES] __attribute__((aligned(4096)));
static uint8_t msr_map[MSR_MAP_BYTES] __attribute__((aligned(4096)));

/* svm_entry.S: full or fast; does not return. */
static void (*run_path)(struct vcpu *v);

_Static_assert(STACK_BYTES % 16 == 0, "calls from svm_entry.S find an aligned stack");

/* --- what passes without an exit --- */

/* Registers of the guest alone: loaded once by VMLOAD, never touched by the hypervisor. */
static const uint32_t passed_msrs[] = {
    X86_MSR_SYSENTER_CS, X86_MSR_SYSENTER_ESP,  X86_MSR_SYSENTER_EIP, X86_MSR_STAR,
    X86_MSR_LSTAR,       X86_MSR_CSTAR,         X86_MSR_SFMASK,       X86_MSR_FS_BASE,
    X86_MSR_GS_BASE,     X86_MSR_KERNEL_GS_BASE};

/* Two bits per register, read then write; three ranges of 8192 registers. */
static unsigned msr_map_bit(uint32_t msr)
{
    unsigned range = msr < 0x2000u ? 0 : msr < 0xc0010000u ? 1 : 2;

    return 2 * (range * 0x2000u + (msr & 0x1fffu));
}

/* Counting costs no exit: only the guest's choice of events does. */
static void pass_counters(void)
{
    for (unsigned i = 0; i < vmm_pmu_counters(); i++) {
        unsigned bit = msr_map_bit(VMM_PMU_COUNTER(i));

        msr_map[bit / 8] &= (uint8_t) ~(3u << (bit % 8));
    }
    vmcb.intercept_1 &= ~SVM_1_RDPMC;
}

static void fill_maps(void)
{
    for (unsigned i = 0; i < IO_MAP_BYTES; i++)
        io_map[i] = 0xff;
    for (unsigned i = 0; i < MSR_MAP_BYTES; i++)
        msr_map[i] = 0xff;
    for (unsigned i = 0; exits_passed_ports[i].last; i++)
        for (unsigned p = exits_passed_ports[i].first; p <= exits_passed_ports[i].last; p++)
            io_map[p / 8] &= (uint8_t) ~(1u << (p % 8));
    for (unsigned i = 0; i < sizeof(passed_msrs) / sizeof(passed_msrs[0]); i++) {
        unsigned bit = msr_map_bit(passed_msrs[i]);

        msr_map[bit / 8] &= (uint8_t) ~(3u << (bit % 8));
    }
    if (!time_is_trapped()) {
        unsigned bit = msr_map_bit(X86_MSR_TSC);

        msr_map[bit / 8] &= (uint8_t) ~(1u << (bit % 8)); /* reads; writes exit */
    }
}

/* --- the backend contract --- */

static void svm_skip(struct vcpu *v, unsigned bytes)
{
    struct svm_vmcb *b = svm_vmcb_of(v);

    svm_go_on(b, b->rip + bytes);
}

static const char *svm_unavailable(const struct vmm_config *c)
{
    if (c->popf_requested)
        return "popf: with cpu=svm no instruction is replaced; the processor keeps the "
               "guest's flags";
    if (x86_cpuid(0x80000000u, 0).eax < 0x8000000au ||
        !(x86_cpuid(0x80000001u, 0).ecx & CPUID_SVM))
        return "cpu=svm: this processor has no SVM";
    if (x86_rdmsr(X86_MSR_VM_CR) & VM_CR_SVM_DISABLED)
        return "cpu=svm: the firmware has disabled SVM";
    if (c->paging == CONFIG_PAGING_NESTED &&
        !(x86_cpuid(0x8000000au, 0).edx & CPUID_NESTED_PAGING))
        return "paging=nested: this processor's SVM has no nested paging";
    if (c->pmu != CONFIG_PMU_GUEST)
        return NULL;
    /* Guest-only counting is defined while SVM is on. */
    x86_wrmsr(X86_MSR_EFER, x86_rdmsr(X86_MSR_EFER) | X86_EFER_SVME);
    return vmm_pmu_start(&vmm_pmu_processor);
}

static void svm_set_tsc_offset(struct vcpu *v, int64_t ticks)
{
    struct svm_vmcb *b = svm_vmcb_of(v);

    b->tsc_offset = (uint64_t)ticks;
    b->clean = 0; /* the offset is among what a processor may have kept (section 15.15.3) */
}

static int svm_scales_tsc(void)
{
    return (x86_cpuid(0x8000000au, 0).edx & CPUID_TSC_RATIO) != 0;
}

static uint64_t svm_features(void)
{
    return x86_cpuid(0x8000000au, 0).edx;
}

static uint64_t svm_own_bytes(const struct vmm_config *c)
{
    return c->paging == CONFIG_PAGING_NESTED ? 0 : svm_shadow_bytes();
}

/* Processor state at a PVH entry point (Xen docs/misc/pvh.pandoc, "x86 PVH entry point"); the
 * 32-bit boot protocol of Linux wants the same and two selectors (Documentation/x86/boot.rst). */
static void set_start_state(const struct guest_start *start)
{
    const struct svm_segment data = {.attributes = DATA_32, .limit = 0xffffffffu};

    vmcb.cs = (struct svm_segment){.attributes = CODE_32, .limit = 0xffffffffu};
    vmcb.ds = vmcb.es = vmcb.ss = vmcb.fs = vmcb.gs = data;
    vmcb.tr = (struct svm_segment){.attributes = TSS_BUSY_32, .limit = 0x67};
    vmcb.ldtr = (struct svm_segment){.attributes = LDT_EMPTY};
    vmcb.cr0 = X86_CR0_PE | X86_CR0_ET;
    vmcb.efer = X86_EFER_SVME; /* must be set in a guest too; hidden by the handlers */
    vmcb.rflags = X86_RFLAGS_ONE;
    vmcb.dr6 = X86_DR6_RESET;
    vmcb.dr7 = X86_DR7_RESET;
    vmcb.guest_pat = X86_PAT_RESET;
    vmcb.rip = start->entry;
    processor.vcpu.rbx = start->start_info;
    if (start->boot_params) {
        vmcb.gdtr.base = GUEST_BOOT_GDT;
        vmcb.gdtr.limit = GUEST_BOOT_GDT_ENTRIES * 8 - 1;
        vmcb.cs.selector = LINUX_BOOT_CS;
        vmcb.ds.selector = vmcb.es.selector = vmcb.ss.selector = LINUX_BOOT_DS;
        vmcb.fs.selector = vmcb.gs.selector = LINUX_BOOT_DS;
        processor.vcpu.rsi = start->boot_params;
    }
}

void svm_protect(struct svm_vmcb *b)
{
    b->intercept_1 = SVM_1_INTR | SVM_1_NMI | SVM_1_SMI | SVM_1_INIT | SVM_1_RDPMC |
                     SVM_1_CPUID | SVM_1_INVD | SVM_1_HLT | SVM_1_INVLPGA | SVM_1_IOIO |
                     SVM_1_MSR | SVM_1_TASK_SWITCH | SVM_1_SHUTDOWN;
    b->intercept_2 = SVM_2_VMRUN | SVM_2_VMMCALL | SVM_2_VMLOAD | SVM_2_VMSAVE | SVM_2_STGI |
                     SVM_2_CLGI | SVM_2_SKINIT | SVM_2_MONITOR | SVM_2_MWAIT | SVM_2_XSETBV |
                     SVM_2_RDPRU;
}

extern const struct backend svm_backend;

static struct vcpu *svm_prepare(const struct vmm_config *c, const struct guest_start *start,
                                uint64_t page_root)
{
    struct vcpu *v = &processor.vcpu;

    run_path = c->hypercall == CONFIG_HYPERCALL_FAST ? svm_run_fast : svm_run_full;
    svm_fill_exits(c);
    fill_maps();
    svm_protect(&vmcb);
    if (time_is_trapped()) {
        vmcb.intercept_1 |= SVM_1_RDTSC;
        vmcb.intercept_2 |= SVM_2_RDTSCP;
    }
    if (c->pmu == CONFIG_PMU_GUEST)
        pass_counters();
    if (x86_cpuid(1, 0).ecx & CPUID_LEAF1_ECX_XSAVE) {
        x86_write_cr4(x86_read_cr4() | X86_CR4_OSXSAVE); /* for XSETBV on the guest's behalf */
        cpuid_show_xsave();
    }
    vmcb.tsc_offset = (uint64_t)time_offset_ticks();
    vmcb.io_map = (uint64_t)(uintptr_t)io_map;
    vmcb.msr_map = (uint64_t)(uintptr_t)msr_map;
    vmcb.asid = GUEST_ASID; /* nothing has run under it since reset: no flush */
    if (c->asid == CONFIG_ASID_OFF)
        vmcb.tlb_control = SVM_TLB_FLUSH_ALL;
    vmcb.virtual_interrupt = V_INTR_MASKING;
    vmcb.nested_paging = NESTED_PAGING_ENABLE;
    vmcb.nested_cr3 = page_root;
    set_start_state(start);

    v->control = &vmcb;
    v->rax = &vmcb.rax;
    v->rsp = &vmcb.rsp;
    v->rip = &vmcb.rip;
    v->rflags = &vmcb.rflags;
    v->backend = &svm_backend;
    if (c->paging != CONFIG_PAGING_NESTED)
        svm_shadow_prepare(v, c, start->own_memory);
    svm_neighbours_start(&vmcb, vmcb.tlb_control);
    return v;
}

static void svm_run(struct vcpu *v)
{
    x86_wrmsr(X86_MSR_EFER, x86_rdmsr(X86_MSR_EFER) | X86_EFER_SVME);
    x86_wrmsr(X86_MSR_VM_HSAVE_PA, (uint64_t)(uintptr_t)host_save);
    if (!time_is_trapped() && time_ratio() != TIME_RATIO_ONE)
        x86_wrmsr(X86_MSR_TSC_RATIO, time_ratio());
    run_path(v);
}

static void svm_mode(const struct vcpu *v, struct guest_mode *mode)
{
    const struct svm_vmcb *b = svm_vmcb_of(v);
    int long_code = (b->efer & X86_EFER_LMA) && (b->cs.attributes & SVM_ATTRIBUTE_LONG);

    mode->cr0 = b->cr0;
    mode->cr3 = b->cr3;
    mode->cr4 = b->cr4;
    mode->efer = b->efer;
    mode->cpl = b->cpl;
    mode->code_base = long_code ? 0 : b->cs.base;
    mode->code_bits = long_code ? 64 : b->cs.attributes & SVM_ATTRIBUTE_BIG ? 32 : 16;
}

static void svm_inject(struct vcpu *v, unsigned vector, int64_t error)
{
    struct svm_vmcb *b = svm_vmcb_of(v);

    b->event_injection = vector | (uint64_t)SVM_EVENT_EXCEPTION << 8 | SVM_EVENT_VALID;
    if (x86_is_fault(vector)) /* the processor pushes the flags as they are here */
        b->rflags |= X86_RFLAGS_RF;
    if (error >= 0)
        b->event_injection |= SVM_EVENT_HAS_ERROR | (uint64_t)error << 32;
}

/* A virtual interrupt, section 15.21.4: the processor clears V_IRQ when the guest takes it. */
static void svm_post(struct vcpu *v, unsigned vector)
{
    struct svm_vmcb *b = svm_vmcb_of(v);

    b->virtual_interrupt = (b->virtual_interrupt & V_TPR) | V_INTR_MASKING | V_IGN_TPR |
                           V_INTR_PRIORITY | V_IRQ | (uint64_t)vector << V_INTR_VECTOR_SHIFT;
}

static int svm_take_back(struct vcpu *v)
{
    struct svm_vmcb *b = svm_vmcb_of(v);
    const int waits = (b->virtual_interrupt & V_IRQ) != 0;

    b->virtual_interrupt = (b->virtual_interrupt & V_TPR) | V_INTR_MASKING;
    return waits;
}

/* The hypervisor's IF is 1 while a guest lives, its GIF 0. STI holds interrupts off for one
 * instruction, so that none slips in before HLT and leaves the processor asleep. */
static void svm_interrupts(int wait)
{
    if (wait)
        __asm__ volatile("cli; stgi; sti; hlt; clgi" : : : "memory");
    else
        __asm__ volatile("stgi; nop; clgi" : : : "memory");
}

static int svm_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    const struct svm_vmcb *b = svm_vmcb_of(v);

    switch (msr) {
    case X86_MSR_EFER:
        *value = b->efer & ~X86_EFER_SVME;
        return 0;
    case X86_MSR_PAT:
        *value = b->guest_pat;
        return 0;
    default:
        return vmm_pmu_read_select(msr, value);
    }
}

static int svm_msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
    struct svm_vmcb *b = svm_vmcb_of(v);

    switch (msr) {
    case X86_MSR_EFER:
        if (!exits_is_efer(v, value))
            return -1;
        b->efer = (value & ~X86_EFER_LMA) | (b->efer & X86_EFER_LMA) | X86_EFER_SVME;
        return 0;
    case X86_MSR_PAT:
        if (!exits_is_pat(value))
            return -1;
        b->guest_pat = value;
        return 0;
    default:
        return vmm_pmu_write_select(msr, value);
    }
}

const struct backend svm_backend = {
    .name = "svm",
    .unavailable = svm_unavailable,
    .own_bytes = svm_own_bytes,
    .prepare = svm_prepare,
    .run = svm_run,
    .mode = svm_mode,
    .skip = svm_skip,
    .inject = svm_inject,
    .post = svm_post,
    .take_back = svm_take_back,
    .interrupts = svm_interrupts,
    .msr_read = svm_msr_read,
    .msr_write = svm_msr_write,
    .set_tsc_offset = svm_set_tsc_offset,
    .save = svm_save,
    .restore = svm_restore,
    .scales_tsc = svm_scales_tsc,
    .features = svm_features,
    .neighbours = &svm_neighbours,
};
