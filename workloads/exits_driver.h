/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/exits_driver.h - the operations driver-call and driver-hypercall of the workload
 * exits: what a hypercall costs where a program has no instruction for it.
 *
 * A program in a PV guest of Xen (and in its control domain) cannot make a hypercall: the
 * instruction is undefined there. Its kernel makes one on its behalf through /dev/xen/privcmd:
 *
 *   driver-hypercall  ioctl IOCTL_PRIVCMD_HYPERCALL: xen_version, which answers and does nothing
 *   driver-call       ioctl IOCTL_PRIVCMD_DM_OP with no buffers: the same system call, descriptor
 *                     and dispatch, arguments copied from the program, nothing asked of Xen
 *
 * driver-call is the baseline of driver-hypercall. What is left is the hypercall as Linux makes
 * it: into Xen and back, with the loading of its registers, the driver's bracket around calls
 * that may be preempted, and 32 more bytes of arguments copied (48 instead of 16). It is not the
 * hypercall instruction alone, and has a name of its own for that reason.
 * (Linux: drivers/xen/privcmd.c, include/uapi/xen/privcmd.h.)
 *
 * Both loops are those of exits.c, instruction by instruction, with SYSCALL as the operation.
 * exits_driver_linux.c is linked into the agent; elsewhere the stub of no_linux.c refuses.
 */
#ifndef ETALON_WORKLOADS_EXITS_DRIVER_H
#define ETALON_WORKLOADS_EXITS_DRIVER_H

#include "workloads/workload.h"

/* The loop register, as in exits.c. */
#define EXITS_STEP 0x10001u
#define EXITS_ANSWER 0xE7A1u

/* What the state of either kind of run begins with: a loop, called with the state. */
typedef void exits_loop(void *state);

const char *exits_driver_unavailable(const struct workload_run *run);
/* `hypercall`: driver-hypercall; `n` operations. */
int exits_driver_prepare(struct workload_run *run, int hypercall, uint64_t n);
int exits_driver_check(struct workload_run *run);
void exits_driver_cleanup(struct workload_run *run);

#endif
