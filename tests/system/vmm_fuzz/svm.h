/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/svm.h - what only the guest of svm and vmx does: rings, descriptors, code
 * made at run time, interrupts, and the processor's other modes.
 */
#ifndef ETALON_TESTS_SYSTEM_VMM_FUZZ_SVM_H
#define ETALON_TESTS_SYSTEM_VMM_FUZZ_SVM_H

#include <stdint.h>

#include "tests/system/vmm_fuzz/fuzz.h"

/* --- guest_svm.c --- */

extern uint8_t made_code[4096]; /* ring 0's, for code made at run time; ends by a jump */

static inline void load_idt(const struct table_pointer *p)
{
    __asm__ volatile("lidt %0" : : "m"(*p));
}

/* The bytes, then the way back: to exec_done, or in ring 3 INT 81h. */
void make_code(const uint8_t *bytes, unsigned n);
void make_user_code(const uint8_t *bytes, unsigned n);
/* Run it in ring 3; the flags are clean behind it. */
void run_user(void);
/* As must_keep(), but the way back was INT 81h. */
void user_must_keep(unsigned results);

/* --- ops_control.c, ops_event.c, ops_table.c, ops_interrupt.c, ops_ring3.c --- */

extern uint64_t guest_cr8;
void op_control(void);
void op_hidden(void);
void op_event(void);
void op_descriptor(void);
void op_table(void);
void op_interrupt(void);
void op_deferred(void);
void op_ring3(void);
void op_wild(void);
void op_legacy(void);
void op_xsetbv(void);

/* The timer ends what ring 3 runs, after so many cycles of the 8254; and off again. */
void watchdog_start(unsigned cycles);
void watchdog_stop(void);

#endif
