/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench/lab/card.h - ABI between the card model inside QEMU and the timer simulation.
 *
 * The card model connects to a Unix stream socket and sends fixed 16-byte messages in order of
 * time, little-endian. Nothing flows back. Time is the machine's virtual time in ns.
 *
 *   START  first message, t = 0: the machine is about to execute its first instruction
 *   PINS   the output register was written; pins = its low 8 bits
 *   TIME   every CARD_TIME_PERIOD_NS, so that the timer lives while the guest is silent
 *   END    last message; the socket is closed after it. A socket closed without END means
 *          that the machine died.
 *
 * The card's memory BAR (4 KiB, over pci-testdev 1b36:0005, BAR 0), 32-bit accesses:
 */
#ifndef ETALON_BENCH_LAB_CARD_H
#define ETALON_BENCH_LAB_CARD_H

#include <stdint.h>

#define CARD_PCI_VENDOR 0x1b36u
#define CARD_PCI_DEVICE 0x0005u
#define CARD_REG_PINS 0x000u    /* rw */
#define CARD_REG_SCRATCH 0x800u /* rw, no pins: the register of the exits workload on bare */
#define CARD_REG_PLAN_BYTES 0xfe0u /* r   length of the plan's text; 0: not told */
#define CARD_REG_PLAN_AT 0xfe4u    /* rw  where it is read next, in words of four bytes */
#define CARD_REG_PLAN                                                                         \
    0xfe8u                   /* r   four bytes of it, the first in the low bits; each
                                          read goes on by one word */
#define CARD_REG_ID 0xff0u   /* r   0x4E4C5445 "ETLN" */
#define CARD_REG_BOOT 0xff4u /* r   CARD_BOOT_VALID and the plan index; 0: not told */
#define CARD_BOOT_VALID 0x80000000u
#define CARD_ID_VALUE 0x4E4C5445u

/* What a target has room for. */
#define CARD_PLAN_MAX_BYTES 65536u

#define CARD_TIME_PERIOD_NS 10000000u

enum card_message_kind {
    CARD_START = 0,
    CARD_PINS = 1,
    CARD_TIME = 2,
    CARD_END = 3,
};

struct card_message {
    uint64_t t_ns;
    uint8_t kind; /* enum card_message_kind */
    uint8_t pins;
    uint8_t reason; /* END: 0 = ended by the guest or the host, 1 = bound in virtual time */
    uint8_t zero[5];
};

_Static_assert(sizeof(struct card_message) == 16, "card message is 16 bytes");

#endif
