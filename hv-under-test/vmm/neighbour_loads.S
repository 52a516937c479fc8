/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/neighbour_loads.S - what guests beside the first one do (neighbour.h): images
 * that are copied to NEIGHBOUR_ENTRY of their memory and touch nothing of the hypervisor's. RDI is
 * the guest's number at the start.
 *
 *   spin   is busy for ever
 *   yield  gives the processor up as soon as it has it
 *   tick   is busy for a while, sets its timer, halts
 *   fill   has a pattern of its own in every register, looks whether it is still there, and reports
 *          how often it was not
 *   probe  reaches for everything that is not its own, reports what it got away with, and ends in a
 *          triple fault
 */
#include "hv-under-test/vmm/neighbour.h"

#define TICK_ROUNDS 5000
#define TICK_TICKS 300000
#define FILL_ROUNDS 2000
#define PATTERN_STEP 0x0123456789abcdef

        .macro  ask number
        mov     $\number, %eax
        vmmcall
        .endm

        .section .rodata, "a"
        .macro  load name
        .globl  neighbour_\name, neighbour_\name\()_end
        .balign 16
neighbour_\name:
        .endm
        .macro  load_end name
neighbour_\name\()_end:
        .endm

        load    spin
1:      inc     %rbx
        jmp     1b
        load_end spin

        load    yield
1:      ask     NEIGHBOUR_YIELD
        jmp     1b
        load_end yield

        load    tick
1:      mov     $TICK_ROUNDS, %ecx
2:      dec     %ecx
        jnz     2b
        mov     $TICK_TICKS, %edi
        ask     NEIGHBOUR_TIMER
        hlt
        jmp     1b
        load_end tick

        /* Everything that is loaded is a word of `words`, which the guest's number makes different
         * from the other guests'. They are in a page without code: an emulator that sees code
         * change looks at nothing else, interrupts neither (QEMU 7.2). */
        load    fill
        .set    words, NEIGHBOUR_DATA
        .set    scratch, NEIGHBOUR_DATA + 0x400
        .set    mistakes, NEIGHBOUR_DATA + 0x410
        .set    rounds, NEIGHBOUR_DATA + 0x418
        mov     %rdi, %rax
        mov     $words, %ebx
        mov     $WORDS, %ecx
        movabs  $PATTERN_STEP, %rdx
1:      imul    %rdx, %rax
        add     %rdx, %rax
        mov     %rax, (%rbx)
        add     $8, %rbx
        dec     %ecx
        jnz     1b
again:  .set    at, 0
        .irp    r, 0, 1, 2, 3
        mov     words + at, %rax
        mov     %rax, %dr\r
        .set    at, at + 8
        .endr
        fninit
        fildq   words + at
        .irp    r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups  words + at, %xmm\r
        .set    at, at + 8
        .endr
        .irp    r, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        mov     words + at, %\r
        .set    at, at + 8
        .endr
        .set    general_end, at
        movl    $FILL_ROUNDS, rounds
1:      decl    rounds
        jnz     1b
        .set    at, general_end - 15 * 8
        .irp    r, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        cmp     words + at, %\r
        jne     wrong
        .set    at, at + 8
        .endr
        .set    at, 0
        .irp    r, 0, 1, 2, 3
        mov     %dr\r, %rax
        cmp     words + at, %rax
        jne     wrong
        .set    at, at + 8
        .endr
        fistpq  scratch
        mov     scratch, %rax
        cmp     words + at, %rax
        jne     wrong
        .irp    r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups  %xmm\r, scratch
        mov     scratch, %rax
        cmp     words + at, %rax
        jne     wrong
        mov     scratch + 8, %rax
        cmp     words + at + 8, %rax
        jne     wrong
        .set    at, at + 8
        .endr
        jmp     2f
wrong:  incq    mistakes
2:      mov     mistakes, %rdi
        ask     NEIGHBOUR_REPORT
        jmp     again
        .set    WORDS, general_end / 8
        load_end fill

        /* RBX counts what was got away with. Of a fault the handler goes on at R15; every attempt
         * stands alone, behind one that set it. */
        load    probe
        lea     gates_here(%rip), %rsi
        lea     fault(%rip), %rax
        mov     $32, %ecx
1:      mov     %ax, (%rsi)
        movl    $0x8e000008, 2(%rsi)    # selector, interrupt gate; the rest is 0: below 64 KiB
        add     $16, %rsi
        dec     %ecx
        jnz     1b
        lea     descriptors(%rip), %rax
        mov     %rax, gdt_pointer + 2(%rip)
        lgdt    gdt_pointer(%rip)
        lea     gates_here(%rip), %rax
        mov     %rax, idt_pointer + 2(%rip)
        lidt    idt_pointer(%rip)
        xor     %ebx, %ebx
        mov     %rsp, %rbp

        /* Memory: the start of each 2 MiB, and of each page where PCI, the local APIC and guest 0's
         * own pages are; read, then written. */
        .macro  attempt_memory
        lea     71f(%rip), %r15
        mov     (%r14), %rax
        inc     %rbx
