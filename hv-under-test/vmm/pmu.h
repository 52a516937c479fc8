/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/pmu.h - performance counters for the guest (pmu=guest).
 *
 * AMD's core counters (CPUID 8000_0001 ECX bit 23) can count guest-only: bit 40 of the event
 * select, APM volume 2, section 13.2.1 (HG_ONLY). So nothing is saved or restored at entry and
 * exit: the hypervisor sets that bit in every select register the guest writes, and the
 * processor stops counting at #VMEXIT by itself. The exit path is the same with and without.
 *
 * The guest reads and writes the counters (C001_0201, …) and uses RDPMC without an exit; its
 * accesses to the select registers (C001_0200, …) exit and are checked. Interrupts on overflow
 * are refused (#GP): there is no local APIC for the guest. The legacy aliases and version 2's
 * global control stay hidden. One guest on one processor: the counters are nobody else's.
 *
 * The counters are proven at boot (collector/msr/prove.c): each counts a known loop exactly,
 * and guest-only nothing of it in the host. A processor where this fails is refused.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_PMU_H
#define ETALON_HV_UNDER_TEST_VMM_PMU_H

#include <stdint.h>

#include "collector/msr/access.h"

#define VMM_PMU_COUNTER(i) (0xC0010201u + 2 * (i))

/* The processor itself (pmu_processor.c). */
extern const struct msr_access vmm_pmu_processor;

/* Find and prove the counters; EFER.SVME is set. NULL, or a sentence why the guest can have
 * none; it stays valid. */
const char *vmm_pmu_start(const struct msr_access *access);
unsigned vmm_pmu_counters(void); /* the guest's; 0 without vmm_pmu_start() */

/* The guest's RDMSR and WRMSR of a select register. 0, or -1: #GP. */
int vmm_pmu_read_select(uint32_t msr, uint64_t *value);
int vmm_pmu_write_select(uint32_t msr, uint64_t value);

#endif
