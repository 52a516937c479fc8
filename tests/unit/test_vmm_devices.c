/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guest's devices against their data sheets: 8259A pair (Intel 231468), 8254 (Intel
 * 231164), PCI configuration space; and the place of a guest's memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/pic.c"
#include "hv-under-test/vmm/pci_guest.c"
#include "hv-under-test/vmm/pit.c"
#include "hv-under-test/vmm/place.c"

/* --- 8259A --- */

static struct pic pic;

static void init_pic(uint8_t icw4_first, uint8_t icw4_second)
{
    static const uint16_t command[] = {PIC_FIRST_COMMAND, PIC_SECOND_COMMAND};

    pic_reset(&pic);
    for (unsigned i = 0; i < 2; i++) {
        pic_write(&pic, command[i], 0x11);
        pic_write(&pic, command[i] + 1, i ? 0x38 : 0x30);
        pic_write(&pic, command[i] + 1, i ? 2 : 4);
        pic_write(&pic, command[i] + 1, i ? icw4_second : icw4_first);
        pic_write(&pic, command[i] + 1, 0);
    }
}

static int start_pic(void **state)
{
    (void)state;
    init_pic(1, 1);
    return 0;
}

static void end_of_interrupt(uint16_t port)
{
    pic_write(&pic, port, 0x20);
}

static void test_pic_vectors(void **state)
{
    (void)state;
    for (unsigned line = 0; line < PIC_LINES; line++) {
        if (line == 2)
            continue;
        assert_false(pic_output(&pic));
        pic_pulse(&pic, line);
        assert_true(pic_output(&pic));
        assert_int_equal(pic_vector(&pic), 0x30 + line);
        assert_int_equal(pic_acknowledge(&pic), 0x30 + line);
        assert_false(pic_output(&pic));
        if (line >= 8)
            end_of_interrupt(PIC_SECOND_COMMAND);
        end_of_interrupt(PIC_FIRST_COMMAND);
    }
}

static void test_pic_silent_before_initialisation(void **state)
{
    (void)state;
    pic_reset(&pic);
    pic_pulse(&pic, 0);
    assert_false(pic_output(&pic));
    pic_write(&pic, 0x21, 0);
    pic_write(&pic, 0x20, 0x11); /* ICW1 clears the mask, and the edge must come anew */
    pic_pulse(&pic, 1);
    assert_false(pic_output(&pic)); /* not told its vectors yet */
    pic_write(&pic, 0x21, 0x40);
    pic_write(&pic, 0x21, 4);
    pic_write(&pic, 0x21, 1);
    assert_true(pic_output(&pic));
    assert_int_equal(pic_acknowledge(&pic), 0x41);
}

static void test_pic_edges(void **state)
{
    (void)state;
    pic_set_line(&pic, 3, 1);
    assert_int_equal(pic_acknowledge(&pic), 0x33);
    end_of_interrupt(0x20);
    pic_set_line(&pic, 3, 1);
    assert_false(pic_output(&pic)); /* still high: no new edge */
    pic_set_line(&pic, 3, 0);
    pic_set_line(&pic, 3, 1);
    assert_true(pic_output(&pic));
    pic_set_line(&pic, 3, 0); /* gone before it was acknowledged */
    assert_false(pic_output(&pic));
    assert_int_equal(pic_acknowledge(&pic), 0x37); /* spurious: line 7, and no ISR bit */
    pic_write(&pic, 0x20, 0x0b);
    assert_int_equal(pic_read(&pic, 0x20), 0);
}

static void test_pic_spurious_on_the_second(void **state)
{
    (void)state;
    pic_pulse(&pic, 12);
    /* The first has seen it; then the second's request goes. */
    pic.chip[1].request = 0;
    assert_int_equal(pic_acknowledge(&pic), 0x3f);
    pic_write(&pic, 0xa0, 0x0b);
    assert_int_equal(pic_read(&pic, 0xa0), 0);
    pic_write(&pic, 0x20, 0x0b);
    assert_int_equal(pic_read(&pic, 0x20), 1 << 2); /* the first wants its EOI */
}

