/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/svm.h - AMD's Secure Virtual Machine: control block, exit codes,
 * intercepts (APM vol. 2, 24593: section 15, appendices B and C).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_SVM_H
#define ETALON_HV_UNDER_TEST_VMM_SVM_H

/* For svm_entry.S; checked below. */
#define VMCB_INTERRUPT_SHADOW 0x068
#define VMCB_EXIT_CODE 0x070
#define VMCB_RIP 0x578
#define VMCB_RAX 0x5f8

#define SVM_EXIT_VMMCALL 0x081
#define SVM_VMMCALL_BYTES 3 /* 0F 01 D9, without prefixes (abi.h) */

/* Exit codes are dispatched by their low bits: all defined ones lie below 0x404, and the -1 of
 * a refused entry (written as 32 bits by some emulators, as 64 by processors) becomes the
 * last entry either way. */
#define SVM_EXIT_MASK 0x7ff

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/vcpu.h"

struct svm_segment {
    uint16_t selector, attributes;
    uint32_t limit;
    uint64_t base;
};

/* Appendix B, tables B-1 and B-2. */
struct svm_vmcb {
    uint32_t intercept_cr, intercept_dr, intercept_exceptions;
    uint32_t intercept_1, intercept_2, intercept_3;
    uint8_t zero_018[0x3c - 0x18];
    uint16_t pause_threshold, pause_count;
    uint64_t io_map, msr_map, tsc_offset;
    uint32_t asid;
    uint8_t tlb_control, zero_05d[3];
    uint64_t virtual_interrupt, interrupt_shadow;
    uint64_t exit_code, exit_info_1, exit_info_2, exit_interrupt;
    uint64_t nested_paging, avic_bar, ghcb;
    uint64_t event_injection, nested_cr3, lbr, clean, next_rip;
    uint8_t fetched, instruction[15];
    uint8_t zero_0e0[0x400 - 0xe0];

    struct svm_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
    uint8_t zero_4a0[0x4cb - 0x4a0];
    uint8_t cpl, zero_4cc[4];
    uint64_t efer;
    uint8_t zero_4d8[0x548 - 0x4d8];
    uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
    uint8_t zero_580[0x5d8 - 0x580];
    uint64_t rsp;
    uint8_t zero_5e0[0x5f8 - 0x5e0];
    uint64_t rax, star, lstar, cstar, sfmask, kernel_gs_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;
    uint8_t zero_648[0x668 - 0x648];
    uint64_t guest_pat, debug_control, last_branch[4];
    uint8_t zero_698[0x1000 - 0x698];
};

_Static_assert(sizeof(struct svm_vmcb) == 4096, "one page");
_Static_assert(offsetof(struct svm_vmcb, asid) == 0x058, "table B-1");
_Static_assert(offsetof(struct svm_vmcb, interrupt_shadow) == VMCB_INTERRUPT_SHADOW, "B-1");
_Static_assert(offsetof(struct svm_vmcb, exit_code) == VMCB_EXIT_CODE, "table B-1");
_Static_assert(offsetof(struct svm_vmcb, event_injection) == 0x0a8, "table B-1");
_Static_assert(offsetof(struct svm_vmcb, next_rip) == 0x0c8, "table B-1");
_Static_assert(offsetof(struct svm_vmcb, tr) == 0x490, "table B-2");
_Static_assert(offsetof(struct svm_vmcb, efer) == 0x4d0, "table B-2");
_Static_assert(offsetof(struct svm_vmcb, cr4) == 0x548, "table B-2");
_Static_assert(offsetof(struct svm_vmcb, rip) == VMCB_RIP, "table B-2");
_Static_assert(offsetof(struct svm_vmcb, rax) == VMCB_RAX, "table B-2");
_Static_assert(offsetof(struct svm_vmcb, cr2) == 0x640, "table B-2");
_Static_assert(offsetof(struct svm_vmcb, guest_pat) == 0x668, "table B-2");

/* Intercepts, offsets 000h (bit n: read of CRn, bit 16 + n: write) and 008h (bit n: exception). */
#define SVM_CR_READ(n) (1u << (n))
#define SVM_CR_WRITE(n) (1u << (16 + (n)))
/* Vector 3 (offset 00Ch). */
#define SVM_1_INTR (1u << 0)
#define SVM_1_NMI (1u << 1)
#define SVM_1_SMI (1u << 2)
#define SVM_1_INIT (1u << 3)
#define SVM_1_RDTSC (1u << 14)
#define SVM_1_RDPMC (1u << 15)
#define SVM_1_CPUID (1u << 18)
#define SVM_1_INVD (1u << 22)
#define SVM_1_HLT (1u << 24)
#define SVM_1_INVLPG (1u << 25)
#define SVM_1_INVLPGA (1u << 26)
#define SVM_1_IOIO (1u << 27)
#define SVM_1_MSR (1u << 28)
#define SVM_1_TASK_SWITCH (1u << 29)
#define SVM_1_SHUTDOWN (1u << 31)
/* Vector 4 (offset 010h). */
#define SVM_2_VMRUN (1u << 0)
#define SVM_2_VMMCALL (1u << 1)
#define SVM_2_VMLOAD (1u << 2)
#define SVM_2_VMSAVE (1u << 3)
#define SVM_2_STGI (1u << 4)
#define SVM_2_CLGI (1u << 5)
#define SVM_2_SKINIT (1u << 6)
#define SVM_2_RDTSCP (1u << 7)
#define SVM_2_MONITOR (1u << 10)
#define SVM_2_MWAIT (1u << 11)
#define SVM_2_XSETBV (1u << 13)
#define SVM_2_RDPRU (1u << 14)

