/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guests.h - several guests on one processor (guests=N): guest 0, which has card,
 * accounts, devices and the payload or Linux, and neighbours (neighbour.h) that take turns with it
 * (sched.h). docs/techniques/guests.md tells the whole.
 *
 * Everything here happens inside a handler of one of guest 0's exits: its slice is over (an
 * interrupt of the hypervisor's timer), it halts, or it yields. The handler runs the others and
 * comes back when it is guest 0's turn again, so the path of an exit knows nothing of this, and with
 * one guest none of it is there.
 *
 * What is guest 0's goes on being served meanwhile: an interrupt of its devices is posted and waits
 * for its turn.
 *
 * Told: on the accounts page, and as an entry of kind `guests` in the ledger (distort_ledger.h),
 * each time guest 0 would have run and another did: from when it stopped, or from when what it
 * had halted for came, until it goes on. That time is taken out of the exit's own ticks. A time
 * it gave away by yielding is told as such, and is no entry.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_GUESTS_H
#define ETALON_HV_UNDER_TEST_VMM_GUESTS_H

#include <stdint.h>

#include "hv-under-test/vmm/abi.h"

struct backend;
struct vcpu;
struct vmm_config;

/* After prepare(), before the first guest runs. Nothing to do for one guest. */
void guests_start(const struct vmm_config *c, const struct backend *backend);
/* Right before the first entry. */
void guests_begin(void);

/* The handler of the machine's interrupts where there are several guests. */
enum vmm_cause guests_interrupt(struct vcpu *v);
/* VMM_HYPERCALL_YIELD: its result. */
uint64_t guests_yield(struct vcpu *v);
/* Guest 0 halts: back when it has the processor and an interrupt waits for it. 0: there is no
 * other guest, and nothing was done. */
int guests_halt(struct vcpu *v);

/* At the end: NULL, or what became of a neighbour that must not be. */
const char *guests_missing(void);

#endif
