/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/timer_run.h - the timer's RTL, its pins over machine time and its serial line.
 *
 * A run goes through three phases:
 *   configuring  time passes only as far as each byte from the host needs: its ten bits on the
 *                line, then until the design is still again (bounded). So the state reached
 *                depends on the bytes said and on nothing else.
 *   running      timer_run_start() lets time pass to the anchor, which is machine time 0. Then
 *                time passes as the machine's does; pins change at exact ticks.
 *   after        timer_run_finish(): the FIFO and the line have drained; bytes from the host are
 *                served as while configuring.
 * Host time is never looked at. Bytes to the host are handed to `byte` in order.
 *
 * tick = TIMER_ANCHOR_TICKS + (t_ns * (1 + skew_ppb / 10^9) + phase) / 2, rounded down; the `t` of
 * the EVENT sample is exactly this tick. With jitter an edge comes earlier or later by about
 * jitter_ps (standard deviation; six times that at most), but not before the tick behind the last
 * edge's: two instructions may set pins two nanoseconds apart, and no wire would. Channel 6 (reference) is driven here, from machine time:
 * up at each full second from 1 s on, down 100 ms later; bit 6 of the pins is ignored.
 *
 * Not handled here: sockets, terminals, processes (timer_sim.c).
 */
#ifndef ETALON_BENCH_LAB_TIMER_RUN_H
#define ETALON_BENCH_LAB_TIMER_RUN_H

#include <stdint.h>

#define TIMER_FCLK_HZ 250000000u
#define TIMER_TICK_NS 2u
#define TIMER_ANCHOR_TICKS 5000000u       /* 10 ms for the host to say all it has to say */
#define TIMER_REFERENCE_LOW_NS 100000000u /* at 1 Hz: a tenth of the period */
#define TIMER_REFERENCE_MAX_HZ 1000u
#define TIMER_JITTER_MAX_PS 100000u

struct timer_run;

struct timer_run_config {
    int jump;         /* 1: idle time is jumped over; 0: every clock is simulated */
    int64_t skew_ppb; /* positive: the timer's clock runs fast against the machine's */
    uint64_t
        phase_ps; /* of the timer's clock against the machine's; 0: an edge lies on a tick */
    uint64_t jitter_ps;    /* of each edge, the reference's too; at most TIMER_JITTER_MAX_PS */
    uint64_t seed;         /* of the jitter */
    uint32_t reference_hz; /* of channel 6, a divisor of 10^8; 0: 1 */
    void (*byte)(void *opaque, uint8_t byte);
    void *opaque;
};

struct timer_run_stats {
    uint64_t clocks_stepped;
    uint64_t clocks_jumped;
    uint64_t bytes_out;
    uint64_t line_errors; /* bytes without a stop bit: the RTL's transmitter is wrong */
};

enum timer_run_status {
    TIMER_RUN_OK = 0,
    TIMER_RUN_LATE = -1,   /* configuring took longer than the anchor allows */
    TIMER_RUN_ORDER = -2,  /* machine time went backwards */
    TIMER_RUN_ENDLESS = -3 /* the design did not come to rest (self-test running?) */
};

/* Runs through reset and the first HELLO. NULL when memory is short. */
struct timer_run *timer_run_new(const struct timer_run_config *config);
void timer_run_free(struct timer_run *run);

void timer_run_host_byte(struct timer_run *run, uint8_t byte); /* configuring, after */

/* All three: 0 or a negative timer_run_status. Times must not go backwards. */
int timer_run_start(struct timer_run *run);
int timer_run_pins(struct timer_run *run, uint64_t t_ns, uint8_t pins);
int timer_run_time(struct timer_run *run, uint64_t t_ns);

/* Let the FIFO and the line drain. TIMER_RUN_ENDLESS after 40 ms of the timer's time. */
int timer_run_finish(struct timer_run *run);

void timer_run_stats(const struct timer_run *run, struct timer_run_stats *out);
unsigned timer_run_watchdog(const struct timer_run *run);

#endif
