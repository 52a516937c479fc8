/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/pci_registers.h - configuration mechanism #1 and the registers of
 * a device (PCI Local Bus Specification 3.0, sections 3.2.2.3.2 and 6.1), as the hypervisor
 * reads them (pci.c) and shows them (pci_guest.c).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_MACHINE_PCI_REGISTERS_H
#define ETALON_HV_UNDER_TEST_VMM_MACHINE_PCI_REGISTERS_H

#define PCI_ADDRESS_PORT 0xcf8u
#define PCI_ADDRESS_ENABLE 0x80000000u
#define PCI_DATA_PORT 0xcfcu
#define PCI_LAST_PORT 0xcffu

#define PCI_ID 0x00u
#define PCI_COMMAND 0x04u
#define PCI_COMMAND_MEMORY 0x0002u
#define PCI_CLASS 0x08u
#define PCI_HEADER 0x0cu
#define PCI_BAR0 0x10u
#define PCI_BAR1 0x14u
#define PCI_SUBSYSTEM 0x2cu
#define PCI_INTERRUPT 0x3cu

#endif
