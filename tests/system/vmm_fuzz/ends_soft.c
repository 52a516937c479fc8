/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ends_soft.c - what a guest of soft or pv does that must end the machine
 * with a whole report (last=N), its details by chance.
 */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/paging.h"
#include "tests/system/vmm_fuzz/soft.h"

static void pv(uint64_t number)
{
    exec_in[RAX] = number;
    run(s_pv_call);
}

static uint64_t hole(void)
{
    static const uint64_t holes[] = {0xb0000000u, 0xe0000000u, 0xfebfd000u, 0xfebff000u,
                                     0xfec00000u, 0xfee00000u, 0xfeeff000u, 0xfef02000u};

    const uint64_t at =
        (below(4) ? holes[below(8)] : ram_end + below(0x1000) * 4096) + below(500) * 8;

    return at - at % 4096 == accounts->ring ? at + 4096 : at; /* a ring's page is none */
}

static void end_load(void)
{
    static const uint8_t *const loads[] = {s_load32, s_load64, s_load8};

    exec_in[RSI] = hole();
    run(loads[below(3)]); /* the first is one that is emulated, elsewhere */
}

static void end_store(void)
{
    static const uint8_t *const stores[] = {s_store32, s_store64, s_store8};

    exec_in[RDI] = below(3) ? hole() : (uint64_t)accounts + below(500) * 8;
    run(stores[below(3)]);
}

static void end_run(void)
{
    exec_in[RDI] = below(2) ? hole() : REGISTER_PAGE;
    run(s_call_rdi);
}

static void end_store_mapped(void)
{
    paging_write_entry(&level1[0][1], (uint64_t)accounts | P | W | U | A | D);
    paging_invalidate(paging_area(1));
    exec_in[RSI] = paging_area(1) + 8;
    run(s_load64);
    exec_in[RDI] = paging_area(1) + 8;
    run(s_store64);
}

static void end_port(void)
{
    static const uint16_t reset[][2] = {
        {0x64, 0xfe}, {0x92, 0x01}, {0xcf9, 0x06}, {0xf4, 0x10}};
    const unsigned n = (unsigned)below(4);

    exec_in[RDX] = reset[n][0];
    if (mode == PV) {
        exec_in[RCX] = reset[n][1];
        pv(VMM_PV_OUT8);
    } else {
        exec_in[RAX] = reset[n][1];
        run(s_out8);
    }
}

static void end_register_page(void)
{
    exec_in[RDI] = exec_in[RSI] = REGISTER_PAGE;
    switch (below(4)) {
    case 0:
        run(s_load64);
        break;
    case 1:
        run(s_store8);
        break;
    case 2:
        exec_in[RDI] += 4 + 4 * below(100);
        run(s_store32);
        break;
    default:
        exec_in[RDI] += 64;
        run(s_load_stack);
    }
}

static void end_triple(void)
{
    if (mode == PV) {
        exec_in[RDI] = below(2) ? 0xe0000000u : 1ull << 60;
        exec_in[RSI] = below(2) ? 0 : 4095;
        pv(VMM_PV_SET_IDT);
    } else {
        idt_pointer.limit = below(2) ? 0 : 14; /* no gate at all */
        exec_in[RDI] = (uint64_t)&idt_pointer;
        run(s_lidt);
    }
    run(below(2) ? s_ud2 : s_div);
    exec_in[RCX] = 0;
    run(s_div);
}

static void end_halt(void)
{
    if (mode == PV)
        pv(VMM_PV_HLT);
    else
        run(s_hlt);
}

static void end_string(void)
{
    if (mode == PV)
        end_halt();
    exec_in[RSI] = LARGE_TARGET;
    exec_in[RDX] = 0x80;
    run(s_outsb);
}

static void end_table(void)
{
    paging_write_entry(&guest_root[3], (uint64_t)level1[0] | P | W);
    paging_write_entry(&level1[0][0], (below(2) ? 0xe0000000u : ram_end) | P | W);
    paging_flush();
    exec_in[RSI] = 3ull << 39;
    run(s_load64);
    end_halt(); /* a table outside RAM is an absent page here */
}

/* The addresses that the hypervisor keeps for itself. */
static void end_alias(void)
{
    static const uint64_t step = 0x200000;

    paging_write_entry(&guest_root[511], guest_root[1]);
    paging_flush();
    exec_in[RSI] = exec_in[RDI] =
        0xffffff8000000000ull + below(3) * step + 0x100000 * below(2);
    run(below(2) ? s_load64 : s_store64);
    end_halt();
}

static void end_code(void)
{
    if (mode == PV)
        end_halt();
    exec_in[RDI] = below(2) ? (uint64_t)s_in8 : (uint64_t)exec_out;
    run(exec_in[RDI] == (uint64_t)s_in8 ? s_store8 : s_call_rdi);
}

/* One of what soft alone does not carry. */
static void end_uncarried(void)
{
    static const uint8_t *const one[] = {s_lmsw,    s_lldt,  s_lar,         s_swapgs,
                                         s_lret,    s_iret,  s_smsw_memory, s_load_fs,
                                         s_set_dr0, s_set_ds};
    const unsigned n = (unsigned)below(13);

    if (mode == PV)
        end_halt();
    exec_in[RCX] = 0x18;
    exec_in[RBX] = 0x18;
    exec_in[RDI] = (uint64_t)exec_out;
    if (n < 10) {
        run(one[n]);
    } else {
        guest_cr0 = n == 10 ? guest_cr0 & 0x7fffffff : guest_cr0 | (n == 11 ? 8 : 4);
        exec_in[RCX] = guest_cr0;
        run(s_set_cr0);
    }
    end_halt();
}

static void end_syscall(void)
{
    exec_in[RCX] = 0xc0000080u;
    exec_in[RAX] = 0x501;
    exec_in[RDX] = 0;
    if (mode == PV) {
        exec_in[RDI] = 0xc0000080u;
        exec_in[RSI] = 0x501;
        pv(VMM_PV_MSR_WRITE);
    } else {
        run(s_wrmsr);
    }
    run(s_syscall);
}

/* A stack that is none, and a hypercall that looks there. */
static void end_stack(void)
{
    exec_in[RDI] = below(2) ? hole() : 1ull << 60;
    if (mode == PV) {
        exec_in[RAX] = VMM_PV_IRET;
        run(s_pv_iret);
    } else {
        run(s_load_stack);
    }
    end_triple();
}

static void (*const ends[])(void) = {
    end_load,          end_store,  end_run,       end_store_mapped, end_port,
    end_register_page, end_triple, end_halt,      end_string,       end_table,
    end_alias,         end_code,   end_uncarried, end_syscall,      end_stack};

void fuzz_end(unsigned number)
{
    randomize();
    ends[number % (sizeof(ends) / sizeof(ends[0]))]();
}
