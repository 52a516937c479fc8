/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/cmos.h - a guest's real-time clock, Motorola MC146818 as a PC has
 * it: the machine's own, read only. Ports 0x70 (index) and 0x71 (data).
 *
 * A guest reads time, date, century and status; everything else reads as zero, nothing can be
 * written (so nobody sets the machine's clock) and no interrupt can be switched on.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DEVICES_CMOS_H
#define ETALON_HV_UNDER_TEST_VMM_DEVICES_CMOS_H

#include <stdint.h>

#define CMOS_INDEX_PORT 0x70u
#define CMOS_DATA_PORT 0x71u

struct cmos {
    uint8_t index;
};

uint8_t cmos_read(const struct cmos *c, uint16_t port);
void cmos_write(struct cmos *c, uint16_t port, uint8_t value);

#endif
