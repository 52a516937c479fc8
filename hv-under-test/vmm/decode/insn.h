/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/decode/insn.h - the few instructions the hypervisor decodes: lengths of
 * those it intercepts (a processor without nRIP does not tell) and the 32-bit moves that reach
 * an emulated register. APM vol. 3 sections 1.2-1.4 and appendix A.
 *
 * Not handled, and refused: 16-bit code, other operand sizes, address-size overrides, LOCK,
 * read-modify-write instructions.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DECODE_INSN_H
#define ETALON_HV_UNDER_TEST_VMM_DECODE_INSN_H

#include <stddef.h>
#include <stdint.h>

#define INSN_MAX_BYTES 15

enum insn_kind {
    INSN_UNKNOWN = 0,
    INSN_CPUID,
    INSN_HLT,
    INSN_INVD,
    INSN_RDMSR,
    INSN_RDTSC,
    INSN_RDTSCP,
    INSN_WRMSR,
    INSN_XSETBV,
    INSN_LOAD32,      /* register <- memory */
    INSN_STORE32,     /* memory <- register */
    INSN_STORE32_IMM, /* memory <- immediate */
};

struct insn {
    enum insn_kind kind;
    unsigned length; /* bytes, prefixes included */
    unsigned reg;    /* 0 = RAX … 15 = R15 */
    uint32_t immediate;
};

/* `code_bits`: 32 or 64. Returns 0, or -1 (kind INSN_UNKNOWN) if it is not one of the above or
 * does not end within n bytes. */
int insn_decode(const uint8_t *code, size_t n, unsigned code_bits, struct insn *out);

#endif
