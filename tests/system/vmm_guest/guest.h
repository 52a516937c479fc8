/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/guest.h - what the rooms of the hypervisor's test guest share: the
 * machine, what is said on its console, and how exits are counted and faults taken.
 */
#ifndef ETALON_TESTS_SYSTEM_VMM_GUEST_GUEST_H
#define ETALON_TESTS_SYSTEM_VMM_GUEST_GUEST_H

#include <stddef.h>
#include <stdint.h>

#include "hv-under-test/vmm/abi.h"

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp, memory_map;
    uint32_t memory_map_entries, reserved;
};

struct map_entry {
    uint64_t address, bytes;
    uint32_t type, reserved;
};

struct gate {
    uint16_t low, selector, type, middle;
    uint32_t high, zero;
};

/* --- start.S --- */

extern const uint8_t fault_table[]; /* 16 bytes a vector */
uint64_t registers_kept(void);
/* Of the last exception, and where to go on behind it. */
extern volatile uint64_t guest_vector, guest_resume, guest_resume_stack;
extern volatile uint64_t guest_fault_rip, guest_fault_flags, guest_expected;

/* Called from there. */
_Noreturn void guest_main(const struct start_info *info);
_Noreturn void guest_pv_main(const struct start_info *info); /* pv.c */

/* --- common.c --- */

extern volatile struct vmm_accounts *accounts; /* once it is found */
extern struct gate gates[32];
extern uint64_t sink; /* of what is read for nothing */

void fill_gates(uint16_t selector); /* each to its place of fault_table */
void start_console(void); /* firmware may have left the port with words of five bits */
void put(const char *s);
void put_u64(uint64_t value);
void figure(const char *name, uint64_t value);
void check(const char *name, uint64_t got, uint64_t wanted);
int word_is(const char *line, const char *word); /* does the line hold it? */

/* --- hostile.c --- */

int hostile(const char *line, const struct start_info *info); /* 1: the test was one of its */

/* --- interrupts.c --- */

int interrupts(const char *line); /* 1: the test was one of its */

void interrupts_wait_for_timer(void);      /* one asks, with interrupts off */
uint64_t interrupts_of_timer(uint64_t ns); /* taken in so much time */
uint64_t interrupts_asleep(uint64_t ns);   /* of a timer that ticks each millisecond, halted */

/* --- restore.c --- */

int restores(const char *line); /* 1: the test was one of its */

/* --- ring.c --- */

int rings(const char *line, const struct start_info *info); /* 1: the test was one of its */

/* --- neighbours.c --- */

int neighbours(const char *line, const struct start_info *info); /* 1: the test was its */

/* --- paging.c --- */

int paging(const char *line);                      /* 1: the test was one of its */
extern uint64_t guest_table, guest_new, guest_old; /* for its statements */

/* --- machine --- */

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
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

/* The processor is Intel's, with a hypercall of its own. Set by guest_main(). */
extern uint32_t guest_intel;

static inline uint64_t hypercall(uint64_t number)
{
    if (guest_intel)
        __asm__ volatile("vmcall" : "+a"(number) : : "memory");
    else
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

/* The interrupt flag, seen as the processor saves it for an exception: the one place where
 * PUSHF has no say. */
#define FLAG_IF 0x200u
#define INTERRUPT_FLAG_AFTER(statement)                                                       \
    (FAULT_OF(statement "; int3") == 3 ? (guest_fault_flags & FLAG_IF) / FLAG_IF : 2)

/* --- measuring --- */

#define REPEAT(n, statement)                                                                  \
    do {                                                                                      \
        for (uint64_t repeat_ = 0; repeat_ < (n); repeat_++) {                                \
            statement;                                                                        \
        }                                                                                     \
    } while (0)

/* K statements add exactly K exits of `cause` and none of any other. */
#define CHECK_EXITS(name, cause, per_operation, statement)                                    \
    do {                                                                                      \
        uint64_t all_, one_;                                                                  \
        for (int pass_ = 0; pass_ < 2; pass_++) { /* the first touches what is mapped late */ \
            all_ = accounts->exits_total;                                                     \
            one_ = accounts->count[cause];                                                    \
            REPEAT(1000, statement);                                                          \
            all_ = accounts->exits_total - all_;                                              \
            one_ = accounts->count[cause] - one_;                                             \
        }                                                                                     \
        check(name " exits", one_, 1000 * (per_operation));                                   \
        check(name " exits and no others", all_, 1000 * (per_operation));                     \
    } while (0)

/* TSC ticks of one statement: (2N − N) / N. In the lab two ticks are one instruction. */
#define TICKS_EACH(name, statement)                                                           \
    do {                                                                                      \
        uint64_t t_[3];                                                                       \
        t_[0] = rdtsc();                                                                      \
        REPEAT(1000, statement);                                                              \
        t_[1] = rdtsc();                                                                      \
        REPEAT(2000, statement);                                                              \
        t_[2] = rdtsc();                                                                      \
        figure("ticks_1000_" name, (t_[2] - t_[1]) - (t_[1] - t_[0]));                        \
    } while (0)

#endif
