/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hypervisor's deadlines against a clock and a hardware timer that the test moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/machine/host_apic.h"
#include "hv-under-test/vmm/machine/host_timer.c"

static uint64_t now_ticks, hardware; /* 0: off */

uint64_t host_apic_now(void)
{
    return now_ticks;
}

void host_apic_arm(uint64_t deadline_ticks)
{
    hardware = deadline_ticks;
}

void host_apic_disarm(void)
{
    hardware = 0;
}

static char fired[64];

static void note(struct host_timer *t, struct vcpu *v);
static struct host_timer a = {.fire = note}, b = {.fire = note}, c = {.fire = note};

static void note(struct host_timer *t, struct vcpu *v)
{
    assert_ptr_equal(v, &now_ticks);
    assert_false(t->armed);
    assert_true(t->deadline_ticks <= now_ticks);
    strcat(fired, t == &a ? "a" : t == &b ? "b" : "c");
}

static int start(void **state)
{
    (void)state;
    host_timer_cancel(&a);
    host_timer_cancel(&b);
    host_timer_cancel(&c);
    a.fire = b.fire = c.fire = note;
    now_ticks = hardware = 0;
    fired[0] = '\0';
    return 0;
}

static void at(uint64_t ticks, const char *expected)
{
    fired[0] = '\0';
    now_ticks = ticks;
    host_timer_service((struct vcpu *)&now_ticks);
    assert_string_equal(fired, expected);
}

static void test_order_of_deadlines(void **state)
{
    (void)state;
    host_timer_arm(&a, 300);
    assert_int_equal(hardware, 300);
    host_timer_arm(&b, 100);
    assert_int_equal(hardware, 100);
    host_timer_arm(&c, 200);
    assert_int_equal(hardware, 100);
    at(99, ""); /* an early interrupt fires nothing, and is armed again */
    assert_int_equal(hardware, 100);
    at(100, "b");
    assert_int_equal(hardware, 200);
    at(1000, "ca");
    assert_int_equal(hardware, 0);
    at(2000, ""); /* one-shot */
}

static void test_equal_deadlines_in_order_of_arming(void **state)
{
    (void)state;
    host_timer_arm(&c, 5);
    host_timer_arm(&a, 5);
    host_timer_arm(&b, 5);
    at(5, "cab");
}

static void test_arm_again_moves(void **state)
{
    (void)state;
    host_timer_arm(&a, 10);
    host_timer_arm(&b, 20);
    host_timer_arm(&a, 30);
    assert_int_equal(hardware, 20);
    at(25, "b");
    at(30, "a");
}

static void test_cancel(void **state)
{
    (void)state;
    host_timer_cancel(&a); /* never armed */
    host_timer_arm(&a, 10);
    host_timer_arm(&b, 20);
    host_timer_cancel(&a);
    assert_int_equal(hardware, 20);
    assert_false(a.armed);
    at(15, "");
    host_timer_cancel(&b);
    assert_int_equal(hardware, 0);
    at(100, "");
}

static unsigned periods;

static void again(struct host_timer *t, struct vcpu *v)
{
    (void)v;
    strcat(fired, "p");
    if (--periods)
        host_timer_arm(t, t->deadline_ticks + 10);
}

static void test_period_without_drift(void **state)
{
    (void)state;
    periods = 4;
    a.fire = again;
    host_timer_arm(&a, 10);
    at(13, "p"); /* late, but the next is from the deadline */
    assert_int_equal(hardware, 20);
    at(45, "p"); /* once a pass, however late */
    assert_int_equal(hardware, 30);
    at(45, "p");
    at(45, "p");
    assert_int_equal(hardware, 0);
}

static void cancel_others(struct host_timer *t, struct vcpu *v)
{
    (void)v;
    strcat(fired, t == &a ? "A" : "B");
    host_timer_arm(&c, now_ticks); /* due already, but for the next pass */
}

static void test_fire_may_arm_and_cancel_others(void **state)
{
    (void)state;
    a.fire = cancel_others;
    b.fire = cancel_others;
    host_timer_arm(&a, 10);
    host_timer_arm(&b, 20);
    at(50, "AB");
    assert_true(c.armed);
    assert_int_equal(hardware, 50);
    at(50, "c");
}

static void cancel_b(struct host_timer *t, struct vcpu *v)
{
    (void)t;
    (void)v;
    strcat(fired, "x");
    host_timer_cancel(&b);
}

static void rearm_b(struct host_timer *t, struct vcpu *v)
{
    (void)t;
    (void)v;
    strcat(fired, "r");
    host_timer_arm(&b, 99);
}

/* Both are due in one pass, and the first decides about the second. */
static void test_decided_within_the_pass(void **state)
{
    (void)state;
    a.fire = cancel_b;
    host_timer_arm(&a, 10);
    host_timer_arm(&b, 20);
    at(50, "x");
    assert_int_equal(hardware, 0);
    a.fire = rearm_b;
    host_timer_arm(&a, 60);
    host_timer_arm(&b, 61);
    at(70, "r");
    assert_int_equal(hardware, 99);
    at(99, "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_order_of_deadlines, start),
        cmocka_unit_test_setup(test_equal_deadlines_in_order_of_arming, start),
        cmocka_unit_test_setup(test_arm_again_moves, start),
        cmocka_unit_test_setup(test_cancel, start),
        cmocka_unit_test_setup(test_period_without_drift, start),
        cmocka_unit_test_setup(test_fire_may_arm_and_cancel_others, start),
        cmocka_unit_test_setup(test_decided_within_the_pass, start),
    };

    return cmocka_run_group_tests_name("vmm_timer", tests, NULL, NULL);
}
