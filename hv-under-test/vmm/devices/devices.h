/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/devices.h - the devices a guest finds at ports that exit, and the
 * interrupts they ask for.
 *
 * One table (devices.c) names them: interrupt controllers (pic.h), interval timer (pit.h),
 * real-time clock (cmos.h), PCI (pci_guest.h), and the ways to reset the machine, which end it.
 * The first serial port passes without an exit; its interrupt, line 4, is the machine's own,
 * handed on as soon as the guest unmasks that line.
 *
 * An interrupt is posted to the guest's processor (backend.h): it is taken without a further
 * exit as soon as the guest's IF allows, and the interrupt controller hears of it at the next
 * exit that concerns it. docs/adr/0017 says why.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DEVICES_DEVICES_H
#define ETALON_HV_UNDER_TEST_VMM_DEVICES_DEVICES_H

#include <stdint.h>

#include "hv-under-test/vmm/devices/cmos.h"
#include "hv-under-test/vmm/devices/pci_guest.h"
#include "hv-under-test/vmm/devices/pic.h"
#include "hv-under-test/vmm/devices/pit.h"
#include "hv-under-test/vmm/vcpu.h"

/* Before the guest starts. */
void devices_start(const struct pci_identity *bridge, const struct pci_identity *card,
                   uint64_t card_page);
/* The machine's first serial port is one of them: its ports exit, and are the machine's (io=trap). */
void devices_add_console(void);
/* A port that exited; a read of one with nothing behind it is all ones. */
uint32_t devices_read(struct vcpu *v, uint16_t port, unsigned bytes);
void devices_write(struct vcpu *v, uint16_t port, unsigned bytes, uint32_t value);

/* For every port: 0 where an access of up to four bytes that begins there meets no device. The
 * rest is devices.c's. */
extern uint8_t devices_at[65536];

/* Is that so? In one look, because such a port is what an exit's cost is measured by. */
static inline int devices_empty(uint16_t port)
{
    return !devices_at[port];
}

/* For distort.c: is the periodic tick of the guest's interval timer that is due at `edge` to be
 * kept from the guest? The one after it is due at `next` (ticks of the hypervisor's TSC). NULL:
 * none is. */
void devices_set_loss(int (*loses)(struct vcpu *v, uint64_t edge, uint64_t next));

/* All devices, for a snapshot (snapshot.h). */
struct devices_state {
    struct pic pic;
    struct pit pit;
    struct cmos cmos;
    struct pci_guest pci;
    uint64_t tsc; /* hypervisor's */
};

void devices_save(struct vcpu *v, struct devices_state *s);
/* `stopped`: the interval timer stood still since. */
void devices_restore(struct vcpu *v, const struct devices_state *s, int stopped);

/* After the machine's interrupts were taken: hand on what is the guest's. */
void devices_service(struct vcpu *v);
/* Does an interrupt wait for the guest, its IF aside? */
int devices_interrupt_waits(struct vcpu *v);
/* Can there ever be one, if the guest does nothing more? Ask whether one waits first. */
int devices_may_interrupt(void);

#endif
