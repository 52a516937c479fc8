/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/pci.c - find a device by configuration mechanism #1 (PCI Local Bus
 * Specification 3.0, section 3.2.2.3.2; header layout section 6.1).
 *
 * Buses are tried in order of number, which a firmware has assigned; bridges are not walked.
 */
#include "hv-under-test/payload/cpu.h"
#include "hv-under-test/payload/payload.h"

#define CONFIG_ADDRESS 0xCF8u
#define CONFIG_DATA 0xCFCu
#define CONFIG_ENABLE 0x80000000u

enum { REG_ID = 0x00, REG_COMMAND = 0x04, REG_HEADER = 0x0C, REG_BAR0 = 0x10 };

#define COMMAND_MEMORY 0x2u
#define HEADER_MULTIFUNCTION 0x00800000u /* in the double word at REG_HEADER */
#define BAR_IO 0x1u
#define BAR_TYPE 0x6u
#define BAR_TYPE_64 0x4u
#define BAR_FLAGS 0xFu
#define ABSENT 0xFFFFFFFFu

/* `where`: bus 16-23, device 11-15, function 8-10. */
static uint32_t config_read(uint32_t where, uint32_t reg)
{
    cpu_out32(CONFIG_ADDRESS, CONFIG_ENABLE | where | reg);
    return cpu_in32(CONFIG_DATA);
}

static void config_write(uint32_t where, uint32_t reg, uint32_t value)
{
    cpu_out32(CONFIG_ADDRESS, CONFIG_ENABLE | where | reg);
    cpu_out32(CONFIG_DATA, value);
}

static const char *enable(uint32_t where, unsigned number, uint64_t *address)
{
    const uint32_t reg = REG_BAR0 + 4 * number, bar = config_read(where, reg);
    uint64_t base = bar & ~BAR_FLAGS;

    if (bar & BAR_IO)
        return "the card's BAR is not memory";
    if ((bar & BAR_TYPE) == BAR_TYPE_64)
        base |= (uint64_t)config_read(where, reg + 4) << 32;
    if (!base)
        return "the card's BAR has no address; pass one as etl.card=";
    if (base >> 32)
        return "the card's BAR lies above 4 GiB, which is not mapped here";
    /* The upper half of the register is status, which a write of ones clears. */
    config_write(where, REG_COMMAND,
                 (config_read(where, REG_COMMAND) & 0xFFFFu) | COMMAND_MEMORY);
    *address = base;
    return NULL;
}

const char *pci_find_memory(uint16_t vendor, uint16_t device, unsigned bar, uint64_t *address)
{
    uint32_t wanted = (uint32_t)device << 16 | vendor;

    *address = 0;
    for (uint32_t where = 0; where < 1u << 24; where += 1u << 11) {
        uint32_t functions = 1;

        if (config_read(where, REG_ID) == ABSENT)
            continue;
        if (config_read(where, REG_HEADER) & HEADER_MULTIFUNCTION)
            functions = 8;
        for (uint32_t f = 0; f < functions; f++) {
            if (config_read(where | f << 8, REG_ID) == wanted)
                return enable(where | f << 8, bar, address);
        }
    }
    return NULL;
}
