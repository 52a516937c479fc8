/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/legacy.S - from long mode to protected mode without paging, real mode,
 * PAE, and back. Each leaves in visit_seen what it sees of itself, and a word in memory.
 */
#include "tests/system/vmm_guest/modes.inc"

#define REAL_CODE 0x8000        /* below 1 MiB; 0x5000-0x7FFF are the loader's */
#define REAL_WORD 0x9000
#define PAE_ALIAS 0x40000000    /* 1 GiB: whatever the second entry of the root maps */

#define CODE_32 0x18
#define CODE_16 0x20
#define DATA_16 0x28

        .text
        .code64
        /* void visit_legacy(uint32_t root_of_pae) */
        .globl  visit_legacy
visit_legacy:
        push_preserved
        mov     %rsp, kept_stack
        mov     %edi, root_of_pae
        sgdt    kept_gdt
        lgdt    visit_pointer
        pushq   $CODE_32
        pushq   $1f
        lretq

        .code32
1:      load_data
        mov     %cr0, %eax
        mov     %eax, visit_seen        # 0: compatibility mode
        and     $~CR0_PG, %eax
        mov     %eax, %cr0
        mov     $EFER, %ecx
        rdmsr
        mov     %eax, visit_seen + 4    # 1: LME without LMA
        and     $~EFER_LME, %eax
        wrmsr
        mov     %cr0, %eax
        mov     %eax, visit_seen + 8    # 2: no paging
        xor     %eax, %eax
        mov     %eax, %cr4
        mov     %cr4, %eax
        mov     %eax, visit_seen + 12   # 3: no PAE
        movl    $0x11111111, visit_seen + 16
        mov     $real_code, %esi
        mov     $REAL_CODE, %edi
        mov     $real_end - real_code, %ecx
        rep movsb
        ljmp    $CODE_16, $REAL_CODE
back:
        load_data
        mov     REAL_WORD, %eax
        mov     %eax, visit_seen + 20   # 5: the word of real mode
        mov     REAL_WORD + 4, %eax
        mov     %eax, visit_seen + 24   # 6: its CR0

        mov     $0x20, %eax
        mov     %eax, %cr4
        mov     root_of_pae, %eax
        mov     %eax, %cr3
        mov     %cr0, %eax
        or      $CR0_PG, %eax
        mov     %eax, %cr0
        mov     PAE_ALIAS, %eax
        mov     %eax, visit_seen + 28   # 7: what the alias shows
        movl    $0x22222222, PAE_ALIAS + 4
        invlpg  PAE_ALIAS
        mov     PAE_ALIAS + 4, %eax
        mov     %eax, visit_seen + 32   # 8: and what was written there
        mov     %cr3, %eax
        mov     %eax, visit_seen + 36   # 9
        mov     %cr0, %eax
        and     $~CR0_PG, %eax
        mov     %eax, %cr0

        prepare_long
        mov     %cr0, %eax
        or      $CR0_PG, %eax
        mov     %eax, %cr0
        ljmp    $CODE_64, $2f
        .code64
2:      lgdt    kept_gdt
        load_data
        mov     kept_stack, %rsp
        pop_preserved
        ret

        .code16
real_code:
        mov     $DATA_16, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     %cr0, %eax
        and     $0xfffffffe, %eax
        mov     %eax, %cr0
        ljmp    $0, $REAL_CODE + real - real_code
real:   xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %ss
        movl    $0x33333333, REAL_WORD
        mov     %cr0, %eax
        mov     %eax, REAL_WORD + 4
        or      $1, %eax
        mov     %eax, %cr0
        ljmpl   $CODE_32, $back
real_end:

        /* void switch_32bit(void): paging of 32 bits without PAE; does not come back. */
        .code64
        .globl  switch_32bit
switch_32bit:
        lgdt    visit_pointer
        pushq   $CODE_32
        pushq   $3f
        lretq
        .code32
3:      mov     %cr0, %eax
        and     $~CR0_PG, %eax
        mov     %eax, %cr0
        mov     $EFER, %ecx
        rdmsr
        and     $~EFER_LME, %eax
        wrmsr
        xor     %eax, %eax
        mov     %eax, %cr4
        mov     %cr0, %eax
        or      $CR0_PG, %eax
        mov     %eax, %cr0
4:      jmp     4b

        .data
        .align  8
visit_gdt:
        .quad   0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF
        .quad   0x00CF9B000000FFFF, 0x00009B000000FFFF, 0x000093000000FFFF
visit_pointer:
        .word   47
        .quad   visit_gdt

        .bss
        .align  8
        .globl  visit_seen
visit_seen:
        .skip   64
kept_stack:
        .skip   8
kept_gdt:
        .skip   16
root_of_pae:
        .skip   8

        .section .note.GNU-stack,"",@progbits
