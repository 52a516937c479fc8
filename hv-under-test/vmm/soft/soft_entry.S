/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft/soft_entry.S - from ring 3 into the hypervisor and back, for cpu=soft
 * and cpu=pv. docs/techniques/soft.md counts every instruction of it; tests/system/vmm_soft.sh
 * checks that.
 *
 * All of this runs at the alias (soft.h), in the guest's address space until CR3 is changed:
 * whatever is named before and after that is named relative to RIP. The processor leaves the
 * frame in soft_frame; RAX goes beside it, the other registers are pushed into struct vcpu.
 * The hypervisor uses no floating point and neither FS nor GS.
 *
 * Interrupts are off from one end to the other. An NMI here, or a fault, is the end of the
 * machine (fault.h); two places may fault by the guest's doing and are told apart by address.
 */
#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/entry.inc"
#include "hv-under-test/vmm/machine/fault.h"
#include "hv-under-test/vmm/soft/soft.h"
#include "hv-under-test/vmm/vcpu.h"

#define VCPU soft_processor + SOFT_STACK_BYTES
#define FRAME_RIP soft_frame + SOFT_FRAME_BELOW + 8
#define PROTECTION 13

        .macro save
        mov     %rax, soft_rax(%rip)
        lea     VCPU + VCPU_AFTER_REGISTERS(%rip), %rsp
        save_scratch
        save_preserved
        cld
        .endm

        .macro to_hypervisor
        mov     soft_host_root(%rip), %rax
        mov     %rax, %cr3
        mov     $VCPU, %edi
        .endm

        .text
        .globl  soft_stub_hypercall, soft_stub_cpuid, soft_stubs, soft_enter
        .globl  soft_stub_protection, soft_entered

        /* INT n of a replaced VMMCALL, or of a paravirtual guest. */
        .align  16
soft_stub_hypercall:
        save
        to_hypervisor
        call    soft_exit_hypercall

booked: restore_preserved
        book    soft
restore:
        mov     soft_shadow_root(%rip), %rax
        mov     %rax, %cr3
        restore_scratch
        pop     %rdx
        mov     soft_rax(%rip), %rax
        lea     FRAME_RIP(%rip), %rsp
iret:   iretq
soft_entered:
        book_out_of_line soft

        .align  16
soft_stub_cpuid:
        save
        to_hypervisor
        call    soft_exit_cpuid
        jmp     booked

        /* #GP: two bytes of the instruction come along. The processor has fetched the first a
         * moment ago; where the second cannot be read, there are none. */
        .align  16
soft_stub_protection:
        testb   $3, 16(%rsp)            # CS
        jz      1f
        save
        mov     FRAME_RIP(%rip), %rax
fetch:  movzwl  (%rax), %esi
fetched:
        to_hypervisor
        call    soft_exit_protection
        jmp     booked
1:      push    $PROTECTION
        jmp     own_fault

exception:
        save
        mov     soft_vector(%rip), %esi
        to_hypervisor
        call    soft_exit_exception
        jmp     booked

        /* First entry; called at the hypervisor's own address. */
soft_enter:
        movabs  $SOFT_ALIAS, %rax
        lea     1f(%rax), %rcx
        lea     VCPU(%rax), %rsp
        jmp     *%rcx
1:      restore_preserved
        add     $8, %rsp                # exit_tsc
        jmp     restore

        /* One stub an exception vector: a fault of the hypervisor itself goes another way. */
        .align  SOFT_STUB_BYTES
soft_stubs:
        .set    vector, 0
        .rept   FAULT_VECTORS
        .org    soft_stubs + vector * SOFT_STUB_BYTES
        .set    pushed, 0
        .if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || \
            (vector == 21) || (vector == 29) || (vector == 30)
        .set    pushed, 8
        .endif
        testb   $3, 8 + pushed(%rsp)    # CS
        jz      1f
        movl    $vector, soft_vector(%rip)
        jmp     exception
1:      .if !pushed
        push    $0
        .endif
        push    $vector
        jmp     own_fault
        .set    vector, vector + 1
        .endr

own_fault:                              # vector, error code, RIP, CS, RFLAGS, RSP
        push    %rax
        lea     fetch(%rip), %rax
        cmp     %rax, 24(%rsp)
        je      fetch_failed
        lea     iret(%rip), %rax
        cmp     %rax, 24(%rsp)
        je      iret_refused
        mov     soft_host_root(%rip), %rax
        mov     %rax, %cr3
        mov     8(%rsp), %rdi
        mov     16(%rsp), %rsi
        mov     24(%rsp), %rdx
        mov     %cr2, %rcx
        and     $-16, %rsp
        call    fault_report

        /* The guest went to an address that cannot be read. */
fetch_failed:
        mov     48(%rsp), %rsp
        xor     %esi, %esi
        jmp     fetched

        /* The guest's next RIP is none; its registers are in struct vcpu still. */
iret_refused:
        to_hypervisor
        lea     VCPU(%rip), %rsp
        call    exits_refused

        .section .note.GNU-stack, "", @progbits
