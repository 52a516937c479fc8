/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/vmx/vmx_entry.S - the way into the guest and out of it by VT-x (SDM vol. 3
 * chapters 26 and 27). docs/techniques/vmx.md counts it.
 *
 * A VM exit saves and an entry loads RSP, RIP, RFLAGS, segments, control registers, EFER and PAT
 * in the control structure, and nothing else: RAX goes to vmx_guest, the rest by pushes into
 * struct vcpu, behind which the host's RSP points. System-call registers, floating point, debug
 * registers but DR7 belong to the guest alone, as with SVM.
 *
 * Each exit comes out at one place, the host's RIP, with IF = 0. There is no global interrupt
 * flag: an interrupt stays pending at the local APIC until vmx.c opens the gate; an NMI that
 * comes while the hypervisor runs is an exception of its own, and ends the machine.
 */
#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/entry.inc"
#include "hv-under-test/vmm/vcpu.h"
#include "hv-under-test/vmm/vmx/vmx.h"

        .macro restore
        restore_scratch
        mov     vmx_guest, %rax
        pop     %rdx
        .endm

        /* A way handles an exit and enters the guest. */
        .macro full_way name
        .globl  vmx_full_\name, vmx_full_\name\()_end
vmx_full_\name:
        .ifc \name, whole
        save_preserved
        .endif
        call    *vmx_exit_table(,%rcx,8)
        .ifc \name, whole
        restore_preserved
        .endif
        book    vmx_\name
        restore
        vmresume
vmx_full_\name\()_end:
        jmp     not_entered
        book_out_of_line vmx_\name
        .endm

        .text
        .globl  vmx_exit_entry, vmx_exit_entry_end
vmx_exit_entry:
        mov     %rax, vmx_guest
        save_scratch $VMCS_EXIT_REASON
        vmread  %rcx, %rcx
        cmp     $VMX_EXITS, %ecx
        jae     2f
1:      lea     -VCPU_EXIT_TSC(%rsp), %rdi
        jmp     *vmx_exit_way(,%rcx,8)
vmx_exit_entry_end:
2:      mov     $VMX_EXITS, %ecx
        jmp     1b

        full_way light
        full_way whole

        /* First entry: what it does not load comes from struct vcpu once. */
        .globl  vmx_run_full
vmx_run_full:
        mov     %rdi, %rsp
        restore_preserved
        add     $8, %rsp
        restore
        vmlaunch
not_entered:
        mov     %rax, vmx_guest
        save_scratch
        lea     -VCPU_EXIT_TSC(%rsp), %rdi
        save_preserved
        call    vmx_not_entered

        .section .note.GNU-stack,"",@progbits
