/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/vmx/vmx_capability.h - what a processor's VT-x can do, and what of it
 * cpu=vmx needs (SDM vol. 3 appendix A; section 23.7 for the firmware's lock).
 *
 * Pure: registers are read through a function, so that processors can be made up.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_VMX_VMX_CAPABILITY_H
#define ETALON_HV_UNDER_TEST_VMM_VMX_VMX_CAPABILITY_H

#include <stdint.h>

struct vmm_config;

/* Values of the registers; 0 for those that the processor does not have. A pair of controls:
 * low half, what must be 1; high half, what may be 1. */
struct vmx_capabilities {
    int vmx; /* CPUID.1:ECX bit 5 */
    uint64_t feature_control, basic;
    uint64_t pin, primary, secondary, exit, entry;
    uint64_t ept_vpid;
};

/* `leaf1_ecx`: of CPUID. No register is read that the processor may lack. */
void vmx_find_capabilities(uint32_t leaf1_ecx, uint64_t (*read)(uint32_t msr),
                           struct vmx_capabilities *c);

/* NULL, or a sentence on why this configuration cannot be carried by this processor. */
const char *vmx_missing(const struct vmx_capabilities *p, const struct vmm_config *c);

/* What the controls of such a pair become when `wanted` are asked for. */
uint32_t vmx_controls(uint64_t pair, uint32_t wanted);

/* VT-x is off and not locked: the hypervisor may switch it on. */
int vmx_needs_enabling(const struct vmx_capabilities *p);
int vmx_can_scale_tsc(const struct vmx_capabilities *p);

#define VMX_MSR_FEATURE_CONTROL 0x0000003au
#define VMX_FEATURE_LOCKED (1ull << 0)
#define VMX_FEATURE_ON (1ull << 2) /* outside SMX operation */
#define VMX_MSR_BASIC 0x00000480u
#define VMX_BASIC_REVISION 0x7fffffffu

#endif
