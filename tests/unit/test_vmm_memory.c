/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hypervisor's view of memory: nested page tables, and walks of a guest's page tables.
 */
#include "tests/unit/vmm_memory_fixture.h"

#include "hv-under-test/vmm/linear.c"
#include "hv-under-test/vmm/paging.c"

/* --- nested page tables --- */

static void map_as_main_does(enum paging_format format)
{
    uint64_t host;
    unsigned flags;

    paging_start(format);
    assert_int_equal(paging_map(0, 0x40000000, 6ull << 20, PAGING_WRITE | PAGING_EXECUTE), 0);
    assert_int_equal(paging_map(0xfebfe000, 0xfebfe000, 4096, PAGING_WRITE | PAGING_UNCACHED),
                     0);
    assert_int_equal(paging_map(0xfef00000, 0x113000, 4096, 0), 0);

    assert_int_equal(paging_find(0x123456, &host, &flags), 0);
    assert_int_equal(host, 0x40123456);
    assert_int_equal(flags, PAGING_WRITE | PAGING_EXECUTE);
    assert_int_equal(paging_find((6ull << 20) - 1, &host, &flags), 0);
    assert_int_equal(host, 0x40000000 + (6ull << 20) - 1);
    assert_int_equal(paging_find(0xfebfe800, &host, &flags), 0);
    assert_int_equal(host, 0xfebfe800);
    assert_int_equal(flags, PAGING_WRITE | PAGING_UNCACHED);
    assert_int_equal(paging_find(0xfef00000, &host, &flags), 0);
    assert_int_equal(host, 0x113000);
    assert_int_equal(flags, 0);
}

static void test_paging_maps(void **state)
{
    (void)state;
    map_as_main_does(PAGING_LONG);
}

/* Bits of SDM vol. 3, tables 28-1 to 28-6, written out: the processor reads them. */
static void test_extended_tables(void **state)
{
    const uint64_t *root = pool[0], *pointers, *directory, *table;

    (void)state;
    map_as_main_does(PAGING_EPT);
    assert_int_equal(root[0] & 0xfff, 0x7); /* read, write, execute; no memory type */
    pointers = (const uint64_t *)(uintptr_t)(root[0] & X86_PTE_ADDRESS);
    assert_int_equal(pointers[0] & 0xfff, 0x7);
    directory = (const uint64_t *)(uintptr_t)(pointers[0] & X86_PTE_ADDRESS);
    assert_int_equal(directory[2], 0x40400000 | 0xb7); /* 2 MiB, write-back, all rights */
    assert_int_equal(directory[3], 0);
    directory = (const uint64_t *)(uintptr_t)(pointers[3] & X86_PTE_ADDRESS);
    table = (const uint64_t *)(uintptr_t)(directory[0xfebfe000 >> 21 & 511] & X86_PTE_ADDRESS);
    assert_int_equal(table[0xfebfe & 511], 0xfebfe000 | 0x3); /* read, write, uncached */
    table = (const uint64_t *)(uintptr_t)(directory[0xfef00000 >> 21 & 511] & X86_PTE_ADDRESS);
    assert_int_equal(table[0xfef00 & 511], 0x113000 | 0x31); /* read, write-back */
}

static void test_paging_leaves_holes(void **state)
{
    static const uint64_t holes[] = {6ull << 20, 0xfebfd000, 0xfebff000,
                                     0xfef01000, 0xfeefffff, 0x100000000ull,
                                     1ull << 39, 1ull << 48, UINT64_MAX};
    uint64_t host;
    unsigned flags;

    (void)state;
    for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
        assert_int_equal(paging_find(holes[i], &host, &flags), -1);
}

