/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/payload/payload.h - the parts of the no-OS runtime, private to it.
 *
 * One processor, interrupts off, all of the first 4 GiB mapped at its own address. Functions
 * that can fail return NULL or a sentence for the error record.
 */
#ifndef ETALON_HV_UNDER_TEST_PAYLOAD_PAYLOAD_H
#define ETALON_HV_UNDER_TEST_PAYLOAD_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "workloads/workload.h"

/* --- console.c: a 16550, polled; where there is none, see struct hypervisor --- */

void console_init(uint16_t port);
/* Returns when the last byte has left the shift register. */
void console_write(const char *data, size_t n);

/* --- loader.c: what multiboot or PVH handed over --- */

struct loader_info {
    const char *name;         /* "multiboot" or "pvh" */
    const char *command_line; /* a copy of ours */
    uint64_t ram_end;         /* of the RAM that holds the image; below 4 GiB */
};

/* `kind` is START_MULTIBOOT or START_PVH. Copies all it needs: afterwards the memory behind
 * the image is free to use. */
const char *loader_read(uint32_t kind, uint64_t info, struct loader_info *out);

extern char payload_image_start[], payload_image_end[]; /* payload.ld */

/* --- pci.c: configuration mechanism #1 --- */

/* Address of memory BAR `bar` (0 to 4) of the first device vendor:device, with its memory
 * decoding enabled. *address is 0 if there is no such device, which is no failure. */
const char *pci_find_memory(uint16_t vendor, uint16_t device, unsigned bar, uint64_t *address);

/* --- hypervisor.c: who is below --- */

struct hypervisor {
    char signature[13]; /* of CPUID leaf 0x40000000, "none" on bare metal */
    /* End the machine by hypercall; `failed` is for a hypervisor that wants to know. Returns
     * only if nobody answers. NULL: no hypervisor here knows such a call. */
    void (*shutdown)(int failed);
    /* The paravirtual console instead of a serial port. Returns when the last byte has left
     * the machine. NULL: there is none. */
    void (*console_write)(const char *data, size_t n);
    uint32_t workload_flags;   /* WORKLOAD_VMMCALL, WORKLOAD_VMCALL or WORKLOAD_PV */
    uint64_t hypercall_number; /* of a hypercall that does nothing, RDI = 0 … */
    uint64_t hypercall_result; /* … and what it leaves in RAX */
    /* The in-tree hypervisor's. */
    uint64_t
        port_out_number; /* with WORKLOAD_PV: of a hypercall that writes a byte to a port */
    uint64_t (*exits_total)(void);
    void (*hypercall_nop)(void);
    /* Here the guest may be saved or put back, but for what is at `carried`. NULL: not asked for. */
    void (*checkpoint)(void *carried, size_t bytes);
    uint64_t emulated_register; /* physical address, 0: none */
    /* As in struct workload_env. */
    volatile uint32_t *ring;
    void (*ring_kick)(void);
    uint64_t ring_kick_number;
    uint64_t yield_number;
};

const char *hypervisor_find(struct hypervisor *h);

/* --- counter.c: etl.counter= --- */

void counter_init(uint16_t port);
/* Ends the machine if nobody answers. */
uint64_t counter_ask(void);

/* --- exception.c --- */

void exception_init(void);

/* --- guarded.S: 0, or -1 if the processor refused (#GP, #UD) --- */

int guarded_rdmsr(uint32_t msr, uint64_t *value);
int guarded_wrmsr(uint32_t msr, uint64_t value);
int guarded_rdpmc(uint32_t index, uint64_t *value);
void guarded_loop(uint64_t turns); /* a decrement and a jump back each; turns > 0 */

/* --- paging.c --- */

/* Switch caching off for the 2 MiB page that holds `address` (below 4 GiB). */
void paging_uncache(uint64_t address);

/* --- faults.c --- */

extern const struct workload_faults payload_faults;

/* --- main.c --- */

/* Error record and the end of the machine. */
void payload_fail(const char *reason) __attribute__((noreturn));

#endif
