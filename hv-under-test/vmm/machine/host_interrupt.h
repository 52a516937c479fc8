/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/host_interrupt.h - the machine's interrupts, taken by the
 * hypervisor.
 *
 * They come in only where a backend opens the gate (backend.h, `interrupts`): never between an
 * exit and the next entry otherwise. A handler here does the least: it acknowledges, and notes
 * what the exit's handler has to look at. A vector nobody asked for ends the machine with an
 * error.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_MACHINE_HOST_INTERRUPT_H
#define ETALON_HV_UNDER_TEST_VMM_MACHINE_HOST_INTERRUPT_H

#define HOST_INTERRUPT_FIRST 32 /* vectors below are exceptions (fault.h) */
#define HOST_INTERRUPT_VECTORS 256
#define HOST_INTERRUPT_STUB_BYTES 16

#ifndef __ASSEMBLER__

#include <stdint.h>

extern const uint8_t host_interrupt_stubs[]; /* host_interrupt_stubs.S */

/* Did the first serial port interrupt since this was last asked? */
int host_interrupt_take_serial(void);

/* From the stubs. */
void host_interrupt(uint64_t vector);

#endif
#endif
