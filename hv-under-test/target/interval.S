/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/interval.S - the two stores of an interval and what stands between
 * them. Contract and instruction counts: interval.h. tests/system/payload_interval.sh compares
 * the bytes that were linked with this listing.
 *
 * Each routine begins a cache line and fits into it, so that no store waits for the fetch of
 * the next one.
 */
        .text

        .globl  interval_null
        .type   interval_null, @function
        .p2align 6
interval_null:                          # rdi pins, esi start, edx stop
        movl    %esi, (%rdi)            # START
        movl    %edx, (%rdi)            # STOP
        ret
        .size   interval_null, . - interval_null

        .globl  interval_run
        .type   interval_run, @function
        .p2align 6
interval_run:                           # rdi pins, esi start, edx stop, rcx run, r8 arg
        pushq   %rbx
        pushq   %rbp
        subq    $8, %rsp                # a call wants the stack on a multiple of 16
        movq    %rdi, %rbx
        movl    %edx, %ebp
        movq    %r8, %rdi
        movl    %esi, (%rbx)            # START
        call    *%rcx
        movl    %ebp, (%rbx)            # STOP
        addq    $8, %rsp
        popq    %rbp
        popq    %rbx
        ret
        .size   interval_run, . - interval_run

        .section .note.GNU-stack, "", @progbits
