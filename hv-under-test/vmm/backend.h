/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/backend.h - the contract between the neutral part of the hypervisor and
 * whatever makes a processor virtual (svm, vmx, soft, pv).
 *
 * A backend owns the entry and exit path. At each exit it finds the neutral cause, calls the
 * handler of exits.h for it, and books the exit (accounts.h) before the guest goes on.
 * Handlers reach the guest through struct vcpu and the functions below and never through the
 * backend's control block.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_BACKEND_H
#define ETALON_HV_UNDER_TEST_VMM_BACKEND_H

#include <stdint.h>

#include "hv-under-test/vmm/paging.h"
#include "hv-under-test/vmm/vcpu.h"

struct backend_neighbours; /* neighbour.h */
struct vmm_config;

/* Where a guest starts: 32-bit protected mode, paging off, flat segments. Addresses are
 * guest-physical. */
struct guest_start {
    uint32_t entry;       /* EIP */
    uint32_t start_info;  /* EBX: PVH */
    uint32_t boot_params; /* ESI: Linux's own protocol, with its descriptor table (guest.h) */
    const uint8_t *image; /* the guest's file, for backends that read more of it */
    uint64_t image_bytes;
    void *own_memory; /* of the backend: as much as it asked for; aligned as the guest's */
};

/* What address translation and decoding of a guest instruction depend on. */
struct guest_mode {
    uint64_t cr0, cr3, cr4, efer;
    uint64_t code_base; /* of CS; 0 in 64-bit code */
    unsigned code_bits; /* 16, 32 or 64 */
    unsigned cpl;
};

struct backend {
    const char *name;          /* as in cpu=name */
    enum paging_format nested; /* of the nested page tables; the first where there are none */

    /* NULL, or a sentence on why this processor cannot do what the configuration asks. */
    const char *(*unavailable)(const struct vmm_config *c);
    /* Bytes of RAM it wants beside its image, out of the guest's reach. NULL: none. */
    uint64_t (*own_bytes)(const struct vmm_config *c);
    /* The guest at its first instruction. `page_root`: physical address of the nested page
     * table. Returns the vcpu, owned by the backend. */
    struct vcpu *(*prepare)(const struct vmm_config *c, const struct guest_start *start,
                            uint64_t page_root);
    /* Enter the guest. Does not return: the handlers end the machine. */
    void (*run)(struct vcpu *v);

    void (*mode)(const struct vcpu *v, struct guest_mode *mode);
    /* The instruction that exited is done: go on `bytes` further. */
    void (*skip)(struct vcpu *v, unsigned bytes);
    /* Make the guest take an exception at the instruction that exited. error < 0: the vector
     * has no error code. */
    void (*inject)(struct vcpu *v, unsigned vector, int64_t error);
    /* Post an interrupt: the guest takes it, without an exit, as soon as its IF allows. One at
     * a time. NULL: guests of this backend have no interrupts. */
    void (*post)(struct vcpu *v, unsigned vector);
    /* Take back what was posted: 1, or 0 if the guest has taken it meanwhile. */
    int (*take_back)(struct vcpu *v);
    /* Take the machine's interrupts that are pending (host_interrupt.h); with `wait`, after the
     * processor has slept until there is one. From exit handlers only: the one place where
     * interrupts come in while a guest lives. */
    void (*interrupts)(int wait);
    /* Registers that live in the control block. 0, or -1: not known, or the value is not
     * allowed. */
    int (*msr_read)(struct vcpu *v, uint32_t msr, uint64_t *value);
    int (*msr_write)(struct vcpu *v, uint32_t msr, uint64_t value);
    /* What is added to the TSC that a guest reads without an exit, from the next entry on. NULL:
     * no such reading. */
    void (*set_tsc_offset)(struct vcpu *v, int64_t ticks);
    /* One copy of all that the backend keeps of its guest, struct vcpu and the registers it points
     * to aside, and putting it back, any number of times. Everything the guest had in the
     * processor is part of it but its TSC and its counters; what the processor remembers of the
     * guest's page tables is forgotten. */
    void (*save)(struct vcpu *v);
    void (*restore)(struct vcpu *v);
    /* Can the processor scale the TSC that a guest reads? NULL: no. */
    int (*scales_tsc)(void);
    /* Processor features found, for the report. */
    uint64_t (*features)(void);
    /* Guests beside the first one; after prepare(). NULL: this backend holds one. */
    const struct backend_neighbours *neighbours;
};

/* NULL-terminated; position = enum config_cpu. */
extern const struct backend *const backend_table[];

#endif
