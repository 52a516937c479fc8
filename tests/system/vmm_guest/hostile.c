/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/hostile.c - a guest that reaches for everything it can name: memory,
 * ports, model-specific registers, hypercalls. What it does must have no effect on the
 * hypervisor, or end in the hypervisor's report (tests/system/vmm_hostile.sh).
 */
#include "tests/system/vmm_guest/guest.h"

#define PATTERN 0x5ca1ab1edeadbea7ull
#define TOLD 0x5000u /* what the guest was told at its start, up to TOLD_END */
#define TOLD_END 0x8000u
#define IMAGE 0x200000u

extern uint8_t guest_end[];  /* link.ld */
extern uint64_t pointers[];  /* start.S: one entry a GiB */
volatile uint32_t guest_msr; /* read by the assembly below */

static uint64_t parse(const char *line, const char *key)
{
    uint64_t value = 0;

    for (; *line; line++) {
        size_t i = 0;

        while (key[i] && line[i] == key[i])
            i++;
        if (key[i])
            continue;
        for (line += i; *line && *line != ' '; line++)
            value = value << 4 | (uint64_t)(*line <= '9' ? *line - '0' : *line - 'a' + 10);
        return value;
    }
    return 0;
}

/* --- memory --- */

static uint64_t fill(uint64_t from, uint64_t to)
{
    uint64_t *at = (uint64_t *)from;
    uint64_t words = (to - from) / 8;

    __asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(PATTERN) : "memory");
    return (to - from) / 8;
}

/* Words that are still what was written. */
static uint64_t kept(uint64_t from, uint64_t to)
{
    uint64_t n = 0;

    for (const volatile uint64_t *at = (const uint64_t *)from; at < (const uint64_t *)to; at++)
        n += *at == PATTERN;
    return n;
}

/* Every byte of RAM but the program itself. If any of it were the hypervisor's, that would not
 * go on. */
static void fill_all(const struct start_info *info)
{
    const struct map_entry *map = (const struct map_entry *)info->memory_map;
    const uint64_t end = map[2].address + map[2].bytes;
    const struct {
        uint64_t from, to;
    } parts[] = {{0, TOLD}, {TOLD_END, IMAGE}, {((uint64_t)guest_end + 7) & ~7ull, end}};
    uint64_t written = 0, read = 0;

    for (unsigned i = 0; i < 3; i++)
        written += fill(parts[i].from, parts[i].to);
    for (unsigned i = 0; i < 1000; i++)
        if (hypercall(VMM_HYPERCALL_NOP))
            put("not ok the hypervisor stopped answering\n");
    for (unsigned i = 0; i < 3; i++)
        read += kept(parts[i].from, parts[i].to);
    check("every word of RAM is the guest's alone", read, written);
    figure("words", written);
}

static void touch(uint64_t address, int write)
{
    /* Above 4 GiB the program maps it first. */
    if (address >> 32) {
        pointers[4] = (address & ~0x3fffffffull) | 0x83;
        address = (4ull << 30) | (address & 0x3fffffffu);
    }
    if (write)
        *(volatile uint32_t *)address = 1;
    else
        figure("read", *(volatile uint32_t *)address);
}

/* --- ports --- */

/* Those that must end the machine are tried one by one. */
static int is_an_end(uint32_t port)
{
    return port == 0xf4 || port == 0x64 || port == 0x92 || port == 0xcf9;
}

static void write_all_ports(void)
{
    static const uint8_t values[] = {0xff, 0x00, 0x01, 0x0e, 0x80, 0x2f};

    for (unsigned v = 0; v < sizeof(values); v++) {
        for (uint32_t port = 0; port < 0x10000; port++)
            if (!is_an_end(port) && (port < 0x3f8 || port > 0x3ff))
                out8((uint16_t)port, values[v]);
    }
    for (uint32_t port = 0; port < 0xfffd; port++) {
        int end = 0;

        for (uint32_t i = 0; i < 4; i++)
            end |= is_an_end(port + i);
        if (!end && (port + 3 < 0x3f8 || port > 0x3ff))
            out32((uint16_t)port, 0xffffffffu);
    }
}

