/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/system/vmm_fuzz/soft.h - what only the guest of soft and pv does. */
#ifndef ETALON_TESTS_SYSTEM_VMM_FUZZ_SOFT_H
#define ETALON_TESTS_SYSTEM_VMM_FUZZ_SOFT_H

#include <stdint.h>

/* soft_flags.S: PUSHFQ; POPFQ of chosen flags (those of arithmetic are lost). */
uint64_t soft_push_flags(void);
void soft_pop_flags(uint64_t flags);

/* --- ops_frame.c --- */

void frame_prepare(void);
uint64_t frame_gdt_limit(void);
void *frame_exception_stack(void);
void op_soft_frame(void);

/* --- ops_pv.c --- */

void pv_make_tables(void);
void pv_prepare(void);
void op_pv_call(void);
void op_pv_cpuid(void);
void op_pv_port(void);
void op_pv_pci(void);
void op_pv_msr(void);
void op_pv_privileged(void);
void op_pv_iret(void);
void op_pv_state(void);
void op_pv_step(void);

#endif
