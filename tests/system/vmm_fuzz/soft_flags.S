/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/system/vmm_fuzz/soft_flags.S - PUSHF and POPF, which cpu=soft replaces (soft.h). */
        .text
        .code64
        .globl  soft_push_flags, soft_pop_flags
soft_push_flags:
        pushfq
        pop     %rax
        ret
soft_pop_flags:
        push    %rdi
        popfq
        cld
        ret

        .section .note.GNU-stack,"",@progbits
