/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guest_stores - the smallest guest that uses the card: a 32-bit multiboot ELF. It finds the
 * card in PCI configuration space, stores 1000 values in a loop of exactly 4 instructions
 * (8 ns a store at icount shift=1), then does what the first letter of its last command line
 * word asks for: d debug-exit with value 5, t triple fault, s stay for ever, p ACPI soft-off,
 * h halt for ever with interrupts off.
 */
        .section .multiboot, "a"
        .align 4
        .long 0x1BADB002, 0, -0x1BADB002

        .text
        .code32
        .globl _start
_start: mov     $stack_top, %esp
        mov     16(%ebx), %esi          /* multiboot info: command line */
        mov     %esi, %edi
1:      lodsb                           /* edi: behind the last space */
        cmp     $' ', %al
        jne     2f
        mov     %esi, %edi
2:      test    %al, %al
        jnz     1b
        mov     $0x80000000, %ebx       /* bus 0, device 0, register 0 */
3:      mov     %ebx, %eax
        mov     $0xcf8, %dx
        out     %eax, %dx
        mov     $0xcfc, %dx
        in      %dx, %eax
        cmp     $0x00051b36, %eax
        je      4f
        add     $0x800, %ebx
        cmp     $0x80010000, %ebx
        jb      3b
        jmp     fault
4:      lea     0x10(%ebx), %eax        /* BAR 0 */
        mov     $0xcf8, %dx
        out     %eax, %dx
        mov     $0xcfc, %dx
        in      %dx, %eax
        and     $-16, %eax
        mov     %eax, %ebx
        lea     0x4(%ebx), %ecx
        cmpl    $0x4E4C5445, 0xff0(%ebx)
        jne     fault
        movl    $0xdeadbeef, 0x800(%ebx) /* scratch: no pins */
        cmpl    $0xdeadbeef, 0x800(%ebx)
        jne     fault
        movb    $0xff, (%ebx)           /* narrow and misaligned: dropped */
        movw    $0xff, 2(%ebx)
        xor     %eax, %eax
        mov     $1000, %ecx
5:      mov     %eax, (%ebx)
        xor     $1, %eax
        dec     %ecx
        jnz     5b
        mov     (%edi), %al
        cmp     $'d', %al
        je      debug
        cmp     $'p', %al
        je      soft_off
        cmp     $'s', %al
        je      stay
        cmp     $'h', %al
        je      halt
fault:  lidt    no_idt
        ud2
debug:  mov     $5, %al
        out     %al, $0xf4
stay:   jmp     stay
halt:   cli
        hlt
        jmp     halt
soft_off:                               /* PMBASE is what QEMU's firmware sets: 0x600 */
        mov     $0x604, %dx
        mov     $0x2000, %ax
        out     %ax, %dx
        jmp     stay

        .align  8
no_idt: .word   0
        .long   0

        .bss
        .space  4096
stack_top:
