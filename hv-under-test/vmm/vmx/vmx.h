/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/vmx/vmx.h - Intel's VT-x: fields of the control structure, controls, exit
 * reasons, instructions (SDM vol. 3, 325384-078: chapters 24 to 28, appendices A to C).
 *
 * RAX, RSP, RIP and RFLAGS of the guest. RAX is stored by the exit path itself. The other three
 * are fields of the control structure, read before a handler of exits.h runs and written back
 * behind it (vmx_exits.c); what needs none of them does without.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_VMX_VMX_H
#define ETALON_HV_UNDER_TEST_VMM_VMX_VMX_H

/* For vmx_entry.S. */
#define VMCS_EXIT_REASON 0x4402
/* Exits are dispatched by reason: basic ones below this, and all else, such as an entry that
 * failed (bit 31), as the last entry of the tables. */
#define VMX_EXITS 80

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/vcpu.h"

/* Fields, appendix B. Segments come in the order ES CS SS DS FS GS LDTR TR, 2 apart; the host
 * has no LDTR. */
#define VMCS_VPID 0x0000u
#define VMCS_GUEST_SELECTOR(n) (0x0800u + 2 * (n))
#define VMCS_HOST_ES 0x0c00u
#define VMCS_HOST_CS 0x0c02u
#define VMCS_HOST_SS 0x0c04u
#define VMCS_HOST_DS 0x0c06u
#define VMCS_HOST_FS 0x0c08u
#define VMCS_HOST_GS 0x0c0au
#define VMCS_HOST_TR 0x0c0cu
#define VMCS_IO_MAP_A 0x2000u
#define VMCS_IO_MAP_B 0x2002u
#define VMCS_MSR_MAP 0x2004u
#define VMCS_TSC_OFFSET 0x2010u
#define VMCS_VIRTUAL_APIC 0x2012u
#define VMCS_EPT_POINTER 0x201au
#define VMCS_TSC_MULTIPLIER 0x2032u
#define VMCS_GUEST_PHYSICAL 0x2400u
#define VMCS_LINK 0x2800u
#define VMCS_GUEST_DEBUG_CONTROL 0x2802u
#define VMCS_GUEST_PAT 0x2804u
#define VMCS_GUEST_EFER 0x2806u
#define VMCS_HOST_PAT 0x2c00u
#define VMCS_HOST_EFER 0x2c02u
#define VMCS_PIN_CONTROLS 0x4000u
#define VMCS_PRIMARY_CONTROLS 0x4002u
#define VMCS_EXCEPTIONS 0x4004u
#define VMCS_FAULT_MASK 0x4006u
#define VMCS_FAULT_MATCH 0x4008u
#define VMCS_CR3_TARGETS 0x400au
#define VMCS_EXIT_CONTROLS 0x400cu
#define VMCS_EXIT_MSR_STORES 0x400eu
#define VMCS_EXIT_MSR_LOADS 0x4010u
#define VMCS_ENTRY_CONTROLS 0x4012u
#define VMCS_ENTRY_MSR_LOADS 0x4014u
#define VMCS_ENTRY_EVENT 0x4016u
#define VMCS_ENTRY_ERROR_CODE 0x4018u
#define VMCS_TPR_THRESHOLD 0x401cu
#define VMCS_SECONDARY_CONTROLS 0x401eu
#define VMCS_INSTRUCTION_ERROR 0x4400u
#define VMCS_EXIT_EVENT 0x4404u
#define VMCS_VECTORING_EVENT 0x4408u
#define VMCS_INSTRUCTION_BYTES 0x440cu
#define VMCS_GUEST_LIMIT(n) (0x4800u + 2 * (n))
#define VMCS_GUEST_GDT_LIMIT 0x4810u
#define VMCS_GUEST_IDT_LIMIT 0x4812u
#define VMCS_GUEST_RIGHTS(n) (0x4814u + 2 * (n))
#define VMCS_INTERRUPTIBILITY 0x4824u
#define VMCS_ACTIVITY 0x4826u
#define VMCS_GUEST_SYSENTER_CS 0x482au
#define VMCS_HOST_SYSENTER_CS 0x4c00u
#define VMCS_CR0_MASK 0x6000u
#define VMCS_CR4_MASK 0x6002u
#define VMCS_CR0_SHADOW 0x6004u
#define VMCS_CR4_SHADOW 0x6006u
#define VMCS_QUALIFICATION 0x6400u
#define VMCS_GUEST_CR0 0x6800u
#define VMCS_GUEST_CR3 0x6802u
#define VMCS_GUEST_CR4 0x6804u
#define VMCS_GUEST_BASE(n) (0x6806u + 2 * (n))
#define VMCS_GUEST_GDT_BASE 0x6816u
#define VMCS_GUEST_IDT_BASE 0x6818u
#define VMCS_GUEST_DR7 0x681au
#define VMCS_GUEST_RSP 0x681cu
#define VMCS_GUEST_RIP 0x681eu
#define VMCS_GUEST_RFLAGS 0x6820u
#define VMCS_PENDING_DEBUG 0x6822u
#define VMCS_GUEST_SYSENTER_ESP 0x6824u
#define VMCS_GUEST_SYSENTER_EIP 0x6826u
#define VMCS_HOST_CR0 0x6c00u
#define VMCS_HOST_CR3 0x6c02u
#define VMCS_HOST_CR4 0x6c04u
#define VMCS_HOST_FS_BASE 0x6c06u
#define VMCS_HOST_GS_BASE 0x6c08u
#define VMCS_HOST_TR_BASE 0x6c0au
#define VMCS_HOST_GDT_BASE 0x6c0cu
#define VMCS_HOST_IDT_BASE 0x6c0eu
#define VMCS_HOST_SYSENTER_ESP 0x6c10u
#define VMCS_HOST_SYSENTER_EIP 0x6c12u
#define VMCS_HOST_RSP 0x6c14u
#define VMCS_HOST_RIP 0x6c16u

