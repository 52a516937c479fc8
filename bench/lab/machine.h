/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/machine.h - the pinned emulated computer as a QEMU command line.
 *
 * Two runs are identical byte for byte only with all of -icount …,sleep=off, a fixed -rtc base
 * with clock=vm, and -seed; without a disk that is read; with one processor; and with files as
 * serial ports (a slowly read pipe moves virtual time). The command line is made of names
 * relative to a folder of the boot's own, because QEMU shows a multiboot guest the path of its
 * kernel and modules: an absolute one would make the guest's run depend on where we work.
 */
#ifndef ETALON_BENCH_LAB_MACHINE_H
#define ETALON_BENCH_LAB_MACHINE_H

#include "base/err.h"
#include "bench/bench.h"

#define MACHINE_QEMU "qemu-system-x86_64" /* searched in PATH */
#define MACHINE_QEMU_PACKAGE "qemu-system-x86"
#define MACHINE_QEMU_VERSION "7.2." /* the card model is made for this one */
#define MACHINE_NS_PER_INSTRUCTION 2
#define MACHINE_TSC_HZ 1000000000u

/* Names inside the boot's folder. */
#define MACHINE_SOCKET "card.sock"
#define MACHINE_CARD "card.so"
#define MACHINE_END "end.txt"
#define MACHINE_PLAN "plan"
#define MACHINE_KERNEL "kernel"
#define MACHINE_MODULE "module%u"

/* All arguments as long as they may be, every byte a comma that is doubled. */
#define MACHINE_MODULES_BYTES (2 * PLATFORM_MAX_MODULES * PLATFORM_COMMAND_LINE_BYTES + 256)

struct machine_command {
    char *argv[80]; /* NULL-terminated; points into text, the constants and the spec */
    unsigned argc;
    char text[2 * PLATFORM_PATH_BYTES + 8192 + MACHINE_MODULES_BYTES];
    unsigned used;
};

/* The options that are the same for every boot, one line. */
const char *machine_pinned_options(void);

/* Fill *c for `boot` (memory, seed, kernel, consoles, bound); console paths are absolute. */
int machine_build_command(const struct bench_boot *boot, const char *console,
                          const char *console2, struct machine_command *c, struct err *e);

#endif
