/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/sim/timer_check.c - the timer's RTL, Verilated, against probe/wire.h: identity,
 * registers, lock, damaged commands, heartbeats, watchdog, self-test, reference.
 *
 *   timer_check SOURCE_ID     as fpga-timer/source-id.sh prints it, 64'h…
 *
 * Edges and losses are timer_edges.c.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/timer_run.h"
#include "tests/sim/frames.h"
#include "tests/sim/tap.h"

#define MS 1000000u /* in ns */
#define TICKS(ns) ((ns) / TIMER_TICK_NS)

static struct timer_run *run;
static struct frames got;

static void power_on(int64_t skew_ppb)
{
    const struct timer_run_config config = {
        .jump = 1, .skew_ppb = skew_ppb, .byte = frames_byte, .opaque = &got};

    frames_clear(&got);
    run = timer_run_new(&config);
}

static void power_off(void)
{
    tap_check(frames_whole(&got));
    timer_run_free(run);
}

static void say(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        timer_run_host_byte(run, bytes[i]);
}

/* Says a command and returns the one frame that answers it, or an empty one. */
static struct frame ask(uint8_t type, uint8_t addr, uint64_t value)
{
    uint8_t command[COMMAND_ROOM];
    const size_t before = got.n;

    say(command, frames_command(command, type, addr, value));
    return got.n == before + 1 ? got.list[before] : (struct frame){0};
}

static int is_reply(struct frame f, uint8_t request, uint8_t addr, uint8_t status,
                    uint64_t value)
{
    return f.type == WIRE_REPLY && f.payload_bytes == WIRE_REPLY_BYTES &&
           f.payload[0] == request && f.payload[1] == addr && f.payload[2] == status &&
           frame_u64(&f, 3, 8) == value;
}

static int reads(uint8_t addr, uint64_t value)
{
    return is_reply(ask(WIRE_READ, addr, 0), WIRE_READ, addr, WIRE_STATUS_OK, value);
}

static void check_hello(const char *source_id)
{
    const uint64_t want = strtoull(source_id + strlen("64'h"), NULL, 16);

    tap_case("the first frame is HELLO with the source hash; a request brings another");
    power_on(0);
    tap_check(got.n == 1 && got.list[0].seq == 0);
    ask(WIRE_HELLO_REQUEST, 0, 0);
    tap_check(got.n == 2 && got.list[1].seq == 1);
    for (size_t i = 0; i < got.n; i++) {
        const struct frame *f = &got.list[i];

        tap_check(f->type == WIRE_HELLO && f->epoch == 0);
        tap_check(f->payload_bytes == WIRE_HELLO_BYTES);
        tap_check(f->payload[0] == WIRE_PROTOCOL && f->payload[1] == WIRE_CHANNELS);
        tap_check(f->payload[2] == 2 && f->payload[3] == 0);
        tap_check(frame_u64(f, 4, 4) == TIMER_FCLK_HZ);
        tap_check(frame_u64(f, 8, 4) == 12500000);
        tap_check(want != 0 && frame_u64(f, 12, 8) == want);
        tap_check(frame_u64(f, 20, 8) == 0);
    }
    power_off();
    tap_case_end();
}

