/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench/lab/nrip_insn.h - the length of an instruction that SVM can intercept.
 *
 * Knows the instructions of APM volume 2, section 15.9 ("Instruction Intercepts") and no
 * others; encodings from APM volume 3, chapters 3 and 4 and appendix A.
 */
#ifndef ETALON_BENCH_LAB_NRIP_INSN_H
#define ETALON_BENCH_LAB_NRIP_INSN_H

#include <stdint.h>

#define NRIP_MAX_BYTES 15u

/* Byte `i` of the instruction; asked for in order, and not beyond its end. */
typedef uint8_t nrip_fetch(void *opaque, unsigned i);

/* bits: 16, 32 or 64, of the code segment. Length in bytes, or 0: none of them. */
unsigned nrip_length(nrip_fetch *fetch, void *opaque, unsigned bits);

#endif
