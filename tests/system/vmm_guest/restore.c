/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/restore.c - a guest that is saved and put back: everything it has is
 * given one value, a checkpoint is made, everything is given another one, and checkpoints are
 * made until it is back. What is carried over tells it how often that was.
 *
 * Words: back=N restores are asked for; told; timer: there are interrupts and tsc_hz is 10^9;
 * debug: there are debug registers.
 */
#include "tests/system/vmm_guest/guest.h"

#define TRIES 200000u
#define WINDOW 0x40000000ull /* a page of 2 MiB that shows one of two places in RAM */
#define FIRST_PLACE 0x2000000ull
#define SECOND_PLACE 0x2200000ull
#define LARGE_PAGE 0x83u
#define BLOCK 0x2400000ull /* RAM that nobody uses */
#define BLOCK_WORDS (1u << 17)
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_FS_BASE 0xc0000100u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define PCI_CARD_COMMAND (0x80000000u | 1u << 11 | 0x04)
#define PIC_DATA 0x21u
#define CMOS_INDEX 0x70u
/* What everything is made of. As masks: the timer's line is open, or masked. */
#define ONE 0xfefeu
#define OTHER 0x1235u
#define PIT_HZ 1193182u
#define PIT_LATE 40u /* cycles between two readings of the clocks, exits included */

extern uint64_t pointers[];                                          /* start.S */
uint64_t checkpoint_kept(void *area, uint64_t bytes, uint64_t seed); /* start.S */

static struct {
    uint64_t passes;
} carried;

static volatile uint64_t *const block = (volatile uint64_t *)BLOCK;
static volatile uint32_t *emulated;
static int has_timer, has_debug;

static uint64_t read_msr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static void write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static uint64_t read_debug(void)
{
    uint64_t value;

    __asm__ volatile("mov %%dr0, %0" : "=r"(value));
    return value;
}

static void write_debug(uint64_t value)
{
    __asm__ volatile("mov %0, %%dr0" : : "r"(value));
}

static void show(uint64_t place)
{
    uint64_t *directory = (uint64_t *)(pointers[WINDOW >> 30] & ~0xfffull);

    directory[0] = place | LARGE_PAGE;
    __asm__ volatile("invlpg (%0)" : : "r"(WINDOW) : "memory");
}

static uint64_t shown(void)
{
    return *(volatile uint64_t *)WINDOW;
}

static uint16_t count_now(void)
{
    uint16_t low;

    out8(0x43, 0);
    low = in8(0x40);
    return (uint16_t)(low | in8(0x40) << 8);
}

/* Everything the guest has, by one number. */
static void be(uint64_t n)
{
    for (unsigned i = 0; i < BLOCK_WORDS; i++)
        block[i] = n + i;
    show(n & 1 ? FIRST_PLACE : SECOND_PLACE);
    sink = shown(); /* where a processor may remember it */
    *emulated = (uint32_t)n;
    write_msr(MSR_STAR, n << 32);
    write_msr(MSR_LSTAR, n);
    write_msr(MSR_FS_BASE, n + 8);
    write_msr(MSR_KERNEL_GS_BASE, n + 16);
    __asm__ volatile("movq %0, %%xmm7; pinsrw $7, %k0, %%xmm7" : : "r"(n));
    out32(0xcf8, PCI_CARD_COMMAND);
    out16(0xcfc, n & 1 ? 2 : 0);
    out8(PIC_DATA, (uint8_t)n);
    if (has_debug)
        write_debug(n);
}

static uint64_t wrong_words(uint64_t n)
{
    uint64_t wrong = 0;

    for (unsigned i = 0; i < BLOCK_WORDS; i++)
        wrong += block[i] != n + i;
    return wrong;
}

static void check_is(uint64_t n)
{
    uint64_t low, high;

    check("memory", wrong_words(n), 0);
    check("page tables, as the processor has them", shown(), n & 1 ? 1 : 2);
    check("the emulated register", *emulated, (uint32_t)n);
    check("STAR", read_msr(MSR_STAR), n << 32);
    check("LSTAR", read_msr(MSR_LSTAR), n);
    check("FS base", read_msr(MSR_FS_BASE), n + 8);
    check("kernel GS base", read_msr(MSR_KERNEL_GS_BASE), n + 16);
    __asm__ volatile("movq %%xmm7, %0; pextrw $7, %%xmm7, %k1" : "=r"(low), "=r"(high));
    check("a vector register", low, n);
    check("… and its top", (uint32_t)high, (uint16_t)n);
    check("PCI's address register", in32(0xcf8), PCI_CARD_COMMAND);
    check("decoding of the card", in8(0xcfc) & 2u, n & 1 ? 2 : 0);
    check("the interrupt controller's mask", in8(PIC_DATA), (uint8_t)n);
    if (has_debug)
        check("a debug register", read_debug(), n);
}

