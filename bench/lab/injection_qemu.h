/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench/lab/injection_qemu.h - two faults of QEMU 7.2's SVM, mended in the running program.
 *
 * When VMRUN injects an interrupt (EVENTINJ type 0), target/i386/tcg/sysemu/svm_helper.c
 * delivers it at once, but leaves its vector behind in CPUState.exception_index, where an
 * exception that is still to be delivered stands. Nothing looks there until the processor
 * leaves its loop with the index still set (accel/tcg/cpu-exec.c, cpu_handle_interrupt(): the
 * instruction budget of -icount has run out, or another thread asked), and then the vector is
 * delivered a second time, whatever RFLAGS.IF says. A guest that is just inside its timer
 * interrupt takes the timer interrupt again and spins for ever on the lock that it holds itself.
 * Whether it happens depends on where a budget ends: on the phase.
 *
 * The mend stands in the processor class's table of operations: a vector of 32 or more that is no
 * INT instruction is never delivered through do_interrupt() but by mistake, and is dropped.
 *
 * The second: before a program's IN or OUT, target/i386/tcg/seg_helper.c looks into the
 * I/O permission map of the task state segment, and refuses if the segment's cached type is not
 * "available" (9). LTR leaves 9 there, where a processor has "busy" (11, APM volume 2, section
 * 12.2.2). In a guest of KVM it is 11 (KVM shows 11 to who asks for its registers, whatever the
 * processor holds, svm_get_segment(), and loads what it is given): its programs get a general
 * protection fault from every port that their kernel has granted. The mend turns busy into
 * available whenever the guest takes an exception; nothing else reads the type.
 */
#ifndef ETALON_BENCH_LAB_INJECTION_QEMU_H
#define ETALON_BENCH_LAB_INJECTION_QEMU_H

#include <stdint.h>

/* Once the processor exists. NULL, or a sentence on why this QEMU cannot be mended. */
const char *injection_mend(void);
/* Vectors dropped so far. */
uint64_t injection_dropped(void);

#endif
