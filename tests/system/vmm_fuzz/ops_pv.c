/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_pv.c - the paravirtual guest's hypercalls with good and bad
 * arguments, and the instructions it may not use (vmm/abi.h, VMM_PV_*).
 */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/paging.h"
#include "tests/system/vmm_fuzz/soft.h"

#define MINUS_1 UINT64_MAX

/* exec_in holds the arguments. */
static void pv(uint64_t number, enum vmm_cause cause)
{
    exec_in[RAX] = number;
    exec_run((uint64_t)s_pv_call);
    expect_exits(cause, 1);
}

void pv_prepare(void)
{
    guest_cr0 = 0x80010033;
    guest_efer = 0x500;
    exec_in[RDI] = (uint64_t)idt;
    exec_in[RSI] = sizeof(idt) - 1;
    exec_in[RAX] = VMM_PV_SET_IDT;
    exec_run((uint64_t)s_pv_call);
    idt[14].type |= 1; /* on the stack for exceptions */
    exec_in[RDI] = (uint64_t)frame_exception_stack();
    exec_in[RAX] = VMM_PV_SET_EXCEPTION_STACK;
    exec_run((uint64_t)s_pv_call);
    paging_flush();
}

/* The first 4 GiB, identity-mapped, as the other entry has them. */
void pv_make_tables(void)
{
    for (uint64_t i = 0; i < 2048; i++)
        directories[i] = i << 21 | P | W | PS;
    for (uint64_t i = 0; i < 4; i++)
        pointers[i] = (uint64_t)(directories + 512 * i) | P | W | U;
    root[0] = (uint64_t)pointers | P | W | U;
}

void op_pv_call(void)
{
    uint64_t number;

    randomize();
    number = below(2) ? 0 : odd_value();
    if (number && (number <= VMM_HYPERCALL_RING_KICK || number - VMM_PV_FIRST < 15))
        number = 31;
    pv(number, VMM_CAUSE_HYPERCALL);
    must_keep(BIT(RAX));
    must("result", exec_out[RAX], number ? MINUS_1 : 0);
}

void op_pv_cpuid(void)
{
    static const uint32_t bases[] = {0, 0x40000000u, 0x80000000u, 0x80000000u};

    randomize();
    exec_in[RDI] = bases[below(4)] + below(0x22);
    exec_in[RSI] = below(4);
    pv(VMM_PV_CPUID, VMM_CAUSE_CPUID);
    must_keep(BIT(RAX) | BIT(RBX) | BIT(RCX) | BIT(RDX));
    check_cpuid((uint32_t)exec_in[RDI], (uint32_t)exec_in[RSI], exec_out);
}

/* --- ports --- */

static uint64_t port_in(uint64_t port, int wide)
{
    randomize();
    exec_in[RDX] = (random64() << 16) | port;
    pv(wide ? VMM_PV_IN32 : VMM_PV_IN8, VMM_CAUSE_PORT_IN);
    must_keep(BIT(RAX));
    must("a port's value", exec_out[RAX] >> (wide ? 32 : 8), 0);
    return exec_out[RAX];
}

static void port_out(uint64_t port, int wide, uint64_t value)
{
    randomize();
    exec_in[RDX] = (random64() << 16) | port;
    exec_in[RCX] = value;
    pv(wide ? VMM_PV_OUT32 : VMM_PV_OUT8, VMM_CAUSE_PORT_OUT);
    must_keep(BIT(RAX));
    must("OUT's result", exec_out[RAX], 0);
}

void op_pv_port(void)
{
    const int wide = (int)below(2);
    uint64_t mask;

    switch (below(6)) {
    case 0:
        mask = random64() & 0xff;
        port_out(0x21, 0, random64() << 8 | mask);
        must("PIC's mask", port_in(0x21, 0), mask);
        break;
    case 1:
        mask = random64() & 0xff;
        port_out(0x43, 0, below(256));
        port_out(0x40 + below(3), 0, random64());
        port_out(0x40 + below(3), 0, random64());
        port_in(0x40 + below(4), 0);
        port_out(0x43, 0, 0xc0 | mask);
        port_in(0x40 + below(3), 0);
        break;
    case 2:
        port_out(0x70, 0, random64());
        port_in(0x71, 0);
        break;
    case 3:
        port_out(0x61, 0, mask = random64() & 0xff);
        must("speaker", port_in(0x61, 0) & 3, mask & 3);
        break;
    case 4:
        port_out(0x64, 0, random64() & 0x7f);
        must("the exit port reads as nothing", port_in(0xf4, 1), 0xffffffff);
        break;
    default:
        mask = 0x400 + below(0x800);
        port_out(mask, wide, random64());
        must("an empty port", port_in(mask, wide), wide ? 0xffffffff : 0xff);
    }
}

