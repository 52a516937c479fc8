/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/system/vmm_guest/modes.inc"

/*
 * tests/system/vmm_fuzz/start.S - entries of the fuzz guest (PVH; paravirtual), to 64-bit code
 * with the first 4 GiB identity-mapped; exec_run() and exec_user(), which put chosen registers
 * into a piece of code and take them out again, however it ends; and the way of all exceptions.
 */
        .section .note.pvh, "a", @note
        .align  4
        .long   4, 4, 18                # XEN_ELFNOTE_PHYS32_ENTRY
        .asciz  "Xen"
        .long   start32

        .section .note.pv, "a", @note   # VMM_PV_NOTE_NAME, VMM_PV_NOTE_ENTRY
        .align  4
        .long   7, 4, 1
        .asciz  "Etalon"
        .align  4
        .long   start_pv

        .text
        .code32
start32:
        mov     %ebx, %esi
        mov     $0x83, %eax
        mov     $directories, %edi
        mov     $2048, %ecx
1:      mov     %eax, (%edi)
        movl    $0, 4(%edi)
        add     $0x200000, %eax
        add     $8, %edi
        loop    1b
        movl    $directories + 0x0007, pointers
        movl    $directories + 0x1003, pointers + 8
        movl    $directories + 0x2003, pointers + 16
        movl    $directories + 0x3003, pointers + 24
        movl    $pointers + 7, root
        orl     $4, directories + 4 * 8 # 8 MiB: ring 3's, too
        prepare_long
        mov     $CR0_PG + 0x33, %eax
        mov     %eax, %cr0
        lgdt    boot_pointer
        ljmp    $CODE_64, $start64
        .code64
start64:
        load_data
        mov     $stack_end, %rsp
        mov     %esi, %edi
        call    fuzz_main
2:      jmp     2b

start_pv:
        mov     $stack_end, %rsp
        mov     %rsi, %rdi
        call    fuzz_pv_main
3:      jmp     3b

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

interrupt_common:                       # vector, 0, RIP, CS, …
        xchg    %rax, (%rsp)
        incq    ticks(,%rax,8)
        mov     $0x20, %al
        out     %al, $0x20
        pop     %rax
        add     $8, %rsp
        cmpq    $0, watchdog(%rip)
        jne     exec_return
        iretq

        .data
        .align  8
boot_gdt:
        .quad   0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF
boot_pointer:
        .word   23
        .quad   boot_gdt
        .globl  exec_vector
exec_vector:
        .quad   255

        .bss
        .align  4096
        .globl  root, pointers, directories
root:   .skip   4096
pointers:
        .skip   4096
directories:
        .skip   4 * 4096
        .skip   16384
stack_end:
        .globl  exec_in, exec_out, exec_flags, exec_flags_in, exec_error, exec_rip, exec_rflags
        .globl  ticks, watchdog
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
ticks:  .skip   8 * 256

        .section .note.GNU-stack,"",@progbits
