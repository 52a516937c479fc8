/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a guest finds things: PCI configuration space has the bridge and the card, each in its
 * place whatever is written; and the place of the guest's memory is RAM that nobody else has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hv-under-test/vmm/devices/pci_guest.c"
#include "hv-under-test/vmm/guest/place.c"

/* --- PCI --- */

static const struct pci_identity bridge = {0x29c08086, 0x06000000, 0x11001af4};
static const struct pci_identity card = {0x00051b36, 0x00ff0000, 0x11001af4};
static struct pci_guest pci;

static int start_pci(void **state)
{
    (void)state;
    pci_guest_start(&pci, &bridge, &card, 0xfebfe000u);
    return 0;
}

static uint32_t config(unsigned device, unsigned reg)
{
    pci_guest_write(&pci, 0xcf8, 4, 0x80000000u | device << 11 | reg);
    return pci_guest_read(&pci, 0xcfc, 4);
}

static void configure(unsigned device, unsigned reg, uint32_t value)
{
    pci_guest_write(&pci, 0xcf8, 4, 0x80000000u | device << 11 | reg);
    pci_guest_write(&pci, 0xcfc, 4, value);
}

static void test_pci_mechanism(void **state)
{
    (void)state;
    /* Linux's check (arch/x86/pci/direct.c): the address reads back, byte writes do nothing. */
    pci_guest_write(&pci, 0xcfb, 1, 1);
    pci_guest_write(&pci, 0xcf8, 4, 0x80000000u);
    assert_int_equal(pci_guest_read(&pci, 0xcf8, 4), 0x80000000u);
    assert_int_equal(config(0, 0), bridge.device);
    assert_int_equal(config(1, 0), card.device);
    assert_int_equal(config(1, 8), card.class);
    assert_int_equal(config(1, 0x2c), card.subsystem);
    config(1, 0);
    assert_int_equal(pci_guest_read(&pci, 0xcfe, 2) & 0xffff, 0x0005);
    assert_int_equal(pci_guest_read(&pci, 0xcfd, 1) & 0xff, 0x1b);
    assert_int_equal(config(0, 0x0c), 0); /* one function, plain header */
}

static void test_pci_nobody_else(void **state)
{
    (void)state;
    for (uint32_t where = 0; where < 0x10000; where++) {
        if (where == 0 || where == 8)
            continue;
        pci_guest_write(&pci, 0xcf8, 4, 0x80000000u | where << 8);
        if (pci_guest_read(&pci, 0xcfc, 4) != 0xffffffffu)
            fail_msg("somebody at %#x", where);
        pci_guest_write(&pci, 0xcfc, 4, 0); /* and nothing happens */
    }
    pci_guest_write(&pci, 0xcf8, 4, 0); /* not enabled */
    assert_int_equal(pci_guest_read(&pci, 0xcfc, 4), 0xffffffffu);
}

static void test_pci_bar_stays(void **state)
{
    (void)state;
    assert_int_equal(config(1, 0x10), 0xfebfe000u);
    configure(1, 0x10, 0xffffffffu);
    assert_int_equal(config(1, 0x10), 0xfffff000u); /* 4 KiB of memory */
    configure(1, 0x10, 0x00100000u);
    assert_int_equal(config(1, 0x10), 0xfebfe000u);
    configure(1, 0x14, 0xffffffffu);
    assert_int_equal(config(1, 0x14), 0); /* no other BAR */
    assert_int_equal(config(0, 0x10), 0);
}

static void test_pci_no_bus_master(void **state)
{
    (void)state;
    assert_int_equal(config(1, 4), 2);
    configure(1, 4, 0xffffffffu);
    assert_int_equal(config(1, 4) & 4, 0);
    configure(1, 4, 0);
    assert_int_equal(config(1, 4), 0);
    pci_guest_write(&pci, 0xcfc, 2, 0x0006);
    assert_int_equal(config(1, 4), 2);
    configure(1, 0x3c, 0xff0b);
    assert_int_equal(config(1, 0x3c), 0x0b); /* no interrupt pin */
}