static void check_registers(void)
{
    tap_case("registers read as reset, keep what is written, refuse the rest");
    power_on(0);
    tap_check(reads(WIRE_REG_ID, WIRE_ID_VALUE));
    tap_check(reads(WIRE_REG_ENABLE, 0xFF));
    tap_check(reads(WIRE_REG_WATCHDOG, 0));
    tap_check(reads(WIRE_REG_HEARTBEAT, TICKS(100 * MS)));
    tap_check(reads(WIRE_REG_NONCE, 0));
    tap_check(reads(WIRE_REG_STATUS, WIRE_STATUS_BIT_LOCK));
    tap_check(reads(WIRE_REG_LOST, 0));
    tap_check(reads(WIRE_REG_REFUSED, 0));
    tap_check(reads(WIRE_REG_IGNORED, 0));
    tap_check(is_reply(ask(WIRE_WRITE, WIRE_REG_ENABLE, ~0x5Aull), WIRE_WRITE, WIRE_REG_ENABLE,
                       WIRE_STATUS_OK, 0xA5));
    tap_check(reads(WIRE_REG_ENABLE, 0xA5));
    tap_check(is_reply(ask(WIRE_WRITE, WIRE_REG_WATCHDOG, 0xFEDCBA987654327Full), WIRE_WRITE,
                       WIRE_REG_WATCHDOG, WIRE_STATUS_OK, 0xFEDCBA9876543260ull));
    tap_check(reads(WIRE_REG_WATCHDOG, 0xFEDCBA9876543260ull));
    tap_check(is_reply(ask(WIRE_WRITE, WIRE_REG_HEARTBEAT, 0xC0DBC0DBC0DBC0ull), WIRE_WRITE,
                       WIRE_REG_HEARTBEAT, WIRE_STATUS_OK, 0xC0DBC0DBC0DBC0ull));
    tap_check(reads(WIRE_REG_HEARTBEAT, 0xC0DBC0DBC0DBC0ull));
    tap_check(is_reply(ask(WIRE_READ, 0x09, 0), WIRE_READ, 0x09, WIRE_STATUS_NO_REGISTER, 0));
    tap_check(
        is_reply(ask(WIRE_WRITE, 0xFF, 1), WIRE_WRITE, 0xFF, WIRE_STATUS_NO_REGISTER, 0));
    tap_check(reads(WIRE_REG_REFUSED, 0));
    tap_check(is_reply(ask(WIRE_WRITE, WIRE_REG_ID, 1), WIRE_WRITE, WIRE_REG_ID,
                       WIRE_STATUS_READ_ONLY, WIRE_ID_VALUE));
    tap_check(reads(WIRE_REG_REFUSED, 1));
    power_off();
    tap_case_end();
}

static void check_ping(void)
{
    static const uint64_t cookies[] = {0, ~0ull, 0xC0C0C0C0C0C0C0C0ull, 0xDBDBDBDBDBDBDBDBull,
                                       0xDCC0DDDBC0DBDDDCull};

    tap_case("PING brings the cookie back, bytes that need escapes too");
    power_on(0);
    for (size_t i = 0; i < sizeof(cookies) / sizeof(cookies[0]); i++) {
        const struct frame f = ask(WIRE_PING, 0, cookies[i]);

        tap_check(f.type == WIRE_PONG && f.payload_bytes == WIRE_PONG_BYTES);
        tap_check(frame_u64(&f, 0, 8) == cookies[i]);
    }
    power_off();
    tap_case_end();
}

static void check_lock(void)
{
    const uint64_t nonce = 0x0123456789ABCDEFull;
    struct frame f;

    tap_case("ARM locks the configuration, only its nonce unlocks, refusals are counted");
    power_on(0);
    tap_check(is_reply(ask(WIRE_ARM, 7, nonce), WIRE_ARM, 7, WIRE_STATUS_OK, nonce));
    tap_check(reads(WIRE_REG_NONCE, nonce));
    tap_check(reads(WIRE_REG_STATUS, WIRE_STATUS_BIT_LOCK | WIRE_STATUS_BIT_ARMED));
    for (uint8_t reg = 0; reg < 12; reg++) {
        f = ask(WIRE_WRITE, reg, 0x40);
        tap_check(f.type == WIRE_REPLY && f.payload[2] == WIRE_STATUS_LOCKED);
    }
    tap_check(reads(WIRE_REG_ENABLE, 0xFF));
    tap_check(reads(WIRE_REG_HEARTBEAT, TICKS(100 * MS)));
    tap_check(is_reply(ask(WIRE_ARM, 0, 5), WIRE_ARM, 0, WIRE_STATUS_LOCKED, nonce));
    tap_check(
        is_reply(ask(WIRE_SELFTEST, 0, 0x10FF), WIRE_SELFTEST, 0, WIRE_STATUS_LOCKED, 0));
    tap_check(is_reply(ask(WIRE_DISARM, 0, nonce ^ 1), WIRE_DISARM, 0, WIRE_STATUS_BAD_NONCE,
                       nonce));
    tap_check(reads(WIRE_REG_STATUS, WIRE_STATUS_BIT_LOCK | WIRE_STATUS_BIT_ARMED));
    tap_check(reads(WIRE_REG_REFUSED, 15));
    tap_check(is_reply(ask(WIRE_DISARM, 0, nonce), WIRE_DISARM, 0, WIRE_STATUS_OK, nonce));
    tap_check(reads(WIRE_REG_STATUS, WIRE_STATUS_BIT_LOCK));
    tap_check(is_reply(ask(WIRE_WRITE, WIRE_REG_ENABLE, 1), WIRE_WRITE, WIRE_REG_ENABLE,
                       WIRE_STATUS_OK, 1));
    tap_check(reads(WIRE_REG_REFUSED, 15));
    power_off();
    tap_case_end();
}

