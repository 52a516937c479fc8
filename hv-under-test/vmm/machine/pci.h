/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/pci.h - finding the card (bench/lab/card.h) on PCI by
 * configuration mechanism #1 (PCI Local Bus Specification 3.0, section 3.2.2.3.2).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_MACHINE_PCI_H
#define ETALON_HV_UNDER_TEST_VMM_MACHINE_PCI_H

#include <stdint.h>

#include "hv-under-test/vmm/devices/pci_guest.h"

/* Physical address of BAR 0 of the first device vendor:device, its memory decoding switched
 * on; 0 if there is none or the BAR is not memory. *id: what it says it is. */
uint64_t pci_find_bar0(uint16_t vendor, uint16_t device, struct pci_identity *id);
/* The host bridge, device 0 of bus 0; all ones if there is none. */
void pci_identify_bridge(struct pci_identity *id);

#endif
