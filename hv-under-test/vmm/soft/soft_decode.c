/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/soft/soft_decode.c - instruction lengths (vmm/soft/soft_decode.h). */
#include "hv-under-test/vmm/soft/soft_decode.h"

#define MAX_BYTES 15u

/* What follows an opcode. */
enum {
    NONE = 0,
    MODRM = 1,
    BYTE = 2,   /* immediates */
    WORD = 4,   /* 16 bits */
    FULL = 8,   /* by operand size, at most 32 bits */
    WHOLE = 16, /* by operand size, 64 with REX.W */
    OFFSET = 32,
    BRANCH = 64, /* 32 bits */
    BAD = 128,
    LEGACY = 256, /* not in 64-bit code */
};

#define M MODRM
#define MB (MODRM | BYTE)
#define MF (MODRM | FULL)
#define ALU M, M, M, M, BYTE, FULL, LEGACY, LEGACY
#define ROW8(x) x, x, x, x, x, x, x, x

/* clang-format off */
/* APM vol. 3 table A-1; prefixes never get here. */
static const uint16_t one_byte[256] = {
    ALU, ALU, ALU, ALU, ALU, ALU, ALU, ALU,
    ROW8(NONE), ROW8(NONE), ROW8(NONE), ROW8(NONE),                       /* 40-5F */
    LEGACY, LEGACY, BAD, M, BAD, BAD, BAD, BAD,                           /* 60 */
    FULL, MF, BYTE, MB, NONE, NONE, NONE, NONE,                           /* 68 */
    ROW8(BYTE), ROW8(BYTE),                                               /* 70 */
    MB, MF, LEGACY | MB, MB, M, M, M, M,                                  /* 80 */
    M, M, M, M, M, M, M, M,                                               /* 88 */
    ROW8(NONE), NONE, NONE, BAD, NONE, NONE, NONE, NONE, NONE,            /* 90 */
    OFFSET, OFFSET, OFFSET, OFFSET, NONE, NONE, NONE, NONE,               /* A0 */
    BYTE, FULL, NONE, NONE, NONE, NONE, NONE, NONE,                       /* A8 */
    ROW8(BYTE), ROW8(WHOLE),                                              /* B0 */
    MB, MB, WORD, NONE, BAD, BAD, MB, MF,                                 /* C0 */
    WORD | BYTE, NONE, WORD, NONE, NONE, BYTE, LEGACY, NONE,              /* C8 */
    M, M, M, M, LEGACY | BYTE, LEGACY | BYTE, BAD, NONE,                  /* D0 */
    ROW8(M),                                                              /* D8 */
    BYTE, BYTE, BYTE, BYTE, BYTE, BYTE, BYTE, BYTE,                       /* E0 */
    BRANCH, BRANCH, LEGACY | BRANCH | WORD, BYTE, NONE, NONE, NONE, NONE, /* E8 */
    BAD, NONE, BAD, BAD, NONE, NONE, M, M,                                /* F0 */
    NONE, NONE, NONE, NONE, NONE, NONE, M, M,                             /* F8 */
};

/* Table A-2. */
static const uint16_t two_byte[256] = {
    M, M, M, M, BAD, NONE, NONE, NONE,                    /* 00 */
    NONE, NONE, BAD, NONE, BAD, M, NONE, MB,              /* 08 */
    ROW8(M), ROW8(M),                                     /* 10 */
    M, M, M, M, BAD, BAD, BAD, BAD, ROW8(M),              /* 20 */
    NONE, NONE, NONE, NONE, NONE, NONE, BAD, BAD,         /* 30 */
    BAD, BAD, BAD, BAD, BAD, BAD, BAD, BAD,               /* 38 */
    ROW8(M), ROW8(M), ROW8(M), ROW8(M), ROW8(M), ROW8(M), /* 40-6F */
    MB, MB, MB, MB, M, M, M, NONE,                        /* 70 */
    BAD, BAD, BAD, BAD, M, M, M, M,                       /* 78 */
    ROW8(BRANCH), ROW8(BRANCH), ROW8(M), ROW8(M),         /* 80-9F */
    NONE, NONE, NONE, M, MB, M, BAD, BAD,                 /* A0 */
    NONE, NONE, NONE, M, MB, M, M, M,                     /* A8 */
    ROW8(M), M, M, MB, M, M, M, M, M,                     /* B0 */
    M, M, MB, M, MB, MB, MB, M, ROW8(NONE),               /* C0 */
    ROW8(M), ROW8(M), ROW8(M), ROW8(M), ROW8(M), ROW8(M), /* D0-FF */
};
/* clang-format on */

