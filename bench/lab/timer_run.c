/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench/lab/timer_run.c - see timer_run.h. */

#include "bench/lab/timer_run.h"

#include <stdlib.h>

#include "bench/lab/timer_rtl.h"
#include "probe/wire.h"

#define LINE_BIT_SCLKS TIMER_RTL_UART_SCLKS
#define LINE_BIT_CLOCKS (LINE_BIT_SCLKS * TIMER_RTL_SCLK_CLOCKS)
/* A still design that is let go on for this long is let go on with jumps. */
#define JUMP_WORTH (4 * TIMER_RTL_SETTLE)
/* A byte from the host is followed by at most this much time while the design is busy. Longer
 * than any answer; short enough that 100 bytes fit before the anchor when the self-test keeps
 * the line busy. */
#define SETTLE_LIMIT (TIMER_FCLK_HZ / 10000)
#define DRAIN_LIMIT (TIMER_FCLK_HZ / 25)

struct timer_run {
    struct timer_rtl *rtl;
    struct timer_run_config config;
    struct timer_run_stats stats;

    /* Pins. `next` is what the next clock is stepped with; `level` what follows. */
    uint16_t next;
    uint8_t level;
    uint64_t last_ns;
    uint64_t reference_ns; /* when channel 6 changes next */

    /* The line. */
    unsigned rx;
    unsigned line_bits; /* bits still to come of the byte being received, 0: none */
    unsigned line_wait; /* sclk clocks to the middle of the next bit */
    uint8_t line_byte;

    uint64_t random;    /* state of the jitter */
    uint64_t last_tick; /* of the last edge */

    uint64_t still; /* clocks since the design was last seen busy or its inputs changed */
};

/* Receiver of the timer's line: what a serial port does. Called once an sclk clock. */
static void sample_line(struct timer_run *run)
{
    const unsigned tx = timer_rtl_tx(run->rtl);

    if (!run->line_bits) {
        if (!tx) {
            run->line_bits = 10;
            run->line_wait = LINE_BIT_SCLKS / 2;
        }
        return;
    }
    if (run->line_wait--)
        return;
    run->line_wait = LINE_BIT_SCLKS - 1;
    run->line_bits--;
    if (run->line_bits == 9) {
        if (tx)
            run->stats.line_errors++;
    } else if (run->line_bits) {
        run->line_byte = (uint8_t)(run->line_byte >> 1 | tx << 7);
    } else if (!tx) {
        run->stats.line_errors++;
    } else {
        run->stats.bytes_out++;
        run->config.byte(run->config.opaque, run->line_byte);
    }
}

/* One clock, or up to four where the model can tell that they are as good as one. `fast` is not
 * for the clocks before a pin changes (timer_rtl.h). */
static unsigned step(struct timer_run *run, int fast)
{
    const int edge = timer_rtl_phase(run->rtl) == 0;
    unsigned clocks = 1;

    if (fast)
        clocks = timer_rtl_advance(run->rtl, run->next, run->rx);
    else
        timer_rtl_step(run->rtl, run->next, run->rx);
    run->next = (uint16_t)(run->level * 0x0101u);
    if (edge)
        sample_line(run);
    return clocks;
}

static void step_many(struct timer_run *run, uint64_t clocks)
{
    run->stats.clocks_stepped += clocks;
    while (clocks)
        clocks -= step(run, 0);
}

static void advance_many(struct timer_run *run, uint64_t clocks)
{
    const int fast = run->config.jump;

    run->stats.clocks_stepped += clocks;
    while (clocks)
        clocks -= step(run, fast && clocks >= TIMER_RTL_SCLK_CLOCKS);
}

/* SETTLE clocks with constant inputs; counts them as still only if both ends are. */
static void step_watched(struct timer_run *run)
{
    const int busy = timer_rtl_busy(run->rtl) || run->next != run->level * 0x0101u;

    advance_many(run, TIMER_RTL_SETTLE);
    run->still = busy || timer_rtl_busy(run->rtl) ? 0 : run->still + TIMER_RTL_SETTLE;
}

/* Let time pass until the next clock to step is `clock`. The last SETTLE clocks before it are
 * stepped one by one: after jumps and advances the copies of the time in pipelines are old, and
 * a pin may change at `clock`. */
static void run_until(struct timer_run *run, uint64_t clock)
{
    for (;;) {
        const uint64_t now = timer_rtl_now(run->rtl);
        const uint64_t left = clock > now ? clock - now : 0;

        if (!left)
            return;
        if (left <= 2 * TIMER_RTL_SETTLE || !run->config.jump) {
            step_many(run, left);
            run->still = 0; /* nobody watched */
            return;
        }
        if (run->still && left > JUMP_WORTH)
            run->stats.clocks_jumped += timer_rtl_jump(run->rtl, left - JUMP_WORTH / 2);
        step_watched(run);
    }
}

/* 1 when the design has come to rest within `limit` clocks. */
static int settle(struct timer_run *run, uint64_t limit)
{
    run->still = 0;
    for (uint64_t spent = 0; !run->still; spent += TIMER_RTL_SETTLE) {
        if (spent >= limit)
            return 0;
        step_watched(run);
    }
    return 1;
}

