/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/linux_words.h - the command line that every measured Linux has in common, on
 * the machine and as a guest: a ladder compares like with like.
 *
 * quiet: the console carries records. panic=-1: a panic resets the machine, which is seen as a
 * crash. cryptomgr.notests: the kernel would test its ciphers for 1.7 s of the machine's time.
 * Nothing here touches clocks, ticks or mitigations: they are what is measured.
 */
#ifndef ETALON_HV_UNDER_TEST_LINUX_WORDS_H
#define ETALON_HV_UNDER_TEST_LINUX_WORDS_H

#define LINUX_COMMON_WORDS "quiet loglevel=3 panic=-1 cryptomgr.notests"
#define LINUX_WORDS "console=ttyS0,115200 " LINUX_COMMON_WORDS

/* COMMAND_LINE_SIZE, arch/x86/include/asm/setup.h, with the NUL. Linux cuts what is longer. */
#define LINUX_COMMAND_LINE_BYTES 2048u

#endif
