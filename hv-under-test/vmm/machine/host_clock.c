/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/machine/host_clock.c - the rate of the TSC (vmm/machine/host_clock.h). */
#include "hv-under-test/vmm/machine/host_clock.h"

#include "hv-under-test/vmm/devices/pit.h"
#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/machine/x86.h"

#define MEASURE_CYCLES (PIT_HZ / 50)
#define MEASURE_POLLS 10000000u
#define CONTROL_CHANNEL2_MODE0 0xb0u /* low byte, then high byte */

static uint64_t hz;

void host_clock_start(uint64_t tsc_hz)
{
    hz = tsc_hz;
}

static uint64_t measure(void)
{
    const uint8_t speaker = x86_in8(PIT_SPEAKER);
    uint64_t begin, end;
    unsigned polls = 0;

    x86_out8(PIT_SPEAKER, PIT_SPEAKER_GATE);
    x86_out8(PIT_CONTROL, CONTROL_CHANNEL2_MODE0);
    x86_out8(PIT_CHANNEL_0 + 2, MEASURE_CYCLES & 0xffu);
    x86_out8(PIT_CHANNEL_0 + 2, MEASURE_CYCLES >> 8);
    begin = x86_rdtsc();
    while (!(x86_in8(PIT_SPEAKER) & PIT_SPEAKER_OUTPUT))
        if (polls++ == MEASURE_POLLS)
            report_error("tsc_hz=0: the machine's interval timer stands still", 0, 0);
    end = x86_rdtsc();
    x86_out8(PIT_SPEAKER, (uint8_t)(speaker & ~PIT_SPEAKER_GATE));
    return (end - begin) * PIT_HZ / MEASURE_CYCLES;
}

uint64_t host_clock_hz(void)
{
    if (!hz)
        hz = measure();
    return hz;
}

/* Whole seconds apart from the rest: 64 bits hold each product. */
uint64_t host_clock_cycles(uint64_t ticks)
{
    const uint64_t rate = host_clock_hz();

    return ticks / rate * PIT_HZ + ticks % rate * PIT_HZ / rate;
}

uint64_t host_clock_ticks(uint64_t cycles)
{
    const uint64_t rate = host_clock_hz();

    return cycles / PIT_HZ * rate + (cycles % PIT_HZ * rate + PIT_HZ - 1) / PIT_HZ;
}
