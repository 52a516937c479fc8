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

static struct x86_cpuid shown(uint32_t leaf, struct x86_cpuid host)
{
    return cpuid_for_guest(leaf, 0, 0, host);
}

static int is_zero(struct x86_cpuid r)
{
    return !(r.eax | r.ebx | r.ecx | r.edx);
}

static void test_hidden_features(void **state)
{
    struct x86_cpuid r = shown(1, everything);

    (void)state;
    assert_false(r.ecx & (1u << 3 | 1u << 5));                         /* MONITOR, VMX */
    assert_false(r.ecx & (1u << 21 | 1u << 24));                       /* x2APIC, deadline */
    assert_false(r.ecx & (1u << 26 | 1u << 27 | 1u << 28 | 1u << 12)); /* XSAVE … FMA */
    assert_false(r.edx & (1u << 9 | 1u << 7 | 1u << 14 | 1u << 12));   /* APIC MCE MCA MTRR */
    r = shown(0x80000001u, everything);
    assert_false(r.ecx & (1u << 2 | 1u << 12)); /* SVM, SKINIT */
    assert_false(r.edx & 1u << 27);             /* RDTSCP */
}

static void test_baseline_stays(void **state)
{
    struct x86_cpuid r = shown(1, everything);

    (void)state;
    /* FPU TSC MSR PAE CX8 CMOV MMX FXSR SSE SSE2: baseline x86-64 */
    assert_int_equal(r.edx & 0x07808171u, 0x07808171u);
    r = shown(0x80000001u, everything);
    assert_int_equal(r.edx & (1u << 29 | 1u << 11 | 1u << 20), 1u << 29 | 1u << 11 | 1u << 20);
    /* Nothing is invented on a processor that has nothing. */
    r = shown(1, (struct x86_cpuid){0});
    assert_int_equal(r.ecx, 1u << 31);
    assert_int_equal(r.edx, 0);
}

static void test_unlisted_leaves_are_empty(void **state)
{
    static const uint32_t leaves_hidden[] = {
        5,           6,           0xa,         0xb,         0xd,         0x14,        0x1f,
        0x40000003u, 0x40000100u, 0x8000000au, 0x8000001du, 0x8000001fu, 0xc0000001u, ALL};

    (void)state;
    for (size_t i = 0; i < sizeof(leaves_hidden) / sizeof(leaves_hidden[0]); i++)
        assert_true(is_zero(shown(leaves_hidden[i], everything)));
}

/* What changes the instructions a guest's code takes is the machine's: else a comparison with the
 * machine would compare two programs. What needs a register that is not carried is not. */
static void test_structured_features(void **state)
{
    struct x86_cpuid r = shown(7, everything);

    (void)state;
    assert_true((r.ebx & (1u << 9 | 1u << 3 | 1u << 8)) == (1u << 9 | 1u << 3 | 1u << 8));
    assert_true(r.edx & 1u << 4);                                     /* FSRM */
    assert_true(r.ecx & 1u << 16);                                    /* LA57 */
    assert_false(r.ebx & (1u << 5 | 1u << 14 | 1u << 16 | 1u << 25)); /* AVX2 MPX AVX512 PT */
    assert_false(r.ecx & (1u << 3 | 1u << 22 | 1u << 7));             /* PKU RDPID, CET */
    assert_false(r.edx &
                 (1u << 26 | 1u << 27 | 1u << 31)); /* speculation control: registers */
    assert_int_equal(r.eax, 0);                     /* no further subleaf */
    assert_true(is_zero(cpuid_for_guest(7, 1, 0, everything)));
    assert_true(is_zero(shown(7, (struct x86_cpuid){0})));
}

