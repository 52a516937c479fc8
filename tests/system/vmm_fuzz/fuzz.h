/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/fuzz.h - the fuzz guest: a seeded generator of hostile operations, each
 * with what must come of it (docs/trust.md).
 *
 * Command line: seed=HEX steps=HEX mix=HEXDIGITS last=HEX mode=HEX clock=HEX vmx=HEX card=HEX.
 * `mix` gives each operation of the table its weight, in order; operations not named have 4. `last`
 * names a final operation that must end the machine (ends_svm.c, ends_soft.c); without it the guest
 * ends by SHUTDOWN. `clock` 1: the hypervisor was asked to set the clock back. `vmx` 1: nested
 * paging is VT-x's, not SVM's. `card`: where the card's page is, if not where QEMU has it.
 *
 * An operation fills exec_in, runs a piece of code by exec_run() and looks at exec_out: every
 * register that is not a result must be as it was, every fault must be the one foreseen, and the
 * accounts must show the exits named by expect_exits() and no others. What does not agree is a
 * line "bug …" on the console, and the end.
 */
#ifndef ETALON_TESTS_SYSTEM_VMM_FUZZ_FUZZ_H
#define ETALON_TESTS_SYSTEM_VMM_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "hv-under-test/vmm/abi.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
#define BIT(r) (1u << (r))

#define NO_FAULT 255u
#define RING3_DONE 0x81u
#define FLAG_RF (1ull << 16)
#define CODE_64 0x08u
#define USER_DATA 0x1bu
#define USER_CODE 0x23u
#define COMPAT_CODE 0x38u

/* Memory beside the image, identity-mapped. */
#define IMAGE_END 0x600000ull
#define USER_AREA 0x800000ull /* 2 MiB that ring 3 may use */
#define USER_STACK (USER_AREA + 0x100000)
#define PLAIN (USER_AREA + 0x110000)
#define LARGE_TARGET 0xa00000ull /* 2 MiB for large pages */
#define STAMPED 0xc00000ull      /* from here to the end of RAM each word says where it is */

struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp, memory_map;
    uint32_t memory_map_entries, reserved;
};

struct map_entry {
    uint64_t address, bytes;
    uint32_t type, reserved;
};

/* --- start.S --- */

extern uint64_t exec_in[16], exec_out[16]; /* general registers by number; RSP is not loaded */
extern uint64_t exec_flags_in, exec_flags; /* AH of LAHF in bits 15:8, OF in bit 0 */
extern volatile uint64_t exec_vector, exec_error, exec_rip, exec_rflags;
extern volatile uint64_t ticks[256], watchdog, too_early;
extern const uint8_t fault_table[], exec_done[]; /* 16 bytes a vector */
extern uint64_t root[512], pointers[512], directories[2048];
void exec_run(uint64_t code);
void sleep_once(void); /* interrupts are off before and behind it */

static inline void run(const uint8_t *snippet)
{
    exec_run((uint64_t)snippet);
}

void exec_user(uint64_t code); /* in ring 3; ends by INT 81h */
_Noreturn void fuzz_main(const struct start_info *info);
_Noreturn void fuzz_pv_main(const struct start_info *info);

/* --- engine.c --- */

enum mode { NESTED, LAZY, EAGER, SOFT, PV };
extern enum mode mode;
extern volatile struct vmm_accounts *const accounts;
extern uint64_t ram_end, words_end;
extern const char *operation;
extern int clock_goes_back, by_vmx;
extern uint64_t card_page;

uint64_t random64(void);
uint64_t below(uint64_t n);
uint64_t odd_value(void); /* one that likes borders */
void randomize(void);     /* exec_in */
void expect_exits(enum vmm_cause cause, uint64_t n);
void expect_loose(void); /* what this operation costs is not foreseen */
_Noreturn void bug(const char *what, uint64_t got, uint64_t wanted);
void must(const char *what, uint64_t got, uint64_t wanted);
/* No fault, and nothing changed but the registers of `results`. */
void must_keep(unsigned results);
/* This fault, and every register as it was. */
void must_fault(unsigned vector, uint64_t error);
/* … and the hypervisor put it there: with RF, as the processor would have it. */
void must_fault_injected(unsigned vector, uint64_t error);
void must_fault_at_gate(unsigned vector, unsigned gate);
void say(const char *text);
void say_hex(uint64_t value);
const uint8_t *hypercall_code(void); /* of this mode: to run() */
_Noreturn void shut_down(void);
uint64_t call(uint64_t number);

