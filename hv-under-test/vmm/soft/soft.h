/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft/soft.h - the backends that need no virtualization of the processor:
 * cpu=soft (ring-3 trap and emulate) and cpu=pv (the guest asks by hypercall). Private to
 * soft*.c and soft_entry.S; docs/techniques/soft.md and pv.md tell the whole.
 *
 * The guest runs in ring 3 of the hypervisor's own long mode; what it believes to be ring 0 is
 * kept in struct soft_state. Its address space is a shadow of its tables (soft_shadow.c) in
 * which the last root entry is the hypervisor's: an alias of the hypervisor's image, for
 * supervisors only, with the exit path, its stack, and the tables the processor reads on the
 * way from ring 3 to ring 0. The exit path changes to the hypervisor's own tables, where
 * the alias is mapped as well.
 *
 * Carried: one processor in virtual ring 0, flat segments; paging off, or long mode with four
 * levels. Anything else ends the machine with a reason. Physical interrupts stay off.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_SOFT_SOFT_H
#define ETALON_HV_UNDER_TEST_VMM_SOFT_SOFT_H

#define SOFT_ALIAS 0xFFFFFF8000000000 /* of physical 0: the last root entry */
#define SOFT_ROOT_ENTRY 511
#define SOFT_STACK_BYTES 32768
#define SOFT_FRAME_BELOW 512 /* room under an exit's frame, for a fault in the exit path */
#define SOFT_STUB_BYTES 32

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/soft/soft_decode.h"
#include "hv-under-test/vmm/soft/soft_scan.h"
#include "hv-under-test/vmm/vcpu.h"

/* Selectors of the hypervisor's table that a guest's segments are replaced by. They lie at the
 * table's end, where no guest has any. */
#define SOFT_GDT_ENTRIES 1024u
#define SOFT_USER_CODE_64 ((SOFT_GDT_ENTRIES - 1) * 8 | 3)
#define SOFT_USER_CODE_32 ((SOFT_GDT_ENTRIES - 2) * 8 | 3)
#define SOFT_USER_DATA ((SOFT_GDT_ENTRIES - 3) * 8 | 3)

/* Where the processor puts the state of ring 3 at an exit; always the same place. */
struct soft_frame {
    uint8_t below[SOFT_FRAME_BELOW];
    uint64_t error; /* of vectors that have one */
    uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct soft_frame) % 16 == 0, "the processor aligns to 16");

struct soft_table {
    uint64_t base;
    uint16_t limit;
};

enum soft_segment { SOFT_ES, SOFT_CS, SOFT_SS, SOFT_DS, SOFT_FS, SOFT_GS };

struct soft_state {
    int paravirtual;
    uint64_t cr0, cr2, cr3, cr4, cr8, efer;
    uint64_t flags; /* the guest's IF and IOPL */
    struct soft_table gdt, idt, tss;
    uint16_t selector[6], tr, ldt;
    uint64_t kernel_gs_base, star, lstar, cstar, sfmask, sysenter[3];
    uint64_t exception_stack; /* pv: for gates with an IST */
};

extern struct soft_state soft_state;
extern struct soft_frame soft_frame;
extern struct soft_scan soft_scan;
extern uint64_t soft_rax, soft_host_root, soft_shadow_root;
extern uint32_t soft_vector;

/* --- soft_entry.S --- */

extern const uint8_t soft_stubs[], soft_stub_hypercall[], soft_stub_cpuid[],
    soft_stub_protection[];
_Noreturn void soft_enter(void); /* go on with what struct vcpu holds */

/* Called from there, on the hypervisor's tables; each returns the cause to book. */
enum vmm_cause soft_exit_exception(struct vcpu *v, uint32_t vector);
enum vmm_cause soft_exit_protection(struct vcpu *v, uint32_t code); /* 2 bytes; 0: none */
enum vmm_cause soft_exit_hypercall(struct vcpu *v);
enum vmm_cause soft_exit_cpuid(struct vcpu *v);

/* --- soft_shadow.c --- */

void soft_shadow_start(uint64_t alias_entry);
void soft_shadow_flush(void);
void soft_shadow_drop(uint64_t linear); /* INVLPG */
/* A page fault in ring 3. */
enum vmm_cause soft_shadow_fault(struct vcpu *v, uint64_t linear, uint64_t code);
/* Guest memory by linear address, with the rights of ring 0. 0, or -1 with the page fault's
 * error code in *code and its address in *at. Memory that is mapped but not there ends the
 * machine. */
int soft_read(struct vcpu *v, uint64_t linear, void *to, size_t n, uint64_t *at,
              uint64_t *code);
int soft_write(struct vcpu *v, uint64_t linear, const void *from, size_t n, uint64_t *at,
               uint64_t *code);
/* The bytes of the instruction at RIP as the guest's image has them; how many. */
size_t soft_fetch(struct vcpu *v, uint8_t *to, size_t n);

/* --- soft_event.c --- */

/* Make the guest take an exception or interrupt: the frame is on its stack and RIP at its
 * handler. error < 0: none. */
void soft_deliver(struct vcpu *v, unsigned vector, int64_t error);
void soft_deliver_page_fault(struct vcpu *v, uint64_t linear, uint64_t code);
/* The instruction is done: the next one, or its debug trap. */
void soft_skip(struct vcpu *v, unsigned bytes);
/* Flags as the guest sees them, and all of them set. */
uint64_t soft_flags(void);
void soft_set_flags(uint64_t value);
/* Load CS and go to `rip`; ends the machine if the segment is not carried. */
void soft_go_far(struct vcpu *v, uint16_t selector, uint64_t rip);
void soft_load_segment(struct vcpu *v, enum soft_segment which, uint16_t selector);
void soft_load_task(struct vcpu *v, uint16_t selector);
/* The five words that a return from an interrupt takes: RIP, CS, RFLAGS, RSP, SS. */
void soft_return(struct vcpu *v, const uint64_t words[5]);
int soft_is_canonical(uint64_t address);

/* --- soft_emulate.c --- */

/* The privileged instruction at RIP, or one that the scanner replaced; anything else is the
 * guest's own #GP. */
enum vmm_cause soft_emulate(struct vcpu *v);
void soft_set_cr3(uint64_t value);

/* --- soft_pv.c --- */

enum vmm_cause soft_pv_hypercall(struct vcpu *v);

/* --- soft_snapshot.c: backend.h --- */

void soft_save(struct vcpu *v);
void soft_restore(struct vcpu *v);

/* --- soft.c --- */

int soft_msr_read(struct vcpu *v, uint32_t msr, uint64_t *value);
int soft_msr_write(struct vcpu *v, uint32_t msr, uint64_t value);

#endif
#endif