static void test_pic_priorities(void **state)
{
    (void)state;
    pic_pulse(&pic, 5);
    pic_pulse(&pic, 3);
    assert_int_equal(pic_acknowledge(&pic), 0x33);
    assert_false(pic_output(&pic)); /* 5 is below 3 */
    pic_pulse(&pic, 0);
    assert_int_equal(pic_acknowledge(&pic), 0x30); /* nested */
    end_of_interrupt(0x20);                        /* non-specific: the highest, 0 */
    assert_false(pic_output(&pic));
    end_of_interrupt(0x20);
    assert_int_equal(pic_acknowledge(&pic), 0x35);
    pic_pulse(&pic, 8); /* by line 2, above 5 */
    assert_int_equal(pic_acknowledge(&pic), 0x38);
}

static void test_pic_mask_and_registers(void **state)
{
    (void)state;
    pic_write(&pic, 0x21, 0x10);
    assert_int_equal(pic_read(&pic, 0x21), 0x10);
    assert_true(pic_is_masked(&pic, 4));
    assert_false(pic_is_masked(&pic, 5));
    pic_pulse(&pic, 4);
    assert_false(pic_output(&pic));
    pic_write(&pic, 0x20, 0x0a);
    assert_int_equal(pic_read(&pic, 0x20), 0x10); /* IRR holds it */
    pic_write(&pic, 0x21, 0);
    assert_false(pic_is_ready(&pic, 4));
    assert_int_equal(pic_acknowledge(&pic), 0x34);
    assert_false(pic_is_ready(&pic, 4));
    assert_int_equal(pic_read(&pic, 0x20), 0);
    pic_write(&pic, 0x20, 0x0b);
    assert_int_equal(pic_read(&pic, 0x20), 0x10); /* ISR */
    pic_write(&pic, 0x20, 0x64);                  /* specific EOI of line 4 */
    assert_true(pic_is_ready(&pic, 4));
    pic_write(&pic, 0x21, 0x10);
    assert_false(pic_is_ready(&pic, 4));
    assert_int_equal(pic_read(&pic, 0x20), 0);
}

static void test_pic_automatic_end(void **state)
{
    (void)state;
    init_pic(3, 3);
    pic_pulse(&pic, 9);
    pic_pulse(&pic, 14);
    pic_pulse(&pic, 6);
    assert_int_equal(pic_acknowledge(&pic), 0x39);
    assert_int_equal(pic_acknowledge(&pic), 0x3e); /* the second one asks again */
    assert_int_equal(pic_acknowledge(&pic), 0x36);
    assert_false(pic_output(&pic));
}

static void test_pic_special_fully_nested(void **state)
{
    (void)state;
    init_pic(0x11, 1);
    pic_pulse(&pic, 12);
    assert_int_equal(pic_acknowledge(&pic), 0x3c);
    pic_pulse(&pic, 10); /* higher, of the same chip */
    assert_true(pic_output(&pic));
    assert_int_equal(pic_acknowledge(&pic), 0x3a);
    init_pic(1, 1); /* without it the first chip is locked */
    pic_pulse(&pic, 12);
    pic_acknowledge(&pic);
    pic_pulse(&pic, 10);
    assert_false(pic_output(&pic));
    end_of_interrupt(0x20);
    assert_int_equal(pic_acknowledge(&pic), 0x3a);
}

static void test_pic_special_mask(void **state)
{
    (void)state;
    pic_pulse(&pic, 1);
    pic_acknowledge(&pic);
    pic_pulse(&pic, 5);
    assert_false(pic_output(&pic));
    pic_write(&pic, 0x21, 0x02); /* masks the one in service … */
    assert_false(pic_output(&pic));
    pic_write(&pic, 0x20, 0x68); /* … which then blocks nothing */
    assert_true(pic_output(&pic));
    pic_write(&pic, 0x20, 0x48);
    assert_false(pic_output(&pic));
}

static void test_pic_rotation(void **state)
{
    (void)state;
    pic_pulse(&pic, 0);
    pic_acknowledge(&pic);
    pic_write(&pic, 0x20, 0xa0); /* non-specific EOI, 0 becomes the lowest */
    pic_pulse(&pic, 0);
    pic_pulse(&pic, 7);
    assert_int_equal(pic_acknowledge(&pic), 0x37);
    end_of_interrupt(0x20);
    assert_int_equal(pic_acknowledge(&pic), 0x30);
    end_of_interrupt(0x20);
    pic_write(&pic, 0x20, 0xc4); /* 4 lowest: 5 is the highest */
    pic_pulse(&pic, 3);
    pic_pulse(&pic, 5);
    assert_int_equal(pic_acknowledge(&pic), 0x35);
}

