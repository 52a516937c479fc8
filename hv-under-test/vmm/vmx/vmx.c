/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/vmx/vmx.c - the VT-x backend: control structure, what exits and what
 * passes, and the contract of backend.h. References: SDM vol. 3 chapters 23 to 28.
 *
 * What passes and what exits is what does so under SVM (svm.c), but for this: a change of CR0.NE
 * or CR4.VMXE exits, because both must be 1 in VMX operation (section 23.8), and a posted
 * interrupt is taken with an exit of its own, the interrupt window. A guest's CR8 is a page of
 * its own (TPR shadow).
 *
 * Interrupts: the machine's are the hypervisor's. Each makes the guest exit whatever its IF says,
 * is not acknowledged by the exit, and stays pending at the local APIC until vmx_interrupts()
 * opens the gate.
 */
#include "hv-under-test/vmm/vmx/vmx.h"

#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/cpuid.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/time/time.h"
#include "hv-under-test/vmm/vmx/vmx_capability.h"
#include "hv-under-test/vmm/machine/x86.h"

#define CPUID_LEAF1_ECX_XSAVE (1u << 26)
#define STACK_BYTES 32768u
#define GUEST_VPID 1u
#define EPT_POINTER_WRITE_BACK 6u
#define EPT_POINTER_FOUR_LEVELS (3u << 3)
#define RATIO_SHIFT 16 /* time.h has 32 bits behind the point, the multiplier 48 */

/* Access rights, table 24-2: descriptor bits 15:8 and 23:20 where the descriptor has them. */
#define CODE_32 0xc09bu
#define DATA_32 0xc093u
#define TSS_BUSY_32 0x008bu
#define UNUSABLE 0x10000u
#define LINUX_BOOT_CS 0x10u
#define LINUX_BOOT_DS 0x18u

/* The host must have a task register; nothing of it is used, and its descriptor is not read. */
#define HOST_CODE 0x08u
#define HOST_DATA 0x10u
#define HOST_TASK 0x18u
#define TSS_BYTES 104u

#define IO_MAP_BYTES 8192u  /* section 24.6.4: A and B in one piece */
#define MSR_MAP_BYTES 4096u /* section 24.6.9 */
#define MSR_MAP_HIGH 0x400u
#define MSR_MAP_WRITES 0x800u
#define MSR_HIGH_FIRST 0xc0000000u
#define MSR_RANGE 0x2000u

#define INVALIDATE_ALL_EPT 2u /* INVEPT and INVVPID, chapter 30 */
#define INVALIDATE_ALL_VPID 2u

/* The vcpu on top of its stack, so that the pushes of the exit path save into it. */
static struct {
    uint8_t stack[STACK_BYTES];
    struct vcpu vcpu;
} processor __attribute__((aligned(16)));

struct vmx_guest vmx_guest;

static uint32_t root_region[1024] __attribute__((aligned(4096)));
static uint32_t control_structure[1024] __attribute__((aligned(4096)));
static uint8_t io_map[IO_MAP_BYTES] __attribute__((aligned(4096)));
static uint8_t msr_map[MSR_MAP_BYTES] __attribute__((aligned(4096)));
static uint8_t virtual_apic[4096] __attribute__((aligned(4096)));
static uint8_t host_task[TSS_BYTES] __attribute__((aligned(16)));
static struct vmx_capabilities found;
static uint32_t primary_controls;

_Static_assert(STACK_BYTES % 16 == 0, "calls from vmx_entry.S find an aligned stack");

static uint64_t address_of(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

/* --- what passes without an exit --- */

/* Registers of the guest alone: in the control structure, or never touched by the hypervisor. */
static const uint32_t passed_msrs[] = {
    X86_MSR_SYSENTER_CS, X86_MSR_SYSENTER_ESP,  X86_MSR_SYSENTER_EIP, X86_MSR_STAR,
    X86_MSR_LSTAR,       X86_MSR_CSTAR,         X86_MSR_SFMASK,       X86_MSR_FS_BASE,
    X86_MSR_GS_BASE,     X86_MSR_KERNEL_GS_BASE};

static void pass_msr(uint32_t msr, unsigned writes)
{
    const unsigned bit = msr & (MSR_RANGE - 1);
    const unsigned at = (msr >= MSR_HIGH_FIRST ? MSR_MAP_HIGH : 0) + writes + bit / 8;

    msr_map[at] &= (uint8_t) ~(1u << (bit % 8));
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
        pass_msr(passed_msrs[i], 0);
        pass_msr(passed_msrs[i], MSR_MAP_WRITES);
    }
    if (!time_is_trapped())
        pass_msr(X86_MSR_TSC, 0); /* reads; writes exit */
}

