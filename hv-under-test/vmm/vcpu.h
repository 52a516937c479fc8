/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/vcpu.h - the virtual processor, as the neutral part of the hypervisor and
 * every backend see it.
 *
 * The structure sits on top of the hypervisor's own stack: at a VM exit the stack pointer
 * points behind rdx, so that the exit path's pushes *are* the saving of the registers. RAX, RSP,
 * RIP and RFLAGS stay where the processor keeps them; the backend gives pointers. Layout is known
 * to entry.inc, svm_entry.S and soft_entry.S (VCPU_*).
 *
 * RBX, RBP and R12 to R15 are what a function of C preserves. A backend may leave them in the
 * processor while a handler runs that neither reads nor changes them (svm_exits.c says which
 * those are): what stands here is stale then.
 *
 * Not handled: more than one virtual processor on a physical one (the accounts page is one),
 * floating-point state (the hypervisor is compiled without it while a guest lives).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_VCPU_H
#define ETALON_HV_UNDER_TEST_VMM_VCPU_H

/* Offsets for the assembler; checked below. */
#define VCPU_EXIT_TSC 48
#define VCPU_AFTER_REGISTERS 120
#define VCPU_CONTROL 120

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct backend;

struct vcpu {
    uint64_t r15, r14, r13, r12, rbp, rbx; /* stale in some handlers: see above */
    uint64_t exit_tsc;                     /* hypervisor's TSC, read right after the exit */
    uint64_t r11, r10, r9, r8, rdi, rsi, rcx, rdx;
    void *control; /* backend's control block of this guest (svm: the VMCB) */
    uint64_t *rax, *rsp, *rip, *rflags;
    const struct backend *backend;
};

_Static_assert(offsetof(struct vcpu, r15) == 0, "pushed last");
_Static_assert(offsetof(struct vcpu, exit_tsc) == VCPU_EXIT_TSC, "pushed before rbx");
_Static_assert(VCPU_EXIT_TSC % 16 == 0, "handlers are called from here or from the end");
_Static_assert(offsetof(struct vcpu, rdx) + 8 == VCPU_AFTER_REGISTERS, "pushed first");
_Static_assert(offsetof(struct vcpu, control) == VCPU_CONTROL, "read before entry");

/* A general register by its number in an instruction (0 = RAX … 15 = R15). */
uint64_t *vcpu_register(struct vcpu *v, unsigned number);

#endif
#endif
