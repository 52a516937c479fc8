/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/xen.h - what the payload asks of Xen when it is a PVH or HVM guest.
 *
 * Interface: Xen 4.17, xen/include/public: arch-x86/cpuid.h, arch-x86/xen-x86_64.h
 * (hypercalls: number in RAX, arguments in RDI RSI RDX R10 R8, result in RAX), hvm/hvm_op.h,
 * hvm/params.h, io/console.h, event_channel.h, sched.h, version.h. Xen's hypercall page holds
 * nothing but the processor's hypercall instruction, which is used here as it is.
 *
 * Not handled: PV guests (the payload runs in ring 0), a second console, input.
 */
#ifndef ETALON_HV_UNDER_TEST_PAYLOAD_XEN_H
#define ETALON_HV_UNDER_TEST_PAYLOAD_XEN_H

#include <stddef.h>
#include <stdint.h>

#define XEN_SIGNATURE "XenVMMXenVMM"

/* The hypercall that does nothing but answer: xen_version, RDI = 0. */
#define XEN_HYPERCALL_NOP 17u

/* `intel`: VMCALL instead of VMMCALL. NULL, or a sentence. */
const char *xen_init(int intel);

/* What XEN_HYPERCALL_NOP leaves in RAX: major << 16 | minor. */
uint64_t xen_version(void);

/* To the paravirtual console. Returns when the other side has taken the last byte, which
 * etalon's dom0 program does after it has left the machine. */
void xen_console_write(const char *data, size_t n);

/* The domain ends; `crash`: and is reported as crashed. Returns only if Xen refuses. */
void xen_shutdown(int crash);

#endif
