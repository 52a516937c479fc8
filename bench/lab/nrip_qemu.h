/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench/lab/nrip_qemu.h - next-RIP saving for QEMU 7.2's SVM, as processors have had it since
 * 2009 and the emulator has not.
 *
 * With it the processor leaves the address of the next instruction in the control block (offset
 * C8h) at every #VMEXIT that an instruction caused, and 0 at the others (APM volume 2, section
 * 15.7.1, "State Saved on Exit"; announced by CPUID Fn8000_000A_EDX bit 3). Without it a
 * hypervisor has to fetch and decode the guest's instruction only to step over it; that is about
 * half of what KVM's and Xen's exits cost in the lab, and it is the emulator's doing, not theirs.
 * A campaign asks for it by `processor = "nrip"` and shows the cost with and without.
 *
 * Nothing of the guest's time is used: the address is written between two instructions.
 *
 * Not handled: EVENTINJ of a software interrupt still pushes RIP and not the nRIP field (section
 * 15.20), so a hypervisor that re-injects INTn or INT3 by that field would repeat it. A fetch of
 * an instruction that was changed after it was translated.
 */
#ifndef ETALON_BENCH_LAB_NRIP_QEMU_H
#define ETALON_BENCH_LAB_NRIP_QEMU_H

#include <stdint.h>

/* Once the processor exists, and after injection_mend(). NULL, or a sentence on why this QEMU
 * cannot be given it. */
const char *nrip_start(void);
/* Exits so far whose instruction was none that is known here; their nRIP is 0. */
uint64_t nrip_unknown(void);

#endif
