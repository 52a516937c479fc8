/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Shadow paging, case by case: which faults a guest's tasks, its INVLPG, its global pages and its
 * writes of tables cost with either kind, and that no write passes a protected table by.
 */
#include "tests/unit/shadow_fixture.h"

#define KERNEL (P | W | A | D)

/* A page at linear 0 and one of 2 MiB at 2 MiB under the root in TABLE(root). */
static void make_space(unsigned at, uint64_t page)
{
    *word_at(TABLE(at)) = TABLE(at + 1) | KERNEL;
    *word_at(TABLE(at + 1)) = TABLE(at + 2) | KERNEL;
    *word_at(TABLE(at + 2)) = TABLE(at + 3) | KERNEL;
    *word_at(TABLE(at + 2) + 8) = 0x200000 | PS | KERNEL;
    *word_at(TABLE(at + 3)) = page | KERNEL;
}

static void start_by_hand(enum shadow_kind k)
{
    memset(guest_memory.base, 0, RAM_BYTES);
    make_space(0, 0x40000);
    make_space(4, 0x41000);
    start_guest(k, 5);
}

static uint64_t faults_of(uint64_t linear, uint64_t access)
{
    struct shadow_outcome out;
    uint64_t n = 0;

    for (; !access_memory(linear, access) && n < 5; n++)
        if (shadow_fault(&guest, linear, access, &out) != SHADOW_ENTERED)
            return 100;
    return n;
}

static void go_to(unsigned root_table)
{
    guest.cr3 = TABLE(root_table);
    shadow_set_root(&guest);
}

/* A task that comes back finds its pages; one that was changed is entered again, and it alone. */
static void test_roots_are_kept(void **state)
{
    (void)state;
    start_by_hand(SHADOW_LAZY);
    assert_int_equal(faults_of(0, GUEST_CODE_WRITE), 1);
    assert_int_equal(faults_of(2 * MIB, GUEST_CODE_WRITE), 1);
    assert_int_equal(faults_of(2 * MIB + 0x5000, GUEST_CODE_WRITE), 0);
    go_to(4);
    assert_int_equal(faults_of(0, 0), 1);
    go_to(0);
    assert_int_equal(faults_of(0, GUEST_CODE_WRITE), 0);
    assert_int_equal(faults_of(2 * MIB, 0), 0);
    go_to(4);
    *word_at(TABLE(3)) = 0x42000 | KERNEL;
    go_to(0);
    assert_int_equal(faults_of(2 * MIB, 0), 0);
    assert_int_equal(faults_of(0, 0), 1);
    assert_int_equal(shadow_numbers.revalidated, 1);
}

/* INVLPG drops one entry. */
static void test_invlpg_drops_one(void **state)
{
    (void)state;
    start_by_hand(SHADOW_LAZY);
    *word_at(TABLE(3) + 8) = 0x41000 | KERNEL;
    assert_int_equal(faults_of(0, 0) + faults_of(0x1000, 0) + faults_of(2 * MIB, 0), 3);
    shadow_drop(0x123);
    assert_int_equal(faults_of(0x1000, 0) + faults_of(2 * MIB, 0), 0);
    assert_int_equal(faults_of(0, 0), 1);
    shadow_drop(2 * MIB + 0x3456);
    assert_int_equal(faults_of(0, 0) + faults_of(0x1000, 0), 0);
    assert_int_equal(faults_of(2 * MIB, 0), 1);
}

/* INVLPG of any page drops what is cached of the levels above all: the way to a table that
 * another address has, too, is gone. */
static void test_invlpg_drops_levels_above(void **state)
{
    struct shadow_outcome out;

    (void)state;
    start_by_hand(SHADOW_LAZY);
    *word_at(TABLE(2) + 16) = TABLE(3) | KERNEL; /* at 4 MiB what is at 0 */
    assert_int_equal(faults_of(0, 0) + faults_of(4 * MIB, 0), 2);
    *word_at(TABLE(2)) = 0;
    shadow_drop(2 * MIB);
    *word_at(TABLE(3) + 8) = 0x41000 | KERNEL;
    assert_int_equal(faults_of(4 * MIB + 0x1000, 0), 1);
    assert_null(access_memory(0x1000, 0));
    assert_int_equal(shadow_fault(&guest, 0x1000, 0, &out), SHADOW_GUEST_FAULT);
}

/* A global page is kept over a write of CR3 where a TLB would: not for an address that never had
 * it, though a table is shared. */