void op_pv_pci(void)
{
    const uint32_t address = 0x80000000u | (uint32_t)below(4) << 11 | (random64() & 0xfc);
    const uint64_t offset = below(4);

    port_out(0xcf8, 1, address);
    must("PCI's address", port_in(0xcf8, 1), address);
    if (below(2))
        port_out(0xcfc + offset, (int)below(2), random64());
    if (address >> 11 & 2)
        must("nobody there", port_in(0xcfc, 1), 0xffffffff);
    port_in(0xcfc + offset, 0);
    port_out(0xcf8, 1, 0x80000800u);
    must("the card's name", port_in(0xcfc, 1), 0x00051b36);
    port_out(0xcf8, 1, 0x80000804u);
    must("no bus mastering", port_in(0xcfc, 1) & ~0x142ull, 0);
}

/* --- registers --- */

void op_pv_msr(void)
{
    static const uint32_t kept[] = {0xc0000081u, 0xc0000082u, 0xc0000083u, 0xc0000084u,
                                    0xc0000100u, 0xc0000101u, 0xc0000102u, 0x174,
                                    0x175,       0x176};
    static const uint32_t refused[] = {0x1b,  0xc0010114u, 0xc0010117u,
                                       0x200, 0x8b,        0x40000000u};
    const uint32_t number = kept[below(sizeof(kept) / sizeof(kept[0]))];
    const uint64_t value = random64() >> 17;

    randomize();
    exec_in[RDI] = number;
    exec_in[RSI] = value;
    pv(VMM_PV_MSR_WRITE, VMM_CAUSE_MSR_WRITE);
    must_keep(BIT(RAX));
    must("result", exec_out[RAX], 0);
    randomize();
    exec_in[RDI] = number;
    pv(VMM_PV_MSR_READ, VMM_CAUSE_MSR_READ);
    must_keep(BIT(RAX) | BIT(RDX));
    must("result", exec_out[RAX], 0);
    must("a register kept", exec_out[RDX], value);
    randomize();
    exec_in[RDI] = below(2) ? refused[below(6)] : 0xc0000080u;
    exec_in[RSI] = 1ull << (12 + below(50)) | 0x500; /* of EFER: SVME and others */
    pv(VMM_PV_MSR_WRITE, VMM_CAUSE_MSR_WRITE);
    must_keep(BIT(RAX));
    must("refused", exec_out[RAX], MINUS_1);
    randomize();
    exec_in[RDI] = refused[below(6)];
    pv(VMM_PV_MSR_READ, VMM_CAUSE_MSR_READ);
    must_keep(BIT(RAX) | BIT(RDX));
    must("refused", exec_out[RAX], MINUS_1);
    must("and nothing told", exec_out[RDX], 0);
    guest_efer ^= EFER_NXE;
    randomize();
    exec_in[RDI] = 0xc0000080u;
    exec_in[RSI] = guest_efer;
    pv(VMM_PV_MSR_WRITE, VMM_CAUSE_MSR_WRITE);
    must_keep(BIT(RAX));
    must("EFER is taken", exec_out[RAX], 0);
}

void op_pv_state(void)
{
    uint64_t on = below(2);

    randomize();
    exec_in[RDI] = on ? 1 + below(9) : 0;
    pv(VMM_PV_SET_IF, VMM_CAUSE_OTHER);
    must_keep(BIT(RAX));
    randomize();
    exec_run((uint64_t)s_ud2);
    must_fault(6, 0);
    must("the interrupt flag", exec_rflags & 0x200, on * 0x200);
    expect_exits(VMM_CAUSE_EXCEPTION, 1);
    randomize();
    exec_in[RDI] = 1ull << (52 + below(12)) | (uint64_t)guest_root;
    pv(VMM_PV_SET_CR3, VMM_CAUSE_CONTROL_REGISTER);
    must_keep(BIT(RAX));
    must("a root beyond the addresses", exec_out[RAX], MINUS_1);
    randomize();
    exec_in[RDI] = odd_value();
    pv(VMM_PV_INVLPG, VMM_CAUSE_INVLPG);
    must_keep(BIT(RAX));
}

/* --- instructions --- */