/* Whatever a guest writes: nobody but the two answers, and the card stays where it is. */
static void test_pci_random(void **state)
{
    const unsigned seed = 318;

    (void)state;
    print_message("# seed %u\n", seed);
    srand(seed);
    for (unsigned i = 0; i < 200000; i++) {
        const unsigned bytes = 1u << rand() % 3;

        pci_guest_write(&pci, (uint16_t)(0xcf8 + rand() % 8), bytes,
                        (uint32_t)rand() << 1 ^ (uint32_t)(rand() & 0x80003fffu));
        pci_guest_read(&pci, (uint16_t)(0xcf8 + rand() % 8), bytes);
        assert_int_equal(config(1, 0), card.device);
        assert_int_equal(config(1, 4) & 4, 0);
        configure(1, 0x10, (uint32_t)rand() & 0x7fffffffu);
        assert_int_equal(config(1, 0x10), 0xfebfe000u);
    }
}

/* --- the place of the guest's memory --- */

#define MIB 1048576ull

static struct multiboot_region map[] = {
    {20, 0, 0x9fc00, 1},          {20, 0x9fc00, 0x400, 2},         {20, MIB, 255 * MIB, 1},
    {20, 0xfffc0000, 0x40000, 2}, {20, 4096 * MIB, 4096 * MIB, 1},
};

static void test_place(void **state)
{
    const struct place_range low[] = {
        {0, 0x123000}, {0x124000, 0x3456789}, {0x3457000, 0x3459000}};
    const struct place_range high[] = {{0, 0x123000}, {200 * MIB, 240 * MIB + 1}};
    struct place_range p;

    (void)state;
    p = place_guest((uint8_t *)map, sizeof(map), low, 3, 2 * MIB);
    assert_int_equal(p.start, 0x3600000); /* QEMU: modules right behind the hypervisor */
    assert_int_equal(p.end, 256 * MIB);
    p = place_guest((uint8_t *)map, sizeof(map), high, 2, 2 * MIB);
    assert_int_equal(p.start, 2 * MIB); /* GRUB may put them anywhere */
    assert_int_equal(p.end, 200 * MIB);
    /* Nothing above 4 GiB, nothing that is not RAM, nothing there at all. */
    p = place_guest((uint8_t *)&map[3], 2 * sizeof(map[0]), low, 1, 2 * MIB);
    assert_true(p.start == p.end);
    p = place_guest((uint8_t *)map, 0, low, 1, 2 * MIB);
    assert_true(p.start == p.end);
}

static void test_place_random(void **state)
{
    const unsigned seed = 1601;

    (void)state;
    print_message("# seed %u\n", seed);
    srand(seed);
    for (unsigned round = 0; round < 20000; round++) {
        struct place_range taken[5] = {{0, MIB}}, p;

        for (unsigned i = 1; i < 5; i++) {
            taken[i].start = (uint64_t)(rand() % 270) * MIB + (unsigned)rand() % MIB;
            taken[i].end = taken[i].start + (uint64_t)rand() % (80 * MIB);
        }
        p = place_guest((uint8_t *)map, sizeof(map), taken, 5, 2 * MIB);
        if (p.start == p.end)
            continue;
        assert_int_equal(p.start % (2 * MIB) | p.end % (2 * MIB), 0);
        assert_true(p.start >= MIB && p.end <= 256 * MIB);
        for (unsigned i = 0; i < 5; i++)
            assert_true(taken[i].start == taken[i].end || taken[i].end <= p.start ||
                        taken[i].start >= p.end);
    }
}

static void test_place_damaged_map(void **state)
{
    const struct place_range low[] = {{0, MIB}};
    struct multiboot_region bad[] = {{0xffffffffu, MIB, 100 * MIB, 1}, {20, 0, UINT64_MAX, 1}};

    (void)state;
    assert_int_equal(place_guest((uint8_t *)bad, sizeof(bad), low, 1, 2 * MIB).end, 100 * MIB);
    /* A region that wraps. */
    assert_true(place_guest((uint8_t *)&bad[1], sizeof(bad[1]), low, 1, 2 * MIB).end <=
                PLACE_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pci_mechanism, start_pci),
        cmocka_unit_test_setup(test_pci_nobody_else, start_pci),
        cmocka_unit_test_setup(test_pci_bar_stays, start_pci),
        cmocka_unit_test_setup(test_pci_no_bus_master, start_pci),
        cmocka_unit_test_setup(test_pci_random, start_pci),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_place_random),
        cmocka_unit_test(test_place_damaged_map),
    };

    return cmocka_run_group_tests_name("vmm_pci_place", tests, NULL, NULL);
}
