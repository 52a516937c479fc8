/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/loop_x86.c - pmu_loop(): two instructions an iteration. SUB and JNZ may fuse
 * into one micro-operation; they retire as two instructions.
 */
#include "collector/pmu/selftest.h"

__asm__(".text\n"
        ".p2align 6\n"
        ".globl pmu_loop\n"
        ".type pmu_loop, @function\n"
        "pmu_loop:\n"
        "1:  sub $1, %rdi\n"
        "    jnz 1b\n"
        "    ret\n"
        ".size pmu_loop, . - pmu_loop\n");