static void test_states(void **state)
{
    static const struct {
        uint64_t value, host;
        int allowed;
    } cases[] = {
        {1, 7, 1},        {3, 7, 1}, {7, 7, 1},    {0, 7, 0}, {2, 7, 0},
        {5, 7, 0},        {7, 3, 0}, {0xf, ~0, 0}, {3, 3, 1}, {1ull << 63 | 1, ~0ull, 0},
        {0xe7, ~0ull, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(cpuid_allows_states(cases[i].value, cases[i].host), cases[i].allowed);
}

/* What a shadow does not carry goes; what is left of the leaf stays. From now on. */
static void test_shadow(void **state)
{
    const struct x86_cpuid before = shown(7, everything);
    struct x86_cpuid r;

    (void)state;
    cpuid_hide_for_shadow();
    r = shown(7, everything);
    assert_int_equal(r.ebx, before.ebx & ~(1u << 10)); /* INVPCID */
    assert_int_equal(r.ecx, before.ecx & ~(1u << 16)); /* LA57 */
    assert_int_equal(r.edx, before.edx);
}

/* … and in ring 3 what would need a bit of CR4 that is refused there. From now on. */
static void test_ring3(void **state)
{
    const struct x86_cpuid before = shown(7, everything);
    struct x86_cpuid r;

    (void)state;
    cpuid_hide_for_ring3();
    r = shown(7, everything);
    assert_int_equal(r.ebx, before.ebx & ~(1u | 1u << 7 | 1u << 20)); /* FSGSBASE SMEP SMAP */
    assert_int_equal(r.ecx, before.ecx & ~(1u << 2));                 /* UMIP */
    assert_int_equal(r.edx, before.edx);
}

/* Last but for the counters: from now on XSAVE is shown. */
static void test_xsave(void **state)
{
    const struct x86_cpuid sizes = {0x2ff, 576, 2696, 0};
    struct x86_cpuid r;

    (void)state;
    cpuid_show_xsave();
    r = shown(1, everything);
    assert_true(r.ecx & 1u << 26 && r.ecx & 1u << 28);
    assert_false(r.ecx &
                 1u << 27); /* OSXSAVE is the guest's own choice, whatever the host's */
    assert_true(cpuid_for_guest(1, 0, X86_CR4_OSXSAVE, everything).ecx & 1u << 27);
    assert_false(cpuid_for_guest(1, 0, X86_CR4_OSXSAVE, (struct x86_cpuid){0}).ecx & 1u << 26);
    assert_true(shown(7, everything).ebx & 1u << 5);
    r = cpuid_for_guest(0xd, 0, 0, sizes);
    assert_int_equal(r.eax, 7);
    assert_int_equal(r.ebx, 576); /* as enabled */
    assert_int_equal(r.ecx, 832); /* as could be */
    assert_int_equal(r.edx, 0);
    assert_int_equal(cpuid_for_guest(0xd, 0, 0, (struct x86_cpuid){3, 576, 576, 0}).ecx, 576);
    r = cpuid_for_guest(0xd, 1, 0, everything);
    assert_int_equal(r.eax, 7); /* no XSAVES, which has a register of its own */
    assert_int_equal(r.ebx | r.ecx | r.edx, 0);
    assert_int_equal(cpuid_for_guest(0xd, 2, 0, (struct x86_cpuid){256, 576, 0, 0}).ebx, 576);
    for (uint32_t i = 3; i < 64; i++)
        assert_true(is_zero(cpuid_for_guest(0xd, i, 0, everything)));
}

static void test_abi_leaves(void **state)
{
    struct x86_cpuid r = shown(VMM_CPUID_BASE, everything);
    char text[13] = {0};

    (void)state;
    memcpy(text, &r.ebx, 4);
    memcpy(text + 4, &r.ecx, 4);
    memcpy(text + 8, &r.edx, 4);
    assert_string_equal(text, VMM_SIGNATURE);
    assert_int_equal(r.eax, VMM_CPUID_BASE + 2);
    r = shown(VMM_CPUID_BASE + 1, everything);
    assert_int_equal(r.eax, VMM_ABI_VERSION);
    assert_int_equal(r.ebx, GUEST_ACCOUNTS_PAGE);
    assert_int_equal(r.ecx, 0);
    assert_int_equal(shown(VMM_CPUID_BASE + 2, everything).eax, GUEST_REGISTER_PAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hidden_features),
        cmocka_unit_test(test_baseline_stays),
        cmocka_unit_test(test_unlisted_leaves_are_empty),
        cmocka_unit_test(test_abi_leaves),
        cmocka_unit_test(test_structured_features),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_shadow),
        cmocka_unit_test(test_ring3),
        cmocka_unit_test(test_xsave),
    };

    return cmocka_run_group_tests_name("vmm_cpuid", tests, NULL, NULL);
}
