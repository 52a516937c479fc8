/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/decode/insn_operand.c - memory operands (vmm/decode/insn_operand.h). */
#include "hv-under-test/vmm/decode/insn_operand.h"

#define CARRY (1ull << 0)
#define PARITY (1ull << 2)
#define ADJUST (1ull << 4)
#define ZERO (1ull << 6)
#define SIGN (1ull << 7)
#define DIRECTION (1ull << 10)
#define OVERFLOW (1ull << 11)
#define ARITHMETIC (CARRY | PARITY | ADJUST | ZERO | SIGN | OVERFLOW)

/* In the order of the opcodes, APM vol. 3 table A-1; then ours. */
enum operation {
    ADD,
    OR,
    ADC,
    SBB,
    AND,
    SUB,
    XOR,
    CMP,
    MOVE,
    EXCHANGE,
    NOT,
    NEG,
    INC,
    DEC,
    SET,
    RESET,
    COMPLEMENT,
    COMPARE_EXCHANGE,
    EXCHANGE_ADD,
    NO_WRITE
};

struct write {
    enum operation operation;
    unsigned bytes, reg;
    int has_immediate;
};

/* --- addresses --- */

static int is_moffs(const struct soft_insn *i)
{
    return i->map == SOFT_MAP_ONE && (i->opcode & 0xfcu) == 0xa0;
}

static unsigned rm_of(const struct soft_insn *i)
{
    return (i->modrm & 7u) | (i->rex & SOFT_REX_B ? 8u : 0);
}

static unsigned reg_of(const struct soft_insn *i)
{
    return ((i->modrm >> 3) & 7u) | (i->rex & SOFT_REX_R ? 8u : 0);
}

static unsigned wide(const struct soft_insn *i)
{
    return i->rex & SOFT_REX_W ? 8 : i->operand_size ? 2 : 4;
}

uint64_t insn_address(struct vcpu *v, const struct soft_insn *i, unsigned code_bits)
{
    const unsigned mod = i->modrm >> 6, rm = i->modrm & 7u;
    uint64_t address = (uint64_t)(int64_t)i->displacement;

    if (is_moffs(i)) {
        address = i->immediate;
    } else if (i->has_sib) {
        const unsigned index = ((i->sib >> 3) & 7u) | (i->rex & SOFT_REX_X ? 8u : 0);
        const unsigned base = (i->sib & 7u) | (i->rex & SOFT_REX_B ? 8u : 0);

        if (index != 4)
            address += *vcpu_register(v, index) << (i->sib >> 6);
        if (mod || (i->sib & 7u) != 5)
            address += *vcpu_register(v, base);
    } else if (!mod && rm == 5) {
        address += code_bits == 64 ? *v->rip + i->length : 0;
    } else {
        address += *vcpu_register(v, rm_of(i));
    }
    return code_bits == 64 && !i->address_size ? address : (uint32_t)address;
}

static int is_bit_by_register(const struct soft_insn *i)
{
    return i->map == SOFT_MAP_0F &&
           (i->opcode == 0xab || i->opcode == 0xb3 || i->opcode == 0xbb);
}

uint64_t insn_write_address(struct vcpu *v, const struct soft_insn *i, unsigned code_bits)
{
    uint64_t address = insn_address(v, i, code_bits);
    const unsigned bytes = wide(i);

    if (is_bit_by_register(i)) {
        const uint64_t number = *vcpu_register(v, reg_of(i));
        const int64_t bit = bytes == 8   ? (int64_t)number
                            : bytes == 4 ? (int32_t)number
                                         : (int16_t)number;

        address += (uint64_t)((bit >> (bytes == 8 ? 6 : bytes == 4 ? 5 : 4)) * (int64_t)bytes);
    }
    return code_bits == 64 && !i->address_size ? address : (uint32_t)address;
}

/* --- which --- */

static enum operation of_group(const struct soft_insn *i, enum operation of_2,
                               enum operation of_3)
{
    const unsigned group = (i->modrm >> 3) & 7u;

    return group == 2 ? of_2 : group == 3 ? of_3 : NO_WRITE;
}

