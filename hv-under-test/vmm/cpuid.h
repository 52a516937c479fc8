/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/cpuid.h - the processor the guest is shown. Pure: the caller executes
 * CPUID and passes the host's answer.
 *
 * By allow-list: a leaf not listed reads as zeros, so that a feature the hypervisor does not
 * carry (SVM, RDTSCP, local APIC …) cannot slip through on a newer processor. What changes which
 * instructions a guest's code takes is shown (string moves, bit manipulation, 5-level paging):
 * a comparison with the machine would else compare two programs. XSAVE and AVX, and the
 * performance counters, are shown only where a backend carries them.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_CPUID_H
#define ETALON_HV_UNDER_TEST_VMM_CPUID_H

#include "hv-under-test/vmm/x86.h"

#define CPUID_XSAVE_STATES 0xdu

/* Before the guest starts: its processor has the core performance counters. */
void cpuid_show_counters(void);
/* … and XSAVE with the states of x87, SSE and AVX: the backend serves XSETBV. */
void cpuid_show_xsave(void);
/* What shadow paging does not carry: five levels, INVPCID. */
void cpuid_hide_for_shadow(void);
/* … and what a kernel that runs in ring 3 cannot have either, for want of the bits in CR4: SMEP,
 * SMAP, UMIP, FSGSBASE. */
void cpuid_hide_for_ring3(void);

/* `host`: the processor's answer to leaf and subleaf; `cr4`: the guest's, which one bit of
 * leaf 1 repeats. */
struct x86_cpuid cpuid_for_guest(uint32_t leaf, uint32_t subleaf, uint64_t cr4,
                                 struct x86_cpuid host);

/* May a guest set XCR0 to this, on a processor that has `host_states` (leaf 0xd)? */
int cpuid_allows_states(uint64_t value, uint64_t host_states);

#endif
