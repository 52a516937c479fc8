/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ten million damaged bytes: flipped, dropped, repeated, and streams cut off, seeded. Claims:
 *   no crash (the same program runs under ASan and UBSan, with fewer bytes);
 *   no frame is accepted that was not sent, none twice, none out of order;
 *   every frame that is missing is accounted for, and a stream that was damaged never looks
 *   whole;
 *   an interval that is still called good has exactly the edges it had.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/interval.h"
#include "runner/ingest_private.h"
#include "wire_stream.h"

#if defined(__SANITIZE_ADDRESS__)
#define DAMAGES 2000000u
#else
#define DAMAGES 10000000u
#endif
#define SEED 20250101u
#define STREAMS 6u
#define INTERVALS 150u
#define NONCE 0xC0DBDCDD00C0FFEEull

struct base {
    struct stream s;
    struct wire_frame *frame; /* by seq */
};

static struct base base[STREAMS];

static struct {
    uint64_t damages, flipped, dropped, repeated, cut, streams;
    uint64_t frames_sent, frames_accepted, stretches, holes, intervals, intervals_good;
} total;

/* --- the decoder alone ---------------------------------------------------------------------- */

struct checker {
    const struct base *base;
    uint64_t accepted, damages, last_seq, first_offset;
    struct wire_stats *stats;
};

static void keep_frame(void *opaque, const struct wire_frame *f)
{
    struct base *b = opaque;

    b->frame[f->seq] = *f;
}

static void no_damage(void *opaque, const struct wire_damage *d)
{
    (void)opaque;
    fail_msg("undisturbed stream: %s at %llu", wire_damage_name(d->kind),
             (unsigned long long)d->offset);
}

static void check_frame(void *opaque, const struct wire_frame *f)
{
    struct checker *c = opaque;
    const struct wire_frame *o;

    assert_true(f->seq < c->base->s.frames);
    assert_true(!c->accepted || f->seq > c->last_seq);
    o = &c->base->frame[f->seq];
    assert_true(stream_same_frame(f, o));
    if (!c->accepted)
        c->first_offset = f->offset;
    c->last_seq = f->seq;
    c->accepted++;
}

static void count_damage(void *opaque, const struct wire_damage *d)
{
    struct checker *c = opaque;

    assert_true(d->kind < WIRE_DAMAGE_KINDS);
    c->damages++;
}

/* Returns the offset of the first frame accepted. */
static uint64_t check_decoder(const struct base *b, const uint8_t *bytes, size_t n)
{
    struct checker c = {.base = b};
    const struct wire_handler h = {.frame = check_frame, .damage = count_damage, .opaque = &c};
    struct wire_decoder d;

    wire_decoder_init(&d);
    wire_decode(&d, bytes, n, &h);
    wire_decode_end(&d, &h);
    assert_true(!c.accepted ||
                c.last_seq + 1 == d.stats.first_seq + c.accepted + d.stats.missing);
    /* Nothing missing anywhere, and the bytes are not those sent: then damage was reported. */
    if (c.accepted == b->s.frames)
        assert_true(c.damages > 0);
    total.frames_sent += b->s.frames;
    total.frames_accepted += c.accepted;
    total.stretches += c.damages;
    total.holes += d.stats.missing;
    return c.first_offset;
}

/* --- the whole way to intervals ---------------------------------------------------------------- */