enum vmx_segment { VMX_ES, VMX_CS, VMX_SS, VMX_DS, VMX_FS, VMX_GS, VMX_LDTR, VMX_TR };

/* Controls, tables 24-5 to 24-8, 24-13 and 24-15. */
#define VMX_PIN_INTERRUPT (1u << 0)
#define VMX_PIN_NMI (1u << 3)
#define VMX_PRIMARY_WINDOW (1u << 2)
#define VMX_PRIMARY_TSC_OFFSET (1u << 3)
#define VMX_PRIMARY_HLT (1u << 7)
#define VMX_PRIMARY_MWAIT (1u << 10)
#define VMX_PRIMARY_RDPMC (1u << 11)
#define VMX_PRIMARY_RDTSC (1u << 12)
#define VMX_PRIMARY_CR3_LOAD (1u << 15)
#define VMX_PRIMARY_CR3_STORE (1u << 16)
#define VMX_PRIMARY_TPR_SHADOW (1u << 21)
#define VMX_PRIMARY_IO_MAPS (1u << 25)
#define VMX_PRIMARY_MSR_MAP (1u << 28)
#define VMX_PRIMARY_MONITOR (1u << 29)
#define VMX_PRIMARY_SECONDARY (1u << 31)
#define VMX_SECONDARY_EPT (1u << 1)
#define VMX_SECONDARY_VPID (1u << 5)
#define VMX_SECONDARY_UNRESTRICTED (1u << 7)
#define VMX_SECONDARY_INVPCID (1u << 12)
#define VMX_SECONDARY_TSC_SCALING (1u << 25)
#define VMX_EXIT_SAVE_DEBUG (1u << 2)
#define VMX_EXIT_HOST_64 (1u << 9)
#define VMX_EXIT_SAVE_PAT (1u << 18)
#define VMX_EXIT_LOAD_PAT (1u << 19)
#define VMX_EXIT_SAVE_EFER (1u << 20)
#define VMX_EXIT_LOAD_EFER (1u << 21)
#define VMX_ENTRY_LOAD_DEBUG (1u << 2)
#define VMX_ENTRY_LOAD_PAT (1u << 14)
#define VMX_ENTRY_LOAD_EFER (1u << 15)

/* Basic exit reasons, appendix C. */
#define VMX_REASON_EXCEPTION 0 /* or NMI */
#define VMX_REASON_INTERRUPT 1
#define VMX_REASON_TRIPLE_FAULT 2
#define VMX_REASON_WINDOW 7
#define VMX_REASON_CPUID 10
#define VMX_REASON_GETSEC 11
#define VMX_REASON_HLT 12
#define VMX_REASON_INVD 13
#define VMX_REASON_RDPMC 15
#define VMX_REASON_RDTSC 16
#define VMX_REASON_VMCALL 18
#define VMX_REASON_VMCLEAR 19 /* … VMLAUNCH VMPTRLD VMPTRST VMREAD VMRESUME VMWRITE VMXOFF … */
#define VMX_REASON_VMXON 27
#define VMX_REASON_CONTROL_REGISTER 28
#define VMX_REASON_IO 30
#define VMX_REASON_RDMSR 31
#define VMX_REASON_WRMSR 32
#define VMX_REASON_MWAIT 36
#define VMX_REASON_MONITOR 39
#define VMX_REASON_EPT_VIOLATION 48
#define VMX_REASON_INVEPT 50
#define VMX_REASON_INVVPID 53
#define VMX_REASON_XSETBV 55
#define VMX_REASON_ENTRY_FAILED (1u << 31)

