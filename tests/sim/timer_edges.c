/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/sim/timer_edges.c - every pin change is in a frame at its exact tick or counted lost;
 * and jumping over idle time changes nothing.
 *
 *   timer_edges [SEED [STREAMS]]
 *
 * Each stream is a seeded random list of pin changes: sparse ones, bursts at 1 tick a change
 * that overflow the FIFO, several changes in one clock, changes around a carry of the time
 * counter and around heartbeats. It is checked against tests/sim/model.c, and run a second time
 * with every clock simulated: the bytes must be equal.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/timer_run.h"
#include "tests/sim/frames.h"
#include "tests/sim/model.h"
#include "tests/sim/tap.h"

#define MAX_CHANGES 8000u
#define SEGMENT_NS (512u * 2u * TIMER_TICK_NS) /* one turn of segment 0 of the time counter */

struct stream {
    struct change list[MAX_CHANGES];
    size_t n;
    uint64_t end_ns;
    uint64_t heartbeat_ticks, watchdog_ticks;
    unsigned armed;
};

static struct stream stream;
static struct record records[MAX_CHANGES];

/* Channel 6 belongs to the reference; it does not move in the first second. */
static void add(uint64_t t_ns, uint8_t pins)
{
    if (stream.n == MAX_CHANGES)
        return;
    stream.list[stream.n].t_ns = t_ns;
    stream.list[stream.n++].pins = pins & 0xBF;
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
    return model_random(seed) % limit;
}

/* The next place where the time counter carries into segment 1 (tick = anchor + t/2), moved by
 * some ticks either way. */
static uint64_t near_carry(uint64_t *seed, uint64_t t_ns)
{
    const uint64_t anchor_ns = (uint64_t)TIMER_ANCHOR_TICKS * TIMER_TICK_NS;
    const uint64_t carry = (t_ns + anchor_ns + 2 * SEGMENT_NS) / SEGMENT_NS * SEGMENT_NS;

    return carry - anchor_ns - 64 + 2 * below(seed, 64);
}

static int by_time(const void *a, const void *b)
{
    const struct change *x = a, *y = b;

    return (x->t_ns > y->t_ns) - (x->t_ns < y->t_ns);
}

/* Messages within 6 us of heartbeats that a run without them has shown; every second one repeats
 * the pins as they are, which is no change but lets time pass up to it. */
static void aim_at_heartbeats(uint64_t *seed, const struct frames *f)
{
    unsigned room = 8;

    for (size_t i = 0; i < f->n && room; i++) {
        const struct frame *g = &f->list[i];
        const uint64_t t = (g->t - TIMER_ANCHOR_TICKS) * TIMER_TICK_NS;

        if (g->type != WIRE_HEARTBEAT || g->t < TIMER_ANCHOR_TICKS + 6000 || t > stream.end_ns)
            continue;
        for (unsigned k = 0; k < 3; k++)
            add((t - 6000 + below(seed, 12000)) & ~1ull, (uint8_t)model_random(seed));
        room--;
    }
    qsort(stream.list, stream.n, sizeof(stream.list[0]), by_time);
    for (size_t i = 1; i < stream.n; i += 2)
        if (stream.list[i].t_ns > stream.list[i - 1].t_ns + 100)
            stream.list[i].pins = stream.list[i - 1].pins;
    if (stream.n && stream.end_ns < stream.list[stream.n - 1].t_ns)
        stream.end_ns = stream.list[stream.n - 1].t_ns;
}

static void make_stream(uint64_t *seed)
{
    static const unsigned burst_lengths[] = {3, 40, 239, 240, 241, 246, 256, 300, 700, 2500};
    uint64_t t = 2 * below(seed, 500);
    const unsigned parts = 2 + (unsigned)below(seed, 6);

    memset(&stream, 0, sizeof(stream));
    stream.heartbeat_ticks = 32 * (1000 + below(seed, 20000));
    stream.watchdog_ticks = below(seed, 2) ? 32 * (100 + below(seed, 1500)) : 0;
    stream.armed = (unsigned)below(seed, 2);
    for (unsigned part = 0; part < parts; part++) {
        const unsigned kind = (unsigned)below(seed, 5);
        unsigned n;

        switch (kind) {
        case 0: /* sparse */
            for (n = 0; n < 20; n++)
                add(t += 2 + 2 * below(seed, 30000), (uint8_t)model_random(seed));
            break;
        case 1: /* burst, up to a change every tick */
            n = burst_lengths[below(seed, sizeof(burst_lengths) / sizeof(burst_lengths[0]))];
            for (const uint64_t step = 1 + below(seed, 4); n; n--)
                add(t += 2 * (step == 4 ? 1 + below(seed, 6) : step),
                    (uint8_t)model_random(seed));
            break;
        case 2: /* around carries */
            for (n = 0; n < 6; n++)
                add(t = near_carry(seed, t), (uint8_t)model_random(seed));
            break;
        case 3: /* one channel, alternating: strobes for the watchdog */
            for (n = 0; n < 9; n++)
                add(t += 2 + 2 * below(seed, 60000), n % 2 ? 0 : 1);
            break;
        default: /* silence */
            t += 2 * below(seed, 500000);
            break;
        }
    }
    stream.end_ns = t + 2 * below(seed, 1000000);
}

static void say(struct timer_run *run, uint8_t type, uint8_t addr, uint64_t value)
{
    uint8_t bytes[COMMAND_ROOM];
    const size_t n = frames_command(bytes, type, addr, value);

    for (size_t i = 0; i < n; i++)
        timer_run_host_byte(run, bytes[i]);
}

/* Pin messages at which the last run had the watchdog output up. */
static size_t watchdog_seen;

