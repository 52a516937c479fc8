/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/system/vmm_guest/entry.inc"

/*
 * tests/system/vmm_fuzz/start.S - the fuzz guest: its entries; exec_run() and exec_user(), which
 * put chosen registers into a piece of code and take them out again, however it ends; and the way
 * of all exceptions.
 */
        guest_entries fuzz_main, fuzz_pv_main, 4

        .macro  each_register op
        .set    number, 0
        .irp    r, rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
        \op     \r
        .set    number, number + 1
        .endr
        .endm
        .macro  take r
        .ifnc   \r, rsp
        mov     exec_in + 8 * number(%rip), %\r
        .endif
        .endm
        .macro  give r
        mov     %\r, exec_out + 8 * number(%rip)
        .endm

        .globl  exec_run, exec_user, exec_done
exec_run:
        push_preserved
        mov     %rsp, exec_stack(%rip)
        movq    $255, exec_vector(%rip)
        mov     %rdi, exec_code(%rip)
        mov     exec_flags_in(%rip), %eax
        sahf
        each_register take
        jmp     *exec_code(%rip)
exec_done:
        each_register give
        lahf
        seto    %al
        movzwl  %ax, %eax
        mov     %rax, exec_flags(%rip)
exec_return:
        mov     exec_stack(%rip), %rsp
        cld
        pop_preserved
        ret

        /* Ring 3 with interrupts on. Every register but RSP is the caller's. */
exec_user:
        push_preserved
        mov     %rsp, exec_stack(%rip)
        movq    $255, exec_vector(%rip)
        push    $0x1b
        push    $0x900000
        push    $0x202
        push    $0x23
        push    %rdi
        each_register take
        iretq

        /* Exceptions, INT n: note everything, go on behind exec_run(). Vectors 20h to 3Fh are the
         * machine's interrupts. */
        .globl  fault_table
        .align  16
fault_table:
        .set    vector, 0
        .rept   256
        .align  16
        .if (vector != 8) && ((vector < 10) || (vector > 14)) && (vector != 17) && \
            (vector != 21) && (vector != 29) && (vector != 30)
        push    $0
        .endif
        push    $vector
        .if (vector >= 0x20) && (vector < 0x40)
        jmp     interrupt_common
        .else
        jmp     fault_common
        .endif
        .set    vector, vector + 1
        .endr

fault_common:                           # vector, error, RIP, CS, RFLAGS, RSP, SS
        each_register give
        mov     40(%rsp), %rax
        mov     %rax, exec_out + 32(%rip)
        mov     (%rsp), %rax
        mov     %rax, exec_vector(%rip)
        mov     8(%rsp), %rax
        mov     %rax, exec_error(%rip)
        mov     16(%rsp), %rax
        mov     %rax, exec_rip(%rip)
        mov     32(%rsp), %rax
        mov     %rax, exec_rflags(%rip)
        jmp     exec_return

        /* Interrupts on and asleep, until one comes. It must not come between the two (STI's shadow,
         * APM vol. 2 section 8.5.1), or nothing wakes who sleeps then: one that does is counted, and
         * HLT is left out. */
        .globl  sleep_once
sleep_once:
        sti
asleep: hlt
        cli
        ret

interrupt_common:                       # vector, 0, RIP, CS, …
        cmpq    $asleep, 16(%rsp)
        jne     1f
        incq    too_early(%rip)
        incq    16(%rsp)
1:      xchg    %rax, (%rsp)
        incq    ticks(,%rax,8)
        mov     $0x20, %al
        out     %al, $0x20
        pop     %rax
        add     $8, %rsp
        cmpq    $0, watchdog(%rip)
        jne     exec_return
        iretq

        guest_tables
        .globl  exec_in, exec_out, exec_flags, exec_flags_in, exec_error, exec_rip, exec_rflags
        .globl  ticks, watchdog, too_early
exec_in:
        .skip   128
exec_out:
        .skip   128
exec_flags_in:
        .skip   8
exec_flags:
        .skip   8
exec_error:
        .skip   8
exec_rip:
        .skip   8
exec_rflags:
        .skip   8
exec_stack:
        .skip   8
exec_code:
        .skip   8
watchdog:
        .skip   8
too_early:
        .skip   8
ticks:  .skip   8 * 256

        .data
        .globl  exec_vector
exec_vector:
        .quad   255

        .section .note.GNU-stack,"",@progbits