static void test_pic_poll(void **state)
{
    (void)state;
    pic_write(&pic, 0x20, 0x0c);
    assert_int_equal(pic_read(&pic, 0x20), 0);
    pic_pulse(&pic, 6);
    pic_write(&pic, 0x20, 0x0c);
    assert_int_equal(pic_read(&pic, 0x20), 0x86);
    assert_false(pic_output(&pic)); /* in service now */
    assert_int_equal(pic_read(&pic, 0x20), 0);
}

/* Whatever is written and pulsed, a vector belongs to a line that asked, or is the spurious
 * one; and the output says whether one is due. */
static void test_pic_random(void **state)
{
    const unsigned seed = 8259;

    (void)state;
    print_message("# seed %u\n", seed);
    srand(seed);
    for (unsigned round = 0; round < 200000; round++) {
        const unsigned what = (unsigned)rand();

        switch (what % 4) {
        case 0:
            pic_set_line(&pic, (what >> 8) % 16 == 2 ? 0 : (what >> 8) % 16, what >> 16 & 1);
            break;
        case 1:
            pic_write(&pic, what & 0x100 ? 0xa0 : 0x20, (uint8_t)(what >> 16 & 0xef));
            break;
        case 2:
            pic_write(&pic, what & 0x100 ? 0xa1 : 0x21, (uint8_t)(what >> 16));
            break;
        default:
            if (pic_output(&pic)) {
                const uint8_t expected = pic_vector(&pic), vector = pic_acknowledge(&pic);

                assert_int_equal(vector, expected);
                assert_true((vector & 0xf8) == 0x30 || (vector & 0xf8) == 0x38);
            }
        }
    }
}

/* --- 8254 --- */

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
        cmocka_unit_test_setup(test_pic_vectors, start_pic),
        cmocka_unit_test_setup(test_pic_silent_before_initialisation, start_pic),
        cmocka_unit_test_setup(test_pic_edges, start_pic),
        cmocka_unit_test_setup(test_pic_spurious_on_the_second, start_pic),
        cmocka_unit_test_setup(test_pic_priorities, start_pic),
        cmocka_unit_test_setup(test_pic_mask_and_registers, start_pic),
        cmocka_unit_test_setup(test_pic_automatic_end, start_pic),
        cmocka_unit_test_setup(test_pic_special_fully_nested, start_pic),
        cmocka_unit_test_setup(test_pic_special_mask, start_pic),
        cmocka_unit_test_setup(test_pic_rotation, start_pic),
        cmocka_unit_test_setup(test_pic_poll, start_pic),
        cmocka_unit_test_setup(test_pic_random, start_pic),
        cmocka_unit_test_setup(test_pit_mode_0, start_pit),
        cmocka_unit_test_setup(test_pit_mode_2, start_pit),
        cmocka_unit_test_setup(test_pit_mode_3, start_pit),
        cmocka_unit_test_setup(test_pit_mode_4, start_pit),
        cmocka_unit_test_setup(test_pit_idle, start_pit),
        cmocka_unit_test_setup(test_pit_access, start_pit),
        cmocka_unit_test_setup(test_pit_latches, start_pit),
        cmocka_unit_test_setup(test_pit_calibration, start_pit),
        cmocka_unit_test_setup(test_pit_edges_are_rises, start_pit),
        cmocka_unit_test_setup(test_pci_mechanism, start_pci),
        cmocka_unit_test_setup(test_pci_nobody_else, start_pci),
        cmocka_unit_test_setup(test_pci_bar_stays, start_pci),
        cmocka_unit_test_setup(test_pci_no_bus_master, start_pci),
        cmocka_unit_test_setup(test_pci_random, start_pci),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_place_random),
        cmocka_unit_test(test_place_damaged_map),
    };

    return cmocka_run_group_tests_name("vmm_devices", tests, NULL, NULL);
}
