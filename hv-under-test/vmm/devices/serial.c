/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/serial.c - the guest's console, in its stead
 * (vmm/devices/serial.h).
 */
#include "hv-under-test/vmm/devices/serial.h"

#include "hv-under-test/vmm/machine/x86.h"

#define LINE_STATUS (SERIAL_PORT + 5u)
#define STATUS_HOLDING_EMPTY 0x20u
#define STATUS_ALL_SENT 0x40u
#define MAX_POLLS 100000u

uint8_t serial_read(uint16_t port)
{
    return x86_in8(port);
}

void serial_put(uint16_t port, uint8_t value)
{
    x86_out8(port, value);
}

static void wait_for(uint8_t status)
{
    for (unsigned i = 0; i < MAX_POLLS && !(x86_in8(LINE_STATUS) & status); i++)
        ;
}

void serial_write(const volatile uint8_t *bytes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        wait_for(STATUS_HOLDING_EMPTY);
        x86_out8(SERIAL_PORT, bytes[i]);
    }
    wait_for(STATUS_ALL_SENT);
}