void op_pv_privileged(void)
{
    static const uint8_t *const refused[] = {
        s_rdmsr, s_wrmsr,  s_mov_cr0, s_set_cr0, s_set_cr3, s_mov_cr4, s_clts,
        s_invd,  s_wbinvd, s_invlpg,  s_hlt,     s_cli,     s_sti,     s_lidt,
        s_lgdt,  s_ltr,    s_mov_dr7, s_mov_cr8, s_lmsw};
    static const uint8_t *const unknown[] = {s_vmmcall, s_vmrun, s_clgi, s_stgi, s_vmload};
    static const uint8_t *const ports[] = {s_in8, s_out8, s_in32, s_out32};

    randomize();
    expect_exits(VMM_CAUSE_EXCEPTION, 1);
    switch (below(3)) {
    case 0:
        exec_run((uint64_t)unknown[below(5)]);
        must_fault(6, 0);
        break;
    case 1:
        exec_in[RDX] = 0x80;
        exec_run((uint64_t)ports[below(4)]);
        must_fault(13, 0);
        break;
    default:
        exec_run((uint64_t)refused[below(sizeof(refused) / sizeof(refused[0]))]);
        must_fault(13, 0);
    }
}

/* A frame that the guest wrote itself. */
void op_pv_iret(void)
{
    static uint64_t around[64]; /* a fault's frame goes below it */
    uint64_t *const frame = around + 48;
    const int wrong = (int)below(4) == 0;

    frame[0] = random64();
    frame[1] = wrong ? 1ull << (48 + below(15)) : (uint64_t)exec_done;
    frame[2] = random64() & 0xffff;
    frame[3] = (random64() & ~0x44700ull) | 2; /* no TF, IF as it comes, no AC */
    frame[4] = (uint64_t)(frame + 6);
    frame[5] = random64() & 0xffff;
    randomize();
    if (below(4) == 0) {
        const uint64_t nowhere = exec_in[RDI] = (3ull << 39) + 8 * below(500);

        exec_in[RAX] = VMM_PV_IRET;
        exec_run((uint64_t)s_pv_iret);
        must_fault(14, 0);
        must("address of the fault", call(VMM_PV_READ_CR2), nowhere);
        expect_exits(VMM_CAUSE_OTHER, 1);
        expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
        return;
    }
    exec_in[RDI] = (uint64_t)frame;
    exec_in[RAX] = VMM_PV_IRET;
    exec_run((uint64_t)s_pv_iret);
    expect_exits(VMM_CAUSE_OTHER, 1);
    if (wrong) {
        must("vector", exec_vector, 13);
    } else {
        must_keep(BIT(RAX));
        must("RAX of the frame", exec_out[RAX], frame[0]);
        must("RSP of the frame", exec_out[RSP], frame[4]);
    }
    randomize();
    exec_in[RDI] = 0;
    pv(VMM_PV_SET_IF, VMM_CAUSE_OTHER);
    must_keep(BIT(RAX));
}

/* A single step: its trap comes behind the instruction that follows, be it a hypercall. */
void op_pv_step(void)
{
    static const uint64_t numbers[] = {VMM_HYPERCALL_NOP, 31, VMM_PV_READ_CR2, VMM_PV_SET_IF,
                                       VMM_PV_OUT8};
    static const enum vmm_cause causes[] = {VMM_CAUSE_HYPERCALL, VMM_CAUSE_HYPERCALL,
                                            VMM_CAUSE_CONTROL_REGISTER, VMM_CAUSE_OTHER,
                                            VMM_CAUSE_PORT_OUT};
    static uint64_t around[64]; /* a fault's frame goes below it */
    const unsigned n = (unsigned)below(5);
    uint64_t *const frame = around + 48;

    frame[0] = 0x102;
    randomize();
    exec_in[RDI] = (uint64_t)frame;
    if (below(3) == 0) {
        exec_run((uint64_t)s_popf_frame);
        must_fault(1, 0);
        must("a single step", exec_rip, (uint64_t)exec_done);
        expect_exits(VMM_CAUSE_EXCEPTION, 1);
        return;
    }
    exec_in[RAX] = numbers[n];
    exec_in[RDX] = 0x80; /* of OUT: nothing is there */
    exec_run((uint64_t)s_popf_pv_call);
    must("vector", exec_vector, 1);
    expect_exits(causes[n], 1);
    randomize();
    exec_in[RDI] = 0;
    pv(VMM_PV_SET_IF, VMM_CAUSE_OTHER);
    must_keep(BIT(RAX));
}