/* S. Vigna's splitmix64. */
static uint64_t next_random(struct timer_run *run)
{
    uint64_t z = run->random += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* Nearly normal and bounded: twelve uniform numbers less their mean have variance 1. */
static int64_t jitter_of(struct timer_run *run)
{
    int64_t sum = 0;

    if (!run->config.jitter_ps)
        return 0;
    for (unsigned i = 0; i < 12; i++)
        sum += (int64_t)(next_random(run) >> 44);
    sum -= 6 << 20;
    return sum * (int64_t)run->config.jitter_ps / (1 << 20);
}

static uint64_t tick_of(const struct timer_run *run, uint64_t t_ns, int64_t jitter_ps)
{
    const unsigned __int128 rate =
        (unsigned __int128)(1000000000 + run->config.skew_ppb) * t_ns;
    const __int128 ps = (__int128)(rate / 1000000) + run->config.phase_ps + jitter_ps;

    return TIMER_ANCHOR_TICKS + (ps > 0 ? (uint64_t)(ps / (1000 * TIMER_TICK_NS)) : 0);
}

static uint64_t clock_of(uint64_t tick)
{
    return tick / 2 - TIMER_RTL_LATENCY;
}

/* Clocks by which an edge may come early: time is let pass to that far before now only. */
static uint64_t early(const struct timer_run *run)
{
    return 6 * run->config.jitter_ps / (2000 * TIMER_TICK_NS) + (run->config.jitter_ps != 0);
}

static void set_level(struct timer_run *run, uint64_t t_ns, uint8_t level)
{
    uint64_t tick = tick_of(run, t_ns, 0);

    if (level == run->level) {
        run_until(run, clock_of(tick) - early(run));
        return;
    }
    if (run->config.jitter_ps) {
        tick = tick_of(run, t_ns, jitter_of(run));
        if (tick <= run->last_tick)
            tick = run->last_tick + 1;
        run->last_tick = tick;
    }
    run_until(run, clock_of(tick));
    /* Two changes within one clock: the first left its trace in the low byte of `next`. */
    run->next =
        tick % 2 ? (uint16_t)((run->next & 0xFFu) | level << 8) : (uint16_t)(level * 0x0101u);
    run->level = level;
    run->still = 0;
}

static uint64_t reference_period_ns(const struct timer_run *run)
{
    return 1000000000u / (run->config.reference_hz ? run->config.reference_hz : 1);
}

static void drive_reference(struct timer_run *run, uint64_t until_ns)
{
    const uint8_t bit = 1u << WIRE_CHANNEL_REFERENCE;
    const uint64_t period = reference_period_ns(run);
    const uint64_t high = period * TIMER_REFERENCE_LOW_NS / 1000000000u;

    while (run->reference_ns <= until_ns) {
        set_level(run, run->reference_ns, run->level ^ bit);
        run->reference_ns += run->level & bit ? high : period - high;
    }
}

struct timer_run *timer_run_new(const struct timer_run_config *config)
{
    struct timer_run *run = calloc(1, sizeof(*run));

    if (!run)
        return NULL;
    run->rtl = timer_rtl_new();
    if (!run->rtl) {
        free(run);
        return NULL;
    }
    run->config = *config;
    run->rx = 1;
    run->reference_ns = reference_period_ns(run);
    run->random = config->seed;
    step_many(run, 2 * TIMER_RTL_SETTLE);
    settle(run, SETTLE_LIMIT);
    return run;
}

void timer_run_free(struct timer_run *run)
{
    if (!run)
        return;
    timer_rtl_free(run->rtl);
    free(run);
}

void timer_run_host_byte(struct timer_run *run, uint8_t byte)
{
    const unsigned bits = 1u << 9 | (unsigned)byte << 1;

    for (unsigned i = 0; i < 10; i++) {
        run->rx = bits >> i & 1;
        advance_many(run, LINE_BIT_CLOCKS);
    }
    settle(run, SETTLE_LIMIT);
}

int timer_run_start(struct timer_run *run)
{
    const uint64_t clock = clock_of(TIMER_ANCHOR_TICKS);

    if (timer_rtl_now(run->rtl) + 2 * TIMER_RTL_SETTLE > clock)
        return TIMER_RUN_LATE;
    run_until(run, clock);
    return TIMER_RUN_OK;
}

int timer_run_time(struct timer_run *run, uint64_t t_ns)
{
    if (t_ns < run->last_ns)
        return TIMER_RUN_ORDER;
    run->last_ns = t_ns;
    drive_reference(run, t_ns);
    run_until(run, clock_of(tick_of(run, t_ns, 0)) - early(run));
    return TIMER_RUN_OK;
}

int timer_run_pins(struct timer_run *run, uint64_t t_ns, uint8_t pins)
{
    const uint8_t bit = 1u << WIRE_CHANNEL_REFERENCE;

    if (t_ns < run->last_ns)
        return TIMER_RUN_ORDER;
    run->last_ns = t_ns;
    drive_reference(run, t_ns);
    set_level(run, t_ns, (uint8_t)((pins & ~bit) | (run->level & bit)));
    return TIMER_RUN_OK;
}

int timer_run_finish(struct timer_run *run)
{
    return settle(run, DRAIN_LIMIT) ? TIMER_RUN_OK : TIMER_RUN_ENDLESS;
}

void timer_run_stats(const struct timer_run *run, struct timer_run_stats *out)
{
    *out = run->stats;
}

unsigned timer_run_watchdog(const struct timer_run *run)
{
    return timer_rtl_watchdog(run->rtl);
}