71:     lea     72f(%rip), %r15
        movl    $0x1337, (%r14)
        inc     %rbx
72:
        .endm
        mov     $0x10000, %r14d         # right behind its own
        attempt_memory
        mov     $0x100000, %r14d        # where the hypervisor is, by the machine's addresses
        attempt_memory
        mov     $0x200000, %r14d
1:      attempt_memory
        add     $0x200000, %r14
        bt      $32, %r14
        jnc     1b
        mov     $0xfeb00000, %r14d
1:      attempt_memory
        add     $0x1000, %r14
        mov     %r14, %rax
        shr     $12, %rax
        cmp     $0xfef10, %eax
        jb      1b

        /* Instructions that must fault. */
        .macro  attempt what:vararg
        lea     71f(%rip), %r15
        \what
        inc     %rbx
71:
        .endm
        mov     $0x1000, %eax
        attempt vmrun
        attempt vmload
        attempt vmsave
        attempt clgi
        attempt stgi
        attempt skinit
        attempt invlpga
        attempt monitor
        mov     $1, %ecx
        attempt rdpmc
        .irp    number, 0x10, 0x1b, 0x277, 0xc0000080, 0xc0000082, 0xc0000104, 0xc0010114, 0xc0010117
        mov     $\number, %ecx
        attempt rdmsr
        xor     %eax, %eax
        xor     %edx, %edx
        attempt wrmsr
        .endr
        mov     $0x3f8, %edx
        lea     letter(%rip), %rsi
        attempt outsb

        /* Ports: whatever is read is all ones; what is written is nowhere. */
        .irp    number, 0x20, 0x21, 0x40, 0x61, 0x64, 0x71, 0x92, 0x3f8, 0x3fd, 0x2f8, 0xcf8, 0xcfc
        mov     $\number, %edx
        xor     %eax, %eax
        in      %dx, %al
        cmp     $0xff, %al
        setne   %al
        movzx   %al, %eax
        add     %rax, %rbx
        .endr
        .irp    number, 0x20, 0x21, 0x43, 0x70, 0x92, 0xcf9, 0xa1, 0x3f8, 0x2f8
        mov     $\number, %edx
        mov     $'!' | 6, %eax
        out     %al, %dx
        .endr
        mov     $0x64, %edx
        mov     $0xfe, %eax
        out     %al, %dx
        mov     $0xf4, %edx
        mov     $0x10, %eax
        out     %eax, %dx
        mov     $0x604, %edx
        mov     $0x2000, %eax
        out     %ax, %dx

        /* Hypercalls of guest 0: to end the machine, to be saved, the ring. RAX must be -1. */
        .irp    number, 1, 2, 3, 5, 77
        mov     $\number, %eax
        xor     %edi, %edi
        xor     %esi, %esi
        vmmcall
        not     %rax
        test    %rax, %rax
        setne   %al
        movzx   %al, %eax
        add     %rax, %rbx
        .endr

        /* What it may do to its own registers is nobody else's. */
        mov     $-1, %rax
        mov     %rax, %dr0
        mov     %rax, %dr3
        mov     %rax, %cr2
        mov     $0xf, %eax
        mov     %rax, %cr8
        swapgs
        fninit
        fld1
        pcmpeqd %xmm0, %xmm0
        pcmpeqd %xmm15, %xmm15
        mov     %cr4, %rax
        bts     $18, %rax               # OSXSAVE, where there is XSAVE
        lea     1f(%rip), %r15
        mov     %rax, %cr4
        xor     %ecx, %ecx
        mov     $1, %eax
        xor     %edx, %edx
        xsetbv
1:      mov     %rbx, %rdi
        ask     NEIGHBOUR_REPORT
        movw    $0, idt_pointer(%rip)
        lidt    idt_pointer(%rip)
        ud2                             # nobody to take it, nor what follows from that

fault:  mov     %rbp, %rsp
        jmp     *%r15
        .balign 16
descriptors:
        .quad   0
        .quad   0x00af9b000000ffff
descriptors_end:
gdt_pointer:
        .word   descriptors_end - descriptors - 1
        .quad   0
idt_pointer:
        .word   32 * 16 - 1
        .quad   0
letter: .byte   '!'
        .balign 16
gates_here:
        .skip   32 * 16
        load_end probe

        .section .note.GNU-stack,"",@progbits
