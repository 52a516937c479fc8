/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/fault.h - exceptions taken by the hypervisor itself: each is a bug
 * of ours, is reported with its place and ends the machine.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_MACHINE_FAULT_H
#define ETALON_HV_UNDER_TEST_VMM_MACHINE_FAULT_H

#define FAULT_VECTORS 32
#define FAULT_STUB_BYTES 16

#ifndef __ASSEMBLER__

#include <stdint.h>

/* Load the interrupt descriptor table: exceptions, and interrupts (host_interrupt.h). */
void fault_start(void);
/* From the stubs in boot.S. */
_Noreturn void fault_report(uint64_t vector, uint64_t error, uint64_t rip, uint64_t address);

#endif
#endif
