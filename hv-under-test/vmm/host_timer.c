/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/host_timer.c - the local APIC's timer (vmm/host_timer.h). */
#include "hv-under-test/vmm/host_timer.h"

#include "hv-under-test/vmm/fault.h"
#include "hv-under-test/vmm/x86.h"

#define CPUID_APIC (1u << 9) /* 0000_0001 EDX */
#define APIC_BASE 0xfee00000u
#define APIC_BASE_MASK 0xffffff000ull /* of the register; section 16.3.1 */
#define APIC_BASE_ENABLED (1ull << 11)
#define APIC_BASE_X2APIC (1ull << 10)

/* Registers, section 16.3.2, table 16-2. */
#define SPURIOUS 0x0f0u
#define SPURIOUS_ENABLE (1u << 8)
#define LVT_TIMER 0x320u
#define LVT_MASKED (1u << 16)
#define INITIAL_COUNT 0x380u
#define CURRENT_COUNT 0x390u
#define DIVIDE 0x3e0u
#define DIVIDE_BY_1 0xbu

#define CALIBRATION_TICKS (1u << 20) /* of the TSC: about a millisecond at 1 GHz */
/* An interrupt that is pending is taken within an instruction or two of STGI. */
#define TAKE_TRIES 100u

/* EOI is register 0x0b0. The interrupted code is host_timer_take() alone. */
__asm__(".pushsection .text\n"
        ".globl host_timer_interrupt, host_timer_spurious\n"
        "host_timer_interrupt:\n"
        "    push %rax\n"
        "    mov $0xfee000b0, %eax\n"
        "    movl $0, (%rax)\n"
        "    movl $1, host_timer_taken\n"
        "    pop %rax\n"
        "    iretq\n"
        "host_timer_spurious:\n"
        "    iretq\n"
        ".popsection\n");

extern volatile uint32_t host_timer_taken;
volatile uint32_t host_timer_taken;

static uint64_t counts_per_tick; /* 32.32 */

static volatile uint32_t *apic(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(APIC_BASE + offset);
}

static void calibrate(void)
{
    uint64_t start, ticks;

    *apic(INITIAL_COUNT) = UINT32_MAX;
    start = x86_rdtsc();
    do
        ticks = x86_rdtsc() - start;
    while (ticks < CALIBRATION_TICKS);
    counts_per_tick = ((uint64_t)(UINT32_MAX - *apic(CURRENT_COUNT)) << 32) / ticks;
    *apic(INITIAL_COUNT) = 0;
}

const char *host_timer_start(void)
{
    uint64_t base;

    if (!(x86_cpuid(1, 0).edx & CPUID_APIC))
        return "this processor has no local APIC, whose timer is needed";
    base = x86_rdmsr(X86_MSR_APIC_BASE);
    if (!(base & APIC_BASE_ENABLED) || (base & APIC_BASE_X2APIC) ||
        (base & APIC_BASE_MASK) != APIC_BASE)
        return "the local APIC, whose timer is needed, is off, in x2APIC mode or not at "
               "0xfee00000";
    fault_set_gate(HOST_TIMER_VECTOR, host_timer_interrupt);
    fault_set_gate(HOST_TIMER_SPURIOUS, host_timer_spurious);
    *apic(SPURIOUS) = SPURIOUS_ENABLE | HOST_TIMER_SPURIOUS;
    *apic(DIVIDE) = DIVIDE_BY_1;
    *apic(LVT_TIMER) = LVT_MASKED | HOST_TIMER_VECTOR;
    calibrate();
    if (!counts_per_tick)
        return "the timer of the local APIC does not count";
    *apic(LVT_TIMER) = HOST_TIMER_VECTOR;
    return 0;
}

void host_timer_set(uint64_t tsc)
{
    uint64_t now = x86_rdtsc(), ticks = tsc > now ? tsc - now : 1;
    uint64_t counts = (uint64_t)(((unsigned __int128)ticks * counts_per_tick) >> 32);

    /* 0 would stop the counter. */
    if (!counts)
        counts = 1;
    *apic(INITIAL_COUNT) = counts > UINT32_MAX ? UINT32_MAX : (uint32_t)counts;
}

int host_timer_take(void)
{
    host_timer_taken = 0;
    for (unsigned i = 0; i < TAKE_TRIES && !host_timer_taken; i++)
        __asm__ volatile("stgi; nop; nop; clgi" : : : "memory");
    return host_timer_taken ? 0 : -1;
}