/* `chop`: TIME messages in between, as the card sends them, at whatever period. */
static int play(struct frames *f, int jump, uint64_t chop_ns, struct timer_run_stats *stats)
{
    const struct timer_run_config config = {.jump = jump, .byte = frames_byte, .opaque = f};
    struct timer_run *run = timer_run_new(&config);
    uint64_t tick_ns = chop_ns;
    int bad;

    watchdog_seen = 0;
    say(run, WIRE_HELLO_REQUEST, 0, 0);
    say(run, WIRE_WRITE, WIRE_REG_HEARTBEAT, stream.heartbeat_ticks);
    say(run, WIRE_WRITE, WIRE_REG_WATCHDOG, stream.watchdog_ticks);
    if (stream.armed)
        say(run, WIRE_ARM, 0, 0x1234);
    bad = timer_run_start(run);
    for (size_t i = 0; i < stream.n && !bad; i++) {
        for (; chop_ns && tick_ns <= stream.list[i].t_ns && !bad; tick_ns += chop_ns)
            bad = timer_run_time(run, tick_ns);
        bad = bad ? bad : timer_run_pins(run, stream.list[i].t_ns, stream.list[i].pins);
        watchdog_seen += timer_run_watchdog(run);
    }
    for (; chop_ns && tick_ns <= stream.end_ns && !bad; tick_ns += chop_ns)
        bad = timer_run_time(run, tick_ns);
    bad = bad ? bad : timer_run_time(run, stream.end_ns);
    bad = bad ? bad : timer_run_finish(run);
    say(run, WIRE_READ, WIRE_REG_LOST, 0);
    if (stream.armed)
        say(run, WIRE_DISARM, 0, 0x1234);
    timer_run_stats(run, stats);
    timer_run_free(run);
    return !bad && !stats->line_errors;
}

/* Lost counter and FIFO level of the heartbeats and the register. */
static void check_totals(const struct frames *f, const struct model_result *result)
{
    size_t counted = 0, at = f->n;

    for (size_t i = 0; i < f->n; i++) {
        const struct frame *g = &f->list[i];

        counted += g->type == WIRE_LOST ? frame_u64(g, 0, 4) : 0;
        if (g->type == WIRE_HEARTBEAT) {
            tap_check(frame_u64(g, 0, 4) >= counted && frame_u64(g, 0, 4) <= result->lost);
            tap_check(frame_u64(g, 4, 2) <= 256);
            if (counted)
                tap_check(frame_u64(g, 4, 2) >= 240);
        }
        if (g->type == WIRE_REPLY && g->payload[0] == WIRE_READ)
            at = i;
    }
    if (tap_check(at < f->n))
        tap_check(frame_u64(&f->list[at], 3, 8) == result->lost);
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20250101;
    const unsigned streams = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 60;
    uint64_t stepped = 0, jumped = 0, plain = 0, sent = 0, lost = 0, losses = 0;
    unsigned exact = 0, equal = 0, chopped = 0;
    size_t watched, expired = 0;

    printf("# seed %" PRIu64 ", %u streams\n", seed, streams);
    seed = seed * 2 + 1;
    tap_case("lost counters and FIFO level agree with the streams");
    for (unsigned k = 0; k < streams; k++) {
        struct frames a = {0}, b = {0}, c = {0};
        struct model_result result;
        struct timer_run_stats stats;
        size_t n;

        make_stream(&seed);
        if (k % 2) {
            play(&a, 1, 0, &stats);
            aim_at_heartbeats(&seed, &a);
            frames_clear(&a);
        }
        n = model_records(stream.list, stream.n, 0xFF, records);
        if (!tap_check(play(&a, 1, 0, &stats)))
            printf("# stream %u did not run\n", k);
        watched = watchdog_seen;
        expired += watched;
        stepped += stats.clocks_stepped;
        jumped += stats.clocks_jumped;
        if (frames_whole(&a) && model_compare(&a, records, n, &result))
            exact++;
        else
            printf("# stream %u: %s\n", k, result.wrong ? result.wrong : "damaged frames");
        check_totals(&a, &result);
        sent += result.events;
        lost += result.lost;
        losses += result.losses;
        play(&b, 0, 0, &stats);
        plain += stats.clocks_stepped;
        equal += a.n_bytes == b.n_bytes && !memcmp(a.bytes, b.bytes, a.n_bytes) &&
                 watched == watchdog_seen;
        play(&c, 1, 2 * (1000 + below(&seed, 200000)), &stats);
        chopped += a.n_bytes == c.n_bytes && !memcmp(a.bytes, c.bytes, a.n_bytes) &&
                   watched == watchdog_seen;
        frames_clear(&a);
        frames_clear(&b);
        frames_clear(&c);
    }
    tap_case_end();
    printf("# %" PRIu64 " records sent, %" PRIu64 " lost in %" PRIu64 " gaps\n", sent, lost,
           losses);
    printf("# %" PRIu64 " clocks stepped and %" PRIu64 " jumped, %" PRIu64 " without jumps\n",
           stepped, jumped, plain);
    tap_ok(exact == streams, "every record is at its tick or counted lost: %u of %u", exact,
           streams);
    tap_ok(lost > 0 && losses > 1, "the streams did overflow the FIFO");
    tap_ok(expired > 0, "and let the watchdog expire");
    tap_ok(equal == streams, "with and without jumps the bytes are equal: %u of %u", equal,
           streams);
    tap_ok(jumped > plain / 4 && stepped + jumped >= plain, "and it did jump");
    tap_ok(chopped == streams, "TIME messages in between change nothing: %u of %u", chopped,
           streams);
    return tap_done();
}
