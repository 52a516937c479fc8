/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/counter.h - asking the outer system how many exits there were.
 *
 * A hypervisor of the distribution shows a guest no counts of its exits. On such a rung the
 * guest has a second 16550 (plan word etl.counter=), whose far end is the outer system: a byte
 * written is a question, and eight bytes, little-endian, answer it: the guest's exits so far,
 * port I/O left out, because the asking is made of it. The guest's processor does not leave
 * the loop that waits for the answer, so nothing of the guest's own runs meanwhile; interrupts
 * of the host may, and an audit (driver.h) takes the fewest of several rounds.
 *
 * What is left out cannot hide an exit of the marker: that is a store to memory.
 */
#ifndef ETALON_HV_UNDER_TEST_TARGET_COUNTER_H
#define ETALON_HV_UNDER_TEST_TARGET_COUNTER_H

#include <stdint.h>

/* How a register of the port is reached: one instruction in the payload, /dev/port on Linux. */
struct counter_port {
    uint8_t (*in)(uint16_t port);
    void (*out)(uint16_t port, uint8_t value);
    uint16_t base;
};

void counter_init(const struct counter_port *c);
/* UINT64_MAX if nobody answers. */
uint64_t counter_ask(const struct counter_port *c);

#endif
