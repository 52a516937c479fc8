/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/console.c - 16550 output (vmm/console.h). Registers: National
 * Semiconductor PC16550D data sheet, table 1.
 */
#include "hv-under-test/vmm/console.h"

#include "hv-under-test/vmm/machine/x86.h"

#define DATA (CONSOLE_PORT + 0)
#define INTERRUPT_ENABLE (CONSOLE_PORT + 1)
#define FIFO_CONTROL (CONSOLE_PORT + 2)
#define LINE_CONTROL (CONSOLE_PORT + 3)
#define MODEM_CONTROL (CONSOLE_PORT + 4)
#define LINE_STATUS (CONSOLE_PORT + 5)
#define LINE_8N1 0x03u
#define LINE_DIVISOR_ACCESS 0x80u
#define STATUS_TRANSMITTER_EMPTY 0x20u
#define STATUS_ALL_SENT 0x40u
#define MAX_POLLS 100000u

void console_start(void)
{
    x86_out8(INTERRUPT_ENABLE, 0);
    x86_out8(LINE_CONTROL, LINE_DIVISOR_ACCESS);
    x86_out8(DATA, 1); /* divisor 1: 115200 */
    x86_out8(INTERRUPT_ENABLE, 0);
    x86_out8(LINE_CONTROL, LINE_8N1);
    x86_out8(FIFO_CONTROL, 0x07);  /* enable and clear */
    x86_out8(MODEM_CONTROL, 0x03); /* DTR, RTS */
}

static void wait_for(uint8_t bit)
{
    for (unsigned i = 0; i < MAX_POLLS; i++)
        if (x86_in8(LINE_STATUS) & bit)
            break;
}

void console_write(const char *bytes, size_t n)
{
    while (n--) {
        wait_for(STATUS_TRANSMITTER_EMPTY);
        x86_out8(DATA, (uint8_t)*bytes++);
    }
}

void console_finish(void)
{
    wait_for(STATUS_ALL_SENT);
}
