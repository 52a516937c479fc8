/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/sim/frames.c - see frames.h. */

#include "tests/sim/frames.h"

#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"

static uint64_t little(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;

    while (bytes--)
        v = v << 8 | p[bytes];
    return v;
}

static void *grown(void *p, size_t have, size_t *room, size_t size)
{
    if (have < *room)
        return p;
    *room = *room ? *room * 2 : 1024;
    p = realloc(p, *room * size);
    if (!p)
        abort();
    return p;
}

static void end_frame(struct frames *f)
{
    const size_t n = f->part_bytes;
    struct frame *g;

    if (n < WIRE_HEADER_BYTES + WIRE_CRC_BYTES || f->bad || f->escaped ||
        crc32c(0, f->part, n - WIRE_CRC_BYTES) != little(f->part + n - WIRE_CRC_BYTES, 4)) {
        f->damaged++;
        return;
    }
    f->list = grown(f->list, f->n, &f->room, sizeof(*f->list));
    g = &f->list[f->n++];
    memset(g, 0, sizeof(*g));
    g->type = f->part[0];
    g->seq = (uint32_t)little(f->part + 1, 4);
    g->epoch = f->part[5];
    g->t = little(f->part + 6, 8);
    g->payload_bytes = (unsigned)(n - WIRE_HEADER_BYTES - WIRE_CRC_BYTES);
    memcpy(g->payload, f->part + WIRE_HEADER_BYTES, g->payload_bytes);
}

void frames_byte(void *frames, uint8_t byte)
{
    struct frames *f = frames;

    f->bytes = grown(f->bytes, f->n_bytes, &f->room_bytes, 1);
    f->bytes[f->n_bytes++] = byte;
    if (byte == WIRE_SLIP_END) {
        if (f->part_bytes || f->bad || f->escaped)
            end_frame(f);
        f->part_bytes = 0;
        f->bad = f->escaped = 0;
        return;
    }
    if (f->escaped) {
        f->escaped = 0;
        if (byte != WIRE_SLIP_ESC_END && byte != WIRE_SLIP_ESC_ESC)
            f->bad = 1;
        byte = byte == WIRE_SLIP_ESC_END ? WIRE_SLIP_END : WIRE_SLIP_ESC;
    } else if (byte == WIRE_SLIP_ESC) {
        f->escaped = 1;
        return;
    }
    if (f->part_bytes == sizeof(f->part))
        f->bad = 1;
    else
        f->part[f->part_bytes++] = byte;
}

void frames_clear(struct frames *f)
{
    free(f->bytes);
    free(f->list);
    memset(f, 0, sizeof(*f));
}

size_t frames_find(const struct frames *f, uint8_t type, size_t from)
{
    while (from < f->n && f->list[from].type != type)
        from++;
    return from;
}

int frames_whole(const struct frames *f)
{
    for (size_t i = 1; i < f->n; i++)
        if (f->list[i].seq != f->list[i - 1].seq + 1)
            return 0;
    return !f->damaged && !f->part_bytes;
}

uint64_t frame_u64(const struct frame *f, unsigned offset, unsigned bytes)
{
    return little(f->payload + offset, bytes);
}

size_t frames_command(uint8_t out[COMMAND_ROOM], uint8_t type, uint8_t addr, uint64_t value)
{
    uint8_t raw[WIRE_COMMAND_BYTES] = {type, addr};
    uint32_t crc;
    size_t n = 0;

    for (unsigned i = 0; i < 8; i++)
        raw[2 + i] = (uint8_t)(value >> 8 * i);
    crc = crc32c(0, raw, 10);
    for (unsigned i = 0; i < 4; i++)
        raw[10 + i] = (uint8_t)(crc >> 8 * i);
    out[n++] = WIRE_SLIP_END;
    for (unsigned i = 0; i < WIRE_COMMAND_BYTES; i++) {
        if (raw[i] == WIRE_SLIP_END || raw[i] == WIRE_SLIP_ESC) {
            out[n++] = WIRE_SLIP_ESC;
            out[n++] = raw[i] == WIRE_SLIP_END ? WIRE_SLIP_ESC_END : WIRE_SLIP_ESC_ESC;
        } else {
            out[n++] = raw[i];
        }
    }
    out[n++] = WIRE_SLIP_END;
    return n;
}
