/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The wire, frame by frame: known bytes, pieces of any size, every kind of damage at its place.
 * Each single byte of a stream is flipped in each bit, dropped, doubled and cut at: nothing
 * passes unseen. Damage in bulk is in test_wire_damage.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/wire_decode.h"
#include "wire_stream.h"

#define MAX_SEEN 4096

struct seen {
    struct wire_frame frame[MAX_SEEN];
    struct wire_damage damage[MAX_SEEN];
    size_t frames, damages;
    struct wire_stats stats;
};

static void see_frame(void *opaque, const struct wire_frame *f)
{
    struct seen *s = opaque;

    assert_true(s->frames < MAX_SEEN);
    s->frame[s->frames++] = *f;
}

static void see_damage(void *opaque, const struct wire_damage *d)
{
    struct seen *s = opaque;

    assert_true(s->damages < MAX_SEEN);
    s->damage[s->damages++] = *d;
}

static void decode(const uint8_t *bytes, size_t n, size_t piece, struct seen *s)
{
    const struct wire_handler h = {.frame = see_frame, .damage = see_damage, .opaque = s};
    struct wire_decoder d;

    memset(s, 0, sizeof *s);
    wire_decoder_init(&d);
    for (size_t at = 0; at < n; at += piece)
        wire_decode(&d, bytes + at, n - at < piece ? n - at : piece, &h);
    wire_decode_end(&d, &h);
    s->stats = d.stats;
    assert_true(s->stats.bytes == n);
    assert_true(s->stats.frames == s->frames);
}

