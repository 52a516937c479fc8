/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_fuzz/ops_paging.c - page tables that change, and a second walk of them, the
 * guest's own, that says what an access must come to (APM vol. 2 sections 5.3 to 5.6): content,
 * fault, error code, address, accessed and dirty bits. Everything changed is invalidated, so
 * that no TLB may remember it.
 */
#include "tests/system/vmm_fuzz/paging.h"

#include "tests/system/vmm_fuzz/fuzz.h"

#define PAGE __attribute__((aligned(4096)))
#define PAGES 8u
#define SLOTS 24u /* entries used of each table */
#define JUMP_AT 0x100u
#define ADDRESS 0x000ffffffffff000ull

uint64_t other_root[512] PAGE, level1[2][512] PAGE;
static uint64_t level3[512] PAGE, level2[512] PAGE;
static uint8_t page[PAGES][4096] PAGE;
uint64_t guest_cr0 = 0x80000033, guest_cr4 = 0x620, guest_efer = 0x500;
uint64_t *guest_root = root;

static uint64_t *at(uint64_t physical)
{
    return (uint64_t *)physical;
}

static void write_jump(uint8_t *where)
{
    const uint64_t to = (uint64_t)exec_done;

    where[0] = 0xff; /* JMP to the address behind it */
    where[1] = 0x25;
    for (unsigned i = 0; i < 4; i++)
        where[2 + i] = 0;
    for (unsigned i = 0; i < 8; i++)
        where[6 + i] = (uint8_t)(to >> (8 * i));
}

void paging_prepare(void)
{
    for (unsigned p = 0; p < PAGES; p++) {
        for (unsigned i = 0; i < 4096; i += 8)
            *at((uint64_t)&page[p][i]) = 0xa5a5000000000000ull | p << 16 | i;
        write_jump(&page[p][JUMP_AT]);
    }
    for (unsigned i = 0; i < 512; i++) {
        *at(LARGE_TARGET + i * 4096ull) = 0x1a49e00000000000ull | i;
        write_jump((uint8_t *)(LARGE_TARGET + i * 4096ull + JUMP_AT));
        other_root[i] = root[i];
    }
    for (unsigned i = 0; i < 2; i++)
        level1[i][PAGING_LASTING] = (uint64_t)page[i] | P | W | U;
    level2[0] = (uint64_t)level1[0] | P | W | U;
    level2[1] = (uint64_t)level1[1] | P | W | U;
    level2[2] = LARGE_TARGET | P | W | U | PS;
    level3[0] = (uint64_t)level2 | P | W | U;
    root[1] = other_root[1] = (uint64_t)level3 | P | W | U;
}

uint64_t paging_area(unsigned n)
{
    return AREA + n * 4096ull;
}

/* --- what must come of an access --- */

struct walk {
    int fault;
    uint64_t code, physical;
    uint64_t *entry[4];
    unsigned levels;
};

static int is_reserved(uint64_t entry, unsigned shift)
{
    return (entry & NX && !(guest_efer & EFER_NXE)) || (entry & PS && shift == 39) ||
           (entry & PS && shift == 21 && entry & 0x1fe000 && mode < SOFT);
}

static int is_allowed(unsigned rights, unsigned access)
{
    const int user = access & USER;

    if (mode >= SOFT)
        rights |= U;
    if (user && !(rights & U))
        return 0;
    if (access & FETCH)
        return !(rights & NO_RUN) &&
               (user || !(rights & U) || !(guest_cr4 & CR4_SMEP) || mode >= SOFT);
    return !(access & WRITE) || rights & W || (!user && !(guest_cr0 & CR0_WP));
}

