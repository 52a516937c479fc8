/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/wire_stream.h - a timer and a target in a box: writes the bytes that an undisturbed
 * boot would put on the wire, and remembers the truth. Shared by the tests of the decoder, of
 * the intervals and of ingest, and by the bench.
 */
#ifndef ETALON_TESTS_WIRE_STREAM_H
#define ETALON_TESTS_WIRE_STREAM_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probe/marker/marker.h"
#include "probe/wire_decode.h"
#include "probe/wire_encode.h"

struct stream_interval {
    uint64_t start, stop; /* ticks */
};

struct stream {
    uint8_t *bytes;
    size_t size, room;
    uint32_t seq;
    uint8_t epoch;
    uint64_t t;           /* of the next edge */
    uint64_t clock_ticks; /* of an event being collected: a clock is two ticks */
    struct wire_event event;
    uint8_t levels; /* after the last sample */
    int collecting;
    struct marker marker;
    uint64_t nonce;
    uint32_t plan_index;
    uint32_t lost_total;
    struct stream_interval *truth;
    uint64_t intervals, truth_room;
    size_t *frame; /* offset of each frame's first byte */
    size_t frames, frame_room;
};

static inline uint64_t stream_random(uint64_t *state) /* xorshift64* (Vigna) */
{
    uint64_t x = *state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545F4914F6CDD1Dull;
}

static inline void stream_put(struct stream *s, const uint8_t *bytes, size_t n)
{
    if (s->size + n > s->room) {
        s->room = 2 * (s->size + n);
        s->bytes = realloc(s->bytes, s->room);
    }
    if (s->frames == s->frame_room) {
        s->frame_room = s->frame_room ? 2 * s->frame_room : 64;
        s->frame = realloc(s->frame, s->frame_room * sizeof *s->frame);
    }
    s->frame[s->frames++] = s->size;
    memcpy(s->bytes + s->size, bytes, n);
    s->size += n;
}

static inline void stream_flush(struct stream *s)
{
    uint8_t out[WIRE_ENCODED_MAX_BYTES];

    if (!s->collecting)
        return;
    s->collecting = 0;
    stream_put(s, out, wire_encode_event(s->seq++, s->epoch, s->clock_ticks, &s->event, out));
}

/* The pins change at s->t. Two samples a clock: edges of one clock share an EVENT. */
static inline void stream_pins(struct stream *s, uint8_t levels)
{
    const uint64_t clock = s->t & ~1ull;
    const unsigned at = (unsigned)(s->t & 1u);

    if (s->collecting && s->clock_ticks != clock)
        stream_flush(s);
    if (!s->collecting) {
        s->collecting = 1;
        s->clock_ticks = clock;
        s->event.levels_before = s->levels;
        s->event.n = 2;
        s->event.samples[0] = s->event.samples[1] = s->levels;
    }
    for (unsigned i = at; i < 2; i++)
        s->event.samples[i] = levels;
    s->levels = levels;
}

static inline void stream_hello(struct stream *s)
{
    const struct wire_hello hello = {
        .protocol = WIRE_PROTOCOL,
        .channels = WIRE_CHANNELS,
        .phases = 2,
        .fclk_hz = 250000000,
        .baud = 12000000,
        .source_id = 0x0123456789ABCDEFull,
    };
    uint8_t out[WIRE_ENCODED_MAX_BYTES];

    stream_flush(s);
    stream_put(s, out, wire_encode_hello(s->seq++, s->epoch, s->t, &hello, out));
}

static inline void stream_reply(struct stream *s, uint8_t request, uint8_t addr,
                                uint8_t status, uint64_t value)
{
    const struct wire_reply reply = {
        .request = request, .addr = addr, .status = status, .value = value};
    uint8_t out[WIRE_ENCODED_MAX_BYTES];

    stream_flush(s);
    stream_put(s, out, wire_encode_reply(s->seq++, s->epoch, s->t, &reply, out));
}

static inline void stream_heartbeat(struct stream *s)
{
    const struct wire_heartbeat heartbeat = {
        .lost_total = s->lost_total,
        .high_water = 3,
        .levels = s->levels,
        .status = WIRE_STATUS_BIT_LOCK | WIRE_STATUS_BIT_ARMED,
    };
    uint8_t out[WIRE_ENCODED_MAX_BYTES];

    stream_flush(s);
    stream_put(s, out, wire_encode_heartbeat(s->seq++, s->epoch, s->t, &heartbeat, out));
}

static inline void stream_lost(struct stream *s, uint32_t count)
{
    const struct wire_lost lost = {.count = count, .t_first = s->t, .t_last = s->t};
    uint8_t out[WIRE_ENCODED_MAX_BYTES];

    stream_flush(s);
    s->lost_total += count;
    stream_put(s, out, wire_encode_lost(s->seq++, s->epoch, s->t, &lost, out));
}

