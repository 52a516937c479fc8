/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/sim/frames.h - wire v1 for the tests of the timer, written apart from probe/wire.c so
 * that RTL and decoder do not share a mistake.
 *
 * struct frames keeps every byte and every good frame; damaged frames are counted. Commands are
 * encoded into a caller's buffer.
 */
#ifndef ETALON_TESTS_SIM_FRAMES_H
#define ETALON_TESTS_SIM_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "probe/wire.h"

struct frame {
    uint8_t type;
    uint32_t seq;
    uint8_t epoch;
    uint64_t t;
    uint8_t payload[WIRE_MAX_FRAME_BYTES];
    unsigned payload_bytes;
};

struct frames {
    uint8_t *bytes;
    size_t n_bytes, room_bytes;
    struct frame *list;
    size_t n, room;
    size_t damaged;
    uint8_t part[WIRE_MAX_FRAME_BYTES];
    size_t part_bytes;
    int escaped, bad;
};

void frames_byte(void *frames, uint8_t byte);
void frames_clear(struct frames *f); /* forgets everything, frees the memory */
/* Index of the first frame of `type` from `from` on, or f->n. */
size_t frames_find(const struct frames *f, uint8_t type, size_t from);
/* 1 if nothing was damaged, every seq is one more than the last and no partial frame is left. */
int frames_whole(const struct frames *f);

uint64_t frame_u64(const struct frame *f, unsigned offset, unsigned bytes);

#define COMMAND_ROOM 32u
/* Returns the number of bytes written, with END before and after. */
size_t frames_command(uint8_t out[COMMAND_ROOM], uint8_t type, uint8_t addr, uint64_t value);

#endif
