/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/devices/pci_guest.c - the guest's PCI bus (vmm/devices/pci_guest.h). */
#include "hv-under-test/vmm/devices/pci_guest.h"

#include "hv-under-test/vmm/machine/pci_registers.h"

#define ADDRESS_STORED 0x80fffffcu /* reserved bits read as zero */

#define COMMAND_STORED 0x0142u /* memory, parity, SERR; no bus mastering */
#define BAR_SIZE_MASK 0xfffff000u

enum { BRIDGE, CARD, DEVICES };

void pci_guest_start(struct pci_guest *p, const struct pci_identity *bridge,
                     const struct pci_identity *card, uint32_t bar)
{
    *p = (struct pci_guest){.bridge = *bridge,
                            .card = *card,
                            .bar = bar,
                            .command = {PCI_COMMAND_MEMORY, PCI_COMMAND_MEMORY}};
}

/* The device addressed; DEVICES if nobody is there. Function 0 only. */
static unsigned addressed(const struct pci_guest *p)
{
    const uint32_t where = (p->address >> 8) & 0xffffu; /* bus, device, function */

    if (!(p->address & PCI_ADDRESS_ENABLE) || where & 7u || where >> 3 >= DEVICES)
        return DEVICES;
    return where >> 3;
}

static uint32_t read_register(const struct pci_guest *p, unsigned device, uint32_t reg)
{
    const struct pci_identity *id = device == BRIDGE ? &p->bridge : &p->card;

    switch (reg) {
    case PCI_ID:
        return id->device;
    case PCI_COMMAND:
        return p->command[device]; /* status: no capabilities */
    case PCI_CLASS:
        return id->class;
    case PCI_BAR0:
        return device == CARD ? (p->sizing ? BAR_SIZE_MASK : p->bar) : 0;
    case PCI_SUBSYSTEM:
        return id->subsystem;
    case PCI_INTERRUPT:
        return p->interrupt_line[device]; /* no interrupt pin */
    default:
        return 0;
    }
}

uint32_t pci_guest_read(const struct pci_guest *p, uint16_t port, unsigned bytes)
{
    const unsigned device = addressed(p);

    if (port < PCI_DATA_PORT)
        return port == PCI_ADDRESS_PORT && bytes == 4 ? p->address : 0xffffffffu;
    if (device == DEVICES)
        return 0xffffffffu;
    return read_register(p, device, p->address & 0xfcu) >> (8 * (port - PCI_DATA_PORT));
}

static void write_byte(struct pci_guest *p, unsigned device, uint32_t reg, uint8_t value)
{
    if (reg == PCI_COMMAND)
        p->command[device] =
            (uint16_t)((p->command[device] & 0xff00u) | (value & COMMAND_STORED & 0xffu));
    else if (reg == PCI_COMMAND + 1)
        p->command[device] =
            (uint16_t)((p->command[device] & 0xffu) | (value << 8 & COMMAND_STORED & 0xff00u));
    else if (reg == PCI_INTERRUPT)
        p->interrupt_line[device] = value;
}

void pci_guest_write(struct pci_guest *p, uint16_t port, unsigned bytes, uint32_t value)
{
    const unsigned device = addressed(p);
    const uint32_t reg = (p->address & 0xfcu) + (port & 3u);

    if (port < PCI_DATA_PORT) {
        /* The address is taken as one double word only (section 3.2.2.3.2). */
        if (port == PCI_ADDRESS_PORT && bytes == 4)
            p->address = value & ADDRESS_STORED;
        return;
    }
    if (device == DEVICES)
        return;
    if (device == CARD && reg == PCI_BAR0 && bytes == 4) {
        p->sizing = (value & BAR_SIZE_MASK) == BAR_SIZE_MASK;
        return;
    }
    for (unsigned i = 0; i < bytes && (port & 3u) + i < 4; i++)
        write_byte(p, device, reg + i, (uint8_t)(value >> (8 * i)));
}
