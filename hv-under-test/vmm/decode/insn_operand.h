/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/decode/insn_operand.h - the memory operand of a decoded instruction: where
 * it is, and what the instruction makes of it (APM vol. 3 sections 1.4 and 3).
 *
 * Carried: MOV, MOVNTI, XCHG, the arithmetic and logic of the general registers, NOT, NEG, INC,
 * DEC, bits (BTS, BTR, BTC), CMPXCHG, XADD, with LOCK or without: what kernels write their
 * tables with, and STOS. Not handled, and refused: other string instructions, push, vectors.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DECODE_INSN_OPERAND_H
#define ETALON_HV_UNDER_TEST_VMM_DECODE_INSN_OPERAND_H

#include <stdint.h>

#include "hv-under-test/vmm/soft/soft_decode.h"
#include "hv-under-test/vmm/vcpu.h"

/* The offset in its segment that the operand's ModRM, or moffs, names. */
uint64_t insn_address(struct vcpu *v, const struct soft_insn *i, unsigned code_bits);
/* The same with what a bit number in a register adds. */
uint64_t insn_write_address(struct vcpu *v, const struct soft_insn *i, unsigned code_bits);
/*
 * Do what the instruction does, with its operand at `memory`, of which `room` bytes are there:
 * memory, registers and flags; RIP stays. Returns the bytes written, or -1: not carried, it does
 * not write, or there is no room; nothing is done then.
 */
int insn_write(struct vcpu *v, const struct soft_insn *i, uint8_t *memory, unsigned room);
/*
 * STOS, with REP or without, upwards, at RDI in the segment ES: as many elements as RCX asks for
 * and `room` has. RDI and RCX are as the processor leaves them. Returns the bytes written, or -1
 * as above; *whole: the instruction has come to its end.
 */
int insn_fill(struct vcpu *v, const struct soft_insn *i, uint8_t *memory, unsigned room,
              int *whole);

#endif
