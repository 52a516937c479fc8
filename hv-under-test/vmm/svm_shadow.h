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

struct vmm_config;

/* The guest, else complete, with shadow paging: its control block, and its backend, of which
 * what concerns those registers is exchanged. `memory`: svm_shadow_bytes() of it, page-aligned. */
uint64_t svm_shadow_bytes(void);
void svm_shadow_prepare(struct vcpu *v, const struct vmm_config *c, void *memory);

enum vmm_cause svm_shadow_control(struct vcpu *v); /* CR0, CR3, CR4, CLTS, LMSW, SMSW */
enum vmm_cause svm_shadow_invlpg(struct vcpu *v);
enum vmm_cause svm_shadow_page_fault(struct vcpu *v);

#endif
