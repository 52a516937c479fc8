/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_interrupt.c - the guest's timer through its 8259A: each tick comes
 * once, by the vector it was given, when interrupts are on and no sooner; asleep or not.
 */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/paging.h"
#include "tests/system/vmm_fuzz/svm.h"

#define SPIN 20000u
/* That QEMU lets an interrupt in between STI and HLT happens once in a million exits. */
#define TOO_EARLY_MOST 2u

static unsigned base = 0x20;

static void out(uint16_t port, unsigned value)
{
    out8(port, (uint8_t)value);
    expect_exits(VMM_CAUSE_PORT_OUT, 1);
}

/* Line 0 open, all others masked. */
static void set_controllers(void)
{
    base = 0x20 + 8 * (unsigned)below(2);
    out(0x20, 0x11);
    out(0x21, base);
    out(0x21, 4);
    out(0x21, 1);
    out(0xa0, 0x11);
    out(0xa1, 0x38);
    out(0xa1, 2);
    out(0xa1, 1);
    out(0x21, 0xfe);
    out(0xa1, 0xff);
}

static void close_controllers(void)
{
    out(0x43, 0x30); /* no count: it stands */
    out(0x21, 0xff);
    out(0x20, 0x20);
}

static void set_timer(unsigned mode_word, unsigned count)
{
    out(0x43, mode_word);
    out(0x40, count & 0xff);
    out(0x40, count >> 8);
}

static uint64_t all_ticks(void)
{
    uint64_t n = 0;

    for (unsigned i = 0x20; i < 0x40; i++)
        n += ticks[i];
    return n;
}

static void spin(unsigned n)
{
    for (volatile unsigned i = 0; i < n; i++)
        ;
}

/* Interrupts on for a few instructions. */
static void open_window(void)
{
    __asm__ volatile("sti; nop; nop; nop; cli" : : : "memory");
}

void watchdog_start(unsigned cycles)
{
    set_controllers();
    watchdog = 1;
    set_timer(below(2) ? 0x30 : 0x34, cycles); /* once, or until it is stopped */
}

void watchdog_stop(void)
{
    close_controllers();
    watchdog = 0;
    open_window(); /* one that came too late */
    close_controllers();
}

static void took(uint64_t before, uint64_t wanted)
{
    must("ticks by their vector", ticks[base] - before, wanted);
    expect_exits(VMM_CAUSE_PORT_OUT, wanted); /* the handler's end of interrupt */
}

/* QEMU's VMRUN does not load the interrupt shadow of the VMCB: where the processor's own interrupt
 * ends the guest between STI and HLT, the guest's comes before HLT (docs/trust.md). */
static void sleep_until_tick(void)
{
    const uint64_t before = too_early;

    sleep_once();
    if (too_early > (by_vmx ? 0 : TOO_EARLY_MOST))
        bug("interrupts in the shadow of STI", too_early, 0);
    expect_exits(VMM_CAUSE_HLT, 1 - (too_early - before));
}

static void one_shot(int asleep)
{
    uint64_t before, all = all_ticks();

    set_controllers();
    before = ticks[base];
    set_timer(0x30, 1 + (unsigned)below(60)); /* mode 0 */
    if (asleep) {
        sleep_until_tick();
    } else {
        __asm__ volatile("sti" : : : "memory");
        for (unsigned i = 0; i < SPIN && ticks[base] == before; i++)
            spin(1);
        __asm__ volatile("cli" : : : "memory");
    }
    took(before, 1);
    open_window();
    spin(50);
    open_window();
    took(before, 1);
    expect_exits(VMM_CAUSE_PORT_OUT, (uint64_t)-1); /* counted twice */
    must("… and none else", all_ticks() - all, 1);
    close_controllers();
}

static void periodic(void)
{
    const uint64_t wanted = 2 + below(4);
    uint64_t before, seen;

    set_controllers();
    before = ticks[base];
    set_timer(below(2) ? 0x34 : 0x36, 40 + (unsigned)below(60)); /* modes 2, 3 */
    for (unsigned i = 0; i < 50 * SPIN && ticks[base] - before < wanted; i++) {
        open_window();
        spin(20);
    }
    close_controllers();
    seen = ticks[base] - before;
    if (seen < wanted)
        bug("a period without ticks", seen, wanted);
    expect_exits(VMM_CAUSE_PORT_OUT, seen);
    before = ticks[base];
    open_window();
    expect_exits(VMM_CAUSE_PORT_OUT, ticks[base] - before);
}

/* The machine's serial port says that it can take a byte; that interrupt is handed on. */
static void serial(void)
{
    uint64_t before, all;

    expect_loose(); /* the port may exit, and may say it again */
    set_controllers();
    before = ticks[base + 4];
    all = all_ticks();
    out8(0x21, 0xef);
    out8(0x3fc, 0x0b); /* DTR RTS OUT2 */
    out8(0x3f9, 2);
    for (unsigned i = 0; i < SPIN && ticks[base + 4] == before; i++)
        open_window();
    out8(0x3f9, 0);
    if (ticks[base + 4] == before)
        bug("no interrupt of the serial port", before, before + 1);
    for (unsigned i = 0; i < 8; i++)
        open_window();
    must("… and of none else", all_ticks() - all, ticks[base + 4] - before);
    close_controllers();
}

void op_interrupt(void)
{
    expect_exits(VMM_CAUSE_HLT, 0);
    if (below(4) == 0)
        serial();
    else if (below(3) == 0)
        periodic();
    else
        one_shot((int)below(2));
}

/* The tick waits while interrupts are off, whatever is done meanwhile, and for its mask. */
void op_deferred(void)
{
    uint64_t before, cr8;

    set_controllers();
    before = ticks[base];
    randomize();
    cr8 = exec_in[RCX] = below(15);
    exec_run((uint64_t)s_set_cr8);
    must_keep(0);
    if (below(2))
        out(0x21, 0xff);
    set_timer(0x30, 1 + (unsigned)below(20));
    for (uint64_t n = below(8); n; n--) {
        op_hypercall();
        if (below(2))
            op_cpuid();
    }
    spin(4000);
    must("not while interrupts are off", ticks[base] - before, 0);
    randomize();
    exec_run((uint64_t)s_mov_cr8);
    must_keep(BIT(RBX));
    must("CR8 beside a waiting interrupt", exec_out[RBX], cr8);
    if (below(2))
        paging_invalidate((uint64_t)idt);
    out(0x21, 0xfe);
    open_window();
    took(before, 1);
    open_window();
    must("once", ticks[base] - before, 1);
    randomize();
    exec_run((uint64_t)s_mov_cr8);
    must_keep(BIT(RBX));
    must("CR8 behind an interrupt", exec_out[RBX], cr8);
    randomize();
    guest_cr8 = exec_in[RCX] = 0;
    exec_run((uint64_t)s_set_cr8);
    must_keep(0);
    close_controllers();
}
