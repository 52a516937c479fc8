/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/lab/nrip_insn.h"

struct reader {
    nrip_fetch *fetch;
    void *opaque;
    unsigned used;
};

static uint8_t next(struct reader *r)
{
    return r->used < NRIP_MAX_BYTES ? r->fetch(r->opaque, r->used++) : 0;
}

static int is_prefix(uint8_t byte)
{
    switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65: /* segments */
    case 0x66:
    case 0x67: /* operand and address size */
    case 0xf0:
    case 0xf2:
    case 0xf3:
        return 1;
    default:
        return 0;
    }
}

/* ModRM, SIB and displacement (APM volume 3, section 1.4). */
static uint8_t read_modrm(struct reader *r, unsigned address_bits)
{
    const uint8_t modrm = next(r);
    const unsigned mod = modrm >> 6, rm = modrm & 7u;
    unsigned displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;

    if (mod == 3)
        return modrm;
    if (address_bits == 16) {
        if (mod == 2 || (mod == 0 && rm == 6))
            displacement = 2;
    } else if (rm == 4) {
        const uint8_t sib = next(r);

        if (mod == 0 && (sib & 7u) == 5)
            displacement = 4;
    } else if (mod == 0 && rm == 5) {
        displacement = 4;
    }
    while (displacement--)
        next(r);
    return modrm;
}

/* Behind 0Fh. 0: none of them. */
static int read_second(struct reader *r, unsigned address_bits)
{
    const uint8_t opcode = next(r);

    switch (opcode) {
    case 0x00: /* SLDT, STR, LLDT, LTR */
    case 0x01: /* descriptor tables, SMSW, LMSW, INVLPG, and those without an operand */
        read_modrm(r, address_bits);
        return 1;
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23: /* control and debug registers: always mod 3 */
        next(r);
        return 1;
    case 0x06: /* CLTS */
    case 0x08: /* INVD */
    case 0x09: /* WBINVD */
    case 0x30:
    case 0x31:
    case 0x32:
    case 0x33: /* WRMSR, RDTSC, RDMSR, RDPMC */
    case 0xa2: /* CPUID */
    case 0xaa: /* RSM */
        return 1;
    default:
        return 0;
    }
}

static int read_first(struct reader *r, uint8_t opcode, unsigned address_bits)
{
    switch (opcode) {
    case 0x0f:
        return read_second(r, address_bits);
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f: /* INS, OUTS */
    case 0x90: /* PAUSE, with its prefix F3h */
    case 0x9c:
    case 0x9d: /* PUSHF, POPF */
    case 0xcc:
    case 0xce:
    case 0xcf: /* INT3, INTO, IRET */
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef: /* IN, OUT by DX */
    case 0xf1:
    case 0xf4: /* INT1, HLT */
        return 1;
    case 0xcd: /* INTn */
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7: /* IN, OUT by number */
        next(r);
        return 1;
    default:
        return 0;
    }
}

unsigned nrip_length(nrip_fetch *fetch, void *opaque, unsigned bits)
{
    struct reader r = {.fetch = fetch, .opaque = opaque};
    unsigned address_bits = bits;
    uint8_t byte = next(&r);

    while (r.used < NRIP_MAX_BYTES && is_prefix(byte)) {
        if (byte == 0x67)
            address_bits = bits == 32 ? 16 : 32;
        byte = next(&r);
    }
    if (bits == 64 && (byte & 0xf0u) == 0x40) /* REX */
        byte = next(&r);
    return read_first(&r, byte, address_bits) ? r.used : 0;
}
