/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/planted.c - faults put into the hypervisor by the linker (--wrap), to
 * see what it says about itself.
 */
#include "hv-under-test/vmm/svm/svm.h"

struct vmm_config;

_Noreturn void __real_svm_run_full(struct vcpu *v);
_Noreturn void __wrap_svm_run_full(struct vcpu *v);
void __wrap_time_start(const struct vmm_config *c);

/* vmm-refused.elf: ASID 0 is the host's; VMRUN refuses it (APM vol. 2 section 15.5.1). */
_Noreturn void __wrap_svm_run_full(struct vcpu *v)
{
    struct svm_vmcb *b = v->control;

    b->asid = 0;
    __real_svm_run_full(v);
}

/* vmm-fault.elf: the hypervisor itself takes an exception, long before it enters a guest. */
void __wrap_time_start(const struct vmm_config *c)
{
    (void)c;
    __asm__ volatile("ud2");
}