/* --- the control structure --- */

static void put(uint64_t field, uint64_t value)
{
    const struct report_detail where[] = {{"field", field}, {"value", value}};

    if (vmx_write(field, value))
        report_error("cpu=vmx: this processor has not a field that is needed", where, 2);
}

static void put_controls(const struct vmm_config *c, uint64_t page_root)
{
    uint32_t secondary = VMX_SECONDARY_EPT | VMX_SECONDARY_UNRESTRICTED |
                         VMX_SECONDARY_INVPCID; /* shown by CPUID where the processor has it */

    primary_controls = vmx_controls(
        found.primary, VMX_PRIMARY_TSC_OFFSET | VMX_PRIMARY_HLT | VMX_PRIMARY_MWAIT |
                           VMX_PRIMARY_RDPMC | VMX_PRIMARY_TPR_SHADOW | VMX_PRIMARY_IO_MAPS |
                           VMX_PRIMARY_MSR_MAP | VMX_PRIMARY_MONITOR | VMX_PRIMARY_SECONDARY |
                           (time_is_trapped() ? VMX_PRIMARY_RDTSC : 0));
    if (c->asid == CONFIG_ASID_ON) {
        secondary |= VMX_SECONDARY_VPID;
        put(VMCS_VPID, GUEST_VPID);
    }
    if (!time_is_trapped() && time_ratio() != TIME_RATIO_ONE) {
        secondary |= VMX_SECONDARY_TSC_SCALING;
        put(VMCS_TSC_MULTIPLIER, time_ratio() << RATIO_SHIFT);
    }
    put(VMCS_PIN_CONTROLS, vmx_controls(found.pin, VMX_PIN_INTERRUPT | VMX_PIN_NMI));
    put(VMCS_PRIMARY_CONTROLS, primary_controls);
    put(VMCS_SECONDARY_CONTROLS, vmx_controls(found.secondary, secondary));
    put(VMCS_EXIT_CONTROLS,
        vmx_controls(found.exit, VMX_EXIT_SAVE_DEBUG | VMX_EXIT_HOST_64 | VMX_EXIT_SAVE_PAT |
                                     VMX_EXIT_LOAD_PAT | VMX_EXIT_SAVE_EFER |
                                     VMX_EXIT_LOAD_EFER));
    put(VMCS_ENTRY_CONTROLS,
        vmx_controls(found.entry,
                     VMX_ENTRY_LOAD_DEBUG | VMX_ENTRY_LOAD_PAT | VMX_ENTRY_LOAD_EFER));
    put(VMCS_EXCEPTIONS, 0);
    put(VMCS_FAULT_MASK, 0);
    put(VMCS_FAULT_MATCH, 0);
    put(VMCS_CR3_TARGETS, 0);
    put(VMCS_EXIT_MSR_STORES, 0);
    put(VMCS_EXIT_MSR_LOADS, 0);
    put(VMCS_ENTRY_MSR_LOADS, 0);
    put(VMCS_ENTRY_EVENT, 0);
    put(VMCS_TPR_THRESHOLD, 0);
    put(VMCS_VIRTUAL_APIC, address_of(virtual_apic));
    put(VMCS_IO_MAP_A, address_of(io_map));
    put(VMCS_IO_MAP_B, address_of(io_map) + IO_MAP_BYTES / 2);
    put(VMCS_MSR_MAP, address_of(msr_map));
    put(VMCS_TSC_OFFSET, (uint64_t)time_offset_ticks());
    put(VMCS_EPT_POINTER, page_root | EPT_POINTER_FOUR_LEVELS | EPT_POINTER_WRITE_BACK);
    put(VMCS_CR0_MASK, X86_CR0_NE);
    put(VMCS_CR0_SHADOW, 0);
    put(VMCS_CR4_MASK, X86_CR4_VMXE);
    put(VMCS_CR4_SHADOW, 0);
}