static void check_intervals(const struct base *b, const uint8_t *bytes, size_t n,
                            uint64_t first_offset)
{
    struct ingest_faults faults = {.worst = VERDICT_OK};
    struct ingest_wire wire;
    struct interval_result r;
    struct interval_rules rules = {
        .plan_index = b->s.plan_index,
        .expected = INTERVALS,
    };

    ingest_read_frames(&wire, bytes, n, NONCE, &faults);
    assert_true(faults.count > 0);
    /* Only what lies before the first good frame may be forgiven. */
    assert_true(faults.worst == VERDICT_ERROR ||
                faults.fault[faults.count - 1].byte_offset < (int64_t)first_offset);
    rules.step_ticks = wire.step_ticks;
    assert_int_equal(interval_derive(wire.tape, wire.items, &rules, &r), 0);
    for (size_t i = 0; i < r.count; i++) {
        const struct interval *v = &r.interval[i];

        assert_true(i == 0 || v->n > r.interval[i - 1].n);
        if (v->why != INTERVAL_FINE)
            continue;
        assert_true(v->n < INTERVALS);
        if (v->start_tick != b->s.truth[v->n].start || v->stop_tick != b->s.truth[v->n].stop)
            fail_msg("interval %llu is silently wrong", (unsigned long long)v->n);
    }
    total.intervals += INTERVALS;
    total.intervals_good += r.fine;
    interval_free(&r);
    ingest_release_frames(&wire);
    free(faults.fault);
}

static void check(const struct base *b, const uint8_t *bytes, size_t n)
{
    check_intervals(b, bytes, n, check_decoder(b, bytes, n));
}

/* --- damage ------------------------------------------------------------------------------------ */

/* Copy with about one damage in `spacing` bytes. Returns the new size. */
static size_t damage(const struct stream *s, uint8_t *out, uint64_t spacing, uint64_t *random,
                     uint64_t *done)
{
    size_t n = 0, at = 0, limit = s->size;

    if ((stream_random(random) & 7u) == 0) {
        limit = stream_random(random) % s->size;
        total.cut++;
        ++*done;
    }
    while (at < limit) {
        const size_t next = at + stream_random(random) % (2 * spacing);
        const uint64_t r = stream_random(random);
        const size_t take = next < limit ? next - at : limit - at;

        memcpy(out + n, s->bytes + at, take);
        n += take;
        at += take;
        if (at >= limit)
            break;
        ++*done;
        if (r % 3 == 0) {
            out[n++] = s->bytes[at++] ^ (uint8_t)(1 + (r >> 8) % 255);
            total.flipped++;
        } else if (r % 3 == 1) {
            at++;
            total.dropped++;
        } else {
            out[n++] = s->bytes[at];
            out[n++] = s->bytes[at++];
            total.repeated++;
        }
    }
    return n;
}

static void ten_million(void **state)
{
    static const uint64_t spacings[] = {15, 60, 250, 1000, 5000};
    uint64_t random = SEED, done = 0;
    size_t room = 0;
    uint8_t *out;

    (void)state;
    print_message("# seed %u, %u damages\n", SEED, DAMAGES);
    for (unsigned i = 0; i < STREAMS; i++)
        room = base[i].s.size > room ? base[i].s.size : room;
    out = malloc(2 * room);
    while (done < DAMAGES) {
        const struct base *b = &base[stream_random(&random) % STREAMS];
        uint64_t here = 0;
        size_t n = damage(&b->s, out, spacings[stream_random(&random) % 5], &random, &here);

        if (!here)
            continue; /* by chance untouched */
        done += here;
        total.streams++;
        check(b, out, n);
    }
    free(out);
    total.damages = done;
    print_message(
        "# %llu damages (%llu flipped, %llu dropped, %llu repeated, %llu cut) in %llu "
        "streams\n",
        (unsigned long long)total.damages, (unsigned long long)total.flipped,
        (unsigned long long)total.dropped, (unsigned long long)total.repeated,
        (unsigned long long)total.cut, (unsigned long long)total.streams);
    print_message("# frames: %llu sent, %llu accepted, %llu reported missing; %llu reports\n",
                  (unsigned long long)total.frames_sent,
                  (unsigned long long)total.frames_accepted, (unsigned long long)total.holes,
                  (unsigned long long)total.stretches);
    print_message("# intervals: %llu, still good and right %llu, silently wrong 0\n",
                  (unsigned long long)total.intervals,
                  (unsigned long long)total.intervals_good);
    /* A test whose damage destroys everything would prove nothing. */
    assert_true(total.intervals_good > total.intervals / 100);
    assert_true(total.frames_accepted > total.frames_sent / 10);
}

