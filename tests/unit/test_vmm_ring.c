/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The paravirtual ring against a hostile guest: counts out of range, wrap-around, slots that name
 * what is not the guest's, sizes that overflow, and a guest that changes everything while it is
 * served.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/accounts.c"
#include "hv-under-test/vmm/devices/ring.c"
#include "workloads/random.h"

#define RAM_BYTES 65536u

struct guest_memory guest_memory;
static uint8_t ram[RAM_BYTES];
static char out[1 << 20];
static uint32_t out_bytes;
static void (*meanwhile)(void); /* what the guest does while its bytes go out */

void serial_write(const volatile uint8_t *bytes, uint32_t n)
{
    assert_true(bytes >= ram && n <= RAM_BYTES && bytes + n <= ram + RAM_BYTES);
    assert_true(n <= sizeof(out) - out_bytes);
    for (uint32_t i = 0; i < n; i++)
        out[out_bytes++] = (char)bytes[i];
    if (meanwhile)
        meanwhile();
}

static struct vmm_ring *const ring = &ring_page.ring;

static int start(void **state)
{
    (void)state;
    memset(&ring_page, 0, sizeof(ring_page));
    memset(&accounts_page, 0, sizeof(accounts_page));
    memset(ram, 0, sizeof(ram));
    guest_memory = (struct guest_memory){ram, RAM_BYTES};
    out_bytes = 0;
    meanwhile = NULL;
    ring_start();
    return 0;
}

static void post(unsigned operation, uint64_t address, uint32_t bytes)
{
    ring->slot[ring->produced % VMM_RING_SLOTS] = (struct vmm_ring_slot){
        .address = address, .bytes = bytes, .operation = (uint16_t)operation};
    ring->produced++;
}

static void test_no_ring(void **state)
{
    (void)state;
    there = 0;
    ring->produced = 1;
    assert_true(ring_kick() == UINT64_MAX);
    assert_int_equal(ring->consumed, 0);
}

