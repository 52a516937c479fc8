/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/counter.c - the exits so far, asked of the outer system at a 16550
 * (target/counter.h). Registers: National Semiconductor PC16550D data sheet.
 */
#include "hv-under-test/target/counter.h"
#include "hv-under-test/payload/cpu.h"
#include "hv-under-test/payload/payload.h"

enum { RBR = 0, THR = 0, IER = 1, FCR = 2, LCR = 3, LSR = 5 };

#define FCR_ENABLE_AND_CLEAR 0x07u
#define LCR_8N1 0x03u
#define LSR_DATA 0x01u

/* Each look is an exit of thousands of instructions: some seconds. */
#define PATIENCE 1000000u

static uint16_t base;

void counter_init(uint16_t port)
{
    base = port;
    cpu_out8((uint16_t)(base + IER), 0); /* no interrupts: it is polled */
    cpu_out8((uint16_t)(base + LCR), LCR_8N1);
    cpu_out8((uint16_t)(base + FCR), FCR_ENABLE_AND_CLEAR);
}

/* Never a number that was not answered: a difference of two of them would prove anything. */
uint64_t counter_ask(void)
{
    uint64_t count = 0;

    cpu_out8((uint16_t)(base + THR), COUNTER_QUESTION);
    for (unsigned i = 0; i < COUNTER_ANSWER_BYTES; i++) {
        unsigned patience = PATIENCE;

        while (!(cpu_in8((uint16_t)(base + LSR)) & LSR_DATA)) {
            if (!--patience)
                payload_fail("the outer system does not answer at the port of etl.counter");
        }
        count |= (uint64_t)cpu_in8((uint16_t)(base + RBR)) << (8 * i);
    }
    return count;
}