/* One single damage in each stream: each one by itself is seen. */
static void one_by_one(void **state)
{
    const struct stream *s = &base[0].s;
    uint8_t *out = malloc(s->size + 1);
    uint64_t random = SEED + 1;

    (void)state;
    for (unsigned i = 0; i < DAMAGES / 1000; i++) {
        const uint64_t r = stream_random(&random);
        const size_t at = stream_random(&random) % s->size;
        size_t n = s->size;

        memcpy(out, s->bytes, s->size);
        if (r % 3 == 0) {
            out[at] ^= (uint8_t)(1 + (r >> 8) % 255);
        } else if (r % 3 == 1) {
            memmove(out + at, out + at + 1, s->size - at - 1);
            n--;
        } else {
            memmove(out + at + 1, out + at, s->size - at);
            n++;
        }
        check(&base[0], out, n);
    }
    free(out);
}

/* Blocks of bytes dropped, repeated, and moved: whole frames go and come twice. */
static void blocks(void **state)
{
    uint64_t random = SEED + 2;

    (void)state;
    for (unsigned i = 0; i < DAMAGES / 1000; i++) {
        const struct base *b = &base[stream_random(&random) % STREAMS];
        const size_t size = b->s.size;
        const size_t from = stream_random(&random) % size;
        const size_t length =
            1 + stream_random(&random) % (size - from < 600 ? size - from : 600);
        const size_t to = stream_random(&random) % size;
        uint8_t *out = malloc(size + length);

        if (stream_random(&random) & 1u) {
            memcpy(out, b->s.bytes, from);
            memcpy(out + from, b->s.bytes + from + length, size - from - length);
            check(b, out, size - length);
        } else {
            memcpy(out, b->s.bytes, to);
            memcpy(out + to, b->s.bytes + from, length);
            memcpy(out + to + length, b->s.bytes + to, size - to);
            check(b, out, size + length);
        }
        free(out);
    }
}

/* No frames at all: nothing is accepted. */
static void noise(void **state)
{
    struct base none = {.frame = NULL};
    uint64_t random = SEED + 3;
    uint8_t out[4096];

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        struct checker c = {.base = &none};
        const struct wire_handler h = {
            .frame = check_frame, .damage = count_damage, .opaque = &c};
        struct wire_decoder d;

        for (size_t k = 0; k < sizeof out; k++) {
            const uint64_t r = stream_random(&random);

            out[k] = (r & 15u) == 0 ? 0xC0 : (r & 15u) == 1 ? 0xDB : (uint8_t)(r >> 8);
        }
        wire_decoder_init(&d);
        wire_decode(&d, out, sizeof out, &h);
        wire_decode_end(&d, &h);
        assert_true(c.accepted == 0 && c.damages > 0);
    }
}

static int make_bases(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STREAMS; i++) {
        const struct wire_handler h = {
            .frame = keep_frame, .damage = no_damage, .opaque = &base[i]};
        struct wire_decoder d;

        stream_make(&base[i].s, i * 4099u, NONCE, INTERVALS, SEED + i);
        base[i].frame = calloc(base[i].s.frames, sizeof *base[i].frame);
        wire_decoder_init(&d);
        wire_decode(&d, base[i].s.bytes, base[i].s.size, &h);
        wire_decode_end(&d, &h);
        assert_true(d.stats.frames == base[i].s.frames);
    }
    return 0;
}

static int free_bases(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STREAMS; i++) {
        stream_free(&base[i].s);
        free(base[i].frame);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_million),
        cmocka_unit_test(one_by_one),
        cmocka_unit_test(blocks),
        cmocka_unit_test(noise),
    };

    return cmocka_run_group_tests(tests, make_bases, free_bases);
}
