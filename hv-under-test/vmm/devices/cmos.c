/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/cmos.c - the real-time clock (vmm/devices/cmos.h). Registers: data
 * sheet, "Address map".
 */
#include "hv-under-test/vmm/devices/cmos.h"

#include "hv-under-test/vmm/machine/x86.h"

#define INDEX_MASK 0x7fu /* bit 7 of the port switches NMI off: the machine's, not a guest's */
#define LAST_TIME 0x09u
#define STATUS_A 0x0au
#define STATUS_B 0x0bu
#define STATUS_B_FORMAT 0x07u /* binary, 24 hours, daylight saving; no interrupts */
#define STATUS_D 0x0du
#define CENTURY 0x32u

uint8_t cmos_read(const struct cmos *c, uint16_t port)
{
    uint8_t value;

    if (port == CMOS_INDEX_PORT)
        return 0xff; /* write-only */
    if (c->index > LAST_TIME && c->index != STATUS_A && c->index != STATUS_B &&
        c->index != STATUS_D && c->index != CENTURY)
        return 0; /* status C too: reading it would acknowledge */
    x86_out8(CMOS_INDEX_PORT, c->index);
    value = x86_in8(CMOS_DATA_PORT);
    return c->index == STATUS_B ? value & STATUS_B_FORMAT : value;
}

void cmos_write(struct cmos *c, uint16_t port, uint8_t value)
{
    if (port == CMOS_INDEX_PORT)
        c->index = value & INDEX_MASK;
}
