/* SPDX-License-Identifier: MIT */
/*
 * probe/marker/marker.h - the target's side of a marker: one 32-bit store to the card's output
 * register. Freestanding, C and C++; users include it in their own programs.
 *
 * Value on the pins: bit 0 strobe (toggles at each marker), bits 1-4 a 4-bit code.
 *
 * Grammar of a boot:
 *   store of 0                                 pins low, before the first marker
 *   preamble   A 5 i0 i1 i2 i3 c               plan index, 4 nibbles, low first;
 *                                              c = 0x9 ^ i0 ^ i1 ^ i2 ^ i3
 *   intervals  START(n) STOP(n), n = 0, 1, …   START(n) = 8 | (n & 7), STOP(n) = n & 7
 *
 * Nothing but the store may stand between the decision to mark and the edge, so the value is
 * computed before: marker_next() outside the interval, marker_store() at its border.
 */
#ifndef ETALON_PROBE_MARKER_MARKER_H
#define ETALON_PROBE_MARKER_MARKER_H

#include <stdint.h>

#define MARKER_PREAMBLE_0 0xAu
#define MARKER_PREAMBLE_1 0x5u
#define MARKER_PREAMBLE_CHECK 0x9u
#define MARKER_PREAMBLE_COUNT 7u
#define MARKER_START_BIT 0x8u

struct marker {
    volatile uint32_t *pins; /* the card's output register, mapped */
    uint32_t strobe;         /* level of the strobe after the last value handed out: 0 or 1 */
};

/* Code of interval n's START and STOP. */
static inline uint32_t marker_code_start(uint64_t n)
{
    return MARKER_START_BIT | (uint32_t)(n & 7u);
}

static inline uint32_t marker_code_stop(uint64_t n)
{
    return (uint32_t)(n & 7u);
}

/* The i-th nibble (0 .. MARKER_PREAMBLE_COUNT-1) of the preamble of boot `plan_index`. */
static inline uint32_t marker_code_preamble(uint32_t plan_index, unsigned i)
{
    uint32_t check = MARKER_PREAMBLE_CHECK;

    if (i == 0)
        return MARKER_PREAMBLE_0;
    if (i == 1)
        return MARKER_PREAMBLE_1;
    if (i < 6)
        return (plan_index >> (4u * (i - 2u))) & 0xFu;
    for (unsigned k = 0; k < 4; k++)
        check ^= (plan_index >> (4u * k)) & 0xFu;
    return check;
}

/* The register value of the next marker: toggles the strobe, shows `code`. */
static inline uint32_t marker_next(struct marker *m, uint32_t code)
{
    m->strobe ^= 1u;
    return m->strobe | ((code & 0xFu) << 1);
}

/* The marker itself: exactly one instruction. */
static inline void marker_store(volatile uint32_t *pins, uint32_t value)
{
    __asm__ volatile("movl %1, %0" : "=m"(*pins) : "r"(value) : "memory");
}

#endif
