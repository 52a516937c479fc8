/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm/svm_shadow.h - SVM without nested paging: the processor runs on a
 * shadow of the guest's tables (shadow.h), always with paging, write protection and PAE on,
 * and what the guest believes of CR0, CR3, CR4, EFER and PAT is kept here. Private to svm*.c.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_SVM_SVM_SHADOW_H
#define ETALON_HV_UNDER_TEST_VMM_SVM_SVM_SHADOW_H

#include <stdint.h>

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/soft/soft_decode.h"
#include "hv-under-test/vmm/svm/svm.h"
#include "hv-under-test/vmm/vcpu.h"

struct guest_mode;
struct vmm_config;

/* The guest, else complete, with shadow paging: its control block, and its backend, of which
 * what concerns those registers is exchanged. `memory`: svm_shadow_bytes() of it, page-aligned. */
uint64_t svm_shadow_bytes(void);
void svm_shadow_prepare(struct vcpu *v, const struct vmm_config *c, void *memory);

/* For a snapshot: what the guest believes, and once more that. The latter is 1, or 0 where paging
 * is not shadowed, and nothing was to be done. */
void svm_shadow_save(void);
int svm_shadow_restore(struct svm_vmcb *b);

/* What the guest believes: cr0, cr3, cr4, efer. */
const struct guest_mode *svm_shadow_guest(void);
/* Root and identifier as shadow.h has them now. */
void svm_shadow_apply_root(struct svm_vmcb *b);

/* The instruction at RIP and the mode it runs in; of 16-bit code only moves of control registers
 * and CLTS. 0, or -1. */
int svm_shadow_fetch(struct vcpu *v, struct guest_mode *m, struct soft_insn *i);
/* Linear address of its memory operand's offset. */
uint64_t svm_shadow_linear(const struct vcpu *v, const struct guest_mode *m,
                           const struct soft_insn *i, uint64_t offset);

/* The guest's memory by linear address, as the instruction at RIP would reach it: 16 bits.
 * 0, or -1: the guest has its page fault. Where there is no memory the machine ends. */
int svm_shadow_load16(struct vcpu *v, uint64_t linear, uint16_t *value);
int svm_shadow_store16(struct vcpu *v, uint64_t linear, uint16_t value);

enum vmm_cause svm_shadow_control(struct vcpu *v); /* CR0, CR3, CR4, CLTS, LMSW, SMSW */
enum vmm_cause svm_shadow_invlpg(struct vcpu *v);
enum vmm_cause svm_shadow_page_fault(struct vcpu *v);

#endif