/* Exit codes, appendix C. */
#define SVM_EXIT_CR_READ(n) (0x000 + (n))
#define SVM_EXIT_CR_WRITE(n) (0x010 + (n))
#define SVM_EXIT_EXCEPTION(n) (0x040 + (n))
#define SVM_EXIT_INTR 0x060
#define SVM_EXIT_NMI 0x061
#define SVM_EXIT_RDTSC 0x06e
#define SVM_EXIT_RDPMC 0x06f
#define SVM_EXIT_CPUID 0x072
#define SVM_EXIT_INVD 0x076
#define SVM_EXIT_HLT 0x078
#define SVM_EXIT_INVLPG 0x079
#define SVM_EXIT_INVLPGA 0x07a
#define SVM_EXIT_IOIO 0x07b
#define SVM_EXIT_MSR 0x07c
#define SVM_EXIT_SHUTDOWN 0x07f
#define SVM_EXIT_VMRUN 0x080
#define SVM_EXIT_VMLOAD 0x082
#define SVM_EXIT_VMSAVE 0x083
#define SVM_EXIT_STGI 0x084
#define SVM_EXIT_CLGI 0x085
#define SVM_EXIT_SKINIT 0x086
#define SVM_EXIT_RDTSCP 0x087
#define SVM_EXIT_MONITOR 0x08a
#define SVM_EXIT_MWAIT 0x08b
#define SVM_EXIT_MWAIT_CONDITIONAL 0x08c
#define SVM_EXIT_XSETBV 0x08d
#define SVM_EXIT_RDPRU 0x08e
#define SVM_EXIT_NESTED_FAULT 0x400
#define SVM_EXIT_REFUSED SVM_EXIT_MASK

/* TLB control, offset 05Ch (section 15.16.1). */
#define SVM_TLB_KEEP 0u
#define SVM_TLB_FLUSH_ALL 1u

/* Events, offsets 088h and 0A8h (sections 15.7.2 and 15.20). */
#define SVM_EVENT_TYPE(e) ((unsigned)((e) >> 8) & 7u)
#define SVM_EVENT_INTERRUPT 0u
#define SVM_EVENT_EXCEPTION 3u
#define SVM_EVENT_SOFTWARE 4u
#define SVM_EVENT_HAS_ERROR (1ull << 11)
#define SVM_EVENT_VALID (1ull << 31)

#define SVM_ATTRIBUTE_LONG (1u << 9) /* of a segment, section 15.5.1 */
#define SVM_ATTRIBUTE_BIG (1u << 10)

struct vmm_config;

static inline struct svm_vmcb *svm_vmcb_of(const struct vcpu *v)
{
    return v->control;
}

/* The guest goes on at `rip`, behind the instruction that exited. */
static inline void svm_go_on(struct svm_vmcb *b, uint64_t rip)
{
    b->rip = rip;
    b->interrupt_shadow = 0; /* it covered the instruction skipped */
}

/* By masked exit code, for svm_entry.S: the handler, and the way to it. A light way leaves RBX,
 * RBP and R12 to R15 to the handler's compiler, a whole one has them in *v. Filled before the
 * guest starts. */
extern enum vmm_cause (*svm_exit_table[SVM_EXIT_MASK + 1])(struct vcpu *v);
extern const uint8_t *svm_exit_way[SVM_EXIT_MASK + 1];
extern const uint8_t svm_full_light[], svm_full_whole[], svm_fast_light[], svm_fast_whole[];
void svm_fill_exits(const struct vmm_config *c);

/* All that no guest may do by itself: intercepts of *b, those of tsc= and pmu= apart. */
void svm_protect(struct svm_vmcb *b);

/* svm_snapshot.c: backend.h. */
void svm_save(struct vcpu *v);
void svm_restore(struct vcpu *v);

/* svm_entry.S: enter the guest of *v and serve its exits for ever. GIF is 0 on the way in and
 * stays 0 outside the guest. */
void svm_run_full(struct vcpu *v) __attribute__((noreturn));
void svm_run_fast(struct vcpu *v) __attribute__((noreturn));

#endif
#endif