static void check_damaged(void)
{
    uint8_t command[COMMAND_ROOM], other[COMMAND_ROOM];
    const size_t n = frames_command(command, WIRE_WRITE, WIRE_REG_ENABLE, 0x55);
    unsigned ignored = 0;
    struct frame f;

    tap_case("a command with any one bit wrong, or cut short, or too long, does nothing");
    for (size_t bit = 0; bit < 8 * n; bit++) {
        const size_t before = (power_on(0), got.n);

        memcpy(other, command, n);
        other[bit / 8] ^= (uint8_t)(1u << bit % 8);
        say(other, n);
        say((const uint8_t[]){WIRE_SLIP_END}, 1);
        /* A wrong bit in an END only joins the noise before to the command, or vice versa. */
        f = ask(WIRE_READ, WIRE_REG_ENABLE, 0);
        tap_check(f.type == WIRE_REPLY && frame_u64(&f, 3, 8) == 0xFF);
        f = ask(WIRE_READ, WIRE_REG_IGNORED, 0);
        ignored += frame_u64(&f, 3, 8) >= 1;
        tap_check(got.n == before + 2);
        power_off();
    }
    tap_check(ignored == 8 * n);
    power_on(0);
    for (size_t cut = 1; cut + 1 < n; cut++) {
        say(command, cut);
        say((const uint8_t[]){WIRE_SLIP_END}, 1);
    }
    tap_check(reads(WIRE_REG_IGNORED, n - 3)); /* cut = 1 leaves nothing to count */
    say(command, n - 1);
    say(command + 1, n - 1); /* two commands without a mark between: 28 bytes */
    tap_check(reads(WIRE_REG_IGNORED, n - 2));
    tap_check(reads(WIRE_REG_ENABLE, 0xFF));
    tap_check(ask(0x90, 0, 0).type == 0); /* well formed, of no known type */
    tap_check(reads(WIRE_REG_IGNORED, n - 1));
    power_off();
    tap_case_end();
}

static void check_heartbeat(void)
{
    size_t beats = 0, last = 0;

    tap_case("heartbeats come at their period to the tick, carry pins and status; 0 is off");
    power_on(0);
    ask(WIRE_WRITE, WIRE_REG_HEARTBEAT, TICKS(1 * MS));
    ask(WIRE_ARM, 0, 1);
    tap_check(timer_run_start(run) == 0);
    tap_check(timer_run_pins(run, 10, 0xA1) == 0);
    tap_check(timer_run_time(run, 50 * MS) == 0);
    for (size_t i = frames_find(&got, WIRE_EVENT, 0); i < got.n; i++) {
        const struct frame *f = &got.list[i];

        if (f->type != WIRE_HEARTBEAT)
            continue;
        tap_check(f->payload_bytes == WIRE_HEARTBEAT_BYTES);
        tap_check(frame_u64(f, 0, 4) == 0 && frame_u64(f, 4, 2) == 1);
        tap_check(f->payload[6] == 0xA1);
        tap_check(f->payload[7] == (WIRE_STATUS_BIT_LOCK | WIRE_STATUS_BIT_ARMED));
        tap_check(frame_u64(f, 8, 2) == 0);
        if (beats++)
            tap_check(f->t - got.list[last].t == TICKS(1 * MS));
        last = i;
    }
    tap_check(beats >= 49 && beats <= 51);
    tap_check(timer_run_finish(run) == 0);
    ask(WIRE_DISARM, 0, 1);
    ask(WIRE_WRITE, WIRE_REG_HEARTBEAT, 0);
    beats = got.n;
    tap_check(timer_run_time(run, 900 * MS) == 0);
    tap_check(got.n == beats);
    power_off();
    power_on(0);
    tap_check(timer_run_start(run) == 0);
    tap_check(timer_run_time(run, 991 * MS) == 0); /* reset: every 100 ms, from power-on */
    tap_check(got.n == 1 + 10);
    for (size_t i = 2; i < got.n; i++)
        tap_check(got.list[i].t - got.list[i - 1].t == TICKS(100 * MS));
    power_off();
    tap_case_end();
}

