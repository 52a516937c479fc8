/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/pmu_arm64/init.h - the parts of the program that is /init of the arm64 machine.
 * Each prints lines "WORD key=value …" that tests/system/pmu_arm64.sh reads.
 */
#ifndef ETALON_TESTS_SYSTEM_PMU_ARM64_INIT_H
#define ETALON_TESTS_SYSTEM_PMU_ARM64_INIT_H

/* Guest-only, host-only and both around a guest of /dev/kvm that runs the two-instruction loop. */
void sides_of_a_guest(void);
/* Counters read without a system call, kept and then lent by the kernel. */
void read_in_user_space(void);

#endif
