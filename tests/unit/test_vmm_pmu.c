/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's performance counters (vmm/pmu.c) on a model of the registers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/cpuid.c"
#include "hv-under-test/vmm/pmu.c"
#include "hv-under-test/vmm/text.c"
#include "tests/unit/msr_model.h"

#define CTL0 0xC0010200u
#define ENABLED (1ull << 22)
#define RING0 (1ull << 17)
#define INSTRUCTIONS 0xC0ull

static struct model model;
static struct msr_access access;

static const char *start(struct model m)
{
    m.svme = 1;
    model = m;
    access = model_access(&model);
    return vmm_pmu_start(&access);
}

static int shows_counters(void)
{
    const struct x86_cpuid host = {.ecx = ALL};

    return cpuid_for_guest(0x80000001u, 0, 0, host).ecx >> 23 & 1;
}

static void test_hidden_by_default(void **state)
{
    uint64_t value;

    (void)state;
    assert_false(shows_counters());
    assert_int_equal(vmm_pmu_counters(), 0);
    assert_int_equal(vmm_pmu_read_select(CTL0, &value), -1);
    assert_int_equal(vmm_pmu_write_select(CTL0, 0), -1);
}

static void assert_refused(struct model m, const char *why)
{
    const char *reason = start(m);

    assert_non_null(reason);
    assert_int_equal(strncmp(reason, "pmu=guest: ", 11), 0);
    if (!strstr(reason, why))
        fail_msg("\"%s\" does not say \"%s\"", reason, why);
    assert_int_equal(vmm_pmu_counters(), 0);
    assert_false(shows_counters());
}

static void test_refusals(void **state)
{
    struct model m = model_amd(0x19, 1, 0);

    (void)state;
    assert_refused(model_amd(0x17, 0, 0), "no core counters");
    assert_refused(model_intel(4, 4, 48), "no core counters");
    assert_refused(model_amd(6, 0, 0), "no PMU");
    assert_refused(model_amd(0x1A, 1, 1), "without codes for family 0x1a");
    m.fault = FAULT_DROPS_GUEST;
    m.fault_at = 5; /* the last one counts, too */
    assert_refused(m, "does not keep its guest-only bit");
    m.fault = FAULT_IGNORES_GUEST;
    assert_refused(m, "counts");
    m.fault = FAULT_STICKS;
    assert_refused(m, "sticks");
}

/* What the guest writes counts its own events and nobody else's. */
static void check_guest_counts(struct model m)
{
    const uint64_t guest = INSTRUCTIONS | RING0 | ENABLED;
    uint64_t value;

    assert_null(start(m));
    assert_true(shows_counters());
    assert_int_equal(vmm_pmu_counters(), 6);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(vmm_pmu_read_select(CTL0 + 2 * i, &value), 0);
        assert_int_equal(value, 0); /* nothing is left of the proof */
        assert_int_equal(model.count[i], 0);
    }
    assert_int_equal(vmm_pmu_write_select(CTL0 + 4, guest), 0);
    assert_true(model.select[2] == (guest | 1ull << 40));
    assert_int_equal(vmm_pmu_read_select(CTL0 + 4, &value), 0);
    assert_true(value == guest);
    for (unsigned i = 0; i < 10; i++) {
        model.in_guest = i % 2;
        model_execute(&model, 1000);
    }
    assert_int_equal(model.count[VMM_PMU_COUNTER(2) % 16 / 2], 5 * 2003);
}

static void test_guest_counts_itself(void **state)
{
    (void)state;
    check_guest_counts(model_amd(0x19, 1, 0));
    check_guest_counts(model_amd(0x19, 1, 1)); /* the global control is on for it */
}

static void test_what_the_guest_may_not_write(void **state)
{
    static const unsigned refused[] = {19, 20, 21, 36, 40, 41, 42, 63};
    uint64_t value;

    (void)state;
    assert_null(start(model_amd(0x19, 1, 0)));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_int_equal(vmm_pmu_write_select(CTL0, INSTRUCTIONS | 1ull << refused[i]), -1);
    assert_int_equal(vmm_pmu_write_select(CTL0 + 12, INSTRUCTIONS), -1);
    assert_int_equal(vmm_pmu_write_select(CTL0 + 1, 0),
                     -1); /* a counter: passes, never here */
    assert_int_equal(vmm_pmu_read_select(0xC0010000u, &value), -1);
    assert_int_equal(model.select[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hidden_by_default), /* first: showing is for good */
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_guest_counts_itself),
        cmocka_unit_test(test_what_the_guest_may_not_write),
    };

    return cmocka_run_group_tests_name("vmm_pmu", tests, NULL, NULL);
}
