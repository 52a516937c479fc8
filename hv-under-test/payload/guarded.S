/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/guarded.S - instructions that may fault on purpose. #GP and #UD of an
 * address in guarded_table go on at the second address (exception.c, start.S); anywhere else
 * they are the end of the machine.
 *
 *   int guarded_rdmsr(uint32_t msr, uint64_t *value)
 *   int guarded_wrmsr(uint32_t msr, uint64_t value)
 *   int guarded_rdpmc(uint32_t index, uint64_t *value)    0, or -1: it faulted
 */
        .text
        .globl  guarded_rdmsr, guarded_wrmsr, guarded_rdpmc, guarded_loop

guarded_rdmsr:
        movl    %edi, %ecx
read_msr:
        rdmsr
        jmp     store
guarded_rdpmc:
        movl    %edi, %ecx
read_pmc:
        rdpmc
store:  shlq    $32, %rdx
        orq     %rdx, %rax
        movq    %rax, (%rsi)
        xorl    %eax, %eax
        ret

guarded_wrmsr:
        movl    %edi, %ecx
        movl    %esi, %eax
        movq    %rsi, %rdx
        shrq    $32, %rdx
write_msr:
        wrmsr
        xorl    %eax, %eax
        ret

faulted:
        movl    $-1, %eax
        ret

        /* void guarded_loop(uint64_t turns): the known answer of collector/msr/access.h. */
        .balign 64
guarded_loop:
        decq    %rdi
        jnz     guarded_loop
        ret

        .section .rodata
        .balign 8
        .globl  guarded_table
guarded_table:
        .quad   read_msr, faulted
        .quad   read_pmc, faulted
        .quad   write_msr, faulted
        .quad   0, 0

        .section .note.GNU-stack, "", @progbits