static void check_watchdog(void)
{
    const uint64_t us = 1000;
    struct frame f;

    tap_case("watchdog: a late STOP shows in output and status until the next ARM");
    power_on(0);
    ask(WIRE_WRITE, WIRE_REG_WATCHDOG, TICKS(500 * us));
    ask(WIRE_ARM, 0, 1);
    tap_check(timer_run_start(run) == 0);
    /* START and STOP 499 us apart, then silence after an even number: nothing. */
    timer_run_pins(run, 1 * MS, 0x11);
    timer_run_pins(run, 1 * MS + 499 * us, 0x10);
    timer_run_time(run, 5 * MS);
    tap_check(!timer_run_watchdog(run));
    /* Codes without a strobe change nothing; a strobe begins anew. */
    timer_run_pins(run, 6 * MS, 0x0E);
    timer_run_pins(run, 7 * MS, 0x01);
    timer_run_pins(run, 7 * MS + 400 * us, 0x00);
    timer_run_pins(run, 7 * MS + 400 * us + 2, 0x01);
    timer_run_pins(run, 7 * MS + 700 * us, 0x1F);
    timer_run_time(run, 7 * MS + 898 * us);
    tap_check(!timer_run_watchdog(run));
    timer_run_time(run, 7 * MS + 902 * us);
    tap_check(timer_run_watchdog(run));
    timer_run_pins(run, 8 * MS, 0x00);
    timer_run_time(run, 200 * MS);
    tap_check(timer_run_watchdog(run));
    tap_check(timer_run_finish(run) == 0);
    f = got.list[got.n - 1];
    tap_check(f.type == WIRE_HEARTBEAT && f.payload[7] & WIRE_STATUS_BIT_WATCHDOG);
    ask(WIRE_DISARM, 0, 1);
    tap_check(reads(WIRE_REG_STATUS, WIRE_STATUS_BIT_LOCK | WIRE_STATUS_BIT_WATCHDOG));
    ask(WIRE_ARM, 0, 2);
    tap_check(reads(WIRE_REG_STATUS, WIRE_STATUS_BIT_LOCK | WIRE_STATUS_BIT_ARMED));
    tap_check(!timer_run_watchdog(run));
    power_off();
    tap_case_end();
}

/* Half periods around the borders of the generator's two counters. */
static void check_selftest(void)
{
    static const unsigned halves[] = {1, 2, 3, 255, 256, 257, 511, 512, 513, 25000, 65536};

    tap_case("self-test: square wave on the channels asked for, exact at every half period");
    for (size_t k = 0; k < sizeof(halves) / sizeof(halves[0]); k++) {
        const uint64_t value = (uint64_t)halves[k] << 8 | 0x24;
        size_t last = 0, events = 0;

        power_on(0);
        ask(WIRE_SELFTEST, 0, value); /* its answer is list[1], then events may come */
        tap_check(got.n > 1);
        tap_check(is_reply(got.list[1], WIRE_SELFTEST, 0, WIRE_STATUS_OK, value));
        timer_run_start(run);
        timer_run_pins(run, 0, 0x20); /* channel 5 is looped: its pin does not matter */
        timer_run_time(run, 2 * MS);
        for (size_t i = 0; i < got.n; i++) {
            const struct frame *f = &got.list[i];

            if (f->type == WIRE_LOST)
                last = 0; /* the wave goes on, but the next difference is not one period */
            if (f->type != WIRE_EVENT)
                continue;
            tap_check(f->t % 2 == 0 && f->payload[2] == f->payload[3]);
            tap_check((f->payload[0] ^ f->payload[2]) == 0x24);
            if (last)
                tap_check(f->t - got.list[last].t == 2 * halves[k]);
            last = i;
            events++;
        }
        tap_check(events >= 15);
        timer_run_free(run); /* the line is still busy: not whole */
    }
    power_on(0);
    ask(WIRE_SELFTEST, 0, 0xFFFFFFFFu);
    tap_check(is_reply(ask(WIRE_SELFTEST, 0, 0), WIRE_SELFTEST, 0, WIRE_STATUS_OK, 0));
    timer_run_start(run);
    timer_run_time(run, 5 * MS);
    tap_check(frames_find(&got, WIRE_EVENT, 0) == got.n);
    power_off();
    tap_case_end();
}