static void test_global_is_of_an_address(void **state)
{
    (void)state;
    start_by_hand(SHADOW_LAZY);
    *word_at(TABLE(6) + 24) = TABLE(3) | KERNEL; /* at 6 MiB of the other root */
    assert_int_equal(faults_of(0, 0), 1);
    go_to(4);
    *word_at(TABLE(3) + 8) = 0x41000 | KERNEL | G;
    assert_int_equal(faults_of(6 * MIB + 0x1000, 0), 1);
    *word_at(TABLE(3) + 8) = 0x42000 | KERNEL | G;
    go_to(4);
    assert_int_equal(faults_of(6 * MIB + 0x1000, 0), 0); /* not invalidated: as it was */
    assert_true(find_cached(6 * MIB + 0x1000)->host == host_page(0x41000));
    go_to(0);
    assert_int_equal(faults_of(0x1000, 0), 1);
    assert_true(find_cached(0x1000)->host == host_page(0x42000));
}

/* Eager: the write of an entry that was accessed before enters the new page without a fault. */
static void test_written_is_entered(void **state)
{
    (void)state;
    start_by_hand(SHADOW_EAGER);
    assert_int_equal(faults_of(0, GUEST_CODE_WRITE), 1);
    *word_at(TABLE(3)) = 0x42000 | KERNEL;
    shadow_written(TABLE(3), 8);
    assert_int_equal(faults_of(0, GUEST_CODE_WRITE), 0);
    assert_true(find_cached(0)->host == host_page(0x42000));
    *word_at(TABLE(3)) = 0x42000 | P | W;
    shadow_written(TABLE(3), 8);
    assert_int_equal(faults_of(0, 0), 1);
    assert_true(*word_at(TABLE(3)) & A);
    assert_int_equal(faults_of(0, GUEST_CODE_WRITE), 1);
    assert_true(*word_at(TABLE(3)) & D);
    go_to(4);
    assert_int_equal(faults_of(0, 0), 1);
    *word_at(TABLE(3)) = 0x43000 | KERNEL; /* another's table */
    shadow_written(TABLE(3), 8);
    go_to(0);
    assert_int_equal(faults_of(0, 0), 0);
    assert_true(find_cached(0)->host == host_page(0x43000));
}

/* Eager: a page that becomes a table is read-only at once, also where 2 MiB are mapped whole, by
 * the guest's entry or as a piece of 1 GiB. */
static void test_large_pages_are_protected(void **state)
{
    const uint64_t table = 0x203000, through_1g = 1024 * MIB;
    struct shadow_outcome out;

    (void)state;
    start_by_hand(SHADOW_EAGER);
    *word_at(TABLE(1) + 8) = PS | KERNEL;
    shadow_written(TABLE(1) + 8, 8);
    assert_int_equal(faults_of(2 * MIB, GUEST_CODE_WRITE), 1);
    assert_int_equal(faults_of(2 * MIB + 0x3000, GUEST_CODE_WRITE), 0);
    assert_int_equal(faults_of(through_1g + 2 * MIB, GUEST_CODE_WRITE), 1);
    assert_int_equal(faults_of(through_1g + table, GUEST_CODE_WRITE), 0);
    *word_at(table) = 0x42000 | KERNEL;
    *word_at(TABLE(2) + 24) = table | KERNEL;
    shadow_written(TABLE(2) + 24, 8);
    assert_int_equal(faults_of(6 * MIB, 0), 1);
    assert_null(access_memory(2 * MIB + 0x3000, GUEST_CODE_WRITE));
    assert_int_equal(shadow_fault(&guest, 2 * MIB + 0x3008, GUEST_CODE_WRITE, &out),
                     SHADOW_TABLE_WRITE);
    assert_true(out.physical == table + 8);
    assert_null(access_memory(through_1g + table, GUEST_CODE_WRITE));
    assert_int_equal(shadow_fault(&guest, through_1g + table, GUEST_CODE_WRITE, &out),
                     SHADOW_TABLE_WRITE);
    /* Its neighbours are not, and are entered all together. */
    assert_int_equal(faults_of(2 * MIB + 0x4000, GUEST_CODE_WRITE), 1);
    assert_int_equal(faults_of(2 * MIB + 0x5000, GUEST_CODE_WRITE), 0);
    /* No table any more, and the guest may write it again. */
    assert_int_equal(shadow_unshadow(table), 0);
    assert_int_equal(faults_of(2 * MIB + 0x3000, GUEST_CODE_WRITE), 1);
    assert_int_equal(shadow_unshadow(TABLE(0)), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_roots_are_kept),
                                       cmocka_unit_test(test_invlpg_drops_one),
                                       cmocka_unit_test(test_invlpg_drops_levels_above),
                                       cmocka_unit_test(test_global_is_of_an_address),
                                       cmocka_unit_test(test_written_is_entered),
                                       cmocka_unit_test(test_large_pages_are_protected)};

    return cmocka_run_group_tests(tests, make_memory, free_memory);
}
