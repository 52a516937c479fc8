/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_table.c - page tables written by every kind of instruction. The same
 * instruction with the same registers runs twice, on memory that is none and on an entry of a
 * table in use: memory, registers and flags must be the same behind both, whoever carried the
 * second out.
 */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/paging.h"
#include "tests/system/vmm_fuzz/svm.h"

#define FIRST_SPARE 64u /* entries of level1 that nothing else uses */
#define LAST_SPARE 500u

enum immediate { NO_IMM, IMM8, IMM_WIDE };

static const struct form {
    uint8_t two_byte, opcode, is_byte, has_group, group;
    uint8_t immediate; /* enum immediate */
    uint8_t undefined; /* flags that the processor leaves undefined: not compared */
} forms[] = {
    {0, 0x00, 1, 0, 0, NO_IMM, 0},
    {0, 0x01, 0, 0, 0, NO_IMM, 0},
    {0, 0x08, 1, 0, 0, NO_IMM, 0x10},
    {0, 0x09, 0, 0, 0, NO_IMM, 0x10},
    {0, 0x10, 1, 0, 0, NO_IMM, 0},
    {0, 0x11, 0, 0, 0, NO_IMM, 0},
    {0, 0x18, 1, 0, 0, NO_IMM, 0},
    {0, 0x19, 0, 0, 0, NO_IMM, 0},
    {0, 0x20, 1, 0, 0, NO_IMM, 0x10},
    {0, 0x21, 0, 0, 0, NO_IMM, 0x10},
    {0, 0x28, 1, 0, 0, NO_IMM, 0},
    {0, 0x29, 0, 0, 0, NO_IMM, 0},
    {0, 0x30, 1, 0, 0, NO_IMM, 0x10},
    {0, 0x31, 0, 0, 0, NO_IMM, 0x10},
    {0, 0x39, 0, 0, 0, NO_IMM, 0},
    {0, 0x80, 1, 1, 8, IMM8, 0x10},
    {0, 0x81, 0, 1, 8, IMM_WIDE, 0x10},
    {0, 0x83, 0, 1, 8, IMM8, 0x10},
    {0, 0x86, 1, 0, 0, NO_IMM, 0},
    {0, 0x87, 0, 0, 0, NO_IMM, 0},
    {0, 0x88, 1, 0, 0, NO_IMM, 0},
    {0, 0x89, 0, 0, 0, NO_IMM, 0},
    {0, 0xc6, 1, 1, 0, IMM8, 0},
    {0, 0xc7, 0, 1, 0, IMM_WIDE, 0},
    {0, 0xf6, 1, 1, 2, NO_IMM, 0},
    {0, 0xf7, 0, 1, 2, NO_IMM, 0},
    {0, 0xf6, 1, 1, 3, NO_IMM, 0},
    {0, 0xf7, 0, 1, 3, NO_IMM, 0},
    {0, 0xfe, 1, 1, 0, NO_IMM, 0},
    {0, 0xff, 0, 1, 0, NO_IMM, 0},
    {0, 0xfe, 1, 1, 1, NO_IMM, 0},
    {0, 0xff, 0, 1, 1, NO_IMM, 0},
    {1, 0xab, 0, 0, 0, NO_IMM, 0xd5},
    {1, 0xb3, 0, 0, 0, NO_IMM, 0xd5},
    {1, 0xbb, 0, 0, 0, NO_IMM, 0xd5},
    {1, 0xba, 0, 1, 5, IMM8, 0xd4},
    {1, 0xba, 0, 1, 6, IMM8, 0xd4},
    {1, 0xba, 0, 1, 7, IMM8, 0xd4},
    {1, 0xb0, 1, 0, 0, NO_IMM, 0},
    {1, 0xb1, 0, 0, 0, NO_IMM, 0},
    {1, 0xc0, 1, 0, 0, NO_IMM, 0},
    {1, 0xc1, 0, 0, 0, NO_IMM, 0},
    /* not carried: the table loses its shadow and the processor does it */
    {0, 0xd3, 0, 1, 4, NO_IMM, 0xff},
    {0, 0x8f, 0, 1, 0, NO_IMM, 0},
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

static uint8_t plain[4096] __attribute__((aligned(4096)));

static uint64_t get(const void *at)
{
    return *(const volatile uint64_t *)at;
}

static void put(void *at, uint64_t value)
{
    *(volatile uint64_t *)at = value;
}

static unsigned put_immediate(uint8_t *code, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        code[i] = (uint8_t)random64();
    return bytes;
}

/* The operand is [RDI + displacement], or with an index in RAX that is 0 … so it is not used. */
static unsigned make_operand(uint8_t *code, unsigned reg, int64_t *displacement)
{
    unsigned n = 0;
    const unsigned kind = (unsigned)below(4);

    *displacement = kind == 1 ? (int8_t)random64() : kind == 2 ? (int32_t)below(0x10000) : 0;
    if (kind == 3) {
        code[n++] = (uint8_t)(0x04 | reg << 3);
        code[n++] = 0x27; /* no index, base RDI */
        return n;
    }
    code[n++] = (uint8_t)(kind << 6 | reg << 3 | RDI);
    for (unsigned i = 0; i < (kind == 1 ? 1u : kind == 2 ? 4u : 0); i++)
        code[n++] = (uint8_t)(*displacement >> (8 * i));
    return n;
}

static unsigned pick_register(int extended)
{
    static const uint8_t usable[] = {RAX, RCX, RDX, RBX, RBP, RSI};

    return extended ? (unsigned)below(8) : usable[below(6)];
}

/* Returns the bytes; *bytes of memory it may touch. */
static unsigned make_form(const struct form *f, uint8_t *code, int64_t *displacement,
                          unsigned *width)
{
    unsigned n = 0, group = f->group, reg;
    const int word = !f->is_byte && below(4) == 0, wide = !word && !f->is_byte && below(2);
    const int extended = !f->has_group && below(2);

    if (group == 8)
        group = (unsigned)below(7); /* not CMP */
    reg = f->has_group ? group : pick_register(extended);
    if (f->opcode == 0x8f)
        *width = word ? 2 : 8;
    else
        *width = f->is_byte ? 1 : word ? 2 : wide ? 8 : 4;
    if (word)
        code[n++] = 0x66;
    if (f->opcode != 0x39 && below(4) == 0 && f->opcode != 0x88 && f->opcode != 0x89 &&
        f->opcode != 0xc6 && f->opcode != 0xc7 && f->opcode != 0x8f && f->opcode != 0xd3)
        code[n++] = 0xf0; /* LOCK */
    if (wide || extended || (f->is_byte && below(2)))
        code[n++] = (uint8_t)(0x40 | (wide ? 8 : 0) | (extended ? 4 : 0));
    if (f->two_byte)
        code[n++] = 0x0f;
    code[n++] = f->opcode;
    n += make_operand(code + n, reg, displacement);
    if (f->immediate == IMM8)
        n += put_immediate(code + n, 1);
    if (f->immediate == IMM_WIDE)
        n += put_immediate(code + n, word ? 2 : 4);
    return n;
}

struct outcome {
    uint64_t registers[16], flags, memory[3], vector;
};

/* `at` has its three words around the one that is meant; RDI is told apart by where it was. */
static void run_at(uint8_t *at, const uint64_t memory[3], uint64_t offset, struct outcome *o)
{
    for (unsigned i = 0; i < 3; i++)
        put(at + 8 * i - 8, memory[i]);
    exec_in[RDI] = (uint64_t)at + offset;
    exec_run((uint64_t)made_code);
    for (unsigned i = 0; i < 16; i++)
        o->registers[i] = exec_out[i];
    o->registers[RDI] -= exec_in[RDI];
    o->flags = exec_flags;
    o->vector = exec_vector;
    for (unsigned i = 0; i < 3; i++)
        o->memory[i] = get(at + 8 * i - 8);
}

static void compare(const struct outcome *a, const struct outcome *b, unsigned undefined)
{
    must("fault of a write", b->vector, a->vector);
    for (unsigned i = 0; i < 3; i++)
        must("memory behind a write", b->memory[i], a->memory[i]);
    for (unsigned i = 0; i < 16; i++)
        if (i != RSP)
            must("a register behind a write", b->registers[i], a->registers[i]);
    must("flags behind a write", (b->flags >> 8 & 0xff) & ~undefined,
         (a->flags >> 8 & 0xff) & ~undefined);
    if (undefined != 0xd5 && undefined != 0xd4 && undefined != 0xff)
        must("overflow behind a write", b->flags & 1, a->flags & 1);
}

/* The window is one table again, and it is in use. */
static uint8_t *table_in_use(unsigned window, unsigned entry)
{
    randomize();
    exec_in[RSI] = AREA + (uint64_t)window * 0x200000 + PAGING_LASTING * 4096;
    exec_run((uint64_t)s_load8); /* whatever comes of it */
    return (uint8_t *)&level1[window][entry];
}

/* Bits of a number in a register reach further: kept near. */
static void keep_near(const struct form *f)
{
    if (f->two_byte && (f->opcode == 0xab || f->opcode == 0xb3 || f->opcode == 0xbb))
        for (unsigned i = 0; i < 16; i++)
            exec_in[i] &= 63;
}

static void one_write(unsigned window, unsigned entry)
{
    const struct form *f = &forms[below(FORMS)];
    struct outcome first, second;
    uint64_t memory[3], inputs[16], offset;
    uint8_t code[24], *at = table_in_use(window, entry);
    int64_t displacement;
    unsigned n, width;

    randomize();
    keep_near(f);
    n = make_form(f, code, &displacement, &width);
    make_code(code, n);
    for (unsigned i = 0; i < 3; i++)
        memory[i] = below(2) ? get(at + 8 * i - 8) : odd_value() & ~0x1full;
    if (f->two_byte && (f->opcode == 0xb0 || f->opcode == 0xb1) && below(2))
        exec_in[RAX] = memory[1];
    offset = below(8) ? below(8 / width) * width : below(8);
    offset -= (uint64_t)displacement;
    for (unsigned i = 0; i < 16; i++)
        inputs[i] = exec_in[i];
    run_at(plain + 64, memory, offset, &first);
    for (unsigned i = 0; i < 16; i++)
        exec_in[i] = inputs[i];
    run_at(at, memory, offset, &second);
    if (f->opcode == 0x8f)
        second.registers[RSP] = first.registers[RSP];
    compare(&first, &second, f->undefined);
}

/* STOS, alone and repeated; `at` is in a table in use. */
static void one_fill(uint8_t *at)
{
    const int repeated = (int)below(2), wide = (int)below(2), as_byte = (int)below(4) == 0;
    const uint64_t memory[3] = {0, 0, 0};
    struct outcome first, second;
    uint64_t inputs[16];
    uint8_t code[4];
    unsigned n = 0;

    if (repeated)
        code[n++] = 0xf3;
    if (wide)
        code[n++] = 0x48;
    code[n++] = as_byte ? 0xaa : 0xab;
    randomize();
    make_code(code, n);
    exec_in[RCX] = below(3);
    exec_in[RAX] &= ~0x1full;
    for (unsigned i = 0; i < 16; i++)
        inputs[i] = exec_in[i];
    run_at(plain + 64, memory, 0, &first);
    for (unsigned i = 0; i < 16; i++)
        exec_in[i] = inputs[i];
    run_at(at, memory, 0, &second);
    compare(&first, &second, 0);
}

void op_table(void)
{
    const unsigned window = (unsigned)below(2);
    const unsigned entry = FIRST_SPARE + (unsigned)below(LAST_SPARE - FIRST_SPARE);

    uint64_t *const spare = &guest_root[100 + below(100)];

    switch (below(8)) {
    case 0: /* the root, which never loses its shadow */
        one_fill((uint8_t *)spare);
        for (unsigned i = 0; i < 3; i++)
            put(spare + i - 1, 0);
        break;
    case 1:
        one_fill(table_in_use(window, entry));
        break;
    default:
        one_write(window, entry);
    }
    for (unsigned i = 0; i < 3; i++)
        put(&level1[window][entry + i - 1], 0);
    if (below(16) == 0)
        paging_flush();
}