static void put_host(void)
{
    put(VMCS_HOST_ES, HOST_DATA);
    put(VMCS_HOST_CS, HOST_CODE);
    put(VMCS_HOST_SS, HOST_DATA);
    put(VMCS_HOST_DS, HOST_DATA);
    put(VMCS_HOST_FS, 0);
    put(VMCS_HOST_GS, 0);
    put(VMCS_HOST_TR, HOST_TASK);
    put(VMCS_HOST_CR0, x86_read_cr0());
    put(VMCS_HOST_CR3, x86_read_cr3());
    put(VMCS_HOST_CR4, x86_read_cr4());
    put(VMCS_HOST_EFER, x86_rdmsr(X86_MSR_EFER));
    put(VMCS_HOST_PAT, x86_rdmsr(X86_MSR_PAT));
    put(VMCS_HOST_FS_BASE, 0);
    put(VMCS_HOST_GS_BASE, 0);
    put(VMCS_HOST_TR_BASE, address_of(host_task));
    put(VMCS_HOST_GDT_BASE, x86_gdt_base());
    put(VMCS_HOST_IDT_BASE, x86_idt_base());
    put(VMCS_HOST_SYSENTER_CS, 0);
    put(VMCS_HOST_SYSENTER_ESP, 0);
    put(VMCS_HOST_SYSENTER_EIP, 0);
    put(VMCS_HOST_RSP, address_of(&processor.vcpu) + VCPU_AFTER_REGISTERS);
    put(VMCS_HOST_RIP, address_of(vmx_exit_entry));
}

static void put_segment(unsigned n, uint16_t selector, uint32_t limit, uint32_t rights)
{
    put(VMCS_GUEST_SELECTOR(n), selector);
    put(VMCS_GUEST_BASE(n), 0);
    put(VMCS_GUEST_LIMIT(n), limit);
    put(VMCS_GUEST_RIGHTS(n), rights);
}

/* As set_start_state() of svm.c. */
static void put_start_state(const struct guest_start *start)
{
    const int linux_boot = start->boot_params != 0;

    for (unsigned n = VMX_ES; n <= VMX_GS; n++)
        put_segment(n, linux_boot ? LINUX_BOOT_DS : 0, 0xffffffffu, DATA_32);
    put_segment(VMX_CS, linux_boot ? LINUX_BOOT_CS : 0, 0xffffffffu, CODE_32);
    put_segment(VMX_LDTR, 0, 0, UNUSABLE);
    put_segment(VMX_TR, 0, 0x67, TSS_BUSY_32);
    put(VMCS_GUEST_GDT_BASE, linux_boot ? GUEST_BOOT_GDT : 0);
    put(VMCS_GUEST_GDT_LIMIT, linux_boot ? GUEST_BOOT_GDT_ENTRIES * 8 - 1 : 0);
    put(VMCS_GUEST_IDT_BASE, 0);
    put(VMCS_GUEST_IDT_LIMIT, 0);
    put(VMCS_GUEST_CR0, X86_CR0_PE | X86_CR0_ET | X86_CR0_NE);
    put(VMCS_GUEST_CR3, 0);
    put(VMCS_GUEST_CR4, X86_CR4_VMXE);
    put(VMCS_GUEST_EFER, 0);
    put(VMCS_GUEST_PAT, X86_PAT_RESET);
    put(VMCS_GUEST_DR7, X86_DR7_RESET);
    put(VMCS_GUEST_DEBUG_CONTROL, 0);
    put(VMCS_GUEST_RSP, 0);
    put(VMCS_GUEST_RIP, start->entry);
    put(VMCS_GUEST_RFLAGS, X86_RFLAGS_ONE);
    put(VMCS_GUEST_SYSENTER_CS, 0);
    put(VMCS_GUEST_SYSENTER_ESP, 0);
    put(VMCS_GUEST_SYSENTER_EIP, 0);
    put(VMCS_PENDING_DEBUG, 0);
    put(VMCS_INTERRUPTIBILITY, 0);
    put(VMCS_ACTIVITY, 0);
    put(VMCS_LINK, UINT64_MAX); /* no shadow structure */
    processor.vcpu.rbx = start->start_info;
    if (linux_boot)
        processor.vcpu.rsi = start->boot_params;
}

