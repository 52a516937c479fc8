/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ends_svm.c - what a guest of svm does that must end the machine with a
 * whole report (last=N), its details by chance.
 */
#include "tests/system/vmm_fuzz/fuzz.h"
#include "tests/system/vmm_fuzz/paging.h"
#include "tests/system/vmm_fuzz/svm.h"

_Noreturn void switch_32bit(void); /* vmm_guest/legacy.S */

static uint64_t hole(void)
{
    static const uint64_t holes[] = {0xb0000000u, 0xe0000000u, 0xfebfd000u, 0xfebff000u,
                                     0xfec00000u, 0xfed00000u, 0xfee00000u, 0xfeeff000u,
                                     0xfef02000u, 0xfffff000u};

    const uint64_t at =
        (below(4) ? holes[below(10)] : ram_end + below(0x1000) * 4096) + below(500) * 8;

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

/* The accounts through an entry of the guest's own that says writable and dirty. */
static void end_store_mapped(void)
{
    paging_write_entry(&level1[0][1], (uint64_t)accounts | P | W | U | A | D);
    paging_invalidate(paging_area(1));
    exec_in[RSI] = exec_in[RDI] = paging_area(1) + 8;
    run(s_load64);
    exec_in[RDI] = paging_area(1) + 8;
    run(s_store64);
}

static void end_port(void)
{
    static const uint16_t reset[][2] = {{0x64, 0xfe},  {0x64, 0xf0}, {0x92, 0x01},
                                        {0xcf9, 0x06}, {0xf4, 0x10}, {0xf4, 0x00}};
    const unsigned n = (unsigned)below(6);

    exec_in[RDX] = reset[n][0];
    exec_in[RAX] = reset[n][1];
    run(s_out8);
}

static void end_register_page(void)
{
    static const uint8_t lock[] = {0xf0, 0x01, 0x0f}, wide[] = {0x66, 0x89, 0x0f},
                         deep[] = {0x67, 0x89, 0x0f};

    exec_in[RDI] = exec_in[RSI] = REGISTER_PAGE + (below(2) ? 0 : 4 + below(1000));
    switch (below(7)) {
    case 0:
        exec_in[RDI] = REGISTER_PAGE;
        make_code(lock, 3);
        break;
    case 1:
        exec_in[RDI] = REGISTER_PAGE;
        make_code(wide, 3);
        break;
    case 2:
        exec_in[RDI] = REGISTER_PAGE;
        make_code(deep, 3);
        break;
    case 3:
        exec_in[RSI] = REGISTER_PAGE;
        run(s_load64);
        return;
    case 4:
        exec_in[RDI] = REGISTER_PAGE;
        run(s_store8);
        return;
    case 5:
        exec_in[RDI] = REGISTER_PAGE + 0x10;
        run(s_store32);
        return;
    default:
        exec_in[RDI] = REGISTER_PAGE + 16;
        run(s_load_stack);
        return;
    }
    exec_run((uint64_t)made_code);
}

static void end_triple(void)
{
    static const struct table_pointer none = {0, 0}, away = {4095, 0xe0000000u};

    load_idt(below(2) ? &none : &away);
    run(below(2) ? s_ud2 : s_int3);
}

static void end_halt(void)
{
    __asm__ volatile("cli; hlt");
}

/* Interrupts on, and nothing that could wake it. */
static void end_sleep(void)
{
    out8(0x43, 0x30);
    out8(0x21, 0xff);
    __asm__ volatile("sti; hlt");
}

static void end_string(void)
{
    static const uint8_t code[][3] = {
        {0x6e}, {0x6c}, {0xf3, 0x6e}, {0xf3, 0x6d}, {0x66, 0x6f}};
    const unsigned n = (unsigned)below(5);

    exec_in[RSI] = exec_in[RDI] = LARGE_TARGET;
    exec_in[RCX] = 1 + below(9);
    exec_in[RDX] = below(2) ? 0x80 : 0x3f8 - 1 - below(0x300);
    make_code(code[n], n < 2 ? 1 : 2);
    exec_run((uint64_t)made_code);
}

/* Tables where the guest has no memory. */
static void end_table(void)
{
    const uint64_t at = (below(2) ? 0xe0000000u : ram_end + 0x1000) & ~0xfffull;

    if (below(2)) {
        exec_in[RCX] = at;
        run(s_set_cr3);
        exec_in[RSI] = AREA;
        run(s_load64);
    } else {
        paging_write_entry(&guest_root[3], at | P | W);
        paging_flush();
        exec_in[RSI] = 3ull << 39;
        run(s_load64);
    }
}

/* What shadow paging does not carry; nested paging does, and then nothing ends. */
static void end_uncarried(void)
{
    if (mode == NESTED) {
        end_triple();
        return;
    }
    switch (below(mode == EAGER ? 3 : 1)) {
    case 0:
        switch_32bit();
    case 1: /* the root, by what is not carried */
        exec_in[RDI] = (uint64_t)&guest_root[300];
        run(s_store_xmm);
        break;
    default: /* a table, through itself */
        paging_write_entry(&level1[0][0], (uint64_t)level1[0] | P | W | U | A | D);
        paging_invalidate(AREA);
        exec_in[RDI] = AREA + 8;
        run(s_store_xmm);
    }
}

/* Ring 0 runs chance itself; what it leaves of the machine is of no further use. */
static void end_wild(void)
{
    static const uint8_t likely[] = {0x0f, 0x66, 0x48, 0x0f, 0x67, 0xf3, 0x0f, 0x64},
                         second[] = {0x01, 0xa2, 0x20, 0x22, 0x30, 0x32, 0x00, 0x01};

    for (unsigned round = 0; round < 40; round++) {
        uint8_t code[12];

        for (unsigned i = 0; i < sizeof(code); i++)
            code[i] = below(3)                   ? (uint8_t)random64()
                      : i && code[i - 1] == 0x0f ? second[below(8)]
                                                 : likely[below(8)];
        randomize();
        for (unsigned i = 0; i < 16; i++)
            if (below(2))
                exec_in[i] = USER_AREA + below(0x2000);
        make_code(code, sizeof(code));
        exec_run((uint64_t)made_code);
    }
    end_triple();
}

/* An instruction that exits, longer than any: prefixes enough, then one that is known. */
static void end_long(void)
{
    static const uint8_t code[][10] = {
        {0x2e, 0x2e, 0x2e, 0x0f, 0xa2}, {0x48, 0x66, 0x0f, 0xa2}, {0x40, 0x40, 0x0f, 0x32}};

    exec_in[RCX] = 0xc0000080u;
    make_code(code[1 + below(2)], 5);
    exec_run((uint64_t)made_code);
    end_triple();
}

static void (*const ends[])(void) = {
    end_load,          end_store,     end_run,  end_store_mapped, end_port,
    end_register_page, end_triple,    end_halt, end_sleep,        end_string,
    end_table,         end_uncarried, end_wild, end_long};

void fuzz_end(unsigned number)
{
    randomize();
    ends[number % (sizeof(ends) / sizeof(ends[0]))]();
}
