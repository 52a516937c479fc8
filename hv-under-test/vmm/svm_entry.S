/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm_entry.S - the way into the guest and out of it (APM vol. 2 section
 * 15.5 and 15.6). docs/vmm.md counts every instruction of it; tests/system/vmm_path.sh checks
 * that.
 *
 * VMRUN saves and #VMEXIT restores RAX, RSP, RIP, RFLAGS, the segments, control registers and
 * EFER. The stack pointer at VMRUN points behind the register area of struct vcpu, so the
 * pushes below fill it. The rest of the state belongs to the guest alone: this code is
 * compiled without floating point, and uses neither FS, GS, TR, LDTR nor the system-call
 * registers, so there is no VMLOAD, VMSAVE or FXSAVE on the path.
 *
 * GIF is 0 from #VMEXIT to VMRUN (the processor does that): interrupts and NMI stay pending
 * and cannot find a half-saved guest. IF is 1, which VMRUN takes as "interrupts make the guest
 * exit".
 */
#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/entry.inc"
#include "hv-under-test/vmm/svm.h"
#include "hv-under-test/vmm/vcpu.h"

#define VCPU_RDX (VCPU_AFTER_REGISTERS - 8)

        /* … and to the handler of the exit code. */
        .macro save_and_dispatch
        save_registers VMCB_EXIT_CODE(%rax)
        and     $SVM_EXIT_MASK, %ecx
        mov     %rsp, %rdi
        call    *svm_exit_table(,%rcx,8)
        .endm

        .macro restore
        restore_registers
        mov     VCPU_CONTROL - VCPU_RDX(%rsp), %rax
        pop     %rdx
        .endm

        /* First entry: what VMRUN does not load comes from the control block once. */
        .macro first_entry
        clgi
        sti
        mov     VCPU_CONTROL(%rdi), %rax
        vmload  %rax
        lea     VCPU_EXIT_TSC + 8(%rdi), %rsp
        .endm

        .text
        .globl  svm_run_full
        .globl  svm_full_exit, svm_full_entered
svm_run_full:
        first_entry
        jmp     2f
svm_full_exit:
        save_and_dispatch
        book    full
2:      restore
        vmrun   %rax
        jmp     svm_full_exit
svm_full_entered:
        book_out_of_line full

        /* The same, with the NOP hypercall served before anything is saved: compared, counted,
         * skipped, not stamped. Any other exit takes the full path. */
        .globl  svm_run_fast
        .globl  svm_fast_exit, svm_fast_entered
svm_run_fast:
        first_entry
        jmp     2f
1:      incq    accounts_page + ACCOUNTS_TOTAL
        incq    accounts_page + ACCOUNTS_COUNT + 8 * 0 # VMM_CAUSE_HYPERCALL
        addq    $SVM_VMMCALL_BYTES, VMCB_RIP(%rax)
        movq    $0, VMCB_INTERRUPT_SHADOW(%rax)
3:      vmrun   %rax
svm_fast_exit:
        cmpl    $SVM_EXIT_VMMCALL, VMCB_EXIT_CODE(%rax)
        jne     4f
        cmpq    $0, VMCB_RAX(%rax)      # VMM_HYPERCALL_NOP, which is its result too
        je      1b
svm_fast_entered:
4:      save_and_dispatch
        book    fast
2:      restore
        jmp     3b
        book_out_of_line fast

        .section .note.GNU-stack,"",@progbits
