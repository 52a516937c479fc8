// SPDX-License-Identifier: GPL-3.0-or-later
//
// bench/lab/timer_rtl.cpp - C interface of the Verilated timer; contract in timer_rtl.h.

#include <new>

#include "Vetl_timer.h"
#include "Vetl_timer___024root.h"
#include "verilated.h"

#include "bench/lab/timer_rtl.h"

// Names of flattened signals are Verilator's; the list is timer_rtl.vlt.
#define SIG(path) rtl->top.rootp->etl_timer__DOT__##path

namespace
{
const unsigned NOW_BITS = 63, NOW_SEG = 9; // u_now in etl_timer.v
const unsigned UNIT_CLOCKS = 16;           // etl_timers.v: one change of now[4]
const uint64_t NEVER = UINT64_MAX;
} // namespace

struct timer_rtl {
    VerilatedContext context;
    Vetl_timer top;
    unsigned phase;
    uint16_t samples;    // of the last step
    uint64_t crossed;    // crossing() after it
    uint64_t fclk_still; // clocks since either changed
    timer_rtl() : top(&context, "TOP"), phase(0), samples(0), crossed(0), fclk_still(0)
    {
    }
};

// Everything the sclk side tells the fclk side. A change means that fclk logic will move.
static uint64_t crossing(const struct timer_rtl *rtl)
{
    const uint64_t enable = SIG(enable), loop = SIG(loop), half = SIG(half), run = SIG(run);

    return SIG(u_snapshot__DOT__asked) | SIG(u_fifo__DOT__rgray) << 1 | enable << 16 |
           loop << 24 | half << 32 | run << 63;
}

// The time counter looks its carries up ahead and needs some clocks to settle after one: time
// is moved from outside only in the middle of segment 0.
static bool off_carry(uint64_t now)
{
    const uint64_t low = now & ((1u << NOW_SEG) - 1);

    return low >= 32 && low < (1u << NOW_SEG) - 32;
}

extern "C" {

struct timer_rtl *timer_rtl_new(void)
{
    auto *rtl = new (std::nothrow) timer_rtl;

    if (!rtl)
        return nullptr;
    rtl->top.i_fclk = 0;
    rtl->top.i_sclk = 0;
    rtl->top.i_reset = 0;
    rtl->top.i_lock = 1;
    rtl->top.i_samples = 0;
    rtl->top.i_rx = 1;
    rtl->top.eval();
    return rtl;
}

void timer_rtl_free(struct timer_rtl *rtl)
{
    if (rtl)
        rtl->top.final();
    delete rtl;
}

void timer_rtl_step(struct timer_rtl *rtl, uint16_t samples, unsigned rx)
{
    rtl->top.i_samples = samples;
    rtl->top.i_rx = rx & 1u;
    rtl->top.i_fclk = 1;
    rtl->top.i_sclk = rtl->phase == 0;
    rtl->top.eval();
    rtl->top.i_fclk = 0;
    rtl->top.i_sclk = 0;
    rtl->top.eval();
    rtl->phase = (rtl->phase + 1) % TIMER_RTL_SCLK_CLOCKS;
    if (samples != rtl->samples || crossing(rtl) != rtl->crossed ||
        (samples & 0xFFu) != samples >> 8) {
        rtl->samples = samples;
        rtl->crossed = crossing(rtl);
        rtl->fclk_still = 0;
    } else {
        rtl->fclk_still++;
    }
}

unsigned timer_rtl_advance(struct timer_rtl *rtl, uint16_t samples, unsigned rx)
{
    const uint64_t now = SIG(u_now__DOT__q);
    unsigned clocks = TIMER_RTL_SCLK_CLOCKS;

    if (rtl->phase || samples != rtl->samples || rtl->fclk_still < TIMER_RTL_SETTLE ||
        rtl->crossed >> 63 || !off_carry(now)) {
        timer_rtl_step(rtl, samples, rx);
        return 1;
    }
    rtl->top.i_rx = rx & 1u;
    rtl->top.i_sclk = 1;
    rtl->top.eval();
    rtl->top.i_sclk = 0;
    rtl->top.eval();
    // The fclk edge that came with this sclk edge saw the old values: nothing moved. The next
    // ones see the new values.
    if (crossing(rtl) != rtl->crossed) {
        rtl->crossed = crossing(rtl);
        rtl->fclk_still = 0;
        rtl->phase = clocks = 1;
    }
    SIG(u_now__DOT__q) = now + clocks;
    return clocks;
}

unsigned timer_rtl_phase(const struct timer_rtl *rtl)
{
    return rtl->phase;
}

uint64_t timer_rtl_now(const struct timer_rtl *rtl)
{
    return SIG(u_now__DOT__q);
}

unsigned timer_rtl_tx(const struct timer_rtl *rtl)
{
    return rtl->top.o_tx;
}

unsigned timer_rtl_watchdog(const struct timer_rtl *rtl)
{
    return rtl->top.o_watchdog;
}

int timer_rtl_busy(const struct timer_rtl *rtl)
{
    return SIG(u_uart_tx__DOT__left) || SIG(u_uart_rx__DOT__left) ||
           SIG(u_framer__DOT__state) || SIG(u_framer__DOT__heartbeat_due) ||
           SIG(u_control__DOT__o_answer) || SIG(u_control__DOT__settle) != 15 ||
           SIG(u_timers__DOT__o_heartbeat) || SIG(u_snapshot__DOT__waiting) ||
           SIG(u_lost__DOT__state) || SIG(u_fifo__DOT__wbin) != SIG(u_fifo__DOT__popped0);
}

int timer_rtl_selftest(const struct timer_rtl *rtl)
{
    return SIG(u_control__DOT__o_run);
}

uint64_t timer_rtl_jump(struct timer_rtl *rtl, uint64_t clocks)
{
    const uint64_t margin = 4;
    const uint64_t now = SIG(u_now__DOT__q);
    uint64_t units = NEVER, target, ones;

    if (SIG(u_timers__DOT__i_period))
        units = SIG(u_timers__DOT__left);
    const bool watching = SIG(u_timers__DOT__running) && !SIG(u_timers__DOT__o_expired);
    if (watching && SIG(u_timers__DOT__patience) < units)
        units = SIG(u_timers__DOT__patience);
    if (units <= margin)
        return 0;
    if (units != NEVER && clocks / UNIT_CLOCKS > units - margin)
        clocks = (units - margin) * UNIT_CLOCKS;
    clocks -= clocks % TIMER_RTL_JUMP_CLOCKS;
    while (clocks && !off_carry(now + clocks))
        clocks -= TIMER_RTL_JUMP_CLOCKS;
    if (!clocks || !off_carry(now) || SIG(u_control__DOT__o_run))
        return 0;

    target = now + clocks;
    SIG(u_now__DOT__q) = target;
    ones = 1;
    for (unsigned k = 1; k < NOW_BITS / NOW_SEG - 1; k++) {
        const uint64_t segment = (target >> (k * NOW_SEG)) & ((1u << NOW_SEG) - 1);

        if ((ones >> (k - 1) & 1) && segment == (1u << NOW_SEG) - 1)
            ones |= 1u << k;
    }
    SIG(u_now__DOT__ones) = static_cast<CData>(ones);
    SIG(u_now__DOT__carry) = 1;
    if (SIG(u_timers__DOT__i_period))
        SIG(u_timers__DOT__left) -= clocks / UNIT_CLOCKS;
    if (watching)
        SIG(u_timers__DOT__patience) -= clocks / UNIT_CLOCKS;
    return clocks;
}

} // extern "C"