static void test_paging_refuses(void **state)
{
    (void)state;
    assert_int_equal(paging_map(0x800, 0, 4096, 0), -1);
    assert_int_equal(paging_map(0x80000000, 0, 100, 0), -1);
    assert_int_equal(paging_map(0x1000, 0, 4096, 0), -1);     /* inside a large page */
    assert_int_equal(paging_map(0xfebfe000, 0, 4096, 0), -1); /* twice */
    /* The pool ends, and says so. */
    paging_start(PAGING_LONG);
    for (uint64_t i = 0;; i++) {
        if (paging_map(i << 30, 0, 4096, 0)) {
            assert_in_range(i, 4, POOL_TABLES);
            break;
        }
    }
    paging_start(PAGING_LONG);
}

/* --- the guest's own tables --- */

static void poke64(uint64_t at, uint64_t value)
{
    memcpy(ram + at, &value, 8);
}

static void poke32(uint64_t at, uint32_t value)
{
    memcpy(ram + at, &value, 4);
}

static void test_linear_without_paging(void **state)
{
    struct guest_mode m = {.cr0 = X86_CR0_PE, .code_bits = 32};
    uint64_t physical;

    (void)state;
    assert_int_equal(linear_translate(&m, 0x123456, &physical), 0);
    assert_int_equal(physical, 0x123456);
    assert_int_equal(linear_translate(&m, 0x100000010ull, &physical), 0);
    assert_int_equal(physical, 0x10); /* 32-bit linear addresses wrap */
}

static void test_linear_four_levels(void **state)
{
    struct guest_mode m = {.cr0 = X86_CR0_PG,
                           .cr3 = 0x1018, /* PCD, PWT: not part of the address */
                           .cr4 = X86_CR4_PAE,
                           .efer = X86_EFER_LMA,
                           .code_bits = 64};
    uint64_t linear = 3ull << 39 | 5ull << 30 | 7ull << 21 | 9ull << 12 | 0x321, physical;

    (void)state;
    poke64(0x1000 + 3 * 8, 0x2000 | 0x8000000000000003ull); /* NX does not matter */
    poke64(0x2000 + 5 * 8, 0x3003);
    poke64(0x3000 + 7 * 8, 0x4003);
    poke64(0x4000 + 9 * 8, 0x155003);
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
    assert_int_equal(physical, 0x155321);
    poke64(0x3000 + 7 * 8, 0x200083); /* 2 MiB */
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
    assert_int_equal(physical, 0x200000 + 0x9321);
    poke64(0x2000 + 5 * 8, 0x40000083); /* 1 GiB */
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
    assert_int_equal(physical, 0x40000000 + (7 << 21) + 0x9321);
    poke64(0x2000 + 5 * 8, 0x3002); /* not present */
    assert_int_equal(linear_translate(&m, linear, &physical), -1);
    poke64(0x2000 + 5 * 8, (RAM_BYTES << 4) | 3); /* a table outside RAM */
    assert_int_equal(linear_translate(&m, linear, &physical), -1);
    poke64(0x1000 + 3 * 8, 0x2083); /* "large" at the top level means nothing */
    poke64(0x2000 + 5 * 8, 0x40000083);
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
}

static void test_linear_five_levels(void **state)
{
    struct guest_mode m = {.cr0 = X86_CR0_PG,
                           .cr3 = 0x6000,
                           .cr4 = X86_CR4_PAE | X86_CR4_LA57,
                           .efer = X86_EFER_LMA,
                           .code_bits = 64};
    uint64_t physical;

    (void)state;
    poke64(0x6000 + 2 * 8, 0x7003);
    poke64(0x7000, 0x8003);
    poke64(0x8000, 0x83);
    assert_int_equal(linear_translate(&m, 2ull << 48 | 0x1234, &physical), 0);
    assert_int_equal(physical, 0x1234);
}

