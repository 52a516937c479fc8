/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/counter.c - the guest's side of counter.h.
 * Registers: National Semiconductor PC16550D data sheet.
 */
#include "hv-under-test/target/counter.h"

enum { RBR = 0, THR = 0, IER = 1, FCR = 2, LCR = 3, LSR = 5 };

#define FCR_ENABLE_AND_CLEAR 0x07u
#define LCR_8N1 0x03u
#define LSR_DATA 0x01u

/* Each look is an exit of thousands of instructions: some seconds. */
#define PATIENCE 1000000u

void counter_init(const struct counter_port *c)
{
    c->out((uint16_t)(c->base + IER), 0); /* no interrupts: it is polled */
    c->out((uint16_t)(c->base + LCR), LCR_8N1);
    c->out((uint16_t)(c->base + FCR), FCR_ENABLE_AND_CLEAR);
}

uint64_t counter_ask(const struct counter_port *c)
{
    uint64_t count = 0;

    c->out((uint16_t)(c->base + THR), '?');
    for (unsigned i = 0; i < 8; i++) {
        unsigned patience = PATIENCE;

        while (!(c->in((uint16_t)(c->base + LSR)) & LSR_DATA)) {
            if (!--patience)
                return UINT64_MAX;
        }
        count |= (uint64_t)c->in((uint16_t)(c->base + RBR)) << (8 * i);
    }
    return count;
}