struct operation {
    const char *name;
    void (*run)(void);
};
/* The table of this guest and its preparations (guest_svm.c, guest_soft.c). */
const struct operation *guest_operations(unsigned *count);
void guest_prepare(void);
void fuzz_end(unsigned number); /* ends_svm.c, ends_soft.c */

struct gate {
    uint16_t low, selector, type, middle;
    uint32_t high, zero;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t base;
};

extern struct gate idt[256];
extern struct table_pointer idt_pointer;

/* --- snippets.S: one instruction each, then exec_done --- */

#define VECTOR_N 0x91u /* of s_int_n */

extern const uint8_t s_vmmcall[], s_vmcall[], s_mov_ss_vmcall[], s_cpuid[], s_in8[], s_in16[],
    s_in32[], s_out8[], s_out16[], s_out32[], s_rdmsr[], s_wrmsr[], s_rdtsc[], s_load32[],
    s_store32[], s_store_imm[], s_load_r12[], s_store_r9[], s_moffs_load[], s_moffs_store[],
    s_load8[], s_store8[], s_load64[], s_store64[], s_invlpg[], s_invd[], s_wbinvd[], s_clts[],
    s_smsw[], s_sgdt[], s_sidt[], s_str[], s_sldt[], s_ud2[], s_int3[], s_cli[], s_sti[],
    s_pushf[], s_popf[], s_mov_cr0[], s_mov_cr2[], s_mov_cr3[], s_mov_cr4[], s_mov_cr8[],
    s_set_cr0[], s_set_cr2[], s_set_cr3[], s_set_cr4[], s_set_cr8[], s_mov_dr6[], s_mov_dr7[],
    s_set_dr7[], s_rdpmc[], s_vmrun[], s_vmload[], s_vmsave[], s_stgi[], s_clgi[], s_skinit[],
    s_invlpga[], s_monitor[], s_mwait[], s_xsetbv[], s_div[], s_noncanonical[], s_pv_call[],
    s_mov_ss[], s_in_imm[], s_out_imm[], s_int_n[], s_call_rdi[], s_set_ds[], s_ltr[], s_hlt[],
    s_popf16[], s_pushf16[], s_mov_cr1[], s_set_cr9[], s_pv_iret[], s_lidt[], s_lgdt[],
    s_lmsw[], s_outsb[], s_set_dr0[], s_lldt[], s_lar[], s_swapgs[], s_syscall[], s_lret[],
    s_iret[], s_load_fs[], s_smsw_memory[], s_load_stack[], s_store_xmm[], s_iret_frame[],
    s_popf_frame[], s_popf16_frame[], s_popf_clts[], s_pushf_frame[], s_get_ds[],
    s_popf_pv_call[];

/* --- ops_common.c, ops_port.c: what svm and soft share --- */

#define REGISTER_PAGE 0xfef01000ull

void op_hypercall(void);
void op_cpuid(void);
void op_port_empty(void);
void op_port_device(void);
void op_pci(void);
void op_msr_kept(void);
void msr_set_syscall(void);
void msr_forget_bases(void); /* FS and GS were loaded */
void op_msr_refused(void);
void op_register_page(void);
void op_rdtsc(void);
void op_card(void);
#define COMMON_EXCEPTIONS 5u
void raise_exception(unsigned which); /* below that; must come as it should */
void check_cpuid(uint32_t leaf, uint32_t subleaf, const uint64_t out[16]);

/* --- ops_option.c --- */

void op_ring(void);
void op_checkpoint(void);

/* --- ops_paging.c --- */

void paging_prepare(void);
void op_paging(void);
void op_paging_path(void);
void op_root(void);
extern uint64_t other_root[512], level1[2][512];
uint64_t paging_area(unsigned page);
void paging_flush(void);

/* --- machine --- */

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

#endif
