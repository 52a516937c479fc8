/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/system/vmm_guest/entry.inc"

/*
 * tests/system/vmm_guest/start.S - the hypervisor's test guest: its entries, the way of all
 * exceptions, and what is done to every register at once.
 */
        guest_entries guest_main, guest_pv_main, 0

        /* Exceptions: note the vector, go on at guest_resume. */
        .globl  fault_table
        .align  16
fault_table:
        .set    vector, 0
        .rept   32
        .align  16
        push    $vector
        jmp     fault_common
        .set    vector, vector + 1
        .endr
fault_common:
        pop     guest_vector(%rip)
        mov     (%rsp), %rax            # of vectors without an error code
        mov     %rax, guest_fault_rip(%rip)
        mov     16(%rsp), %rax
        mov     %rax, guest_fault_flags(%rip)
        mov     guest_resume_stack(%rip), %rsp
        jmp     *guest_resume(%rip)

        /* uint64_t registers_kept(void): 1 if a NOP hypercall preserves every general register
         * and XMM0. */
        .globl  registers_kept
registers_kept:
        push_preserved
        .macro  pattern op
        .set    value, 0x1111111
        .irp    r, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        \op     \r, value
        .set    value, value + 0x1111111
        .endr
        .endm
        .macro  fill r, v
        movabs  $(\v + 0x5a5a000000000000), %\r
        .endm
        .macro  check r, v
        movabs  $(\v + 0x5a5a000000000000), %rax
        cmp     %rax, %\r
        jne     9f
        .endm
        pattern fill
        movq    %r15, %xmm0
        xor     %eax, %eax
        cmpl    $0, guest_intel(%rip)
        jne     1f
        vmmcall
        jmp     2f
1:      vmcall
2:      test    %rax, %rax
        jne     9f
        pattern check
        movq    %xmm0, %rax
        cmp     %r15, %rax
        jne     9f
        mov     $1, %eax
        jmp     8f
9:      xor     %eax, %eax
8:      pop_preserved
        ret

        /* uint64_t checkpoint_kept(void *area, uint64_t bytes, uint64_t seed): 1 if a checkpoint
         * succeeds and every general register and XMM0 is what it was, which depends on the
         * seed: after a restore all of them are those of the checkpoint that saved, or none. */
        .globl  checkpoint_kept
checkpoint_kept:
        push_preserved
        push    %rdx
        .macro  carried_pattern op
        .set    value, 0x1111111
        .irp    r, rbx, rcx, rdx, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        \op     \r, value
        .set    value, value + 0x1111111
        .endr
        .endm
        .macro  fill_seeded r, v
        movabs  $(\v + 0x5a5a000000000000), %\r
        add     (%rsp), %\r
        .endm
        .macro  check_seeded r, v
        movabs  $(\v + 0x5a5a000000000000), %rax
        add     (%rsp), %rax
        cmp     %rax, %\r
        jne     9f
        .endm
        carried_pattern fill_seeded
        movq    %r15, %xmm0
        mov     $2, %eax                # VMM_HYPERCALL_CHECKPOINT
        vmmcall
        test    %rax, %rax
        jne     9f
        carried_pattern check_seeded
        movq    %xmm0, %rax
        cmp     %r15, %rax
        jne     9f
        pop     %rdx
        mov     $1, %eax
        jmp     8f
9:      pop     %rdx
        xor     %eax, %eax
8:      pop_preserved
        ret

        /* uint64_t yield_kept(uint64_t seed): 1 if a yield succeeds and every general register and
         * XMM0 is what it was. */
        .globl  yield_kept
yield_kept:
        push_preserved
        push    %rdi
        mov     %rdi, %rsi
        carried_pattern fill_seeded
        movq    %r15, %xmm0
        mov     $4, %eax                # VMM_HYPERCALL_YIELD
        vmmcall
        test    %rax, %rax
        jne     9f
        cmp     (%rsp), %rsi
        jne     9f
        cmp     (%rsp), %rdi
        jne     9f
        carried_pattern check_seeded
        movq    %xmm0, %rax
        cmp     %r15, %rax
        jne     9f
        pop     %rdx
        mov     $1, %eax
        jmp     8f
9:      pop     %rdx
        xor     %eax, %eax
8:      pop_preserved
        ret

        /* void vectors_fill(uint64_t seed): all of XMM2 to XMM15, which work() leaves alone but for
         * the first, the x87 stack's top and MXCSR are of the seed. */
        .globl  vectors_fill
vectors_fill:
        push    %rdi
        fninit
        fildq   (%rsp)
        ldmxcsr masks(%rip)
        .irp    r, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        add     $\r, %rdi
        movq    %rdi, %xmm\r
        punpcklqdq %xmm\r, %xmm\r
        .endr
        pop     %rdi
        ret

        /* uint64_t vectors_kept(uint64_t seed): 1 if they still are. */
        .globl  vectors_kept
vectors_kept:
        push    %rdi
        push    %rdi
        xor     %eax, %eax
        stmxcsr (%rsp)
        mov     (%rsp), %ecx
        and     $~0x3f, %ecx            # flags of what happened
        cmp     masks(%rip), %ecx
        jne     9f
        .irp    r, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        add     $\r, %rdi
        movq    %xmm\r, %rcx
        cmp     %rdi, %rcx
        jne     9f
        psrldq  $8, %xmm\r
        movq    %xmm\r, %rcx
        cmp     %rdi, %rcx
        jne     9f
        .endr
        fistpq  (%rsp)
        mov     (%rsp), %rcx
        cmp     8(%rsp), %rcx
        jne     9f
        mov     $1, %eax
9:      add     $16, %rsp
        ret
        .balign 4
masks:  .long   0x5f80                  # MXCSR, rounding up

        /* uint64_t work(uint64_t rounds): add one to every general register but RSP and to
         * XMM1 in each round; the number of rounds if they all counted as far, else 0. */
        .globl  work
work:
        push_preserved
        mov     %rdi, %rax
        .irp    r, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        mov     %rax, %\r
        .endr
        movq    %rax, %xmm1
        pcmpeqd %xmm2, %xmm2            # -1, -1
6:      paddq   %xmm2, %xmm1
        .irp    r, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        sub     $1, %\r
        .endr
        jnz     6b                      # r15
        .irp    r, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14
        test    %\r, %\r
        jnz     9b
        .endr
        movq    %xmm1, %rbx
        test    %rbx, %rbx
        jnz     9b
        jmp     8b

        guest_tables

        .section .note.GNU-stack,"",@progbits
