/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/exits_kernel.h - the operations kernel-call and kernel-hypercall of the workload
 * exits: what a hypercall costs where a program has no instruction for it.
 *
 * A program in a PV guest of Xen, or in its control domain, cannot make a hypercall: the
 * instruction is undefined there, and Linux lets no program of a guest make one through
 * /dev/xen/privcmd. But its kernel makes two for a program that sets its GS base, which no other
 * instruction can do there:
 *
 *   kernel-hypercall  arch_prctl(ARCH_SET_GS, 0): Linux has Xen clear the selector and write the
 *                     base, each by a hypercall set_segment_base; nothing changes
 *   kernel-call       arch_prctl(ARCH_SET_GS, an address that is not a program's): the same
 *                     system call and the same dispatch, refused by Linux itself
 *
 * n counts hypercalls: either loop makes n/2 calls, and n has to be even. kernel-call is the
 * baseline of kernel-hypercall. What is left is a hypercall as Linux makes it: into Xen, a
 * selector or base checked and written to its register, and back, with what Linux does around it
 * (preemption held off, its paravirtual MSR write). It is not the hypercall instruction alone
 * nor the hypercall that op=hypercall makes, and has a name of its own for that reason. Both
 * return to the program as every system call of a PV guest does, by way of Xen.
 * (Linux 6.1: arch/x86/kernel/process_64.c, arch/x86/xen/enlighten_pv.c.)
 *
 * Both loops are those of exits.c, instruction by instruction, with SYSCALL as the operation.
 * exits_kernel_linux.c is linked into the agent; elsewhere the stub of no_linux.c refuses.
 */
#ifndef ETALON_WORKLOADS_EXITS_KERNEL_H
#define ETALON_WORKLOADS_EXITS_KERNEL_H

#include "workloads/workload.h"

/* The loop register, as in exits.c. */
#define EXITS_STEP 0x10001u
#define EXITS_ANSWER 0xE7A1u

/* Arguments, in the order of the descriptor's params. */
enum { EXITS_OP, EXITS_N };

/* What the state of either kind of run begins with: a loop, called with the state. */
typedef void exits_loop(void *state);

const char *exits_kernel_unavailable(const struct workload_run *run);
/* `hypercall`: kernel-hypercall; `n` operations. */
int exits_kernel_prepare(struct workload_run *run, int hypercall, uint64_t n);
int exits_kernel_check(struct workload_run *run);

#endif
