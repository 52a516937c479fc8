/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/host_interrupt_stubs.S - stubs of the hypervisor's own interrupts,
 * one per vector. Registers that C may change are saved; the hypervisor has no floating-point
 * state.
 */
#include "hv-under-test/vmm/machine/host_interrupt.h"

        .text
        .globl  host_interrupt_stubs
        .align  16
host_interrupt_stubs:
        .set    vector, HOST_INTERRUPT_FIRST
        .rept   HOST_INTERRUPT_VECTORS - HOST_INTERRUPT_FIRST
        .align  HOST_INTERRUPT_STUB_BYTES
        push    $vector
        jmp     interrupt_common
        .set    vector, vector + 1
        .endr
interrupt_common:
        push    %rax
        mov     8(%rsp), %rax           # vector
        push    %rcx
        push    %rdx
        push    %rsi
        push    %rdi
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        mov     %rax, %rdi
        cld
        sub     $8, %rsp                # the processor's frame is 40 bytes: 16-byte aligned now
        call    host_interrupt
        add     $8, %rsp
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rdi
        pop     %rsi
        pop     %rdx
        pop     %rcx
        pop     %rax
        add     $8, %rsp
        iretq

        .section .note.GNU-stack,"",@progbits