/* Section 23.7: VMX operation, with one control structure that is current. */
static void enter_vmx_operation(void)
{
    const uint64_t root = address_of(root_region), control = address_of(control_structure);
    uint8_t failed[3];

    if (vmx_needs_enabling(&found))
        x86_wrmsr(VMX_MSR_FEATURE_CONTROL,
                  found.feature_control | VMX_FEATURE_ON | VMX_FEATURE_LOCKED);
    root_region[0] = control_structure[0] = (uint32_t)(found.basic & VMX_BASIC_REVISION);
    x86_write_cr4(x86_read_cr4() | X86_CR4_VMXE);
    __asm__ volatile("vmxon %1; setna %0" : "=qm"(failed[0]) : "m"(root) : "cc", "memory");
    __asm__ volatile("vmclear %1; setna %0"
                     : "=qm"(failed[1])
                     : "m"(control)
                     : "cc", "memory");
    __asm__ volatile("vmptrld %1; setna %0"
                     : "=qm"(failed[2])
                     : "m"(control)
                     : "cc", "memory");
    if (failed[0] || failed[1] || failed[2])
        report_error("cpu=vmx: the processor does not go into VMX operation", 0, 0);
}

/* Nothing that stood in the caches of translations before is ours. */
static void invalidate(int vpid)
{
    const uint64_t all[2] __attribute__((aligned(16))) = {0};

    __asm__ volatile("invept %0, %1"
                     :
                     : "m"(all), "r"((uint64_t)INVALIDATE_ALL_EPT)
                     : "cc", "memory");
    if (vpid)
        __asm__ volatile("invvpid %0, %1"
                         :
                         : "m"(all), "r"((uint64_t)INVALIDATE_ALL_VPID)
                         : "cc", "memory");
}

/* --- the backend contract --- */

static const char *vmx_unavailable(const struct vmm_config *c)
{
    vmx_find_capabilities(x86_cpuid(1, 0).ecx, x86_rdmsr, &found);
    return vmx_missing(&found, c);
}

static uint64_t vmx_features(void)
{
    return found.ept_vpid;
}

static int vmx_scales_tsc(void)
{
    return vmx_can_scale_tsc(&found);
}

static void vmx_set_tsc_offset(struct vcpu *v, int64_t ticks)
{
    (void)v;
    (void)vmx_write(VMCS_TSC_OFFSET, (uint64_t)ticks);
}

extern const struct backend vmx_backend;

static struct vcpu *vmx_prepare(const struct vmm_config *c, const struct guest_start *start,
                                uint64_t page_root)
{
    struct vcpu *v = &processor.vcpu;

    if (x86_cpuid(1, 0).ecx & CPUID_LEAF1_ECX_XSAVE) {
        x86_write_cr4(x86_read_cr4() | X86_CR4_OSXSAVE); /* for XSETBV on the guest's behalf */
        cpuid_show_xsave();
    }
    vmx_fill_exits(c);
    fill_maps();
    enter_vmx_operation();
    put_controls(c, page_root);
    put_host();
    put_start_state(start);
    invalidate(c->asid == CONFIG_ASID_ON);

    v->control = control_structure;
    v->rax = &vmx_guest.rax;
    v->rsp = &vmx_guest.rsp;
    v->rip = &vmx_guest.rip;
    v->rflags = &vmx_guest.rflags;
    v->backend = &vmx_backend;
    return v;
}

