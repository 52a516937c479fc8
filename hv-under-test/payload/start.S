/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/start.S - from either loader's 32-bit entry to payload_main() in long
 * mode.
 *
 *   multiboot  Multiboot 0.6.96 section 3.2: EAX = 0x2BADB002, EBX = information structure.
 *              QEMU -kernel, GRUB, Bochs.
 *   PVH        Xen docs/misc/pvh.pandoc: EBX = struct hvm_start_info; note type 18
 *              (XEN_ELFNOTE_PHYS32_ENTRY). Xen, QEMU, the in-tree hypervisor.
 *
 * Both: 32-bit protected mode, flat segments, paging off, interrupts off, A20 open; the stack,
 * GDT and everything else is ours to make. .bss is zero: the loader did that.
 */
#include "hv-under-test/payload/exception_stubs.inc"
#include "hv-under-test/payload/start.h"

#define MULTIBOOT_HEADER_MAGIC  0x1BADB002
#define MULTIBOOT_FLAGS         0x00000003      /* aligned modules, tell me the memory */
#define XEN_ELFNOTE_PHYS32_ENTRY 18

#define CR0_BITS        0x80010033      /* PG WP NE ET MP PE */
#define CR4_BITS        0x00000620      /* OSXMMEXCPT OSFXSR PAE */
#define MSR_EFER        0xC0000080
#define EFER_LME        0x00000100

#define PAGE_TABLE      0x003           /* present, writable */
#define PAGE_2M         0x083           /* … and a 2 MiB page */
#define PAGE_UNCACHED   0x018           /* PCD PWT */
#define GIB_PAGES       512             /* of 2 MiB */

        .section .multiboot, "a"
        .balign 4
        .long   MULTIBOOT_HEADER_MAGIC
        .long   MULTIBOOT_FLAGS
        .long   -(MULTIBOOT_HEADER_MAGIC + MULTIBOOT_FLAGS)

        .section .note.Xen, "a", @note
        .balign 4
        .long   4, 4, XEN_ELFNOTE_PHYS32_ENTRY
        .asciz  "Xen"
        .long   payload_start_pvh

        .text
        .code32
        .globl  payload_start_multiboot
payload_start_multiboot:
        cmpl    $MULTIBOOT_LOADER_MAGIC, %eax
        jne     stop32                  # nobody we know started this: do nothing
        movl    $START_MULTIBOOT, %edi
        jmp     to_long_mode

        .globl  payload_start_pvh
payload_start_pvh:
        movl    $START_PVH, %edi

to_long_mode:                           # edi kind of loader, ebx its information
        cli
        cld
        movl    %ebx, %esi

        /* Identity map of 4 GiB in pages of 2 MiB. The last GiB, where devices are, uncached;
         * payload_uncache() does the same for a device found below. */
        movl    $payload_page_directory, %ebx
        movl    $PAGE_2M, %eax
        movl    $(3 * GIB_PAGES), %ecx
1:      movl    %eax, (%ebx)
        addl    $0x200000, %eax
        addl    $8, %ebx
        decl    %ecx
        jnz     1b
        orl     $PAGE_UNCACHED, %eax
        movl    $GIB_PAGES, %ecx
2:      movl    %eax, (%ebx)
        addl    $0x200000, %eax
        addl    $8, %ebx
        decl    %ecx
        jnz     2b
        movl    $(payload_page_directory + PAGE_TABLE), payload_page_pointers
        movl    $(payload_page_directory + 0x1000 + PAGE_TABLE), payload_page_pointers + 8
        movl    $(payload_page_directory + 0x2000 + PAGE_TABLE), payload_page_pointers + 16
        movl    $(payload_page_directory + 0x3000 + PAGE_TABLE), payload_page_pointers + 24
        movl    $(payload_page_pointers + PAGE_TABLE), payload_page_root

        movl    $CR4_BITS, %eax
        movl    %eax, %cr4
        movl    $payload_page_root, %eax
        movl    %eax, %cr3
        movl    $MSR_EFER, %ecx
        rdmsr
        orl     $EFER_LME, %eax
        wrmsr
        movl    $CR0_BITS, %eax
        movl    %eax, %cr0
        lgdt    gdt_pointer
        ljmp    $SELECTOR_CODE, $start64

stop32: cli
        hlt
        jmp     stop32

        .code64
start64:
        movl    $SELECTOR_DATA, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        xorl    %eax, %eax
        movl    %eax, %fs
        movl    %eax, %gs
        movl    $payload_stack_top, %esp
        xorl    %ebp, %ebp
        fninit
        ldmxcsr mxcsr_default
        movl    %edi, %edi              # the upper halves are undefined after the switch
        movl    %esi, %esi
        call    payload_main
3:      cli
        hlt
        jmp     3b

        .macro  from_cr2                # into RSI
        movq    %cr2, %rsi
        .endm
        .macro  go_back
        iretq
        .endm
        exception_stubs payload_exception_stubs, from_cr2, go_back

        .section .rodata
        .balign 4
mxcsr_default:
        .long   0x1F80                  # all exceptions masked, round to nearest

        .data
        .balign 8
        .globl  payload_gdt
payload_gdt:
        .quad   0
        .quad   0x00AF9B000000FFFF      # SELECTOR_CODE: 64-bit code, ring 0
        .quad   0x00CF93000000FFFF      # SELECTOR_DATA
        .quad   0, 0                    # SELECTOR_TSS, filled in by exception.c
gdt_end:
gdt_pointer:
        .word   gdt_end - payload_gdt - 1
        .quad   payload_gdt

        .bss
        .balign 4096
        .globl  payload_page_directory
payload_page_directory:
        .skip   4 * 4096
        .globl  payload_page_pointers
payload_page_pointers:
        .skip   4096
        .globl  payload_page_root
payload_page_root:
        .skip   4096
        .skip   65536
        .globl  payload_stack_top
payload_stack_top:

        .section .note.GNU-stack, "", @progbits
