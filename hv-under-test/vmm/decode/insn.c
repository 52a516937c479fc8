/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/decode/insn.c - the minimal decoder (vmm/decode/insn.h). Pure: no guest is
 * needed.
 */
#include "hv-under-test/vmm/decode/insn.h"

#define REX_R 4u

struct cursor {
    const uint8_t *code;
    size_t n, at;
    unsigned code_bits;
    unsigned rex;     /* low four bits */
    int operand_size; /* 66 seen */
    int address_size; /* 67 seen */
    int lock;
};

static int next(struct cursor *c, uint8_t *byte)
{
    if (c->at >= c->n || c->at >= INSN_MAX_BYTES)
        return -1;
    *byte = c->code[c->at++];
    return 0;
}

/* Read prefixes and leave the opcode's first byte in *byte. A REX counts only right before
 * the opcode. */
static int read_prefixes(struct cursor *c, uint8_t *byte)
{
    for (;; c->rex = c->code_bits == 64 && (*byte & 0xf0u) == 0x40 ? *byte & 0xfu : 0) {
        if (next(c, byte))
            return -1;
        switch (*byte) {
        case 0x66:
            c->operand_size = 1;
            break;
        case 0x67:
            c->address_size = 1;
            break;
        case 0xf0:
            c->lock = 1;
            break;
        case 0x26: /* segment overrides, REP */
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
        case 0xf2:
        case 0xf3:
            break;
        default:
            if (c->code_bits == 64 && (*byte & 0xf0u) == 0x40)
                break;
            return 0;
        }
    }
}

static int advance(struct cursor *c, size_t bytes)
{
    c->at += bytes;
    return c->at > c->n || c->at > INSN_MAX_BYTES ? -1 : 0;
}

/* ModRM with what follows it; *reg receives the register field with REX.R. A register operand
 * (mod = 3) is no access to memory. */
static int read_modrm(struct cursor *c, unsigned *reg)
{
    uint8_t modrm, sib = 0;
    unsigned mod, rm;

    if (next(c, &modrm))
        return -1;
    mod = modrm >> 6;
    rm = modrm & 7u;
    *reg = ((modrm >> 3) & 7u) | (c->rex & REX_R ? 8u : 0u);
    if (mod == 3)
        return -1;
    if (rm == 4 && next(c, &sib))
        return -1;
    if (mod == 1)
        return advance(c, 1);
    if (mod == 2 || rm == 5 || (rm == 4 && (sib & 7u) == 5))
        return advance(c, 4);
    return 0;
}

static int read_immediate(struct cursor *c, uint32_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t byte;

        if (next(c, &byte))
            return -1;
        *value |= (uint32_t)byte << (8 * i);
    }
    return 0;
}

static enum insn_kind decode_two_byte(struct cursor *c)
{
    uint8_t byte;

    if (next(c, &byte))
        return INSN_UNKNOWN;
    switch (byte) {
    case 0xa2:
        return INSN_CPUID;
    case 0x08:
        return INSN_INVD;
    case 0x30:
        return INSN_WRMSR;
    case 0x31:
        return INSN_RDTSC;
    case 0x32:
        return INSN_RDMSR;
    case 0x01:
        if (next(c, &byte))
            return INSN_UNKNOWN;
        return byte == 0xf9 ? INSN_RDTSCP : byte == 0xd1 ? INSN_XSETBV : INSN_UNKNOWN;
    default:
        return INSN_UNKNOWN;
    }
}

static enum insn_kind decode_move(struct cursor *c, uint8_t opcode, struct insn *out)
{
    unsigned reg;

    /* REX.W makes the operand 64 bits wide. */
    if (c->operand_size || c->address_size || (c->rex & 8u))
        return INSN_UNKNOWN;
    switch (opcode) {
    case 0x89:
        return read_modrm(c, &out->reg) ? INSN_UNKNOWN : INSN_STORE32;
    case 0x8b:
        return read_modrm(c, &out->reg) ? INSN_UNKNOWN : INSN_LOAD32;
    case 0xa1:
    case 0xa3:
        out->reg = 0;
        if (advance(c, c->code_bits == 64 ? 8 : 4))
            return INSN_UNKNOWN;
        return opcode == 0xa1 ? INSN_LOAD32 : INSN_STORE32;
    case 0xc7:
        if (read_modrm(c, &reg) || (reg & 7u) || read_immediate(c, &out->immediate))
            return INSN_UNKNOWN;
        return INSN_STORE32_IMM;
    default:
        return INSN_UNKNOWN;
    }
}

int insn_decode(const uint8_t *code, size_t n, unsigned code_bits, struct insn *out)
{
    struct cursor c = {.code = code, .n = n, .code_bits = code_bits};
    enum insn_kind kind;
    uint8_t byte;

    *out = (struct insn){0};
    if (code_bits != 32 && code_bits != 64)
        return -1;
    if (read_prefixes(&c, &byte) || c.lock)
        return -1;
    if (byte == 0x0f)
        kind = decode_two_byte(&c);
    else if (byte == 0xf4)
        kind = INSN_HLT;
    else
        kind = decode_move(&c, byte, out);
    out->kind = kind;
    out->length = (unsigned)c.at;
    return kind == INSN_UNKNOWN ? -1 : 0;
}