static void of_first_map(const struct soft_insn *i, struct write *w)
{
    const unsigned group = (i->modrm >> 3) & 7u, opcode = i->opcode;

    if (!(opcode & 1u))
        w->bytes = 1;
    if (opcode < 0x40 && (opcode & 7u) < 2) {
        w->operation = (enum operation)(opcode >> 3);
    } else if (opcode == 0x80 || opcode == 0x81 || opcode == 0x83) {
        w->operation = (enum operation)group;
        w->has_immediate = 1;
    } else if (opcode == 0x86 || opcode == 0x87) {
        w->operation = EXCHANGE;
    } else if (opcode == 0x88 || opcode == 0x89) {
        w->operation = MOVE;
    } else if (opcode == 0xa2 || opcode == 0xa3) {
        w->operation = MOVE;
        w->reg = 0;
    } else if ((opcode == 0xc6 || opcode == 0xc7) && !group) {
        w->operation = MOVE;
        w->has_immediate = 1;
    } else if (opcode == 0xf6 || opcode == 0xf7) {
        w->operation = of_group(i, NOT, NEG);
    } else if (opcode == 0xfe || opcode == 0xff) {
        w->operation = group == 0 ? INC : group == 1 ? DEC : NO_WRITE;
    }
}

static void of_second_map(const struct soft_insn *i, struct write *w)
{
    static const enum operation bits[8] = {NO_WRITE, NO_WRITE, NO_WRITE, NO_WRITE,
                                           NO_WRITE, SET,      RESET,    COMPLEMENT};
    const unsigned group = (i->modrm >> 3) & 7u;

    switch (i->opcode) {
    case 0xab:
        w->operation = SET;
        break;
    case 0xb3:
        w->operation = RESET;
        break;
    case 0xbb:
        w->operation = COMPLEMENT;
        break;
    case 0xba:
        w->operation = bits[group];
        w->has_immediate = 1;
        break;
    case 0xb0:
    case 0xb1:
        w->operation = COMPARE_EXCHANGE;
        break;
    case 0xc0:
    case 0xc1:
        w->operation = EXCHANGE_ADD;
        break;
    case 0xc3:
        w->operation = i->operand_size || i->repeat ? NO_WRITE : MOVE; /* MOVNTI */
        break;
    default:
        break;
    }
    if (i->opcode == 0xb0 || i->opcode == 0xc0)
        w->bytes = 1;
}

/* --- registers --- */

static uint64_t mask_of(unsigned bytes)
{
    return bytes == 8 ? UINT64_MAX : (1ull << (8 * bytes)) - 1;
}

/* AH, CH, DH, BH are bytes 4-7 where no REX says otherwise. */
static unsigned place(const struct soft_insn *i, unsigned bytes, unsigned *reg)
{
    const int high = bytes == 1 && !i->has_rex && *reg >= 4 && *reg < 8;

    if (high)
        *reg -= 4;
    return high ? 8 : 0;
}

static uint64_t read_register(struct vcpu *v, const struct soft_insn *i, unsigned bytes,
                              unsigned reg)
{
    const unsigned shift = place(i, bytes, &reg);

    return (*vcpu_register(v, reg) >> shift) & mask_of(bytes);
}

static void write_register(struct vcpu *v, const struct soft_insn *i, unsigned bytes,
                           unsigned reg, uint64_t value)
{
    const unsigned shift = place(i, bytes, &reg);
    uint64_t *r = vcpu_register(v, reg);

    /* 32 bits clear the upper half. */
    if (bytes >= 4)
        *r = value;
    else
        *r = (*r & ~(mask_of(bytes) << shift)) | value << shift;
}

/* --- arithmetic --- */

/* Flags of a result; carry, adjust and overflow from vectors of carries and overflows. */
static uint64_t flags_of(uint64_t result, uint64_t carries, uint64_t overflows,
                         uint64_t adjust, unsigned bytes)
{
    const unsigned top = 8 * bytes - 1;

    return ((carries >> top) & 1 ? CARRY : 0) | ((overflows >> top) & 1 ? OVERFLOW : 0) |
           (adjust & 0x10 ? ADJUST : 0) | (result & mask_of(bytes) ? 0 : ZERO) |
           ((result >> top) & 1 ? SIGN : 0) |
           (__builtin_popcount((unsigned)result & 0xffu) % 2 ? 0 : PARITY);
}

static uint64_t add(uint64_t a, uint64_t b, unsigned carry, unsigned bytes, uint64_t *flags)
{
    const uint64_t r = a + b + carry;

    *flags = flags_of(r, (a & b) | ((a | b) & ~r), (a ^ r) & (b ^ r), a ^ b ^ r, bytes);
    return r;
}

static uint64_t subtract(uint64_t a, uint64_t b, unsigned borrow, unsigned bytes,
                         uint64_t *flags)
{
    const uint64_t r = a - b - borrow;

    *flags = flags_of(r, (~a & b) | ((~a | b) & r), (a ^ b) & (a ^ r), a ^ b ^ r, bytes);
    return r;
}

static uint64_t logic(uint64_t r, unsigned bytes, uint64_t *flags)
{
    *flags = flags_of(r, 0, 0, 0, bytes);
    return r;
}

