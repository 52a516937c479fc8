/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/boot.S - from the boot loader (Multiboot 0.6.96, 32-bit protected mode)
 * to long mode, and the stubs of the hypervisor's own exceptions.
 *
 * The first 4 GiB are identity-mapped with 2 MiB pages: pointer = physical address.
 */
#include "hv-under-test/vmm/machine/fault.h"

#define MULTIBOOT_MAGIC 0x1BADB002
#define MULTIBOOT_ALIGN_AND_MEMORY 0x3
#define STACK_BYTES 16384

#define CR0_VALUE 0x80010033    /* PG WP NE ET MP PE */
#define CR4_VALUE 0x620         /* PAE OSFXSR OSXMMEXCPT: the record writer may use SSE */
#define MSR_EFER 0xC0000080
#define EFER_LME_NXE 0x900
#define PAGE_PRESENT_WRITE 0x3
#define PAGE_LARGE 0x80
#define CODE64 0x08
#define DATA 0x10
#define NO_LONG_MODE 0x7f       /* status 255: nothing can be reported yet */

        .section .multiboot, "a"
        .align  4
        .long   MULTIBOOT_MAGIC
        .long   MULTIBOOT_ALIGN_AND_MEMORY
        .long   -(MULTIBOOT_MAGIC + MULTIBOOT_ALIGN_AND_MEMORY)

        .text
        .code32
        .globl  _start
_start:
        cli
        cld
        mov     %eax, boot_magic
        mov     %ebx, boot_info
        mov     $0x80000000, %eax
        cpuid
        cmp     $0x80000001, %eax
        jb      no_long_mode
        mov     $0x80000001, %eax
        cpuid
        bt      $29, %edx
        jnc     no_long_mode

        mov     $PAGE_PRESENT_WRITE | PAGE_LARGE, %eax
        mov     $page_directories, %edi
        mov     $4 * 512, %ecx
1:      mov     %eax, (%edi)
        movl    $0, 4(%edi)
        add     $0x200000, %eax
        add     $8, %edi
        loop    1b
        mov     $page_directories + PAGE_PRESENT_WRITE, %eax
        mov     $page_pointers, %edi
        mov     $4, %ecx
2:      mov     %eax, (%edi)
        add     $4096, %eax
        add     $8, %edi
        loop    2b
        movl    $page_pointers + PAGE_PRESENT_WRITE, page_root

        mov     $CR4_VALUE, %eax
        mov     %eax, %cr4
        mov     $page_root, %eax
        mov     %eax, %cr3
        mov     $MSR_EFER, %ecx
        rdmsr
        or      $EFER_LME_NXE, %eax
        wrmsr
        mov     $CR0_VALUE, %eax
        mov     %eax, %cr0
        lgdt    gdt_pointer
        ljmp    $CODE64, $start64

no_long_mode:
        mov     $NO_LONG_MODE, %eax
        out     %eax, $0xf4
3:      hlt
        jmp     3b

        .code64
start64:
        mov     $DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        xor     %eax, %eax
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $boot_stack_end, %rsp
        mov     boot_magic, %edi
        mov     boot_info, %esi
        call    vmm_main
4:      cli
        hlt
        jmp     4b

        /* One stub per exception vector; those without an error code push a zero. */
        .globl  fault_stubs
        .align  16
fault_stubs:
        .set    vector, 0
        .rept   FAULT_VECTORS
        .align  FAULT_STUB_BYTES
        .if (vector != 8) && ((vector < 10) || (vector > 14)) && (vector != 17) && \
            (vector != 21) && (vector != 29) && (vector != 30)
        push    $0
        .endif
        push    $vector
        jmp     fault_common
        .set    vector, vector + 1
        .endr
fault_common:
        pop     %rdi                    # vector
        pop     %rsi                    # error code
        mov     (%rsp), %rdx            # RIP
        mov     %cr2, %rcx
        and     $-16, %rsp
        call    fault_report

        .section .rodata
        .align  8
gdt:    .quad   0
        .quad   0x00AF9B000000FFFF      # CODE64
        .quad   0x00CF93000000FFFF      # DATA
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt
        .long   0

        .data
boot_magic:
        .long   0
boot_info:
        .long   0

        .bss
        .align  4096
page_root:
        .skip   4096
page_pointers:
        .skip   4096
page_directories:
        .skip   4 * 4096
        .skip   STACK_BYTES
boot_stack_end:

        .section .note.GNU-stack,"",@progbits
