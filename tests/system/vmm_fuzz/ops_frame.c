/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_frame.c - what a guest of soft takes from its stack by instructions
 * that are not the processor's there: IRET and POPF, from good frames, bad ones and where nothing
 * is; the trap of a single step; a task-state segment of its own, from which page faults have
 * their stack.
 */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/paging.h"
#include "tests/system/vmm_fuzz/soft.h"

#define TASK_SELECTOR 0x28u
#define DATA_SELECTOR 0x10u
#define NOWHERE (3ull << 39) /* an entry of the root that is not present */
#define FLAG_TF 0x100ull
#define FLAGS_LEFT_OUT 0x44700ull /* AC NT DF IF TF */
#define FLAGS_ARITHMETIC 0xd5ull

static uint64_t gdt[8];
static struct __attribute__((packed)) {
    uint32_t reserved0;
    uint64_t rsp[3], reserved1, ist[7], reserved2;
    uint16_t reserved3, io_map_at;
} task;
static uint8_t fault_stack[4096] __attribute__((aligned(16)));
static uint64_t around[64]; /* a fault's frame goes below it */
static uint64_t *const frame = around + 48;

void frame_prepare(void)
{
    static struct table_pointer p = {sizeof(gdt) - 1, 0};
    const uint64_t base = (uint64_t)&task;

    p.base = (uint64_t)gdt;
    task.ist[0] = (uint64_t)(fault_stack + sizeof(fault_stack));
    gdt[1] = 0x00af9b000000ffffull;
    gdt[DATA_SELECTOR / 8] = 0x00cf93000000ffffull;
    gdt[TASK_SELECTOR / 8] = (sizeof(task) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
                             (base >> 24 & 0xff) << 56;
    gdt[TASK_SELECTOR / 8 + 1] = base >> 32;
    idt[14].type |= 1; /* IST 1 */
    exec_in[RDI] = (uint64_t)&p;
    run(s_lgdt);
    exec_in[RAX] = TASK_SELECTOR;
    run(s_ltr);
    must_keep(0);
    must("the task is busy", gdt[TASK_SELECTOR / 8] >> 40 & 0xff, 0x8b);
}

uint64_t frame_gdt_limit(void)
{
    return sizeof(gdt) - 1;
}

void *frame_exception_stack(void)
{
    return fault_stack + sizeof(fault_stack);
}

static void must_fault_nowhere(uint64_t code, uint64_t address)
{
    must_fault(14, code);
    randomize();
    run(s_mov_cr2);
    must_keep(BIT(RBX));
    must("address of the fault", exec_out[RBX], address);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
}

static void return_from(int wrong)
{
    randomize();
    frame[0] = wrong ? 1ull << (48 + below(15)) : (uint64_t)exec_done;
    frame[1] = CODE_64;
    frame[2] = (random64() & ~FLAGS_LEFT_OUT) | 2;
    frame[3] = (uint64_t)(frame + 6);
    frame[4] = DATA_SELECTOR;
    exec_in[RDI] = (uint64_t)frame;
    run(s_iret_frame);
    if (wrong) {
        must_fault(13, 0);
        return;
    }
    must_keep(0);
    must("RSP of the frame", exec_out[RSP], frame[3]);
    must("flags of the frame", exec_flags >> 8 & FLAGS_ARITHMETIC,
         frame[2] & FLAGS_ARITHMETIC);
}

static void pop_flags(int as_word)
{
    randomize();
    frame[0] = (random64() & ~FLAGS_LEFT_OUT) | 2;
    exec_in[RDI] = (uint64_t)frame;
    run(as_word ? s_popf16_frame : s_popf_frame);
    must_keep(0);
    must("RSP behind POPF", exec_out[RSP], (uint64_t)frame + (as_word ? 2 : 8));
    must("flags popped", exec_flags >> 8 & FLAGS_ARITHMETIC, frame[0] & FLAGS_ARITHMETIC);
}

/* The trap comes behind the instruction that follows, whoever does that. */
static void single_step(void)
{
    const int emulated = (int)below(2);

    randomize();
    frame[0] = FLAG_TF | 2;
    exec_in[RDI] = (uint64_t)frame;
    run(emulated ? s_popf_clts : s_popf_frame);
    must_fault(1, 0);
    if (!emulated)
        must("a single step", exec_rip, (uint64_t)exec_done);
    expect_exits(emulated ? VMM_CAUSE_CONTROL_REGISTER : VMM_CAUSE_EXCEPTION, 1);
}

static void nowhere(void)
{
    static const uint8_t *const readers[] = {s_iret_frame, s_popf_frame, s_popf16_frame};
    const unsigned n = (unsigned)below(4);

    randomize();
    exec_in[RDI] = NOWHERE + 8 * below(512);
    if (n == 3) {
        run(s_pushf_frame);
        must_fault_nowhere(WRITE, exec_in[RDI] - 8);
        return;
    }
    const uint64_t address = exec_in[RDI];

    if (n == 0) /* not replaced: the processor reads the frame, and then refuses */
        expect_exits(VMM_CAUSE_OTHER, (uint64_t)-1);
    run(readers[n]);
    must_fault_nowhere(0, address);
}

static void move_segments(void)
{
    randomize();
    exec_in[RBX] = (exec_in[RBX] & ~0xffffull) | DATA_SELECTOR;
    run(s_set_ds);
    must_keep(0);
    randomize();
    run(s_get_ds);
    must_keep(BIT(RBX));
    must("DS", exec_out[RBX], DATA_SELECTOR);
    expect_exits(VMM_CAUSE_OTHER, 1);
}

void op_soft_frame(void)
{
    expect_exits(VMM_CAUSE_OTHER, 1);
    switch (below(6)) {
    case 0:
    case 1:
        return_from(below(4) == 0);
        break;
    case 2:
        operation = "frame of POPF";
        pop_flags((int)below(2));
        break;
    case 3:
        operation = "single step";
        single_step();
        break;
    case 4:
        operation = "frame that is nowhere";
        nowhere();
        break;
    default:
        operation = "segments";
        move_segments();
    }
}
