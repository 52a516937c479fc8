/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/guest.h - what the files of the hypervisor's test guest share.
 */
#ifndef ETALON_TESTS_SYSTEM_VMM_GUEST_GUEST_H
#define ETALON_TESTS_SYSTEM_VMM_GUEST_GUEST_H

#include <stdint.h>

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp, memory_map;
    uint32_t memory_map_entries, reserved;
};

struct map_entry {
    uint64_t address, bytes;
    uint32_t type, reserved;
};

/* start.S and main.c: where an exception goes on, and which it was. */
extern volatile uint64_t guest_vector, guest_resume, guest_resume_stack;

/* main.c */
void put(const char *s);
void figure(const char *name, uint64_t value);
/* "ok name" or "not ok name: …" */
void check(const char *name, uint64_t got, uint64_t wanted);
int word_is(const char *line, const char *word);

/* hostile.c: 1 if the line's test is one of its. */
int hostile(const char *line, const struct start_info *info);

/* --- machine --- */

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t in32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static inline void cpuid(uint32_t leaf, uint32_t r[4])
{
    __asm__ volatile("cpuid"
                     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                     : "a"(leaf), "c"(0));
}

static inline uint64_t hypercall(uint64_t number)
{
    __asm__ volatile("vmmcall" : "+a"(number) : : "memory");
    return number;
}

/* Run one statement; the exception vector it took, or 255. */
#define FAULT_OF(statement)                                                                   \
    ({                                                                                        \
        guest_vector = 255;                                                                   \
        __asm__ volatile("lea 1f(%%rip), %%rax; mov %%rax, guest_resume(%%rip);"              \
                         "mov %%rsp, guest_resume_stack(%%rip);" statement "; 1:"             \
                         :                                                                    \
                         :                                                                    \
                         : "rax", "rcx", "rdx", "memory");                                    \
        guest_vector;                                                                         \
    })

#endif