/* Field by field: structs have padding. */
static inline int stream_same_hello(const struct wire_hello *a, const struct wire_hello *b)
{
    return a->protocol == b->protocol && a->channels == b->channels &&
           a->phases == b->phases && a->reserved == b->reserved && a->fclk_hz == b->fclk_hz &&
           a->baud == b->baud && a->source_id == b->source_id && a->build_id == b->build_id;
}

static inline int stream_same_frame(const struct wire_frame *a, const struct wire_frame *b)
{
    if (a->type != b->type || a->seq != b->seq || a->epoch != b->epoch ||
        a->t_ticks != b->t_ticks)
        return 0;
    switch (a->type) {
    case WIRE_EVENT: /* bytes only, no padding */
        return memcmp(&a->u.event, &b->u.event, sizeof a->u.event) == 0;
    case WIRE_HELLO:
        return stream_same_hello(&a->u.hello, &b->u.hello);
    case WIRE_REPLY:
        return a->u.reply.request == b->u.reply.request &&
               a->u.reply.addr == b->u.reply.addr && a->u.reply.status == b->u.reply.status &&
               a->u.reply.value == b->u.reply.value;
    case WIRE_HEARTBEAT:
        return a->u.heartbeat.lost_total == b->u.heartbeat.lost_total &&
               a->u.heartbeat.high_water == b->u.heartbeat.high_water &&
               a->u.heartbeat.levels == b->u.heartbeat.levels &&
               a->u.heartbeat.status == b->u.heartbeat.status &&
               a->u.heartbeat.refused == b->u.heartbeat.refused;
    case WIRE_LOST:
        return a->u.lost.count == b->u.lost.count && a->u.lost.t_first == b->u.lost.t_first &&
               a->u.lost.t_last == b->u.lost.t_last;
    default:
        return a->u.cookie == b->u.cookie;
    }
}
/* One marker, `after` ticks after the last edge (at least 1). */
static inline uint64_t stream_marker(struct stream *s, uint32_t code, uint64_t after)
{
    s->t += after;
    stream_pins(s, (uint8_t)((s->levels & ~0x1Fu) | marker_next(&s->marker, code)));
    return s->t;
}

static inline void stream_reference(struct stream *s, int high)
{
    s->t += 7;
    stream_pins(s, (uint8_t)((s->levels & ~0x40u) | (high ? 0x40u : 0)));
}

static inline void stream_begin(struct stream *s, uint32_t plan_index, uint64_t nonce)
{
    memset(s, 0, sizeof *s);
    s->plan_index = plan_index;
    s->nonce = nonce;
    s->t = 100;
    stream_hello(s);
    stream_hello(s);
    stream_reply(s, WIRE_WRITE, WIRE_REG_ENABLE, WIRE_STATUS_OK, 0xDF);
    stream_reply(s, WIRE_ARM, 0, WIRE_STATUS_OK, nonce);
}

static inline void stream_preamble(struct stream *s)
{
    for (unsigned i = 0; i < MARKER_PREAMBLE_COUNT; i++)
        stream_marker(s, marker_code_preamble(s->plan_index, i), 1000);
}

static inline void stream_interval(struct stream *s, uint64_t gap, uint64_t ticks)
{
    const uint64_t n = s->intervals;
    struct stream_interval *v;

    if (n == s->truth_room) {
        s->truth_room = n ? 2 * n : 64;
        s->truth = realloc(s->truth, s->truth_room * sizeof *s->truth);
    }
    v = &s->truth[n];
    v->start = stream_marker(s, marker_code_start(n), gap);
    v->stop = stream_marker(s, marker_code_stop(n), ticks);
    s->intervals++;
}

static inline void stream_end(struct stream *s)
{
    s->t += 1000;
    stream_heartbeat(s);
    stream_reply(s, WIRE_DISARM, 0, WIRE_STATUS_OK, s->nonce);
}

/* A whole boot: intervals of 1 to some thousand ticks, heartbeats and reference between. */
static inline void stream_make(struct stream *s, uint32_t plan_index, uint64_t nonce,
                               uint64_t intervals, uint64_t seed)
{
    uint64_t random = seed * 2 + 1;

    stream_begin(s, plan_index, nonce);
    stream_preamble(s);
    for (uint64_t n = 0; n < intervals; n++) {
        const uint64_t r = stream_random(&random);

        stream_interval(s, 20 + (r & 1023u), r >> 10 & 3u ? 1 + (r >> 12 & 4095u) : 1);
        if ((r >> 32 & 15u) == 0)
            stream_heartbeat(s);
        if ((r >> 36 & 15u) == 0)
            stream_reference(s, r >> 40 & 1u);
    }
    stream_end(s);
}

static inline void stream_free(struct stream *s)
{
    free(s->bytes);
    free(s->truth);
    free(s->frame);
    memset(s, 0, sizeof *s);
}

#endif