struct cursor {
    const uint8_t *code;
    size_t n, at;
};

static int take(struct cursor *c, unsigned bytes, uint64_t *value)
{
    *value = 0;
    if (c->n - c->at < bytes || c->at + bytes > MAX_BYTES)
        return -1;
    for (unsigned i = 0; i < bytes; i++)
        *value |= (uint64_t)c->code[c->at++] << (8 * i);
    return 0;
}

static int take_byte(struct cursor *c, uint8_t *byte)
{
    uint64_t value;
    int rc = take(c, 1, &value);

    *byte = (uint8_t)value;
    return rc;
}

/* 1: a prefix, noted; 0: none. */
static int note_prefix(struct soft_insn *i, uint8_t byte)
{
    switch (byte) {
    case 0x66:
        i->operand_size = 1;
        return 1;
    case 0x67:
        i->address_size = 1;
        return 1;
    case 0xf0:
        i->lock = 1;
        return 1;
    case 0xf2:
    case 0xf3:
        i->repeat = byte;
        return 1;
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
        i->segment = byte;
        return 1;
    default:
        return 0;
    }
}

static int take_opcode(struct cursor *c, unsigned code_bits, struct soft_insn *i)
{
    for (;;) {
        if (take_byte(c, &i->opcode))
            return -1;
        if (note_prefix(i, i->opcode)) {
            i->rex = 0; /* a REX before another prefix is none */
            i->has_rex = 0;
        } else if (code_bits == 64 && (i->opcode & 0xf0u) == 0x40) {
            if (i->has_rex)
                return -1;
            i->has_rex = 1;
            i->rex = i->opcode & 0xfu;
        } else {
            break;
        }
    }
    if (i->opcode != 0x0f)
        return 0;
    i->map = SOFT_MAP_0F;
    if (take_byte(c, &i->opcode))
        return -1;
    if (i->opcode != 0x38 && i->opcode != 0x3a)
        return 0;
    i->map = i->opcode == 0x38 ? SOFT_MAP_0F38 : SOFT_MAP_0F3A;
    return take_byte(c, &i->opcode);
}

static int take_modrm(struct cursor *c, unsigned code_bits, struct soft_insn *i)
{
    unsigned mod, rm, bytes = 0;
    uint64_t value;

    i->has_modrm = 1;
    if (take_byte(c, &i->modrm))
        return -1;
    mod = i->modrm >> 6;
    rm = i->modrm & 7u;
    /* MOV of a control or debug register: registers only, whatever mod says. */
    if (mod == 3 || (i->map == SOFT_MAP_0F && i->opcode >= 0x20 && i->opcode <= 0x23))
        return 0;
    if (code_bits == 32 && i->address_size)
        return -1;
    if (rm == 4) {
        i->has_sib = 1;
        if (take_byte(c, &i->sib))
            return -1;
    }
    if (mod == 1)
        bytes = 1;
    else if (mod == 2 || rm == 5 || (rm == 4 && (i->sib & 7u) == 5))
        bytes = 4;
    if (take(c, bytes, &value))
        return -1;
    i->displacement = bytes == 1 ? (int8_t)value : (int32_t)value;
    return 0;
}

static int take_immediate(struct cursor *c, unsigned code_bits, unsigned form,
                          struct soft_insn *i)
{
    unsigned bytes = form & BYTE ? 1 : 0;

