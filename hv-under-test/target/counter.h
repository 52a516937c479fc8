/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/counter.h - asking the outer system how many exits there were.
 *
 * A hypervisor of the distribution shows a guest no counts of its exits. On such a rung the
 * guest has a second 16550 (plan word etl.counter=), whose far end is the outer system: a byte
 * written is a question, and eight bytes, little-endian, answer it: the guest's exits so far,
 * port I/O left out, because the asking is made of it. Exits of other kinds that belong to the
 * asking or to the host (interrupts) do fall in between; an audit (driver.h) compares K with 2K
 * stores and takes the fewest of several rounds, so that what is there in every round cancels.
 *
 * What is left out cannot hide an exit of the marker: that is a store to memory.
 *
 * The payload polls the port (payload/counter.c); on Linux it is a terminal (agent/exits.c).
 */
#ifndef ETALON_HV_UNDER_TEST_TARGET_COUNTER_H
#define ETALON_HV_UNDER_TEST_TARGET_COUNTER_H

#define COUNTER_QUESTION '?'
#define COUNTER_ANSWER_BYTES 8

#endif
