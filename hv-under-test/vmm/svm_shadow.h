/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm_shadow.h - SVM without nested paging: the processor runs on a shadow of the
 * guest's tables (shadow.h), always with paging, write protection and PAE on, and what the guest
 * believes of CR0, CR3, CR4, EFER and PAT is kept here. Private to svm*.c.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_SVM_SHADOW_H
#define ETALON_HV_UNDER_TEST_VMM_SVM_SHADOW_H

#include <stdint.h>

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/svm.h"
#include "hv-under-test/vmm/vcpu.h"

struct guest_mode;
struct vmm_config;

/* The control block, else complete, for shadow paging. */
void svm_shadow_prepare(struct svm_vmcb *b, const struct vmm_config *c);
/* The guest's registers of struct guest_mode that this keeps. */
void svm_shadow_mode(struct guest_mode *mode);
uint64_t svm_shadow_efer(void);
uint64_t svm_shadow_pat(void);
/* The value has been checked but for what depends on paging. 0, or -1: not allowed. */
int svm_shadow_write_efer(struct vcpu *v, uint64_t value);
void svm_shadow_write_pat(struct vcpu *v, uint64_t value);

enum vmm_cause svm_shadow_control(struct vcpu *v); /* CR0, CR3, CR4, CLTS, LMSW, SMSW */
enum vmm_cause svm_shadow_invlpg(struct vcpu *v);
enum vmm_cause svm_shadow_page_fault(struct vcpu *v);

#endif
