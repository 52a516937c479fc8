/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm_neighbour_entry.S - into a guest beside the first one, and out again:
 * called from a handler of the first one's exit, and back to it (APM vol. 2 sections 15.5 and
 * 15.6). VMRUN keeps and #VMEXIT restores RSP, RAX and the flags of here.
 */
#include "hv-under-test/vmm/svm_neighbour.h"

        .text
        /* RDI: registers, RSI: control block. */
        .globl  svm_neighbour_enter
svm_neighbour_enter:
        .irp    r, rbx, rbp, r12, r13, r14, r15, rdi
        push    %\r
        .endr
        mov     %rsi, %rax
        .set    at, 0
        .irp    r, rbx, rcx, rdx, rsi, skip, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        .ifnc   \r, skip
        mov     at(%rdi), %\r
        .endif
        .set    at, at + 8
        .endr
        mov     4 * 8(%rdi), %rdi
        vmrun   %rax
        mov     (%rsp), %rax
        .set    at, 0
        .irp    r, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        mov     %\r, at(%rax)
        .set    at, at + 8
        .endr
        .irp    r, rdi, r15, r14, r13, r12, rbp, rbx
        pop     %\r
        .endr
        ret

        .section .note.GNU-stack,"",@progbits
