/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/cpuid.h - the processor the guest is shown. Pure: the caller executes
 * CPUID and passes the host's answer.
 *
 * By allow-list: a leaf not listed reads as zeros, so that a feature the hypervisor does not
 * carry (SVM, XSAVE and AVX state, RDTSCP, local APIC …) cannot slip through on a newer
 * processor. The performance counters are hidden, too, unless they are the guest's (vmm/pmu.h).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_CPUID_H
#define ETALON_HV_UNDER_TEST_VMM_CPUID_H

#include "hv-under-test/vmm/x86.h"

/* Before the guest starts: its processor has the core performance counters. */
void cpuid_show_counters(void);

struct x86_cpuid cpuid_for_guest(uint32_t leaf, struct x86_cpuid host);

#endif