static uint64_t compute(enum operation o, uint64_t a, uint64_t b, unsigned bytes,
                        uint64_t *flags)
{
    const uint64_t carry = *flags & CARRY, bit = 1ull << (b & (8 * bytes - 1));

    switch (o) {
    case ADD:
    case EXCHANGE_ADD:
        return add(a, b, 0, bytes, flags);
    case ADC:
        return add(a, b, (unsigned)carry, bytes, flags);
    case SUB:
    case CMP:
        return subtract(a, b, 0, bytes, flags);
    case SBB:
        return subtract(a, b, (unsigned)carry, bytes, flags);
    case AND:
        return logic(a & b, bytes, flags);
    case OR:
        return logic(a | b, bytes, flags);
    case XOR:
        return logic(a ^ b, bytes, flags);
    case NEG:
        return subtract(0, a, 0, bytes, flags);
    case INC:
        b = add(a, 1, 0, bytes, flags);
        *flags = (*flags & ~CARRY) | carry;
        return b;
    case DEC:
        b = subtract(a, 1, 0, bytes, flags);
        *flags = (*flags & ~CARRY) | carry;
        return b;
    case NOT:
        return ~a;
    case SET:
    case RESET:
    case COMPLEMENT:
        *flags = (*flags & ~CARRY) | (a & bit ? CARRY : 0);
        return o == SET ? a | bit : o == RESET ? a & ~bit : a ^ bit;
    case MOVE:
    case EXCHANGE:
    default:
        return b;
    }
}

/* Shorter than the operand, it keeps its sign. */
static uint64_t immediate_of(const struct soft_insn *i)
{
    if (i->map == SOFT_MAP_0F || i->opcode == 0x80 || i->opcode == 0x83 || i->opcode == 0xc6)
        return (uint64_t)(int8_t)i->immediate;
    return wide(i) == 2 ? (uint64_t)(int16_t)i->immediate : (uint64_t)(int32_t)i->immediate;
}

static void set_flags(struct vcpu *v, uint64_t flags)
{
    *v->rflags = (*v->rflags & ~ARITHMETIC) | (flags & ARITHMETIC);
}

/* What is in memory is written back where it differs, as the processor does. */
static uint64_t compare_exchange(struct vcpu *v, const struct soft_insn *i,
                                 const struct write *w, uint64_t a)
{
    const uint64_t wanted = read_register(v, i, w->bytes, 0);
    uint64_t flags;

    subtract(wanted, a, 0, w->bytes, &flags);
    set_flags(v, flags);
    if (flags & ZERO)
        return read_register(v, i, w->bytes, w->reg);
    write_register(v, i, w->bytes, 0, a);
    return a;
}

int insn_write(struct vcpu *v, const struct soft_insn *i, uint8_t *memory, unsigned room)
{
    struct write w = {.operation = NO_WRITE, .bytes = wide(i), .reg = reg_of(i)};
    uint64_t a = 0, b, flags = *v->rflags;

    if (!is_moffs(i) && (!i->has_modrm || i->modrm >> 6 == 3))
        return -1;
    if (i->map == SOFT_MAP_ONE)
        of_first_map(i, &w);
    else if (i->map == SOFT_MAP_0F)
        of_second_map(i, &w);
    if (w.operation == NO_WRITE || w.operation == CMP || w.bytes > room)
        return -1;
    __builtin_memcpy(&a, memory, w.bytes);
    if (w.operation == COMPARE_EXCHANGE) {
        b = compare_exchange(v, i, &w, a);
    } else {
        b = w.has_immediate ? immediate_of(i) & mask_of(w.bytes)
                            : read_register(v, i, w.bytes, w.reg);
        b = compute(w.operation, a, b, w.bytes, &flags);
        if (w.operation == EXCHANGE || w.operation == EXCHANGE_ADD)
            write_register(v, i, w.bytes, w.reg, a);
        set_flags(v, flags);
    }
    __builtin_memcpy(memory, &b, w.bytes);
    return (int)w.bytes;
}

int insn_fill(struct vcpu *v, const struct soft_insn *i, uint8_t *memory, unsigned room,
              int *whole)
{
    const unsigned bytes = i->opcode == 0xaa ? 1 : wide(i);
    const uint64_t wanted = i->repeat ? v->rcx : 1, elements = room / bytes;
    const unsigned n = (unsigned)(wanted < elements ? wanted : elements);

    if (i->map != SOFT_MAP_ONE || (i->opcode != 0xaa && i->opcode != 0xab) || !n ||
        i->address_size || *v->rflags & DIRECTION)
        return -1;
    for (unsigned k = 0; k < n; k++)
        __builtin_memcpy(memory + k * bytes, v->rax, bytes);
    v->rdi += n * bytes;
    if (i->repeat)
        v->rcx -= n;
    *whole = n == wanted;
    return (int)(n * bytes);
}
