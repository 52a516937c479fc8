/* SPDX-License-Identifier: GPL-3.0-or-later */
/* collector/pmu/loop_arm64.c - pmu_loop(): two instructions an iteration. */
#include "collector/pmu/selftest.h"

__asm__(".text\n"
        ".p2align 6\n"
        ".globl pmu_loop\n"
        ".type pmu_loop, %function\n"
        "pmu_loop:\n"
        "1:  subs x0, x0, #1\n"
        "    b.ne 1b\n"
        "    ret\n"
        ".size pmu_loop, . - pmu_loop\n");
