/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/pci.h - finding the card (bench/lab/card.h) on PCI by configuration
 * mechanism #1 (PCI Local Bus Specification 3.0, section 3.2.2.3.2).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_PCI_H
#define ETALON_HV_UNDER_TEST_VMM_PCI_H

#include <stdint.h>

#define PCI_ADDRESS_PORT 0xcf8u
#define PCI_DATA_PORT 0xcfcu

/* Physical address of BAR 0 of the first device vendor:device, its memory decoding switched
 * on; 0 if there is none or the BAR is not memory. */
uint64_t pci_find_bar0(uint16_t vendor, uint16_t device);

#endif
