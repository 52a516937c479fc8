/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPUID as the guest sees it: what must be hidden on a processor that has everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/cpuid.c"

static const struct x86_cpuid everything = {ALL, ALL, ALL, ALL};

static int is_zero(struct x86_cpuid r)
{
    return !(r.eax | r.ebx | r.ecx | r.edx);
}

static void test_hidden_features(void **state)
{
    struct x86_cpuid r = cpuid_for_guest(1, everything);

    (void)state;
    assert_false(r.ecx & (1u << 3 | 1u << 5));                         /* MONITOR, VMX */
    assert_false(r.ecx & (1u << 21 | 1u << 24));                       /* x2APIC, deadline */
    assert_false(r.ecx & (1u << 26 | 1u << 27 | 1u << 28 | 1u << 12)); /* XSAVE … FMA */
    assert_false(r.edx & (1u << 9 | 1u << 7 | 1u << 14 | 1u << 12));   /* APIC MCE MCA MTRR */
    r = cpuid_for_guest(0x80000001u, everything);
    assert_false(r.ecx & (1u << 2 | 1u << 12)); /* SVM, SKINIT */
    assert_false(r.edx & 1u << 27);             /* RDTSCP */
}

static void test_baseline_stays(void **state)
{
    struct x86_cpuid r = cpuid_for_guest(1, everything);

    (void)state;
    /* FPU TSC MSR PAE CX8 CMOV MMX FXSR SSE SSE2: baseline x86-64 */
    assert_int_equal(r.edx & 0x07808171u, 0x07808171u);
    r = cpuid_for_guest(0x80000001u, everything);
    assert_int_equal(r.edx & (1u << 29 | 1u << 11 | 1u << 20), 1u << 29 | 1u << 11 | 1u << 20);
    /* Nothing is invented on a processor that has nothing. */
    r = cpuid_for_guest(1, (struct x86_cpuid){0});
    assert_int_equal(r.ecx, 1u << 31);
    assert_int_equal(r.edx, 0);
}

static void test_unlisted_leaves_are_empty(void **state)
{
    static const uint32_t leaves_hidden[] = {
        5,           6,           7,           0xa,         0xb,
        0xd,         0x14,        0x1f,        0x40000003u, 0x40000100u,
        0x8000000au, 0x8000001du, 0x8000001fu, 0xc0000001u, ALL};

    (void)state;
    for (size_t i = 0; i < sizeof(leaves_hidden) / sizeof(leaves_hidden[0]); i++)
        assert_true(is_zero(cpuid_for_guest(leaves_hidden[i], everything)));
}

static void test_abi_leaves(void **state)
{
    struct x86_cpuid r = cpuid_for_guest(VMM_CPUID_BASE, everything);
    char text[13] = {0};

    (void)state;
    memcpy(text, &r.ebx, 4);
    memcpy(text + 4, &r.ecx, 4);
    memcpy(text + 8, &r.edx, 4);
    assert_string_equal(text, VMM_SIGNATURE);
    assert_int_equal(r.eax, VMM_CPUID_BASE + 2);
    r = cpuid_for_guest(VMM_CPUID_BASE + 1, everything);
    assert_int_equal(r.eax, VMM_ABI_VERSION);
    assert_int_equal(r.ebx, GUEST_ACCOUNTS_PAGE);
    assert_int_equal(r.ecx, 0);
    assert_int_equal(cpuid_for_guest(VMM_CPUID_BASE + 2, everything).eax, GUEST_REGISTER_PAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hidden_features),
        cmocka_unit_test(test_baseline_stays),
        cmocka_unit_test(test_unlisted_leaves_are_empty),
        cmocka_unit_test(test_abi_leaves),
    };

    return cmocka_run_group_tests_name("vmm_cpuid", tests, NULL, NULL);
}
