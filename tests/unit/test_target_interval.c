/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two routines at the border of an interval, as linked into the target: which value stands
 * on the pins when, what the workload gets, and that the caller's registers survive. That
 * nothing stands between the stores is checked on the bytes (tests/system/payload_interval.sh)
 * and in the machine (payload_exact.sh).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "collector/tsc.h"
#include "hv-under-test/target/interval.h"
#include "workloads/workload.h"

/* Neighbours of the register must stay as they are. */
volatile uint32_t test_page[3];
struct workload_run test_run;
static unsigned calls;
static uint32_t seen;
static uintptr_t seen_stack;

void test_body(struct workload_run *arg)
{
    calls++;
    seen = test_page[1];
    seen_stack = (uintptr_t)__builtin_frame_address(0);
    assert_ptr_equal(arg, &test_run);
    /* As much as a callee may destroy. */
    __asm__ volatile("xorl %%eax, %%eax\n\tmovl $-1, %%ecx\n\tmovl $-1, %%edx\n\t"
                     "movl $-1, %%esi\n\tmovl $-1, %%edi\n\tmovl $-1, %%r8d\n\t"
                     "movl $-1, %%r9d\n\tmovl $-1, %%r10d\n\tmovl $-1, %%r11d"
                     :
                     :
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11");
}

static int reset(void **state)
{
    (void)state;
    test_page[0] = test_page[2] = 0xDEADBEEF;
    test_page[1] = 0;
    calls = 0;
    return 0;
}

static void null_stores(void **state)
{
    (void)state;
    interval_null(&test_page[1], 0x11, 0x02);
    assert_int_equal(test_page[1], 0x02);
    assert_true(test_page[0] == 0xDEADBEEF && test_page[2] == 0xDEADBEEF);
    assert_int_equal(calls, 0);
}

static void run_between(void **state)
{
    (void)state;
    interval_run(&test_page[1], 0x11, 0x02, test_body, &test_run);
    assert_int_equal(calls, 1);
    assert_int_equal(seen, 0x11);
    assert_int_equal(test_page[1], 0x02);
    assert_true(test_page[0] == 0xDEADBEEF && test_page[2] == 0xDEADBEEF);
    /* The frame begins 16 below an aligned stack: return address and saved rbp. */
    assert_int_equal(seen_stack % 16, 0);
}

/*
 * rbx, rbp, rsp, r12-r15 belong to the caller (System V ABI, section 3.2.1): call interval_run
 * with a pattern in each and count in eax which came back changed.
 */
unsigned registers_changed(void);
__asm__(".text\n"
        "registers_changed:\n"
        "    push %rbx\n"
        "    push %rbp\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    mov $0x1111, %rbx\n"
        "    mov %rsp, %rbp\n"
        "    mov $0x3333, %r12\n"
        "    mov $0x4444, %r13\n"
        "    mov $0x5555, %r14\n"
        "    mov $0x6666, %r15\n"
        "    sub $8, %rsp\n"
        "    mov $test_page + 4, %rdi\n"
        "    mov $0x11, %esi\n"
        "    mov $0x02, %edx\n"
        "    mov $test_body, %rcx\n"
        "    mov $test_run, %r8\n"
        "    call interval_run\n"
        "    add $8, %rsp\n"
        "    xor %eax, %eax\n"
        "    cmp $0x1111, %rbx\n"
        "    setne %cl\n"
        "    add %cl, %al\n"
        "    cmp %rsp, %rbp\n"
        "    setne %cl\n"
        "    add %cl, %al\n"
        "    cmp $0x3333, %r12\n"
        "    setne %cl\n"
        "    add %cl, %al\n"
        "    cmp $0x4444, %r13\n"
        "    setne %cl\n"
        "    add %cl, %al\n"
        "    cmp $0x5555, %r14\n"
        "    setne %cl\n"
        "    add %cl, %al\n"
        "    cmp $0x6666, %r15\n"
        "    setne %cl\n"
        "    add %cl, %al\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbp\n"
        "    pop %rbx\n"
        "    ret\n");

static void registers_survive(void **state)
{
    (void)state;
    assert_int_equal(registers_changed(), 0);
    assert_int_equal(calls, 1);
}

/* ticks → ns: exact where the product fits, rounded down elsewhere. */
static void ticks_to_ns(void **state)
{
    static const uint64_t rates_hz[] = {1, 3, 1000000000, 2499998000, TSC_MAX_HZ};

    (void)state;
    assert_true(tsc_to_ns(123456789, 1000000000) == 123456789);
    assert_true(tsc_to_ns(UINT64_MAX, 1000000000) == UINT64_MAX);
    for (size_t i = 0; i < sizeof rates_hz / sizeof rates_hz[0]; i++) {
        uint64_t ticks = rates_hz[i] * 7 + rates_hz[i] / 2;

        assert_true(tsc_to_ns(ticks, rates_hz[i]) ==
                    (uint64_t)((unsigned __int128)ticks * 1000000000u / rates_hz[i]));
        assert_true(
            tsc_to_ns(TSC_MAX_HZ - 1, rates_hz[i]) ==
            (uint64_t)((unsigned __int128)(TSC_MAX_HZ - 1) * 1000000000u / rates_hz[i]));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(null_stores, reset),
        cmocka_unit_test_setup(run_between, reset),
        cmocka_unit_test_setup(registers_survive, reset),
        cmocka_unit_test(ticks_to_ns),
    };

    return cmocka_run_group_tests_name("target_interval", tests, NULL, NULL);
}