static void check_ports(void)
{
    uint64_t silent = 0;

    write_all_ports();
    for (uint32_t port = 0; port < 0x10000; port++)
        if (port < 0x3f8 || port > 0x3ff)
            silent += in8((uint16_t)port) == 0xff;
    figure("silent_ports", silent);
    /* Nothing of it reached the machine: PCI, the card, the console are where they were. */
    out32(0xcf8, 0x80000000u | 1u << 11 | 0x10);
    out32(0xcfc, 0x00100000u); /* ends sizing; moves nothing */
    check("the card's BAR", in32(0xcfc), 0xfebfe000u);
    out32(0xcf8, 0x80000000u | 1u << 11 | 0x04);
    check("no bus mastering", in32(0xcfc) & 4, 0);
}

static void check_pci(void)
{
    uint64_t functions = 0;

    for (uint32_t where = 0; where < 1u << 16; where++) {
        out32(0xcf8, 0x80000000u | where << 8);
        functions += in32(0xcfc) != 0xffffffffu;
    }
    check("nobody on PCI but host bridge and card", functions, 2);
}

/* --- model-specific registers --- */

#define MSR_READ "mov guest_msr(%%rip), %%ecx; rdmsr"
#define MSR_WRITE_BACK MSR_READ "; wrmsr"
#define MSR_WRITE_0 "mov guest_msr(%%rip), %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr"

/* All there is in the three ranges that a processor's map covers, and their neighbours. */
static void check_msrs(void)
{
    static const uint32_t ranges[] = {0, 0x40000000u, 0xc0000000u, 0xc0010000u};
    uint64_t readable = 0, writable = 0, blind = 0;

    for (unsigned r = 0; r < 4; r++) {
        for (uint32_t i = 0; i < 0x2100; i++) {
            guest_msr = ranges[r] + i;
            if (FAULT_OF(MSR_READ) == 255) {
                readable++;
                writable += FAULT_OF(MSR_WRITE_BACK) == 255;
            } else {
                blind += FAULT_OF(MSR_WRITE_0) == 255;
            }
        }
    }
    /* Ten that pass, EFER, PAT; to be read also the TSC and the interrupt-pending register. */
    check("readable registers", readable, 14);
    check("writable registers", writable, 12);
    check("registers to be written blindly", blind, 0);
}

/* --- hypercalls --- */

static void check_calls(void)
{
    uint64_t refused = 0, random = 20110915, wanted = 0;

    for (uint64_t n = 2; n < 1000; n++, wanted++)
        refused += hypercall(n) == UINT64_MAX;
    for (unsigned bit = 1; bit < 64; bit++, wanted += 2)
        refused += (hypercall(1ull << bit) == UINT64_MAX) +
                   (hypercall(UINT64_MAX << bit) == UINT64_MAX);
    for (unsigned i = 0; i < 10000; i++, wanted++) {
        random = random * 6364136223846793005ull + 1442695040888963407ull;
        refused += hypercall(random | 2) == UINT64_MAX;
    }
    check("all but NOP and SHUTDOWN are refused", refused, wanted);
}

int hostile(const char *line, const struct start_info *info)
{
    if (word_is(line, "test=fill"))
        fill_all(info);
    else if (word_is(line, "test=ports"))
        check_ports();
    else if (word_is(line, "test=pci"))
        check_pci();
    else if (word_is(line, "test=msrs"))
        check_msrs();
    else if (word_is(line, "test=calls"))
        check_calls();
    else if (word_is(line, "test=load"))
        touch(parse(line, "at="), 0);
    else if (word_is(line, "test=store"))
        touch(parse(line, "at="), 1);
    else if (word_is(line, "test=out"))
        out8((uint16_t)parse(line, "port="), (uint8_t)parse(line, "value="));
    else if (word_is(line, "test=span"))
        out16((uint16_t)parse(line, "port="), (uint16_t)parse(line, "value="));
    else
        return 0;
    return 1;
}
