/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_event.c - exceptions and what they go through: gates, stacks,
 * segments, some of them just dropped from the TLB, so that a fault cuts their delivery short.
 */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/paging.h"
#include "tests/system/vmm_fuzz/svm.h"

/* What the processor reads on its way to a handler. */
static void drop_the_way(void)
{
    const char here = 0; /* on the stack */

    if (below(2))
        paging_invalidate((uint64_t)idt);
    if (below(2))
        paging_invalidate((uint64_t)&here);
    if (below(4) == 0)
        paging_flush();
}

/* --- gates in two pages, of which the second may not be there --- */

#define SPLIT_ENTRY 600u /* of directories: no memory is there */
#define SPLIT ((uint64_t)SPLIT_ENTRY << 21)
#define FIRST_OF_SECOND 9u /* vector: 8 is the last gate of the first page */

static uint64_t split[512] __attribute__((aligned(4096)));
static uint8_t gates[2][4096] __attribute__((aligned(4096)));

/* A fault on the way to a handler: of what is no fault that contributes, or comes by INT n, it is
 * itself one, whose gate lies there, too; so what comes is a double fault (APM vol. 2 section
 * 8.2.9), with its own stack. */
static void split_gates(void)
{
    struct table_pointer p = {.limit = 4095, .base = SPLIT + 4096 - FIRST_OF_SECOND * 16};
    const int present = (int)below(3) == 0;
    const unsigned which = (unsigned)below(5);

    for (unsigned i = 0; i < 4096; i++)
        *((uint8_t *)gates + 4096 - FIRST_OF_SECOND * 16 + i) = ((const uint8_t *)idt)[i];
    split[0] = (uint64_t)gates[0] | P | W;
    if (directories[SPLIT_ENTRY] != ((uint64_t)split | P | W | A))
        paging_write_entry(&directories[SPLIT_ENTRY], (uint64_t)split | P | W | A);
    paging_write_entry(&split[1], (uint64_t)gates[1] | W | (present ? P : 0));
    paging_flush();
    load_idt(&p);
    randomize();
    switch (which) {
    case 0:
        exec_in[RDI] = (exec_in[RDI] | 1ull << 60) & ~(1ull << 63);
        run(s_noncanonical); /* #GP */
        break;
    case 1:
        exec_in[RSI] = SPLIT + 0x5000;
        run(s_load64); /* #PF */
        break;
    case 2:
        run(s_int_n);
        break;
    case 3:
        exec_in[RBX] = 0x1000;
        run(s_set_ds); /* #GP with a selector */
        break;
    default:
        run(s_ud2); /* its gate is in the first page */
    }
    load_idt(&idt_pointer);
    if (which == 4)
        must_fault(6, 0);
    else if (!present)
        must_fault(8, 0);
    else
        must_fault(which == 1 ? 14 : which == 2 ? VECTOR_N : 13, which == 3 ? 0x1000 : 0);
}

void op_event(void)
{
    unsigned which;

    if (below(4) == 0) {
        split_gates();
        return;
    }

    drop_the_way();
    randomize();
    which = (unsigned)below(COMMON_EXCEPTIONS + 2);
    switch (which) {
    case COMMON_EXCEPTIONS:
        exec_in[RBX] = 0x1000 | (random64() & 0xff8);
        run(s_set_ds);
        must_fault(13, exec_in[RBX] & 0xfffc);
        break;
    case COMMON_EXCEPTIONS + 1:
        exec_in[RAX] = 0;
        exec_in[RBX] = 0x10;
        run(by_vmx ? s_mov_ss_vmcall : s_mov_ss); /* the hypercall in the shadow of it */
        must_keep(0);
        expect_exits(VMM_CAUSE_HYPERCALL, 1);
        break;
    default:
        raise_exception(which);
    }
}

/* Damage, seen by the processor, told by its fault, mended. */
void op_descriptor(void)
{
    struct table_pointer cut = {.limit = VECTOR_N * 16 - 1, .base = (uint64_t)idt};
    const struct gate kept = idt[VECTOR_N];

    switch (below(4)) {
    case 0:
        idt[VECTOR_N].type &= 0x7fff; /* not present */
        drop_the_way();
        randomize();
        run(s_int_n);
        must_fault_at_gate(11, VECTOR_N);
        break;
    case 1:
        load_idt(&cut);
        drop_the_way();
        randomize();
        run(s_int_n);
        must_fault_at_gate(13, VECTOR_N);
        load_idt(&idt_pointer);
        break;
    case 2:
        idt[VECTOR_N].type = (uint16_t)(0x8000 | below(8) << 8); /* no gate of long mode */
        randomize();
        run(s_int_n);
        must_fault_at_gate(13, VECTOR_N);
        break;
    default:
        idt[VECTOR_N].selector = 0x1230;
        randomize();
        run(s_int_n);
        must_fault(13, 0x1230);
    }
    idt[VECTOR_N] = kept;
}