static void look_up(uint64_t linear, unsigned access, struct walk *w)
{
    uint64_t table = (uint64_t)guest_root, entry;
    unsigned rights = W | U;

    *w = (struct walk){.fault = 1, .code = access & (WRITE | USER)};
    if (guest_efer & EFER_NXE || guest_cr4 & CR4_SMEP)
        w->code |= access & FETCH;
    for (unsigned shift = 39;; shift -= 9) {
        w->entry[w->levels] = at(table + (linear >> shift & 511) * 8);
        entry = *w->entry[w->levels++];
        if (!(entry & P))
            return;
        if (is_reserved(entry, shift)) {
            /* QEMU 7.2 forgets PRESENT (APM vol. 2 section 8.4.2); shadow, soft and Bochs do not. */
            w->code |= mode == NESTED && !by_vmx ? RESERVED : P | RESERVED;
            return;
        }
        rights &= (unsigned)entry | ~(W | U);
        rights |= entry & NX ? NO_RUN : 0;
        table = entry & ADDRESS;
        if (shift == 12 || entry & PS) {
            w->physical = (table & ~((1ull << shift) - 1)) | (linear & ((1ull << shift) - 1));
            break;
        }
    }
    w->fault = !is_allowed(rights, access);
    w->code |= w->fault ? P : 0;
}

static void check_bits(const struct walk *w, unsigned access, uint64_t leaf_before)
{
    const uint64_t leaf = *w->entry[w->levels - 1];

    for (unsigned i = 0; i < w->levels; i++)
        must("accessed bit", *w->entry[i] & A, A);
    must("dirty bit", leaf & D, access & WRITE ? D : leaf_before & D);
    must("the rest of the entry", leaf & ~(A | D), leaf_before & ~(A | D));
}

static void check_fault(uint64_t linear, const struct walk *w)
{
    uint64_t address;

    if (mode == PV) {
        must_fault(14, w->code);
        address = call(VMM_PV_READ_CR2);
        expect_exits(VMM_CAUSE_CONTROL_REGISTER, 1);
    } else {
        must_fault(14, w->code);
        randomize();
        exec_run((uint64_t)s_mov_cr2);
        must_keep(BIT(RBX));
        address = exec_out[RBX];
        expect_exits(VMM_CAUSE_CONTROL_REGISTER, mode == SOFT);
    }
    must("address of the fault", address, linear);
}

/* --- the access --- */

static void load(uint64_t linear, unsigned access)
{
    struct walk w;
    uint64_t before = 0;

    randomize();
    exec_in[RSI] = linear;
    look_up(linear, access, &w);
    before = *w.entry[w.levels - 1];
    if (access & USER)
        paging_user_access(0);
    else
        exec_run((uint64_t)s_load64);
    if (w.fault) {
        check_fault(linear, &w);
        return;
    }
    must_keep(BIT(RBX));
    if ((w.physical & ADDRESS) != (uint64_t)accounts) /* which grow */
        must("what was read", exec_out[RBX], *at(w.physical));
    else if (exec_out[RBX] > *at(w.physical))
        bug("the accounts, read", exec_out[RBX], *at(w.physical));
    check_bits(&w, access, before);
}

static void store(uint64_t linear, unsigned access)
{
    struct walk w;
    uint64_t before, old = 0;

    randomize();
    exec_in[RDI] = linear;
    look_up(linear, access, &w);
    before = *w.entry[w.levels - 1];
    if (!w.fault)
        old = *at(w.physical);
    if (access & USER)
        paging_user_access(1);
    else
        exec_run((uint64_t)s_store64);
    if (w.fault) {
        check_fault(linear, &w);
        return;
    }
    must_keep(0);
    must("what was written", *at(w.physical), exec_in[RCX]);
    *at(w.physical) = old;
    check_bits(&w, access, before);
}

static void fetch(uint64_t linear)
{
    struct walk w;
    uint64_t before;

    linear = (linear & ~0xfffull) | JUMP_AT;
    randomize();
    exec_in[RDI] = linear;
    look_up(linear, FETCH, &w);
    before = *w.entry[w.levels - 1];
    exec_run((uint64_t)s_call_rdi);
    if (w.fault) {
        check_fault(linear, &w);
        must("… and of its instruction", exec_rip, linear);
        return;
    }
    must_keep(0);
    check_bits(&w, FETCH, before);
}

