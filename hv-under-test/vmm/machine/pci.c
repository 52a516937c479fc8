/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/machine/pci.c - the search for the card (vmm/machine/pci.h). */
#include "hv-under-test/vmm/machine/pci.h"

#include "hv-under-test/vmm/machine/pci_registers.h"
#include "hv-under-test/vmm/machine/x86.h"

#define HEADER_MULTI_FUNCTION 0x00800000u
#define BAR_IO 0x1u
#define BAR_64BIT 0x4u
#define BUSES 256u

static uint32_t address_of(unsigned bus, unsigned slot, unsigned function, unsigned reg)
{
    return PCI_ADDRESS_ENABLE | bus << 16 | slot << 11 | function << 8 | reg;
}

static uint32_t read_config(uint32_t address)
{
    x86_out32(PCI_ADDRESS_PORT, address);
    return x86_in32(PCI_DATA_PORT);
}

static uint64_t take_bar0(unsigned bus, unsigned slot, unsigned function)
{
    uint32_t command = address_of(bus, slot, function, PCI_COMMAND);
    uint32_t low = read_config(address_of(bus, slot, function, PCI_BAR0));
    uint64_t base = low & ~15u;

    if (low & BAR_IO)
        return 0;
    if (low & BAR_64BIT)
        base |= (uint64_t)read_config(address_of(bus, slot, function, PCI_BAR1)) << 32;
    if (base) {
        uint32_t value = read_config(command);

        /* The upper half is status, write-one-to-clear: write zeros. */
        x86_out32(PCI_DATA_PORT, (value & 0xffffu) | PCI_COMMAND_MEMORY);
    }
    return base;
}

static void identify(unsigned bus, unsigned slot, unsigned function, struct pci_identity *id)
{
    id->device = read_config(address_of(bus, slot, function, PCI_ID));
    id->class = read_config(address_of(bus, slot, function, PCI_CLASS));
    id->subsystem = read_config(address_of(bus, slot, function, PCI_SUBSYSTEM));
}

void pci_identify_bridge(struct pci_identity *id)
{
    identify(0, 0, 0, id);
}

uint64_t pci_find_bar0(uint16_t vendor, uint16_t device, struct pci_identity *identity)
{
    uint32_t wanted = (uint32_t)device << 16 | vendor;

    for (unsigned bus = 0; bus < BUSES; bus++) {
        for (unsigned slot = 0; slot < 32; slot++) {
            unsigned functions = 1;

            for (unsigned function = 0; function < functions; function++) {
                uint32_t id = read_config(address_of(bus, slot, function, PCI_ID));

                if (id == wanted) {
                    identify(bus, slot, function, identity);
                    return take_bar0(bus, slot, function);
                }
                if ((id & 0xffffu) != 0xffffu && function == 0 &&
                    (read_config(address_of(bus, slot, 0, PCI_HEADER)) &
                     HEADER_MULTI_FUNCTION))
                    functions = 8;
            }
        }
    }
    return 0;
}
