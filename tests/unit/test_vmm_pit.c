/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's timer against its data sheet: 8254 (Intel 231164). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hv-under-test/vmm/devices/pit.c"

static struct pit pit;

static int start_pit(void **state)
{
    (void)state;
    pit_reset(&pit);
    return 0;
}

static void set(unsigned channel, uint8_t control, uint16_t count, uint64_t cycle)
{
    pit_write(&pit, PIT_CONTROL, control, cycle);
    pit_write(&pit, (uint16_t)(PIT_CHANNEL_0 + channel), (uint8_t)count, cycle);
    pit_write(&pit, (uint16_t)(PIT_CHANNEL_0 + channel), (uint8_t)(count >> 8), cycle);
}

/* Two reads: low byte, then high. */
static unsigned count_of(unsigned channel, uint64_t cycle)
{
    const uint16_t port = (uint16_t)(PIT_CHANNEL_0 + channel);
    const unsigned low = pit_read(&pit, port, cycle);

    return low | (unsigned)pit_read(&pit, port, cycle) << 8;
}

static unsigned latched(unsigned channel, uint64_t cycle)
{
    pit_write(&pit, PIT_CONTROL, (uint8_t)(channel << 6), cycle);
    return count_of(channel, cycle + 12345); /* long after: a latched count stands still */
}

/* Outputs of channel 0 in the cycles from `from` on, as in the data sheet's figures. */
static void waveform(uint64_t from, const char *expected)
{
    for (size_t i = 0; expected[i]; i++) {
        if (pit_output(&pit, 0, from + i) != (expected[i] == '1'))
            fail_msg("cycle %zu of %s", i, expected);
    }
}

static void test_pit_mode_0(void **state)
{
    (void)state;
    set(0, 0x30, 4, 100); /* figure 15: high N + 1 cycles after the count was written */
    waveform(100, "0000011111111111");
    assert_int_equal(latched(0, 101), 4);
    assert_int_equal(latched(0, 104), 1);
    assert_int_equal(latched(0, 105), 0);
    assert_int_equal(latched(0, 106), 0xffff);
    assert_true(pit_next_edge(&pit, 100) == 105);
    assert_true(pit_next_edge(&pit, 105) == PIT_NEVER); /* one-shot */
    set(0, 0x30, 0, 200);                               /* 0 is 2^16 */
    assert_true(pit_next_edge(&pit, 200) == 201 + 65536);
}

static void test_pit_mode_2(void **state)
{
    (void)state;
    set(0, 0x34, 3, 100); /* figure 17: low for the last cycle of each period */
    waveform(100, "1110110110110");
    assert_int_equal(latched(0, 101), 3);
    assert_int_equal(latched(0, 103), 1);
    assert_int_equal(latched(0, 104), 3);
    assert_true(pit_next_edge(&pit, 100) == 104);
    assert_true(pit_next_edge(&pit, 104) == 107);
    assert_true(pit_next_edge(&pit, 106) == 107);
    assert_true(pit_next_edge(&pit, 101 + 3000000) == 101 + 3000003);
    /* A new count waits for the end of the period: 3 more cycles, then 5 each. */
    pit_write(&pit, 0x40, 5, 108);
    pit_write(&pit, 0x40, 0, 108);
    waveform(107, "1101111011110");
    assert_true(pit_next_edge(&pit, 108) == 110);
    assert_true(pit_next_edge(&pit, 110) == 115);
    /* Written in the very cycle of a reload: that one has gone by. */
    set(0, 0x34, 3, 200);
    pit_write(&pit, 0x40, 5, 204);
    pit_write(&pit, 0x40, 0, 204);
    assert_true(pit_next_edge(&pit, 204) == 207);
    assert_true(pit_next_edge(&pit, 207) == 212);
}