static void test_console(void **state)
{
    (void)state;
    assert_int_equal(accounts_page.a.ring, GUEST_RING_PAGE);
    strcpy((char *)ram, "hello, world");
    assert_int_equal(ring_kick(), 0);
    post(VMM_RING_CONSOLE, 0, 7);
    post(VMM_RING_NONE, UINT64_MAX, UINT32_MAX); /* asks for nothing, whatever it names */
    post(VMM_RING_CONSOLE, 7, 5);
    assert_int_equal(out_bytes, 0);
    assert_int_equal(ring_kick(), 0);
    assert_int_equal(out_bytes, 12);
    assert_memory_equal(out, "hello, world", 12);
    assert_int_equal(ring->consumed, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(ring->slot[i].status, VMM_RING_DONE);
    assert_int_equal(ring_kick(), 0);
    assert_int_equal(out_bytes, 12); /* once */
}

static void test_slots_that_name_what_is_not_theirs(void **state)
{
    static const struct {
        uint64_t address;
        uint32_t bytes;
    } bad[] = {
        {RAM_BYTES, 1},
        {RAM_BYTES - 3, 4},
        {RAM_BYTES - 3, UINT32_MAX},
        {0, VMM_RING_BYTES_MOST + 1},
        {0, UINT32_MAX},
        {UINT64_MAX, 1},
        {UINT64_MAX - 3, 8},
        {UINT64_MAX, UINT32_MAX},
        {1ull << 63, 16},
        {1ull << 32, 16},
        {GUEST_RING_PAGE, 16},
        {GUEST_ACCOUNTS_PAGE, 16},
        {(uint64_t)(uintptr_t)&ring_page, 16},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        post(VMM_RING_CONSOLE, bad[i].address, bad[i].bytes);
    post(2, 0, 1);
    post(UINT16_MAX, 0, 1);
    post(VMM_RING_CONSOLE, RAM_BYTES - 4, 4); /* just so */
    post(VMM_RING_CONSOLE, RAM_BYTES, 0);
    assert_int_equal(ring_kick(), 0);
    for (unsigned i = 0; i < ring->produced - 2; i++)
        assert_int_equal(ring->slot[i].status, VMM_RING_REFUSED);
    assert_int_equal(ring->slot[ring->produced - 2].status, VMM_RING_DONE);
    assert_int_equal(ring->slot[ring->produced - 1].status, VMM_RING_DONE);
    assert_int_equal(out_bytes, 4);
}

/* Full is well; one more is the end of it. */
static void test_counts(void **state)
{
    static const uint32_t bad[] = {VMM_RING_SLOTS + 1, 1u << 31, UINT32_MAX};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        start(state);
        for (unsigned j = 0; j < VMM_RING_SLOTS; j++)
            post(VMM_RING_CONSOLE, 0, 1);
        assert_int_equal(ring_kick(), 0);
        assert_int_equal(out_bytes, VMM_RING_SLOTS);
        ring->produced = ring->consumed + bad[i];
        assert_true(ring_kick() == UINT64_MAX);
        assert_int_equal(ring->broken, 1);
        assert_int_equal(out_bytes, VMM_RING_SLOTS);
        ring->broken = 0; /* what the guest says of it is nothing */
        ring->produced = ring->consumed;
        assert_true(ring_kick() == UINT64_MAX);
    }
    /* Going back is going on by almost 2^32. */
    start(state);
    post(VMM_RING_NONE, 0, 0);
    assert_int_equal(ring_kick(), 0);
    ring->produced = 0;
    assert_true(ring_kick() == UINT64_MAX);
}

/* The guest's word on what was served is not asked for. */
static void test_consumed_is_not_read(void **state)
{
    (void)state;
    post(VMM_RING_CONSOLE, 0, 1);
    assert_int_equal(ring_kick(), 0);
    ring->consumed = 0;
    assert_int_equal(ring_kick(), 0);
    assert_int_equal(out_bytes, 1);
    ring->consumed = UINT32_MAX;
    post(VMM_RING_CONSOLE, 0, 1);
    assert_int_equal(ring_kick(), 0);
    assert_int_equal(out_bytes, 2);
    assert_int_equal(ring->consumed, 2);
}

static void test_wrap_around(void **state)
{
    const uint32_t begin = UINT32_MAX - 200;

    (void)state;
    served = ring->produced = begin; /* as if so many had been */
    for (unsigned i = 0; i < 1000; i++) {
        ram[i] = (uint8_t)(i * 7);
        post(VMM_RING_CONSOLE, i, 1);
        if (i % 100 == 99)
            assert_int_equal(ring_kick(), 0);
    }
    assert_int_equal(out_bytes, 1000);
    assert_memory_equal(out, ram, 1000);
    assert_int_equal(ring->consumed, begin + 1000);
}

/* While the first slot's bytes go out, the guest makes all of the page another one. */
static void change_everything(void)
{
    memset(&ring_page, 0xff, sizeof(ring_page));
}

static void test_changed_while_served(void **state)
{
    (void)state;
    meanwhile = change_everything;
    for (unsigned i = 0; i < 3; i++)
        post(VMM_RING_CONSOLE, 0, 16);
    assert_int_equal(ring_kick(), 0);
    assert_int_equal(out_bytes, 16); /* of the other two only what they say then */
    assert_int_equal(ring->consumed, 3);
    assert_int_equal(ring->slot[0].status, VMM_RING_DONE);
    assert_int_equal(ring->slot[1].status, VMM_RING_REFUSED);
    meanwhile = NULL;
    assert_true(ring_kick() == UINT64_MAX); /* produced is 2^32 - 1 now */
}

/* A page of noise at every kick: nothing but the guest's own bytes goes out, and no more than the
 * page can name. */
static void test_noise(void **state)
{
    uint64_t random = 20261126;

    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        start(state);
        for (unsigned j = 0; j < sizeof(ring_page) / 8; j++)
            ((uint64_t *)&ring_page)[j] = random_next(&random);
        ring->produced = (uint32_t)random_below(&random, 2 * VMM_RING_SLOTS);
        for (unsigned j = 0; j < VMM_RING_SLOTS; j++) {
            ring->slot[j].operation = (uint16_t)random_below(&random, 3);
            ring->slot[j].bytes &= random_next(&random) & 1 ? 0x7ffu : UINT32_MAX;
            ring->slot[j].address &= random_next(&random) & 1 ? 0x1ffffu : UINT64_MAX;
        }
        ring_kick();
        assert_true(out_bytes <= VMM_RING_SLOTS * VMM_RING_BYTES_MOST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_no_ring, start),
        cmocka_unit_test_setup(test_console, start),
        cmocka_unit_test_setup(test_slots_that_name_what_is_not_theirs, start),
        cmocka_unit_test_setup(test_counts, start),
        cmocka_unit_test_setup(test_consumed_is_not_read, start),
        cmocka_unit_test_setup(test_wrap_around, start),
        cmocka_unit_test_setup(test_changed_while_served, start),
        cmocka_unit_test_setup(test_noise, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
