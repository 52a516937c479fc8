/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft/soft_decode.h - where an instruction ends and what it is made of: all
 * of the general, x87 and SSE instructions in 32- and 64-bit code (APM vol. 3 section 1.2 and
 * appendix A). Pure.
 *
 * Not handled, and refused: VEX, EVEX and XOP prefixes (a guest is not shown AVX), 16-bit
 * addresses, far pointers in the instruction other than JMP's, a branch with an operand-size
 * prefix (AMD and Intel differ on its length).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_SOFT_SOFT_DECODE_H
#define ETALON_HV_UNDER_TEST_VMM_SOFT_SOFT_DECODE_H

#include <stddef.h>
#include <stdint.h>

enum soft_map { SOFT_MAP_ONE, SOFT_MAP_0F, SOFT_MAP_0F38, SOFT_MAP_0F3A };

struct soft_insn {
    unsigned length;
    uint8_t map; /* enum soft_map */
    uint8_t opcode;
    uint8_t rex; /* low four bits: W R X B */
    uint8_t has_rex;
    uint8_t repeat; /* F2 or F3, the last one; 0: none */
    uint8_t operand_size, address_size, lock;
    uint8_t segment; /* the last override, 0: none */
    uint8_t has_modrm, modrm, has_sib, sib;
    int32_t displacement;
    uint64_t immediate;
};

#define SOFT_REX_W 8u
#define SOFT_REX_R 4u
#define SOFT_REX_X 2u
#define SOFT_REX_B 1u

/* `code_bits`: 32 or 64. 0, or -1: not an instruction carried here, or it does not end within
 * n bytes. */
int soft_decode(const uint8_t *code, size_t n, unsigned code_bits, struct soft_insn *out);

/* What the scanner replaces: it does not fault outside ring 0 and yet shows or changes what is
 * the hypervisor's. */
enum soft_kind {
    SOFT_PLAIN,
    SOFT_HYPERCALL, /* VMMCALL, VMCALL: faults, but is cheaper replaced */
    SOFT_CPUID,
    SOFT_FLAGS,     /* PUSHF, POPF: IF and IOPL are another's */
    SOFT_TABLES,    /* SGDT, SIDT, SLDT, STR, SMSW */
    SOFT_SELECTORS, /* MOV and PUSH of a segment register, LAR, LSL, VERR, VERW */
    SOFT_INTERRUPT, /* INT n of the guest: some vectors are the scanner's own */
};

enum soft_kind soft_kind_of(const struct soft_insn *i);

#endif