static void test_pit_mode_3(void **state)
{
    (void)state;
    set(0, 0x36, 4, 100); /* figure 18 */
    waveform(100, "11100110011001");
    assert_int_equal(latched(0, 101), 4);
    assert_int_equal(latched(0, 102), 2);
    assert_int_equal(latched(0, 103), 4);
    assert_true(pit_next_edge(&pit, 100) == 105);
    set(0, 0x36, 5, 200); /* odd: high one cycle longer */
    waveform(200, "11110011100111");
    assert_int_equal(latched(0, 201), 4);
    assert_int_equal(latched(0, 202), 2);
    assert_int_equal(latched(0, 203), 0);
    assert_int_equal(latched(0, 204), 4);
    assert_int_equal(latched(0, 205), 2);
}

static void test_pit_mode_4(void **state)
{
    (void)state;
    set(0, 0x38, 3, 100); /* figure 19: one low cycle, N + 1 cycles after the write */
    waveform(100, "11110111111");
    assert_true(pit_next_edge(&pit, 100) == 105);
    assert_true(pit_next_edge(&pit, 105) == PIT_NEVER);
    /* Linux's way to set the next event: a new count alone. */
    pit_write(&pit, 0x40, 10, 200);
    pit_write(&pit, 0x40, 0, 200);
    assert_true(pit_next_edge(&pit, 200) == 212);
}

static void test_pit_idle(void **state)
{
    (void)state;
    assert_int_equal(pit_output(&pit, 0, 5), 1);
    assert_true(pit_next_edge(&pit, 5) == PIT_NEVER);
    pit_write(&pit, PIT_CONTROL, 0x34, 10); /* no count yet */
    pit_write(&pit, 0x40, 9, 10);
    assert_true(pit_next_edge(&pit, 11) == PIT_NEVER); /* half of it */
    pit_write(&pit, 0x40, 0, 12);
    assert_true(pit_next_edge(&pit, 12) == 22);
}

static void test_pit_access(void **state)
{
    (void)state;
    pit_write(&pit, PIT_CONTROL, 0x14, 100); /* low byte only */
    pit_write(&pit, 0x40, 200, 100);
    assert_int_equal(pit_read(&pit, 0x40, 111), 190);
    assert_int_equal(pit_read(&pit, 0x40, 112), 189);
    pit_write(&pit, PIT_CONTROL, 0x24, 200); /* high byte only: 0x300 */
    pit_write(&pit, 0x40, 3, 200);
    assert_int_equal(pit_read(&pit, 0x40, 202), 2);
    assert_true(pit_next_edge(&pit, 200) == 201 + 0x300);
    set(0, 0x35, 0x1000, 300); /* BCD: 1000 */
    assert_true(pit_next_edge(&pit, 300) == 1301);
    assert_int_equal(latched(0, 302), 0x999);
    set(0, 0x35, 0, 300); /* 0 is 10^4 */
    assert_true(pit_next_edge(&pit, 300) == 10301);
}

static void test_pit_latches(void **state)
{
    (void)state;
    set(0, 0x34, 1000, 100);
    pit_write(&pit, PIT_CONTROL, 0x00, 111); /* 990 */
    pit_write(&pit, PIT_CONTROL, 0x00, 211); /* ignored until the first is read */
    assert_int_equal(count_of(0, 300), 990);
    /* Read-back of status and count of channels 0 and 2 (figure 11): status first. */
    pit_write(&pit, PIT_CONTROL, 0xb0, 300);
    pit_write(&pit, PIT_CONTROL, 0xca, 311);                  /* count and status */
    assert_int_equal(pit_read(&pit, 0x42, 400), 0x30 | 0x40); /* mode 0, low, null count */
    assert_int_equal(pit_read(&pit, 0x40, 400), 0x80 | 0x34); /* mode 2, high, loaded */
    assert_int_equal(count_of(0, 400), 790);
    assert_int_equal(pit_read(&pit, PIT_CONTROL, 400), 0xff);
}

