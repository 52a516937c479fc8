/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/neighbour.h - a guest beside the first one: a small load (neighbour_loads.S)
 * with memory, tables and an address space identifier of its own, and nothing else: no card, no
 * accounts, no device, no port.
 *
 * It starts in 64-bit code at NEIGHBOUR_ENTRY, interrupts off, with its number in RDI, a stack, and
 * the first 4 GiB mapped at their own addresses, of which only NEIGHBOUR_BYTES are there. What it
 * may not do is refused as a processor would: #GP, #UD, a bus with nothing there. It asks by VMMCALL,
 * RAX the number, RDI the argument; RAX returns 0, or -1: not known.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_NEIGHBOUR_H
#define ETALON_HV_UNDER_TEST_VMM_NEIGHBOUR_H

#define NEIGHBOUR_BYTES 0x10000
#define NEIGHBOUR_TABLES 0x1000 /* its own: a root, a second level, four of 2 MiB pages */
#define NEIGHBOUR_DATA 0x7000   /* the load's, a stack at its end */
#define NEIGHBOUR_STACK_TOP 0x8000
#define NEIGHBOUR_ENTRY 0x8000

#define NEIGHBOUR_NOP 0
#define NEIGHBOUR_YIELD 4 /* as guest 0's (abi.h) */
#define NEIGHBOUR_TIMER                                                                       \
    16 /* the next HLT ends so many ticks from now; else it lasts for ever */
#define NEIGHBOUR_REPORT 17 /* a figure: the last one is in the hypervisor's report */

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "hv-under-test/vmm/abi.h"

/* Loads: position-independent images, neighbour_loads.S. */
struct neighbour_load {
    const uint8_t *start, *end;
    int ends; /* may stop for good; of another that is a fault */
};

enum neighbour_event {
    NEIGHBOUR_GOES_ON,
    NEIGHBOUR_INTERRUPTED, /* an interrupt of the machine is pending */
    NEIGHBOUR_ASKS,        /* number, argument: neighbours->answer() */
    NEIGHBOUR_HALTS,
    NEIGHBOUR_ENDS, /* it cannot go on: reason */
    NEIGHBOUR_NON_MASKABLE,
};

struct neighbour_exit {
    enum neighbour_event event;
    enum vmm_cause cause;
    uint64_t number, argument;
    const char *reason;
};

/* What a backend does for guests.c; guests are numbered from 0, which is the one of backend.h. */
struct backend_neighbours {
    /* NULL, or why this processor cannot hold so many guests. */
    const char *(*unavailable)(unsigned guests);
    /* At the load's first instruction. `memory`: NEIGHBOUR_BYTES, zeroed but for the load;
     * `page_root`: nested tables that map it. */
    void (*prepare)(unsigned number, uint8_t *memory, uint64_t page_root);
    /* All of `from` that no entry loads is put aside, and what was of `to` is put back. */
    void (*hand_over)(unsigned from, unsigned to);
    /* Until its next exit, which is dealt with as far as it is the guest's alone. */
    void (*run)(unsigned number, struct neighbour_exit *exit);
    void (*answer)(unsigned number, uint64_t rax);
};

#endif
#endif
