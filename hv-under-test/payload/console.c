/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/console.c - a 16550 serial port, 115200 8n1, polled.
 * Registers: National Semiconductor PC16550D data sheet.
 */
#include "hv-under-test/payload/cpu.h"
#include "hv-under-test/payload/payload.h"

enum { THR = 0, DLL = 0, DLM = 1, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5 };

#define FCR_ENABLE_AND_CLEAR 0x07u
#define IIR_FIFO 0xC0u /* both bits: the FIFO works */
#define LCR_8N1 0x03u
#define LCR_DIVISOR 0x80u
#define MCR_DTR_RTS 0x03u
#define LSR_HOLDING_EMPTY 0x20u
#define LSR_ALL_SENT 0x40u

#define FIFO_BYTES 16u

/* A byte takes 87 us; a port that says nothing for this many reads is broken, and a boot
 * without a console is better than one that never ends. */
#define PATIENCE 10000000u

static uint16_t base;
static unsigned burst;

void console_init(uint16_t port)
{
    base = port;
    cpu_out8(base + IER, 0);
    cpu_out8(base + LCR, LCR_DIVISOR);
    cpu_out8(base + DLL, 1);
    cpu_out8(base + DLM, 0);
    cpu_out8(base + LCR, LCR_8N1);
    cpu_out8(base + FCR, FCR_ENABLE_AND_CLEAR);
    cpu_out8(base + MCR, MCR_DTR_RTS);
    burst = (cpu_in8(base + IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_BYTES : 1;
}

static void wait_for(uint8_t bit)
{
    for (unsigned i = 0; i < PATIENCE && !(cpu_in8(base + LSR) & bit); i++)
        ;
}

void console_write(const char *data, size_t n)
{
    while (n) {
        unsigned room = burst;

        wait_for(LSR_HOLDING_EMPTY);
        for (; room && n; room--, n--)
            cpu_out8(base + THR, (uint8_t)*data++);
    }
    wait_for(LSR_ALL_SENT);
}
