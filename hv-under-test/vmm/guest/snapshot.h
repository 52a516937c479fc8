/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guest/snapshot.h - one copy of the whole guest, and putting it back:
 * memory, registers, what the backend keeps of its processor (backend.h), devices with their
 * interrupt controllers and timer. Who asks for it, and what then becomes of the guest's
 * clock, is restore.h's.
 *
 * No part of it, and left as they are by a restore: the accounts page and the ledger, which are
 * the hypervisor's; the card's pins, the serial port and the real-time clock, which are the
 * machine's; performance counters; the guest's TSC.
 *
 * The handler that calls these must have all of the guest's registers in *v, and goes on with
 * the guest as if the exit it serves were the one at which the snapshot was taken.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_GUEST_SNAPSHOT_H
#define ETALON_HV_UNDER_TEST_VMM_GUEST_SNAPSHOT_H

#include <stdint.h>

struct vcpu;

/* Where the copy of the guest's memory goes: as many bytes as the guest has (guest.h), out of
 * its reach. Before the first snapshot. */
void snapshot_place(void *memory);
/* The last one is lost. */
void snapshot_take(struct vcpu *v);
/* `stopped`: the guest's timer goes on as if no time had passed since; else as if it had run all
 * the while, its interrupts lost. Any number of times. */
void snapshot_restore(struct vcpu *v, int stopped);

#endif
