/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/serial.h - the machine's first serial port, the guest's console,
 * where the hypervisor stands between (io=trap, io=ring). Registers: National Semiconductor
 * PC16550D data sheet, table 1. How it is set up is the guest's business.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DEVICES_SERIAL_H
#define ETALON_HV_UNDER_TEST_VMM_DEVICES_SERIAL_H

#include <stdint.h>

#define SERIAL_PORT 0x3f8u
#define SERIAL_LAST_PORT 0x3ffu

/* A register, as the guest's own access would be. */
uint8_t serial_read(uint16_t port);
void serial_put(uint16_t port, uint8_t value);
/* Bytes of the guest's, each read once; back when the last has left the machine, or the port says
 * nothing for too long. */
void serial_write(const volatile uint8_t *bytes, uint32_t n);

#endif