static void check_reference(void)
{
    static const int64_t skews[] = {0, 1000, -1000, 20000000};

    tap_case("the reference rises at each full second of machine time; a skewed clock shows");
    for (size_t k = 0; k < sizeof(skews) / sizeof(skews[0]); k++) {
        uint64_t t_ns = 1000 * MS;
        size_t edges = 0;

        power_on(skews[k]);
        ask(WIRE_WRITE, WIRE_REG_HEARTBEAT, 0);
        timer_run_start(run);
        timer_run_pins(run, 500, 0x40); /* the card cannot move channel 6 */
        for (unsigned i = 1; i <= 35; i++)
            timer_run_time(run, i * 100 * MS);
        for (size_t i = 0; i < got.n; i++) {
            const struct frame *f = &got.list[i];
            const uint64_t tick =
                TIMER_ANCHOR_TICKS +
                (uint64_t)((unsigned __int128)t_ns * (1000000000u + skews[k]) / 2000000000u);

            if (f->type != WIRE_EVENT)
                continue;
            tap_check(f->t == tick / 2 * 2);
            tap_check(f->payload[3] == (edges % 2 ? 0 : 0x40));
            tap_check(f->payload[2] == (tick % 2 ? f->payload[0] : f->payload[3]));
            t_ns += edges % 2 ? 900 * MS : 100 * MS;
            edges++;
        }
        tap_check(edges == 6);
        power_off();
    }
    tap_case_end();
}

static void check_enable(void)
{
    size_t events = 0;

    tap_case("a disabled channel makes no record but its level is in those of others");
    power_on(0);
    ask(WIRE_WRITE, WIRE_REG_ENABLE, 0x01);
    timer_run_start(run);
    timer_run_pins(run, 1000, 0x1E);
    timer_run_pins(run, 2000, 0x15);
    timer_run_pins(run, 3000, 0x01);
    timer_run_pins(run, 4000, 0x00);
    timer_run_time(run, MS);
    for (size_t i = 0; i < got.n; i++)
        events += got.list[i].type == WIRE_EVENT;
    tap_check(events == 2);
    if (events == 2) {
        const struct frame *f = &got.list[got.n - 2];

        tap_check(f[0].payload[0] == 0x1E && f[0].payload[3] == 0x15);
        tap_check(f[1].payload[0] == 0x01 && f[1].payload[3] == 0x00);
    }
    power_off();
    tap_case_end();
}

static void check_contract(void)
{
    tap_case("saying too much before the anchor, or time going backwards, is an error");
    power_on(0);
    for (unsigned i = 0; i < 400; i++)
        ask(WIRE_PING, 0, i);
    tap_check(timer_run_start(run) == TIMER_RUN_LATE);
    power_off();
    power_on(0);
    tap_check(timer_run_start(run) == 0 && timer_run_pins(run, 100, 1) == 0);
    tap_check(timer_run_pins(run, 99, 0) == TIMER_RUN_ORDER);
    tap_check(timer_run_time(run, 99) == TIMER_RUN_ORDER);
    timer_run_finish(run);
    power_off();
    tap_case_end();
}

int main(int argc, char **argv)
{
    if (argc != 2 || strncmp(argv[1], "64'h", 4) != 0) {
        fputs("usage: timer_check SOURCE_ID\n", stderr);
        return 2;
    }
    check_hello(argv[1]);
    check_registers();
    check_ping();
    check_lock();
    check_damaged();
    check_heartbeat();
    check_watchdog();
    check_selftest();
    check_reference();
    check_enable();
    check_contract();
    frames_clear(&got);
    return tap_done();
}