static void vmx_mode(const struct vcpu *v, struct guest_mode *mode)
{
    const uint64_t rights = vmx_read(VMCS_GUEST_RIGHTS(VMX_CS));
    const uint64_t efer = vmx_read(VMCS_GUEST_EFER);
    const int long_code = (efer & X86_EFER_LMA) && (rights & VMX_RIGHTS_LONG);

    (void)v;
    mode->cr0 = (vmx_read(VMCS_GUEST_CR0) & ~X86_CR0_NE) | vmx_read(VMCS_CR0_SHADOW);
    mode->cr3 = vmx_read(VMCS_GUEST_CR3);
    mode->cr4 = vmx_read(VMCS_GUEST_CR4) & ~X86_CR4_VMXE;
    mode->efer = efer;
    mode->cpl = VMX_RIGHTS_DPL(vmx_read(VMCS_GUEST_RIGHTS(VMX_SS))); /* section 24.4.1 */
    mode->code_base = long_code ? 0 : vmx_read(VMCS_GUEST_BASE(VMX_CS));
    mode->code_bits = long_code ? 64 : rights & VMX_RIGHTS_BIG ? 32 : 16;
}

static void vmx_skip(struct vcpu *v, unsigned bytes)
{
    (void)v;
    vmx_guest.rip += bytes;
    vmx_end_of_instruction();
}

/* Without protection there are no error codes (section 26.2.1.3). The flags that are pushed are those
 * of the control structure (section 26.6.1.1), where an exit by an instruction has left RF at 0
 * (section 27.3.3). */
static void vmx_inject(struct vcpu *v, unsigned vector, int64_t error)
{
    const int coded = error >= 0 && (vmx_read(VMCS_GUEST_CR0) & X86_CR0_PE);

    (void)v;
    if (x86_is_fault(vector))
        vmx_guest.rflags |= X86_RFLAGS_RF;
    if (coded)
        (void)vmx_write(VMCS_ENTRY_ERROR_CODE, (uint64_t)error);
    (void)vmx_write(VMCS_ENTRY_EVENT, vector | VMX_EVENT_EXCEPTION | VMX_EVENT_VALID |
                                          (coded ? VMX_EVENT_HAS_ERROR : 0));
}

void vmx_ask_for_window(int wanted)
{
    (void)vmx_write(VMCS_PRIMARY_CONTROLS,
                    primary_controls | (wanted ? VMX_PRIMARY_WINDOW : 0));
}

static void vmx_post(struct vcpu *v, unsigned vector)
{
    (void)v;
    vmx_guest.posted = vector | VMX_EVENT_VALID;
    vmx_ask_for_window(1);
}

static int vmx_take_back(struct vcpu *v)
{
    const int waits = vmx_guest.posted != 0;

    (void)v;
    vmx_guest.posted = 0;
    vmx_ask_for_window(0);
    return waits;
}

/* IF is 0 in the hypervisor. STI holds interrupts off for one instruction, so that none slips in
 * before HLT and leaves the processor asleep. */
static void vmx_interrupts(int wait)
{
    if (wait)
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    else
        __asm__ volatile("sti; nop; cli" : : : "memory");
}

static int vmx_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value)
{
    (void)v;
    switch (msr) {
    case X86_MSR_EFER:
        *value = vmx_read(VMCS_GUEST_EFER);
        return 0;
    case X86_MSR_PAT:
        *value = vmx_read(VMCS_GUEST_PAT);
        return 0;
    default:
        return -1;
    }
}

static int vmx_msr_write(struct vcpu *v, uint32_t msr, uint64_t value)
{
    switch (msr) {
    case X86_MSR_EFER:
        if (!exits_is_efer(v, value))
            return -1;
        (void)vmx_write(VMCS_GUEST_EFER,
                        (value & ~X86_EFER_LMA) | (vmx_read(VMCS_GUEST_EFER) & X86_EFER_LMA));
        return 0;
    case X86_MSR_PAT:
        if (!exits_is_pat(value))
            return -1;
        (void)vmx_write(VMCS_GUEST_PAT, value);
        return 0;
    default:
        return -1;
    }
}

const struct backend vmx_backend = {
    .name = "vmx",
    .nested = PAGING_EPT,
    .unavailable = vmx_unavailable,
    .prepare = vmx_prepare,
    .run = vmx_run_full,
    .mode = vmx_mode,
    .skip = vmx_skip,
    .inject = vmx_inject,
    .post = vmx_post,
    .take_back = vmx_take_back,
    .interrupts = vmx_interrupts,
    .msr_read = vmx_msr_read,
    .msr_write = vmx_msr_write,
    .set_tsc_offset = vmx_set_tsc_offset,
    .scales_tsc = vmx_scales_tsc,
    .features = vmx_features,
};
