/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/pci_guest.h - the PCI bus a guest sees by configuration mechanism
 * #1 (PCI Local Bus Specification 3.0, sections 3.2.2.3.2 and 6.1): bus 0 with the machine's
 * host bridge at device 0 and the card at device 1, nothing else. Pure: the machine's own
 * configuration space is never touched.
 *
 * The card has one memory BAR at the address where the guest has its page. A guest may size it
 * and switch its decoding off and on, as far as it can see; it cannot move it. Bus mastering
 * cannot be switched on: there is no DMA for a guest.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DEVICES_PCI_GUEST_H
#define ETALON_HV_UNDER_TEST_VMM_DEVICES_PCI_GUEST_H

#include <stdint.h>

struct pci_identity { /* registers 0x00, 0x08 and 0x2c of a device */
    uint32_t device, class, subsystem;
};

struct pci_guest {
    struct pci_identity bridge, card;
    uint32_t bar;     /* address of the card's page */
    uint32_t address; /* port 0xcf8 */
    uint16_t command[2];
    uint8_t interrupt_line[2];
    uint8_t sizing; /* the card's BAR was written with ones */
};

void pci_guest_start(struct pci_guest *p, const struct pci_identity *bridge,
                     const struct pci_identity *card, uint32_t bar);
/* `bytes`: 1, 2 or 4, as the guest accessed the port. */
uint32_t pci_guest_read(const struct pci_guest *p, uint16_t port, unsigned bytes);
void pci_guest_write(struct pci_guest *p, uint16_t port, unsigned bytes, uint32_t value);

#endif
