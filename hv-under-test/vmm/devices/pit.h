/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/devices/pit.h - a guest's interval timer, Intel 8254 (data sheet 231164)
 * as a PC has it: channel 0 interrupts (line 0 of pic.h), channel 2 is gated and read by port
 * 0x61.
 *
 * Pure: the caller passes the time, in cycles of the timer's clock (PIT_HZ) since some start,
 * never going back. A value is a function of the time, so nothing has to run in between.
 *
 * Handled: modes 0, 2, 3, 4 on all channels and 1, 5 by the gate of channel 2; binary and BCD;
 * all access modes; latching, read-back with status; port 0x61 bits 0, 1, 4, 5. A count
 * written while modes 2 and 3 run takes effect at the end of the period.
 *
 * Not handled: gates of channels 0 and 1 (high, as wired in a PC).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DEVICES_PIT_H
#define ETALON_HV_UNDER_TEST_VMM_DEVICES_PIT_H

#include <stdint.h>

#define PIT_HZ 1193182u
#define PIT_CHANNEL_0 0x40u /* ports; channels 1 and 2 follow, then the control word */
#define PIT_CONTROL 0x43u
#define PIT_SPEAKER 0x61u
#define PIT_SPEAKER_GATE 0x01u /* of channel 2 */
#define PIT_SPEAKER_OUTPUT 0x20u
#define PIT_NEVER UINT64_MAX

struct pit_channel {
    uint8_t control; /* the last control word: access, mode, BCD */
    uint8_t gate;
    uint8_t low;                   /* first byte of a count of two */
    uint8_t write_high, read_high; /* the second byte is next */
    uint8_t has_status, status, has_latched;
    uint16_t latched;
    uint32_t count, next_count; /* cycles, 1-65536; 0: none */
    uint64_t start;      /* the cycle that loads count; PIT_NEVER: stopped by the gate */
    uint64_t next_start; /* … that loads next_count; PIT_NEVER: a trigger does */
    uint64_t done;       /* cycles counted when the gate fell (modes 0 and 4) */
};

struct pit {
    struct pit_channel channel[3];
    uint8_t speaker; /* port 0x61, bits 0 and 1 */
};

void pit_reset(struct pit *p);
uint8_t pit_read(struct pit *p, uint16_t port, uint64_t cycle); /* 0x40-0x43, 0x61 */
void pit_write(struct pit *p, uint16_t port, uint8_t value, uint64_t cycle);
/* The output of a channel. */
int pit_output(const struct pit *p, unsigned channel, uint64_t cycle);
/* Has any channel been given a count? */
int pit_is_set(const struct pit *p);
/* The time it counts in stood still for so many cycles. */
void pit_shift(struct pit *p, uint64_t cycles);
/* The first cycle after `cycle` at which channel 0's output rises; PIT_NEVER if it will not. */
uint64_t pit_next_edge(const struct pit *p, uint64_t cycle);

#endif
