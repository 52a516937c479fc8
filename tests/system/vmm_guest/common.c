/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/system/vmm_guest/common.c - see guest.h. */
#include "tests/system/vmm_guest/guest.h"

volatile uint64_t guest_vector, guest_resume, guest_resume_stack;
volatile uint64_t guest_fault_rip, guest_fault_flags, guest_expected;
volatile struct vmm_accounts *accounts;
struct gate gates[32];
uint64_t sink;
uint32_t guest_intel;

void fill_gates(uint16_t selector)
{
    for (unsigned i = 0; i < 32; i++) {
        uint64_t to = (uint64_t)fault_table + 16 * i;

        gates[i] = (struct gate){(uint16_t)to,         selector, 0x8e00, (uint16_t)(to >> 16),
                                 (uint32_t)(to >> 32), 0};
    }
}

void start_console(void)
{
    out8(0x3fb, 0x83); /* 115200 8n1 */
    out8(0x3f8, 1);
    out8(0x3f9, 0);
    out8(0x3fb, 0x03);
}

void put(const char *s)
{
    while (*s) {
        for (unsigned i = 0; i < 100000 && !(in8(0x3fd) & 0x20); i++)
            ;
        out8(0x3f8, (uint8_t)*s++);
    }
}

void put_u64(uint64_t value)
{
    char digits[21];
    char *p = digits + 20;

    *p = '\0';
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    put(p);
}

void figure(const char *name, uint64_t value)
{
    put("figure ");
    put(name);
    put(" ");
    put_u64(value);
    put("\n");
}

void check(const char *name, uint64_t got, uint64_t wanted)
{
    put(got == wanted ? "ok " : "not ok ");
    put(name);
    if (got != wanted) {
        put(": got ");
        put_u64(got);
        put(", wanted ");
        put_u64(wanted);
    }
    put("\n");
}

int word_is(const char *line, const char *word)
{
    for (; *line; line++) {
        size_t i = 0;

        while (word[i] && line[i] == word[i])
            i++;
        if (!word[i])
            return 1;
    }
    return 0;
}