/* An EVENT by hand: what a reader of wire.h alone would send. CRC-32C worked out bit by bit. */
static void known_event(void **state)
{
    static const uint8_t plain[] = {0x02, 0x07, 0x00, 0x00, 0x00, 0x01, 0xC0, 0xDB, 0x00,
                                    0x00, 0x00, 0x00, 0x00, 0x00, 0x1F, 0x02, 0x1F, 0x0E};
    const struct wire_event event = {.levels_before = 0x1F, .n = 2, .samples = {0x1F, 0x0E}};
    uint8_t expected[64], out[WIRE_ENCODED_MAX_BYTES];
    uint32_t crc = 0xFFFFFFFFu;
    size_t n = 0, size;
    struct seen s;

    (void)state;
    for (size_t i = 0; i < sizeof plain; i++) {
        crc ^= plain[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1u ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
    }
    crc = ~crc;
    expected[n++] = 0xC0;
    for (size_t i = 0; i < sizeof plain + 4; i++) {
        uint8_t byte = i < sizeof plain ? plain[i] : (uint8_t)(crc >> 8 * (i - sizeof plain));

        if (byte == 0xC0 || byte == 0xDB) {
            expected[n++] = 0xDB;
            byte = byte == 0xC0 ? 0xDC : 0xDD;
        }
        expected[n++] = byte;
    }
    expected[n++] = 0xC0;
    size = wire_encode_event(7, 1, 0xDBC0, &event, out);
    assert_int_equal(size, n);
    assert_memory_equal(out, expected, n);
    decode(expected, n, 1, &s);
    assert_int_equal(s.frames, 1);
    assert_int_equal(s.damages, 0);
    assert_int_equal(s.frame[0].type, WIRE_EVENT);
    assert_int_equal(s.frame[0].seq, 7);
    assert_int_equal(s.frame[0].epoch, 1);
    assert_true(s.frame[0].t_ticks == 0xDBC0);
    assert_memory_equal(&s.frame[0].u.event, &event, sizeof event);
}

static void all_types(void **state)
{
    const struct wire_hello hello = {1, 8, 4, 0, 250000000, 12000000, 0x1122334455667788ull,
                                     9};
    const struct wire_lost lost = {0xC0DBC0DBu, 0xC0C0C0C0C0C0C0C0ull, 0xDBDBDBDBDBDBDBDBull};
    const struct wire_heartbeat heartbeat = {5, 600, 0xC0, 0xDB, 65535};
    const struct wire_reply reply = {WIRE_READ, 3, 2, UINT64_MAX};
    const uint64_t cookie = 0xC0DBDCDD01020304ull;
    uint8_t b[6 * WIRE_ENCODED_MAX_BYTES], payload[8];
    size_t n = 0;
    struct seen s;

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        payload[i] = (uint8_t)(cookie >> 8 * i);
    n += wire_encode_hello(0, 3, 1, &hello, b + n);
    n += wire_encode_lost(1, 3, 2, &lost, b + n);
    n += wire_encode_heartbeat(2, 3, 3, &heartbeat, b + n);
    n += wire_encode_reply(3, 3, 4, &reply, b + n);
    n += wire_encode_frame(WIRE_PONG, 4, 3, UINT64_MAX, payload, sizeof payload, b + n);
    for (size_t piece = 1; piece < 40; piece++) {
        decode(b, n, piece, &s);
        assert_int_equal(s.frames, 5);
        assert_int_equal(s.damages, 0);
        assert_true(stream_same_hello(&s.frame[0].u.hello, &hello));
        assert_true(s.frame[1].u.lost.count == lost.count);
        assert_true(s.frame[1].u.lost.t_first == lost.t_first);
        assert_true(s.frame[1].u.lost.t_last == lost.t_last);
        assert_true(s.frame[2].u.heartbeat.lost_total == 5);
        assert_true(s.frame[2].u.heartbeat.high_water == 600);
        assert_true(s.frame[2].u.heartbeat.levels == 0xC0);
        assert_true(s.frame[2].u.heartbeat.status == 0xDB);
        assert_true(s.frame[2].u.heartbeat.refused == 65535);
        assert_true(s.frame[3].u.reply.request == WIRE_READ && s.frame[3].u.reply.addr == 3);
        assert_true(s.frame[3].u.reply.status == 2 && s.frame[3].u.reply.value == UINT64_MAX);
        assert_true(s.frame[4].u.cookie == cookie && s.frame[4].t_ticks == UINT64_MAX);
        assert_true(s.stats.lost == 0xC0DBC0DBu && s.stats.losts == 1);
    }
}

static void command_bytes(void **state)
{
    uint8_t out[WIRE_ENCODED_MAX_BYTES];
    size_t n = wire_encode_command(WIRE_WRITE, WIRE_REG_ENABLE, 0xDF, out);

    (void)state;
    assert_int_equal(out[0], 0xC0);
    assert_int_equal(out[1], WIRE_WRITE);
    assert_int_equal(out[2], WIRE_REG_ENABLE);
    assert_int_equal(out[3], 0xDF);
    assert_int_equal(out[n - 1], 0xC0);
    assert_true(n >= WIRE_COMMAND_BYTES + 2);
    assert_int_equal(wire_encode_frame(1, 0, 0, 0, NULL, WIRE_MAX_FRAME_BYTES, out), 0);
}

/* --- every kind of damage, with its place ----------------------------------------------------- */

static struct seen run_seen;

static void expect_one(const uint8_t *b, size_t n, enum wire_damage_kind kind, uint64_t offset,
                       size_t frames)
{
    decode(b, n, 7, &run_seen);
    assert_int_equal(run_seen.damages, 1);
    assert_int_equal(run_seen.damage[0].kind, kind);
    assert_int_equal(run_seen.damage[0].offset, offset);
    assert_int_equal(run_seen.frames, frames);
    assert_int_equal(run_seen.stats.damage[kind], 1);
}

static size_t event_at(uint32_t seq, uint8_t epoch, uint8_t *out)
{
    const struct wire_event event = {.levels_before = 0, .n = 2, .samples = {1, 1}};

    return wire_encode_event(seq, epoch, 1000 + seq, &event, out);
}

static void kinds_of_damage(void **state)
{
    uint8_t b[1024];
    const size_t one = event_at(0, 0, b);
    size_t n;

    (void)state;
    /* a doubled END; noise between frames */
    b[one] = 0xC0;
    n = one + 1 + event_at(1, 0, b + one + 1);
    expect_one(b, n, WIRE_DAMAGE_FRAMING, one, 2);
    /* a missing opening END: damage, but the frame is whole */
    n = one + event_at(1, 0, b + one);
    memmove(b + one, b + one + 1, n - one - 1);
    expect_one(b, n - 1, WIRE_DAMAGE_FRAMING, one, 2);
    /* ESC and something else; ESC and END */
    memcpy(b + one, (const uint8_t[]){0xC0, 0xDB, 0x00, 0x01, 0xC0}, 5);
    expect_one(b, one + 5, WIRE_DAMAGE_ESCAPE, one, 1);
    memcpy(b + one, (const uint8_t[]){0xC0, 0x55, 0xDB, 0xC0}, 4);
    expect_one(b, one + 4, WIRE_DAMAGE_ESCAPE, one, 1);
    /* too long, too short */
    memset(b + one, 0x11, 200);
    b[one] = b[one + 199] = 0xC0;
    expect_one(b, one + 200, WIRE_DAMAGE_OVERSIZE, one, 1);
    memcpy(b + one, (const uint8_t[]){0xC0, 1, 2, 3, 0xC0}, 5);
    expect_one(b, one + 5, WIRE_DAMAGE_SHORT, one, 1);
    /* ends inside a frame, after one byte and after its opening END */
    event_at(1, 0, b + one);
    expect_one(b, one + 5, WIRE_DAMAGE_TRUNCATED, one, 1);
    expect_one(b, one + 1, WIRE_DAMAGE_TRUNCATED, one, 1);
    /* unknown type, wrong length, other protocol: the number counts, the content does not */
    n = one + wire_encode_frame(0x3F, 1, 0, 5, "abc", 3, b + one);
    n += event_at(2, 0, b + n);
    expect_one(b, n, WIRE_DAMAGE_TYPE, one, 2);
    n = one + wire_encode_frame(WIRE_LOST, 1, 0, 5, "abc", 3, b + one);
    n += event_at(2, 0, b + n);
    expect_one(b, n, WIRE_DAMAGE_LENGTH, one, 2);
    n = one + wire_encode_frame(WIRE_HELLO, 1, 0, 5, "\2bc", 3, b + one);
    expect_one(b, n, WIRE_DAMAGE_PROTOCOL, one, 1);
    n = one + wire_encode_frame(WIRE_EVENT, 1, 0, 5, "\0\5\0\0\0\0\0", 7, b + one);
    expect_one(b, n, WIRE_DAMAGE_LENGTH, one, 1);
    n = one + wire_encode_frame(WIRE_EVENT, 1, 0, 5, "\0\0", 2, b + one);
    expect_one(b, n, WIRE_DAMAGE_LENGTH, one, 1);
    /* hole, repetition, epoch */
    n = one + event_at(5, 0, b + one);
    expect_one(b, n, WIRE_DAMAGE_HOLE, one, 2);
    assert_int_equal(run_seen.damage[0].missing, 4);
    assert_int_equal(run_seen.stats.missing, 4);
    n = one + event_at(0, 0, b + one);
    n += event_at(1, 0, b + n);
    expect_one(b, n, WIRE_DAMAGE_REPEATED, one, 2);
    n = one + event_at(0, 1, b + one);
    n += event_at(1, 1, b + n);
    expect_one(b, n, WIRE_DAMAGE_EPOCH, one, 3);
    assert_true(run_seen.damage[0].missing == WIRE_MISSING_UNKNOWN);
    n = one + event_at(1, 1, b + one);
    expect_one(b, n, WIRE_DAMAGE_EPOCH, one, 2);
    assert_int_equal(run_seen.damage[0].missing, 0);
}

static void sequence_wraps(void **state)
{
    uint8_t b[4 * WIRE_ENCODED_MAX_BYTES];
    size_t n = event_at(UINT32_MAX - 1, 0, b);
    struct seen s;

    (void)state;
    n += event_at(UINT32_MAX, 0, b + n);
    n += event_at(0, 0, b + n);
    n += event_at(3, 0, b + n);
    decode(b, n, n, &s);
    assert_int_equal(s.frames, 4);
    assert_int_equal(s.damages, 1);
    assert_int_equal(s.damage[0].missing, 2);
    assert_true(s.stats.first_seq == UINT32_MAX - 1);
}

/* --- every single byte ------------------------------------------------------------------------- */

static struct seen original;

/* What is accepted was sent, once, in order; what was not accepted is accounted for. */
static void check_seen(const struct seen *s, const char *what, size_t at)
{
    uint64_t last = 0;
    int complete;

    for (size_t i = 0; i < s->frames; i++) {
        const struct wire_frame *f = &s->frame[i];
        const struct wire_frame *o;

        assert_true(f->seq < original.frames);
        assert_true(i == 0 || f->seq > last);
        last = f->seq;
        o = &original.frame[f->seq];
        assert_true(stream_same_frame(f, o));
    }
    assert_true(!s->frames || last + 1 == s->stats.first_seq + s->frames + s->stats.missing);
    complete = s->frames && s->stats.first_seq == 0 && last + 1 == original.frames;
    if (complete && !s->damages)
        fail_msg("%s at byte %zu was not seen", what, at);
}

static void every_byte(void **state)
{
    struct stream s;
    struct seen seen;
    uint8_t *b;

    (void)state;
    stream_make(&s, 0x1234, 42, 12, 1);
    decode(s.bytes, s.size, s.size, &original);
    assert_int_equal(original.frames, s.frames);
    assert_int_equal(original.damages, 0);
    b = malloc(s.size + 1);
    for (size_t at = 0; at < s.size; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(b, s.bytes, s.size);
            b[at] ^= (uint8_t)(1u << bit);
            decode(b, s.size, 64, &seen);
            check_seen(&seen, "a flipped bit", at);
        }
        memcpy(b, s.bytes, at);
        memcpy(b + at, s.bytes + at + 1, s.size - at - 1);
        decode(b, s.size - 1, 64, &seen);
        check_seen(&seen, "a dropped byte", at);
        memcpy(b, s.bytes, at + 1);
        memcpy(b + at + 1, s.bytes + at, s.size - at);
        decode(b, s.size + 1, 64, &seen);
        check_seen(&seen, "a doubled byte", at);
        decode(s.bytes, at, 64, &seen);
        check_seen(&seen, "a cut", at);
    }
    /* Every frame dropped, and sent twice. */
    for (size_t i = 0; i < s.frames; i++) {
        const size_t from = s.frame[i], to = i + 1 < s.frames ? s.frame[i + 1] : s.size;
        uint8_t *twice = malloc(s.size + (to - from));

        memcpy(twice, s.bytes, from);
        memcpy(twice + from, s.bytes + to, s.size - to);
        decode(twice, s.size - (to - from), 64, &seen);
        check_seen(&seen, "a dropped frame", from);
        assert_int_equal(seen.frames, original.frames - 1);
        memcpy(twice, s.bytes, to);
        memcpy(twice + to, s.bytes + from, s.size - from);
        decode(twice, s.size + (to - from), 64, &seen);
        check_seen(&seen, "a doubled frame", from);
        assert_int_equal(seen.frames, original.frames);
        assert_int_equal(seen.stats.damage[WIRE_DAMAGE_REPEATED], 1);
        free(twice);
    }
    free(b);
    stream_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_event),    cmocka_unit_test(all_types),
        cmocka_unit_test(command_bytes),  cmocka_unit_test(kinds_of_damage),
        cmocka_unit_test(sequence_wraps), cmocka_unit_test(every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
