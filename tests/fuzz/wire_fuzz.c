/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/fuzz/wire_fuzz.c - any bytes at all, all the way to intervals. Entry point of libFuzzer
 * (make fuzz-wire) and of the seeded run in tests/unit/test_wire_fuzz.c.
 *
 * The first byte chooses: odd, the rest is the stream as it stands; even, the rest is cut into
 * frames whose SLIP and CRC are then put right, so that hostile content gets past both.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/interval.h"
#include "probe/wire_encode.h"
#include "runner/ingest_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(x)                                                                              \
    do {                                                                                      \
        if (!(x))                                                                             \
            abort();                                                                          \
    } while (0)

static void ignore_frame(void *opaque, const struct wire_frame *f)
{
    (void)opaque;
    HOLDS(f->type != WIRE_EVENT || (f->u.event.n >= 1 && f->u.event.n <= 4));
}

static void ignore_damage(void *opaque, const struct wire_damage *d)
{
    (void)opaque;
    HOLDS((unsigned)d->kind < WIRE_DAMAGE_KINDS);
}

/* The same bytes in pieces are the same. */
static void decode_in_pieces(const uint8_t *bytes, size_t n)
{
    const struct wire_handler h = {.frame = ignore_frame, .damage = ignore_damage};
    struct wire_decoder whole, pieces;
    size_t step = 1;

    wire_decoder_init(&whole);
    wire_decode(&whole, bytes, n, &h);
    wire_decode_end(&whole, &h);
    wire_decoder_init(&pieces);
    for (size_t at = 0; at < n; at += step) {
        step = 1 + bytes[at] % 37u;
        wire_decode(&pieces, bytes + at, n - at < step ? n - at : step, &h);
    }
    wire_decode_end(&pieces, &h);
    HOLDS(memcmp(&whole.stats, &pieces.stats, sizeof whole.stats) == 0);
    HOLDS(whole.stats.bytes == n);
}

static void derive(const uint8_t *bytes, size_t n, uint64_t settle_ticks, uint64_t expected)
{
    struct ingest_faults faults = {.worst = VERDICT_OK};
    struct interval_result r;
    struct ingest_wire wire;
    size_t fine = 0;

    ingest_read_frames(&wire, bytes, n, 0, &faults);
    HOLDS(interval_derive(wire.tape, wire.items,
                          &(struct interval_rules){
                              .plan_index = 0,
                              .step_ticks = wire.step_ticks,
                              .settle_ticks = settle_ticks,
                              .expected = expected,
                          },
                          &r) == 0);
    for (size_t i = 0; i < r.count; i++) {
        const struct interval *v = &r.interval[i];

        HOLDS(i == 0 || v->n > r.interval[i - 1].n);
        if (v->why != INTERVAL_FINE)
            continue;
        fine++;
        HOLDS(v->start_tick < v->stop_tick && v->stop_tick != INTERVAL_UNKNOWN);
        HOLDS(expected == INTERVAL_UNKNOWN || v->n < expected);
    }
    HOLDS(fine == r.fine);
    HOLDS(r.preamble_ok || fine == 0);
    interval_free(&r);
    ingest_release_frames(&wire);
    free(faults.fault);
}

/* type, seq step, epoch step, time step, payload length, payload … */
static size_t put_right(const uint8_t *data, size_t size, uint8_t *out, size_t room)
{
    size_t n = 0, at = 0;
    uint64_t t = 0;
    uint32_t seq = 0;
    uint8_t epoch = 0;

    while (at + 5 <= size && n + WIRE_ENCODED_MAX_BYTES <= room) {
        size_t length =
            data[at + 4] % (WIRE_MAX_FRAME_BYTES - WIRE_HEADER_BYTES - WIRE_CRC_BYTES + 1);
        const uint8_t type = data[at] & 0x80u ? (uint8_t)WIRE_EVENT : data[at] & 7u;

        if (length > size - at - 5)
            length = size - at - 5;
        seq += data[at + 1] < 240 ? 1u : data[at + 1] - 240u;
        epoch = (uint8_t)(epoch + (data[at + 2] > 250));
        t += data[at + 3] < 250 ? data[at + 3] : UINT64_MAX - 3;
        n += wire_encode_frame(type, seq, epoch, t, data + at + 5, length, out + n);
        at += 5 + length;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[1u << 16];
    uint64_t settle_ticks, expected;

    if (size < 3)
        return 0;
    settle_ticks = data[1] & 1u ? data[1] : 0;
    expected = data[2] & 1u ? data[2] : INTERVAL_UNKNOWN;
    if ((data[0] & 1u) == 0) {
        size = put_right(data + 3, size - 3, out, sizeof out);
        data = out;
    } else {
        data += 3;
        size -= 3;
    }
    decode_in_pieces(data, size);
    derive(data, size, settle_ticks, expected);
    return 0;
}