/* Events, section 24.8.3 and 24.9.2. */
#define VMX_EVENT_INTERRUPT 0u
#define VMX_EVENT_EXCEPTION (3u << 8)
#define VMX_EVENT_HAS_ERROR (1u << 11)
#define VMX_EVENT_VALID (1u << 31)
#define VMX_BLOCKED_FOR_ONE 3u /* by STI, by MOV SS: table 24-3 */

/* Exit qualification of a control-register access (table 27-3), of I/O (27-5), of an EPT
 * violation (27-7). */
#define VMX_CR_NUMBER(q) ((q)&15u)
#define VMX_CR_ACCESS(q) ((q) >> 4 & 3u)
#define VMX_CR_REGISTER(q) ((unsigned)((q) >> 8) & 15u)
#define VMX_CR_MOV_TO 0u
#define VMX_IO_BYTES(q) (((unsigned)(q)&7u) + 1)
#define VMX_IO_IN (1u << 3)
#define VMX_IO_STRING (1u << 4)
#define VMX_IO_REPEATED (1u << 5)
#define VMX_IO_PORT(q) ((uint16_t)((q) >> 16))
#define VMX_EPT_WRITE (1u << 1)
#define VMX_EPT_FETCH (1u << 2)
#define VMX_EPT_PRESENT (7u << 3)
#define VMX_EPT_LINEAR (1u << 7)
#define VMX_EPT_TRANSLATED (1u << 8) /* 0: the walk of the guest's own tables */

#define VMX_RIGHTS_LONG (1u << 13) /* table 24-2 */
#define VMX_RIGHTS_BIG (1u << 14)
#define VMX_RIGHTS_DPL(r) ((unsigned)(r) >> 5 & 3u)

struct vmm_config;

/* VMREAD and VMWRITE fail on a processor without the field, and only then: what may be missing is
 * found out before (vmx_capability.h). */
static inline uint64_t vmx_read(uint64_t field)
{
    uint64_t value;

    __asm__ volatile("vmread %1, %0" : "=rm"(value) : "r"(field) : "cc");
    return value;
}

static inline int vmx_write(uint64_t field, uint64_t value)
{
    uint8_t failed;

    __asm__ volatile("vmwrite %2, %1; setna %0"
                     : "=qm"(failed)
                     : "r"(field), "rm"(value)
                     : "cc");
    return failed;
}

/* The guest, while one of its exits is handled: rax always, the others as said above. */
extern struct vmx_guest {
    uint64_t rax, rsp, rip, rflags;
    unsigned posted; /* a vector, with VMX_EVENT_VALID, that waits for the guest's IF */
} vmx_guest;

/* The instruction of `bytes` is done: whatever held interrupts off for it is over. */
static inline void vmx_end_of_instruction(void)
{
    const uint64_t blocked = vmx_read(VMCS_INTERRUPTIBILITY);

    if (__builtin_expect((blocked & VMX_BLOCKED_FOR_ONE) != 0, 0))
        (void)vmx_write(VMCS_INTERRUPTIBILITY, blocked & ~(uint64_t)VMX_BLOCKED_FOR_ONE);
}

/* By exit reason, for vmx_entry.S: the handler, and the way to it. A light way leaves RBX, RBP
 * and R12 to R15 to the handler's compiler, a whole one has them in *v. Filled before the guest
 * starts. */
extern enum vmm_cause (*vmx_exit_table[VMX_EXITS + 1])(struct vcpu *v);
extern const uint8_t *vmx_exit_way[VMX_EXITS + 1];
extern const uint8_t vmx_full_light[], vmx_full_whole[];
void vmx_fill_exits(const struct vmm_config *c);

/* The window for a posted interrupt: asked for or not. */
void vmx_ask_for_window(int wanted);

/* vmx_entry.S. Enter the guest of *v and serve its exits for ever; where each exit comes out
 * (the host's RIP). */
void vmx_run_full(struct vcpu *v) __attribute__((noreturn));
extern const uint8_t vmx_exit_entry[];
/* The processor did not take VMLAUNCH or VMRESUME. */
__attribute__((noreturn)) void vmx_not_entered(struct vcpu *v);

#endif
#endif
