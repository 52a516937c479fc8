/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/sentinel.S - CPUIDs at known places of their page (sentinel.h).
 */
#include "hv-under-test/target/sentinel.h"

#define SITES 7 /* SENTINEL_SITES; a test compares */

        .text

        .macro  site forced
        .p2align 4, 0xCC
        pushq   %rbx                    # 1 byte
        xorl    %eax, %eax              # 2: leaf 0
        xorl    %ecx, %ecx              # 2
        .if     \forced
        ud2                             # 2, Xen: what follows is to be emulated
        .ascii  "xen"                   # 3
        .endif
        cpuid                           # 2
        popq    %rbx
        ret
        .endm

        .macro  jump page
        shll    $4, %edi
        leaq    \page(%rip), %rax
        addq    %rdi, %rax
        jmp     *%rax
        .endm

        .globl  sentinel_plain
        .type   sentinel_plain, @function
sentinel_plain:                         # edi site
        jump    plain_sites
        .size   sentinel_plain, . - sentinel_plain

        .globl  sentinel_forced
        .type   sentinel_forced, @function
sentinel_forced:                        # edi site
        jump    forced_sites
        .size   sentinel_forced, . - sentinel_forced

        .section .text.sentinel, "ax", @progbits
        .p2align 12, 0xCC
        .skip   SENTINEL_OFFSET, 0xCC
plain_sites:
        .rept   SITES
        site    0
        .endr

        .p2align 12, 0xCC
        .globl  sentinel_cpuid_forced
        .type   sentinel_cpuid_forced, @function
sentinel_cpuid_forced:                  # far from the sites' offsets
        site    1
        .size   sentinel_cpuid_forced, . - sentinel_cpuid_forced
        .skip   SENTINEL_OFFSET - (. - sentinel_cpuid_forced), 0xCC
forced_sites:
        .rept   SITES
        site    1
        .endr

        .section .note.GNU-stack, "", @progbits