static void test_linear_legacy(void **state)
{
    struct guest_mode m = {.cr0 = X86_CR0_PG, .cr3 = 0x10020, .cr4 = 0, .code_bits = 32};
    uint64_t linear = 5u << 22 | 6u << 12 | 0x7, physical;

    (void)state;
    poke32(0x10000 + 5 * 4, 0x11083); /* PS set, but PSE off: a table all the same */
    poke32(0x11000 + 6 * 4, 0x99003);
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
    assert_int_equal(physical, 0x99007);
    m.cr4 = X86_CR4_PSE;
    poke32(0x10000 + 5 * 4, 0x00c02083); /* 4 MiB page, bits 39:32 = 1 */
    assert_int_equal(linear_translate(&m, linear, &physical), 0);
    assert_true(physical == (1ull << 32 | 0xc00000u | 6u << 12 | 7u));
    m.cr4 = X86_CR4_PAE;
    m.cr3 = 0x12020; /* PAE roots are 32-byte aligned */
    poke64(0x12020 + 3 * 8, 0x13001);
    poke64(0x13000 + 4 * 8, 0x14003);
    poke64(0x14000 + 8, 0x77003);
    assert_int_equal(linear_translate(&m, 3u << 30 | 4u << 21 | 1u << 12 | 0x55, &physical),
                     0);
    assert_int_equal(physical, 0x77055);
}

static void test_fetch_across_pages(void **state)
{
    struct guest_mode m = {.cr0 = X86_CR0_PE, .code_bits = 32};
    uint8_t out[LINEAR_FETCH_BYTES];

    (void)state;
    for (unsigned i = 0; i < 32; i++)
        ram[0x20ff0 + i] = (uint8_t)i;
    assert_int_equal(linear_fetch(&m, 0x20ff0, out), 16);
    assert_memory_equal(out, ram + 0x20ff0, 16);
    assert_int_equal(linear_fetch(&m, 0x20ff9, out), 16);
    assert_memory_equal(out, ram + 0x20ff9, 16);
    /* The end of RAM: what is there, and no more. */
    assert_int_equal(linear_fetch(&m, RAM_BYTES - 5, out), 5);
    assert_int_equal(linear_fetch(&m, RAM_BYTES, out), 0);
    assert_int_equal(linear_fetch(&m, RAM_BYTES - 16, out), 16);
}

/* Of a small guest all of what is its own, and nothing behind it. */
static void test_small_tables(void **state)
{
    static uint64_t table[PAGING_SMALL_TABLES][PAGING_ENTRIES] __attribute__((aligned(4096)));
    const uint64_t all = X86_PTE_PRESENT | X86_PTE_WRITE | X86_PTE_USER;
    uint64_t root;

    (void)state;
    memset(table, 0xff, sizeof(table));
    root = paging_small(table, 0x7654000, 0x10000);
    assert_true(root == (uint64_t)(uintptr_t)table[0]);
    for (unsigned t = 0; t + 1 < PAGING_SMALL_TABLES; t++)
        for (unsigned i = 0; i < PAGING_ENTRIES; i++)
            assert_true(table[t][i] == (i ? 0 : ((uint64_t)(uintptr_t)table[t + 1] | all)));
    for (unsigned i = 0; i < PAGING_ENTRIES; i++)
        assert_true(table[PAGING_SMALL_TABLES - 1][i] ==
                    (i < 16 ? (0x7654000 + i * 4096ull) | all : 0));
}

static void test_pointer_bounds(void **state)
{
    (void)state;
    assert_ptr_equal(guest_pointer(0, RAM_BYTES), ram);
    assert_null(guest_pointer(0, RAM_BYTES + 1));
    assert_null(guest_pointer(RAM_BYTES, 1));
    assert_null(guest_pointer(UINT64_MAX, 2));
    assert_null(guest_pointer(1, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extended_tables),
        cmocka_unit_test(test_paging_maps),
        cmocka_unit_test(test_paging_leaves_holes),
        cmocka_unit_test(test_paging_refuses),
        cmocka_unit_test(test_small_tables),
        cmocka_unit_test(test_linear_without_paging),
        cmocka_unit_test(test_linear_four_levels),
        cmocka_unit_test(test_linear_five_levels),
        cmocka_unit_test(test_linear_legacy),
        cmocka_unit_test(test_fetch_across_pages),
        cmocka_unit_test(test_pointer_bounds),
    };

    return cmocka_run_group_tests_name("vmm_memory", tests, open_ram, close_ram);
}