static int is_page(uint64_t physical)
{
    return physical >= (uint64_t)page && physical < (uint64_t)(page + PAGES);
}

static int is_level1(uint64_t physical)
{
    return physical >= (uint64_t)level1 && physical < (uint64_t)(level1 + 2);
}

static uint64_t random_flags(void);

/* A table, mapped as a page by one of its entries or another's, at `linear`: an entry of it is
 * used, the table read, so that it is mapped, and the entry written through that mapping. Returns
 * an address that the entry maps. */
static uint64_t write_through(uint64_t linear, uint64_t table)
{
    const unsigned window = (level2[0] & ADDRESS) == table ? 0 : 1;
    const uint64_t slot = below(SLOTS), value = (uint64_t)page[below(PAGES)] | random_flags();
    const uint64_t to = (linear & ~0xfffull) + slot * 8;
    const uint64_t mapped = AREA + window * 0x200000ull + slot * 4096 + below(511) * 8;
    struct walk w;
    uint64_t before;

    look_up(mapped, 0, &w);
    if (w.fault || is_page(w.physical))
        load(mapped, 0);
    load(to, 0);
    randomize();
    exec_in[RDI] = to;
    exec_in[RCX] = value;
    look_up(to, WRITE, &w);
    before = *w.entry[w.levels - 1];
    exec_run((uint64_t)s_store64);
    if (w.fault) {
        check_fault(to, &w);
        return mapped;
    }
    must_keep(0);
    must("an entry written through a mapping of its table", *at(w.physical), value);
    if (w.physical != (uint64_t)w.entry[w.levels - 1])
        check_bits(&w, WRITE, before);
    paging_invalidate(AREA + slot * 4096ull);
    paging_invalidate(AREA + 0x200000 + slot * 4096ull);
    if (guest_root != root)
        paging_flush();
    return mapped;
}

/* The page that an entry points to decides what may be tried without ending the machine. */
static void access_at(uint64_t linear)
{
    struct walk w;

    look_up(linear, 0, &w);
    if (!w.fault && is_level1(w.physical) && below(2)) {
        linear = write_through(linear, w.physical & ADDRESS);
        look_up(linear, 0, &w);
    }
    if (!w.fault && (w.physical & ADDRESS) == REGISTER_PAGE) {
        randomize();
        exec_in[RSI] = linear & ~0xfffull;
        exec_run((uint64_t)s_load32);
        must_keep(BIT(RBX));
        expect_exits(VMM_CAUSE_MMIO, 1);
        return;
    }
    if (!w.fault && !is_page(w.physical) && (w.physical & ~0x1fffffull) != LARGE_TARGET) {
        load(linear, 0); /* the accounts, a table */
        return;
    }
    switch (below(6)) {
    case 0:
    case 1:
        load(linear, 0);
        break;
    case 2:
        store(linear, WRITE);
        break;
    case 3:
        if (mode == SOFT)
            store(linear, WRITE);
        else
            fetch(linear);
        break;
    case 4:
        load(linear, mode < SOFT ? USER : 0);
        break;
    default:
        store(linear, mode < SOFT ? WRITE | USER : WRITE);
    }
}

/* --- changes --- */

/* By an instruction of its own, for who emulates it. */
void paging_write_entry(uint64_t *entry, uint64_t value)
{
    randomize();
    exec_in[RDI] = (uint64_t)entry;
    exec_in[RCX] = value;
    exec_run((uint64_t)s_store64);
    must_keep(0);
    must("an entry", *entry, value);
}

void paging_invalidate(uint64_t linear)
{
    randomize();
    if (mode == PV) {
        exec_in[RAX] = VMM_PV_INVLPG;
        exec_in[RDI] = linear;
        exec_run((uint64_t)s_pv_call);
        must_keep(BIT(RAX));
    } else {
        exec_in[RDI] = linear;
        exec_run((uint64_t)s_invlpg);
        must_keep(0);
    }
    expect_exits(VMM_CAUSE_INVLPG, mode == LAZY || mode >= SOFT);
}

