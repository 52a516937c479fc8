/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/neighbours.c - a guest that is not alone on its processor: whatever the
 * others do, its memory and every register are what it made them, its timer ticks, and what it
 * does not run is told. Words: others=N how many there are, yield as well, halt as well.
 */
#include "tests/system/vmm_guest/guest.h"

#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_CSTAR 0xc0000083u
#define MSR_SFMASK 0xc0000084u
#define MSR_SYSENTER_ESP 0x175u
#define MSR_SYSENTER_EIP 0x176u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_PAT 0x277u

#define FIRST_BYTE (4ull << 20) /* behind image and stack */
#define ROUNDS 300000u
#define YIELDS 200u
#define TICKS_NS 30000000u

static const uint32_t passed[] = {MSR_STAR,    MSR_LSTAR,        MSR_CSTAR,
                                  MSR_SFMASK,  MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
                                  MSR_FS_BASE, MSR_GS_BASE,      MSR_KERNEL_GS_BASE};
#define PASSED (sizeof(passed) / sizeof(passed[0]))

uint64_t work(uint64_t rounds);       /* start.S */
uint64_t yield_kept(uint64_t seed);   /* start.S */
void vectors_fill(uint64_t seed);     /* start.S */
uint64_t vectors_kept(uint64_t seed); /* start.S */

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

static uint64_t end_of_ram(const struct start_info *info)
{
    const struct map_entry *map = (const struct map_entry *)info->memory_map;

    return map[2].address + map[2].bytes;
}

/* Addresses below 2^31, canonical and such as all of these registers take. */
static void be(uint64_t n)
{
    for (unsigned i = 0; i < PASSED; i++)
        write_msr(passed[i], n + i);
    write_msr(MSR_PAT, 0x0007040600070406ull); /* as after a reset, write-through in PA0 too */
    __asm__ volatile(
        "mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3; mov %4, %%cr2;"
        "mov %5, %%cr8"
        :
        : "r"(n), "r"(n + 1), "r"(n + 2), "r"(n + 3), "r"(n + 4), "r"(5ull));
    vectors_fill(n);
}

static void check_is(uint64_t n)
{
    uint64_t wrong = 0, r[6];

    check("vector registers, x87 and MXCSR", vectors_kept(n), 1);
    for (unsigned i = 0; i < PASSED; i++)
        wrong += read_msr(passed[i]) != n + i;
    check("registers that VMRUN does not load", wrong, 0);
    check("PAT", read_msr(MSR_PAT), 0x0007040600070406ull);
    __asm__ volatile(
        "mov %%dr0, %0; mov %%dr1, %1; mov %%dr2, %2; mov %%dr3, %3; mov %%cr2, %4;"
        "mov %%cr8, %5"
        : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]), "=r"(r[4]), "=r"(r[5]));
    check("debug registers",
          (r[0] ^ n) | (r[1] ^ (n + 1)) | (r[2] ^ (n + 2)) | (r[3] ^ (n + 3)), 0);
    check("CR2", r[4], n + 4);
    check("CR8", r[5], 5);
}

static void fill(uint64_t end)
{
    for (uint64_t at = FIRST_BYTE; at < end; at += 8)
        *(volatile uint64_t *)at = ~at;
}

static void check_memory(uint64_t end)
{
    uint64_t wrong = 0;

    for (uint64_t at = FIRST_BYTE; at < end; at += 8)
        wrong += *(volatile uint64_t *)at != ~at;
    check("memory", wrong, 0);
}

struct told {
    uint64_t tsc, steals, steal_ticks, exits, in_vmm, interrupts;
};

static void read_told(struct told *t)
{
    t->in_vmm = 0;
    t->steals = accounts->steals;
    t->steal_ticks = accounts->steal_ticks;
    t->exits = accounts->exits_total;
    t->interrupts = accounts->count[VMM_CAUSE_INTERRUPT];
    for (unsigned i = 0; i < VMM_CAUSE_COUNT; i++)
        t->in_vmm += accounts->tsc_in_vmm[i];
    t->tsc = rdtsc();
}

/* Two readings around work, and where all of the time went. Nobody prints in between. */
static void check_work(void)
{
    struct told before, after;

    read_told(&before);
    check("every register counted every round", work(ROUNDS), ROUNDS);
    read_told(&after);
    figure("work_ticks", after.tsc - before.tsc);
    figure("work_steals", after.steals - before.steals);
    figure("work_steal_ticks", after.steal_ticks - before.steal_ticks);
    figure("work_exits", after.exits - before.exits);
    figure("work_in_vmm", after.in_vmm - before.in_vmm);
}

static void check_yields(uint64_t others)
{
    const uint64_t wanted = others ? 0 : UINT64_MAX;
    const uint64_t before = accounts->yields, steals = accounts->steals;
    uint64_t kept = 0;

    check("yielding returns", hypercall(VMM_HYPERCALL_YIELD), wanted);
    check("… as often as it is told", accounts->yields - before, others ? 1 : 0);
    if (!others)
        return;
    for (uint64_t i = 0; i < YIELDS; i++)
        kept += yield_kept(i * 0x10001);
    check("registers kept", kept, YIELDS);
    check("yields are counted", accounts->yields - before, YIELDS + 1);
    check("… and are no steals", accounts->steals - steals < YIELDS / 2, 1);
}

/* Of a timer at 1 kHz, asleep all the while: no tick is missed by turns that are shorter. */
static void check_halts(void)
{
    const uint64_t steals = accounts->steals;
    uint64_t ticks;

    __asm__ volatile("mov %0, %%cr8" : : "r"(0ull));
    ticks = interrupts_asleep(TICKS_NS);
    check("ticks while it halts", ticks > 29 && ticks < 32, 1);
    figure("halt_steals", accounts->steals - steals);
}

int neighbours(const char *line, const struct start_info *info)
{
    const uint64_t end = end_of_ram(info);
    uint64_t others = 0;

    if (!word_is(line, "test=neighbours"))
        return 0;
    for (uint64_t n = 1; n < 4; n++)
        if (word_is(line, n == 1 ? "others=1" : n == 2 ? "others=2" : "others=3"))
            others = n;
    check("the accounts page says how many there are", accounts->neighbours, others);
    be(0x12340000); /* first: a hostile neighbour is at its worst right at the start */
    fill(end);
    check_work();
    check_is(0x12340000);
    be(0x4321000);
    if (word_is(line, "yield"))
        check_yields(others);
    check_is(0x4321000);
    check_memory(end);
    if (word_is(line, "halt"))
        check_halts();
    figure("steals", accounts->steals);
    return 1;
}
