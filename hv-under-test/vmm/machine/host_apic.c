/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/machine/host_apic.c - the local APIC's timer (vmm/machine/host_apic.h). */
#include "hv-under-test/vmm/machine/host_apic.h"

#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/machine/x86.h"

#define APIC_BASE_ENABLED (1ull << 11) /* APM vol. 2 section 16.3.1 */
#define APIC_BASE_X2APIC (1ull << 10)
#define APIC_BASE_ADDRESS 0x000ffffffffff000ull
#define APIC_ADDRESS 0xfee00000u
#define CPUID_LEAF1_EDX_APIC (1u << 9)

/* Register offsets, section 16.3.2. */
#define APIC_END_OF_INTERRUPT 0x0b0u
#define APIC_SPURIOUS 0x0f0u
#define APIC_TIMER_ENTRY 0x320u
#define APIC_LINT0_ENTRY 0x350u
#define APIC_INITIAL_COUNT 0x380u
#define APIC_CURRENT_COUNT 0x390u
#define APIC_DIVIDE 0x3e0u

#define SPURIOUS_APIC_ENABLE (1u << 8)
#define ENTRY_MASKED (1u << 16)
#define ENTRY_EXTINT 0x700u
#define DIVIDE_BY_1 0xbu
#define COUNT_MOST 0xffffffffu

#define RATIO_ONE (1ull << 32)

static uint64_t counts_per_tick; /* in 1 / RATIO_ONE; 0: the APIC was not touched yet */

static volatile uint32_t *apic(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(APIC_ADDRESS + offset);
}

uint64_t host_apic_now(void)
{
    return x86_rdtsc();
}

static void enable(void)
{
    const uint64_t base = x86_rdmsr(X86_MSR_APIC_BASE);
    const struct report_detail where = {"apic_base", base};

    if (!(x86_cpuid(1, 0).edx & CPUID_LEAF1_EDX_APIC))
        report_error("interrupts are wanted and this processor has no local APIC", 0, 0);
    if ((base & APIC_BASE_X2APIC) || (base & APIC_BASE_ADDRESS) != APIC_ADDRESS)
        report_error("interrupts are wanted and the local APIC is not at 0xfee00000", &where,
                     1);
    x86_wrmsr(X86_MSR_APIC_BASE, base | APIC_BASE_ENABLED);
    *apic(APIC_SPURIOUS) = SPURIOUS_APIC_ENABLE | HOST_APIC_SPURIOUS_VECTOR;
}

static void start(void)
{
    uint64_t begin, now;
    uint32_t left;

    enable();
    *apic(APIC_DIVIDE) = DIVIDE_BY_1;
    *apic(APIC_TIMER_ENTRY) = ENTRY_MASKED;
    *apic(APIC_INITIAL_COUNT) = COUNT_MOST;
    begin = x86_rdtsc();
    left = *apic(APIC_CURRENT_COUNT);
    do {
        now = x86_rdtsc();
    } while (now - begin < HOST_APIC_CALIBRATION_TICKS);
    left -= *apic(APIC_CURRENT_COUNT);
    *apic(APIC_INITIAL_COUNT) = 0;
    /* Both differences are below 2^32. */
    counts_per_tick = ((uint64_t)left << 32) / (now - begin);
    if (!left || (now - begin) >> 32)
        report_error("the local APIC's timer stands still", 0, 0);
    *apic(APIC_TIMER_ENTRY) = HOST_APIC_TIMER_VECTOR; /* one-shot, not masked */
}

void host_apic_arm(uint64_t deadline_ticks)
{
    const uint64_t now = x86_rdtsc();
    uint64_t ticks = deadline_ticks > now ? deadline_ticks - now : 0, count;

    if (!counts_per_tick)
        start();
    /* A deadline beyond the counter's reach is approached in steps: host_timer.c arms again. */
    if (ticks > COUNT_MOST)
        ticks = COUNT_MOST;
    /* Whole ticks times (integer part), and times the fraction, rounded up: 64 bits hold both. */
    count = ticks * (counts_per_tick >> 32) +
            ((ticks * (counts_per_tick & (RATIO_ONE - 1)) + RATIO_ONE - 1) >> 32);
    if (!count)
        count = 1; /* 0 would stop it */
    *apic(APIC_INITIAL_COUNT) = count > COUNT_MOST ? COUNT_MOST : (uint32_t)count;
}

void host_apic_disarm(void)
{
    if (counts_per_tick)
        *apic(APIC_INITIAL_COUNT) = 0;
}

void host_apic_pass_pic(void)
{
    enable();
    *apic(APIC_LINT0_ENTRY) = ENTRY_EXTINT;
}

void host_apic_end_of_interrupt(void)
{
    *apic(APIC_END_OF_INTERRUPT) = 0;
}
