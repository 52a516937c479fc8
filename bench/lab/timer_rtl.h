/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/timer_rtl.h - the Verilated timer (fpga-timer/rtl/etl_timer.v) for C.
 *
 * The shim behind it (timer_rtl.cpp) is the only C++ of the project. It knows the design's
 * signals and nothing of lines, pins over time or hosts; that is timer_run.c.
 *
 * Clocks of the lab: fclk 250 MHz, sclk = fclk / 4, rising together with every fourth fclk.
 * All counts here are fclk clocks. A model belongs to one thread; several may exist.
 */
#ifndef ETALON_BENCH_LAB_TIMER_RTL_H
#define ETALON_BENCH_LAB_TIMER_RTL_H

#include <stdint.h>

#define TIMER_RTL_SCLK_CLOCKS 4u  /* fclk clocks in one sclk clock */
#define TIMER_RTL_UART_SCLKS 5u   /* sclk clocks in one bit of the line: UART_DIV */
#define TIMER_RTL_LATENCY 4u      /* o_time - now in etl_capture.v */
#define TIMER_RTL_SETTLE 128u     /* every pipeline of the design is shorter than this */
#define TIMER_RTL_JUMP_CLOCKS 32u /* a jump is a multiple of this: the period of now[4] */

#ifdef __cplusplus
extern "C" {
#endif

struct timer_rtl;

/* NULL when memory is short. Configured, in power-on reset, before its first clock. */
struct timer_rtl *timer_rtl_new(void);
void timer_rtl_free(struct timer_rtl *rtl);

/* One fclk clock: samples bits 0-7 the earlier, 8-15 the later sample of all channels; rx the
 * level of the line from the host. */
void timer_rtl_step(struct timer_rtl *rtl, uint16_t samples, unsigned rx);

/* The same with samples held: where nothing in the fclk domain can move, one whole sclk clock at
 * the cost of its sclk half, else one fclk clock. Returns the clocks that passed, 1 to 4; an sclk
 * edge was among them if phase was 0. As after a jump, the SETTLE clocks before the samples
 * change must be stepped. */
unsigned timer_rtl_advance(struct timer_rtl *rtl, uint16_t samples, unsigned rx);

/* Clocks stepped or jumped since configuration, modulo TIMER_RTL_SCLK_CLOCKS: 0 means that the
 * next step contains an sclk edge. */
unsigned timer_rtl_phase(const struct timer_rtl *rtl);

/* The time counter, in clocks: samples given to the next step get time now + LATENCY. */
uint64_t timer_rtl_now(const struct timer_rtl *rtl);

unsigned timer_rtl_tx(const struct timer_rtl *rtl);       /* the line to the host */
unsigned timer_rtl_watchdog(const struct timer_rtl *rtl); /* the watchdog output */

/* 1 while any state other than time itself may change although the inputs do not. When it was
 * 0 at both ends of TIMER_RTL_SETTLE clocks with constant inputs, only the time counter, the
 * two deadline counters and copies of the time in pipelines move. */
int timer_rtl_busy(const struct timer_rtl *rtl);

/* While the self-test generator runs the design is never still: timer_rtl_busy() leaves it
 * out, timer_rtl_jump() refuses. */
int timer_rtl_selftest(const struct timer_rtl *rtl);

/* Let `clocks` pass at once, or fewer (a multiple of TIMER_RTL_JUMP_CLOCKS, possibly 0): it
 * stops well before a deadline and keeps off the carries of the time counter. Allowed only in
 * the state described at timer_rtl_busy(); the next TIMER_RTL_SETTLE clocks after it must be
 * stepped with the same inputs. Returns what passed. */
uint64_t timer_rtl_jump(struct timer_rtl *rtl, uint64_t clocks);

#ifdef __cplusplus
}
#endif

#endif