static void refuse(const char *name, uint64_t address, uint64_t bytes)
{
    uint64_t number = VMM_HYPERCALL_CHECKPOINT;

    __asm__ volatile("vmmcall" : "+a"(number) : "D"(address), "S"(bytes) : "memory");
    check(name, number, UINT64_MAX);
}

static void check_refusals(void)
{
    refuse("an area above RAM", 0xE0000000u, 8);
    refuse("an area that is no guest's", 0xFEF00000u, 8);
    refuse("an area that ends above RAM", 0, 4097ull << 40);
    refuse("an area whose end wraps", 4096, UINT64_MAX - 2048);
    refuse("an address of 64 bits", UINT64_MAX - 7, 8);
    refuse("an area that is too large", BLOCK, VMM_CARRIED_MOST + 1);
}

static uint64_t number_of(const char *line, const char *key)
{
    uint64_t value = 0;
    size_t i;

    for (; *line; line++) {
        for (i = 0; key[i] && line[i] == key[i]; i++)
            ;
        if (key[i])
            continue;
        for (line += i; *line >= '0' && *line <= '9'; line++)
            value = value * 10 + (uint64_t)(*line - '0');
        return value;
    }
    return 0;
}

/* A count goes down with time as the TSC shows it, told or hidden. */
static void check_clocks(uint64_t saved_tsc, uint16_t saved_count)
{
    const uint64_t passed = rdtsc() - saved_tsc;
    const uint16_t counted = (uint16_t)(saved_count - count_now());
    const uint16_t wanted = (uint16_t)(passed / 1000000000u * PIT_HZ +
                                       passed % 1000000000u * PIT_HZ / 1000000000u);

    check("interval timer and TSC agree",
          (uint16_t)(counted - wanted + PIT_LATE) < 2 * PIT_LATE, 1);
    check("an interrupt that waited, waits", in8(0x20) & 1u, 1);
    check("… and is taken, once", interrupts_of_timer(50000), 1);
}

static void live(uint64_t back)
{
    uint64_t saved_tsc, kept;
    uint16_t saved_count = 0;

    *(volatile uint64_t *)FIRST_PLACE = 1;
    *(volatile uint64_t *)SECOND_PLACE = 2;
    if (has_timer)
        interrupts_wait_for_timer();
    be(ONE);
    if (has_timer)
        saved_count = count_now();
    saved_tsc = rdtsc();
    kept = checkpoint_kept(&carried, sizeof(carried), 77);
    /* Saved here, and here again each time it is back. */
    figure("tsc_since", rdtsc() - saved_tsc);
    check("every register", kept, 1);
    check_is(ONE);
    if (has_timer)
        check_clocks(saved_tsc, saved_count);
    if (carried.passes++ == back)
        return;
    be(OTHER);
    check_is(OTHER);
    for (unsigned i = 0; i < TRIES; i++)
        checkpoint_kept(&carried, sizeof(carried), i);
    put("not ok nobody put it back\n");
}

int restores(const char *line)
{
    uint32_t r[4];

    if (!word_is(line, "test=restore"))
        return 0;
    cpuid(VMM_CPUID_BASE + 2, r);
    emulated = (volatile uint32_t *)(uint64_t)r[0];
    has_timer = word_is(line, "timer");
    has_debug = word_is(line, "debug");
    check_refusals();
    if (!number_of(line, "back=")) {
        check("no checkpoints are asked for", accounts->checkpoints, 0);
        refuse("so there are none", (uint64_t)&carried, sizeof(carried));
        return 1;
    }
    check("checkpoints are asked for", accounts->checkpoints, 1);
    live(number_of(line, "back="));
    figure("passes", carried.passes);
    figure("restores_told", accounts->restores_told);
    figure("restore_ticks_told", accounts->restore_ticks_told);
    return 1;
}
