/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/pv_start.S - the payload as a paravirtual guest of the in-tree hypervisor
 * (vmm/abi.h, "cpu=pv"): entry in 64-bit code, RSI = start_info, memory mapped at its own
 * address, no stack; and the entries of its exceptions.
 */
#include "hv-under-test/payload/exception_stubs.inc"
#include "hv-under-test/vmm/abi.h"

        .section .note.Etalon, "a", @note
        .balign 4
        .long   7, 4, VMM_PV_NOTE_ENTRY
        .asciz  "Etalon"
        .balign 4
        .long   payload_start_pv

        .text
        .globl  payload_start_pv
payload_start_pv:
        cld
        movl    $payload_stack_top, %esp
        xorl    %ebp, %ebp
        fninit
        ldmxcsr mxcsr_default
        movq    %rsi, %rdi
        call    payload_pv_main
1:      movl    $VMM_PV_HLT, %eax
        int     $VMM_PV_VECTOR
        jmp     1b

        .macro  ask_cr2                 # into RSI
        movl    $VMM_PV_READ_CR2, %eax
        int     $VMM_PV_VECTOR
        movq    %rax, %rsi
        .endm
        .macro  ask_to_return
        pushq   %rax
        movl    $VMM_PV_IRET, %eax
        int     $VMM_PV_VECTOR
        .endm
        exception_stubs payload_pv_exception_stubs, ask_cr2, ask_to_return

        .section .rodata
        .balign 4
mxcsr_default:
        .long   0x1F80                  # all exceptions masked, round to nearest

        .section .note.GNU-stack, "", @progbits