    if (form & WORD)
        bytes += 2;
    if (form & FULL)
        bytes += i->operand_size && !(i->rex & SOFT_REX_W) ? 2 : 4;
    if (form & WHOLE)
        bytes += i->rex & SOFT_REX_W ? 8 : i->operand_size ? 2 : 4;
    if (form & OFFSET) {
        if (code_bits == 32 && i->address_size)
            return -1;
        bytes += code_bits == 64 && !i->address_size ? 8 : 4;
    }
    if (form & BRANCH) {
        if (i->operand_size)
            return -1;
        bytes += 4;
    }
    return take(c, bytes, &i->immediate);
}

static unsigned form_of(const struct soft_insn *i, unsigned code_bits)
{
    unsigned form, reg = (i->modrm >> 3) & 7u;

    switch (i->map) {
    case SOFT_MAP_0F38:
        return MODRM;
    case SOFT_MAP_0F3A:
        return MB;
    case SOFT_MAP_0F:
        form = two_byte[i->opcode];
        /* JMPE unless POPCNT; the vector shifts by an immediate take registers only. */
        return i->opcode == 0xb8 && i->repeat != 0xf3 ? BAD : form;
    default:
        break;
    }
    form = one_byte[i->opcode];
    if (code_bits == 64 && form & LEGACY)
        return BAD;
    /* Known only when ModRM has been read; the caller asks again. */
    if (i->has_modrm && (i->opcode == 0xf6 || i->opcode == 0xf7) && reg < 2)
        form |= i->opcode == 0xf6 ? BYTE : FULL;
    if (i->has_modrm && i->opcode == 0x8f && reg)
        form = BAD; /* XOP */
    return form;
}

int soft_decode(const uint8_t *code, size_t n, unsigned code_bits, struct soft_insn *out)
{
    struct cursor c = {.code = code, .n = n};
    unsigned form;

    *out = (struct soft_insn){0};
    if ((code_bits != 32 && code_bits != 64) || take_opcode(&c, code_bits, out))
        return -1;
    form = form_of(out, code_bits);
    if (!(form & BAD) && form & MODRM) {
        if (take_modrm(&c, code_bits, out))
            return -1;
        form = form_of(out, code_bits);
    }
    if (form & BAD || take_immediate(&c, code_bits, form, out))
        return -1;
    out->length = (unsigned)c.at;
    return 0;
}

static enum soft_kind kind_0f(const struct soft_insn *i)
{
    unsigned mod = i->modrm >> 6, reg = (i->modrm >> 3) & 7u;

    switch (i->opcode) {
    case 0x00: /* group 6: SLDT STR LLDT LTR VERR VERW */
        return reg < 2 ? SOFT_TABLES : reg == 4 || reg == 5 ? SOFT_SELECTORS : SOFT_PLAIN;
    case 0x01: /* group 7 */
        if (i->modrm == 0xc1 || i->modrm == 0xd9)
            return SOFT_HYPERCALL;
        return (mod != 3 && reg < 2) || reg == 4 ? SOFT_TABLES : SOFT_PLAIN;
    case 0x02:
    case 0x03:
        return SOFT_SELECTORS;
    case 0xa0: /* PUSH FS, PUSH GS */
    case 0xa8:
        return SOFT_SELECTORS;
    case 0xa2:
        return SOFT_CPUID;
    default:
        return SOFT_PLAIN;
    }
}

enum soft_kind soft_kind_of(const struct soft_insn *i)
{
    if (i->map == SOFT_MAP_0F)
        return kind_0f(i);
    if (i->map != SOFT_MAP_ONE)
        return SOFT_PLAIN;
    switch (i->opcode) {
    case 0x06: /* PUSH ES, CS, SS, DS; decoded in 32-bit code only */
    case 0x0e:
    case 0x16:
    case 0x1e:
    case 0x8c:
        return SOFT_SELECTORS;
    case 0x9c:
    case 0x9d:
        return SOFT_FLAGS;
    case 0xcd:
        return SOFT_INTERRUPT;
    default:
        return SOFT_PLAIN;
    }
}
