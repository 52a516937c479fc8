/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm/svm_snapshot.c - what the SVM backend keeps of its guest, copied and
 * put back: the control block's guest side, what VMSAVE knows and VMRUN does not, registers
 * that stay in the processor, and what the guest believes where paging is shadowed.
 * References: APM vol. 2 sections 15.5, 15.15.3 and 15.16.
 */
#include "hv-under-test/vmm/guest/extended.h"
#include "hv-under-test/vmm/svm/svm.h"
#include "hv-under-test/vmm/svm/svm_shadow.h"
#include "hv-under-test/vmm/machine/x86.h"

static struct svm_vmcb block, rest __attribute__((aligned(4096)));
static struct extended_state extended;
static uint64_t debug[4];

#define GUEST_SIDE offsetof(struct svm_vmcb, es)

void svm_save(struct vcpu *v)
{
    block = *svm_vmcb_of(v);
    __asm__ volatile("vmsave %0" : : "a"(&rest) : "memory");
    __asm__ volatile("mov %%dr0, %0; mov %%dr1, %1; mov %%dr2, %2; mov %%dr3, %3"
                     : "=r"(debug[0]), "=r"(debug[1]), "=r"(debug[2]), "=r"(debug[3]));
    extended_save(&extended);
    svm_shadow_save();
}

/* What the processor remembers of the guest's tables is of other tables: an identifier under
 * which nothing was remembered, or from now on nothing any more. */
static void forget_translations(struct svm_vmcb *b)
{
    if (b->tlb_control == SVM_TLB_FLUSH_ALL)
        return;
    if (b->asid + 1 < x86_cpuid(0x8000000au, 0).ebx)
        b->asid++;
    else
        b->tlb_control = SVM_TLB_FLUSH_ALL;
}

void svm_restore(struct vcpu *v)
{
    struct svm_vmcb *b = svm_vmcb_of(v);

    __builtin_memcpy((uint8_t *)b + GUEST_SIDE, (const uint8_t *)&block + GUEST_SIDE,
                     sizeof(*b) - GUEST_SIDE);
    b->interrupt_shadow = block.interrupt_shadow;
    b->event_injection = block.event_injection;
    b->clean = 0;
    __asm__ volatile("vmload %0" : : "a"(&rest) : "memory");
    __asm__ volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3"
                     :
                     : "r"(debug[0]), "r"(debug[1]), "r"(debug[2]), "r"(debug[3]));
    extended_restore(&extended);
    if (!svm_shadow_restore(b))
        forget_translations(b);
}
