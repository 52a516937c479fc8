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

void op_event(void)
{
    unsigned which;

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
        run(s_mov_ss); /* VMMCALL in the shadow of it */
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