static void set_root(uint64_t *to)
{
    randomize();
    guest_root = to;
    if (mode == PV) {
        exec_in[RAX] = VMM_PV_SET_CR3;
        exec_in[RDI] = (uint64_t)to;
        exec_run((uint64_t)s_pv_call);
        must_keep(BIT(RAX));
        must("the root is taken", exec_out[RAX], 0);
    } else {
        exec_in[RCX] = (uint64_t)to;
        exec_run((uint64_t)s_set_cr3);
        must_keep(0);
    }
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, mode != NESTED);
}

void paging_flush(void)
{
    set_root(guest_root);
}

void op_root(void)
{
    set_root(guest_root == root ? other_root : root);
    if (below(2))
        access_at(AREA + (below(2) << 21) + below(SLOTS) * 4096 + below(511) * 8);
    if (mode == PV)
        return;
    randomize();
    exec_run((uint64_t)s_mov_cr3);
    must_keep(BIT(RBX));
    must("CR3", exec_out[RBX], (uint64_t)guest_root);
    expect_exits(VMM_CAUSE_CONTROL_REGISTER, mode != NESTED);
}

static uint64_t random_flags(void)
{
    const uint64_t r = random64();

    return (r & (W | U | A | D)) | (r >> 20 & 15 ? P : 0) | (r >> 32 & 7 ? 0 : NX) |
           (r >> 40 & 3 ? W | U : 0) | (r & 0x600);
}

static uint64_t random_page(void)
{
    const uint64_t r = below(16);

    return r == 0   ? (uint64_t)accounts
           : r == 1 ? REGISTER_PAGE
           : r < 4  ? (uint64_t)level1[below(2)]
                    : (uint64_t)page[below(PAGES)];
}

/* One entry, changed and used and changed again. */
void op_paging(void)
{
    const unsigned window = (unsigned)below(2), slot = (unsigned)below(SLOTS);
    const uint64_t linear = AREA + (uint64_t)window * 0x200000 + slot * 4096ull;

    for (uint64_t rounds = 1 + below(4); rounds; rounds--) {
        uint64_t *table = at(level2[window] & ADDRESS);

        paging_write_entry(&table[slot], random_page() | random_flags());
        /* Both windows may have one table. */
        paging_invalidate(AREA + slot * 4096ull);
        paging_invalidate(AREA + 0x200000 + slot * 4096ull);
        if (guest_root != root || below(8) == 0)
            paging_flush();
        for (uint64_t n = 1 + below(3); n; n--)
            access_at(linear + below(511) * 8);
    }
    /* The large page, too. */
    if (below(4) == 0)
        access_at(AREA + 0x400000 + below(512) * 4096);
}

/* Entries above the last level; everything is flushed behind it. */
void op_paging_path(void)
{
    const uint64_t flags = random_flags();

    switch (below(4)) {
    case 0:
        paging_write_entry(&level2[2], LARGE_TARGET | PS | (flags & ~0x600ull) |
                                           (below(8) == 0 && mode < SOFT ? 0x4000 : 0));
        break;
    case 1:
        paging_write_entry(&level3[0], (uint64_t)level2 | P | (flags & ~(D | NX)));
        break;
    case 2:
        paging_write_entry(&guest_root[1], (uint64_t)level3 | P | (flags & ~D));
        break;
    default:
        paging_write_entry(&level2[below(2)], (uint64_t)level1[below(2)] | P | (flags & ~D));
    }
    paging_flush();
    if (below(2)) {
        set_root(guest_root == root ? other_root : root);
        paging_flush();
    }
    access_at(AREA + (below(3) << 21) + below(SLOTS) * 4096 + below(511) * 8);
}