/* The PC's way to calibrate: channel 2 by its gate, its output at port 0x61. */
static void test_pit_calibration(void **state)
{
    (void)state;
    pit_write(&pit, PIT_SPEAKER, 0x01, 100);
    set(2, 0xb0, 11932, 100);
    assert_int_equal(pit_read(&pit, PIT_SPEAKER, 100 + 11932) & 0x21, 0x01);
    assert_int_equal(pit_read(&pit, PIT_SPEAKER, 101 + 11932) & 0x21, 0x21);
    /* Without the gate it stands still, and goes on with it. */
    pit_write(&pit, PIT_SPEAKER, 0x01, 20000);
    set(2, 0xb0, 100, 20000);
    pit_write(&pit, PIT_SPEAKER, 0x00, 20041);
    assert_int_equal(latched(2, 20500), 60);
    pit_write(&pit, PIT_SPEAKER, 0x01, 30000);
    assert_int_equal(pit_output(&pit, 2, 30059), 0);
    assert_int_equal(pit_output(&pit, 2, 30060), 1);
    /* Mode 1: the gate starts it. */
    pit_write(&pit, PIT_SPEAKER, 0x00, 40000);
    set(2, 0xb2, 5, 40000);
    assert_int_equal(pit_output(&pit, 2, 40100), 1);
    pit_write(&pit, PIT_SPEAKER, 0x01, 40100);
    assert_int_equal(pit_output(&pit, 2, 40101), 0);
    assert_int_equal(pit_output(&pit, 2, 40105), 0);
    assert_int_equal(pit_output(&pit, 2, 40106), 1);
}

/* The next edge is where the output rises, found the slow way. */
static void test_pit_edges_are_rises(void **state)
{
    static const uint8_t controls[] = {0x30, 0x34, 0x36, 0x38};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        for (uint16_t n = 2; n < 40; n++) {
            uint64_t cycle = 1000, edge;

            pit_reset(&pit);
            set(0, controls[i], n, cycle);
            edge = pit_next_edge(&pit, cycle);
            for (; cycle < 1200; cycle++) {
                const int rises =
                    !pit_output(&pit, 0, cycle) && pit_output(&pit, 0, cycle + 1);

                if (rises != (edge == cycle + 1))
                    fail_msg("control %#x count %u cycle %u", controls[i], n, (int)cycle);
                if (edge == cycle + 1)
                    edge = pit_next_edge(&pit, cycle + 1);
            }
        }
    }
}

/* Put back by so many cycles, all three count as they did. */
static void test_pit_stands_still(void **state)
{
    const struct pit none = pit;
    struct pit later;

    (void)state;
    assert_false(pit_is_set(&none));
    set(0, 0x34, 1000, 100);
    set(1, 0x70, 77, 100);
    set(2, 0xb6, 60000, 100);
    assert_true(pit_is_set(&pit));
    set(0, 0x34, 500, 300); /* waits for the end of the period */
    later = pit;
    pit_shift(&later, 123456);
    for (uint64_t cycle = 300; cycle < 5000; cycle += 7) {
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(pit_output(&pit, i, cycle),
                             pit_output(&later, i, cycle + 123456));
        assert_true(pit_next_edge(&later, cycle + 123456) ==
                    pit_next_edge(&pit, cycle) + 123456);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pit_mode_0, start_pit),
        cmocka_unit_test_setup(test_pit_mode_2, start_pit),
        cmocka_unit_test_setup(test_pit_mode_3, start_pit),
        cmocka_unit_test_setup(test_pit_mode_4, start_pit),
        cmocka_unit_test_setup(test_pit_idle, start_pit),
        cmocka_unit_test_setup(test_pit_access, start_pit),
        cmocka_unit_test_setup(test_pit_latches, start_pit),
        cmocka_unit_test_setup(test_pit_calibration, start_pit),
        cmocka_unit_test_setup(test_pit_stands_still, start_pit),
        cmocka_unit_test_setup(test_pit_edges_are_rises, start_pit),
    };

    return cmocka_run_group_tests_name("vmm_pit", tests, NULL, NULL);
}
