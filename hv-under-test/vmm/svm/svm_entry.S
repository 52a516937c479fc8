/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm/svm_entry.S - the way into the guest and out of it (APM vol. 2 section
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
#include "hv-under-test/vmm/svm/svm.h"
#include "hv-under-test/vmm/vcpu.h"

#define VCPU_RDX (VCPU_AFTER_REGISTERS - 8)

        /* … and to where the exit code's handler is called: light or whole. */
        .macro save_and_dispatch
        save_scratch VMCB_EXIT_CODE(%rax)
        and     $SVM_EXIT_MASK, %ecx
        lea     -VCPU_EXIT_TSC(%rsp), %rdi
        jmp     *svm_exit_way(,%rcx,8)
        .endm

        .macro handle_light
        call    *svm_exit_table(,%rcx,8)
        .endm

        .macro handle_whole
        save_preserved
        call    *svm_exit_table(,%rcx,8)
        restore_preserved
        .endm

        .macro restore
        restore_scratch
        mov     VCPU_CONTROL - VCPU_RDX(%rsp), %rax
        pop     %rdx
        .endm

        /* First entry: what VMRUN does not load comes from the control block and from struct vcpu
         * once. */
        .macro first_entry
        clgi
        sti
        mov     VCPU_CONTROL(%rdi), %rax
        vmload  %rax
        mov     %rdi, %rsp
        restore_preserved
        add     $8, %rsp
        .endm

        /* A way handles an exit, enters the guest, and is where the next exit comes out: it goes
         * its own way from there. So no exit takes a jump back to a common top. */
        .macro full_way name, handle
        .globl  svm_full_\name, svm_full_\name\()_end
svm_full_\name:
        \handle
        book    full_\name
svm_full_\name\()_enter:
        restore
        vmrun   %rax
        save_and_dispatch
svm_full_\name\()_end:
        book_out_of_line full_\name
        .endm

        .text
        .globl  svm_run_full
svm_run_full:
        first_entry
        jmp     svm_full_light_enter

        full_way light, handle_light
        full_way whole, handle_whole

        /* The same, with the NOP hypercall served before anything is saved: compared, counted,
         * skipped, not stamped. Any other exit takes one of the other ways. */
        .globl  svm_run_fast
        .globl  svm_fast_light, svm_fast_whole, svm_fast_exit
svm_run_fast:
        first_entry
        jmp     2f
svm_fast_whole:
        handle_whole
        book    fast_whole
        jmp     2f
svm_fast_light:
        handle_light
        book    fast_light
2:      restore
        jmp     3f
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
4:      save_and_dispatch
        book_out_of_line fast_light
        book_out_of_line fast_whole

        .section .note.GNU-stack,"",@progbits
