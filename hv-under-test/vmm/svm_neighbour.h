/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm_neighbour.h - guests beside the first one on SVM (neighbour.h): each a
 * control block, an address space identifier, and what is put aside of it while another has the
 * processor. References: APM vol. 2 sections 15.5, 15.7, 15.16, 15.20.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_SVM_NEIGHBOUR_H
#define ETALON_HV_UNDER_TEST_VMM_SVM_NEIGHBOUR_H

/* For svm_neighbour_entry.S; checked in svm_neighbour.c. */
#define SVM_NEIGHBOUR_REGISTERS 14

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "hv-under-test/vmm/neighbour.h"
#include "hv-under-test/vmm/svm.h"

/* All but RAX and RSP, which are in the control block. */
struct svm_neighbour_registers {
    uint64_t rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
};

/* Guest 0's control block, before anything else; tlb_control: for all. */
void svm_neighbours_start(struct svm_vmcb *first, uint8_t tlb_control);
extern const struct backend_neighbours svm_neighbours;

/* svm_neighbour_entry.S: into the guest and out at its next exit. GIF is 0, before and after. */
void svm_neighbour_enter(struct svm_neighbour_registers *r, struct svm_vmcb *b);

#endif
#endif
