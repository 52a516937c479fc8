/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guest's interrupt controllers against their data sheet: a pair of 8259A (Intel 231468).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hv-under-test/vmm/devices/pic.c"

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
    };

    return cmocka_run_group_tests_name("vmm_pic", tests, NULL, NULL);
}
