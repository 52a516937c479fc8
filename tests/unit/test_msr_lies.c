/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * No counter that lies gets through its proof: registers of the model with planted faults, each
 * caught with its sentence, and none that tells the truth is refused.
 */
#include "collector/tolerance.h"
#include "tests/unit/msr_fixture.h"

static const struct {
    enum model_fault fault;
    const char *sentence;
} lies[] = {
    {FAULT_GP, "faults"},
    {FAULT_IGNORES, "does not keep what is written to it"},
    {FAULT_SILENT, "opens and reads 0 whatever is executed"},
    {FAULT_STICKS, "sticks"},
    {FAULT_JUMPS, "off by 2^31"},
    {FAULT_NARROW, "does not keep what is written to it"},
    {FAULT_WIDE, NULL}, /* which of two sentences depends on how it is written */
    {FAULT_HALF, "where 40000 is known"},
    {FAULT_RUNS_ON, "goes on after it was stopped"},
};

static void expect_caught(struct model m, enum model_fault fault, const char *sentence)
{
    struct msr_access access;
    struct pmu p;

    m.fault = fault;
    m.fault_at = 0;
    p = detect(&m, &access);
    /* An event that goes to a general counter everywhere. */
    assert_int_equal(pmu_open(&p, MSR_EVENT_BRANCHES, PMU_BOTH, reason), -1);
    if (sentence)
        assert_says(sentence);
    assert_int_equal(p.counters, 0);
    assert_int_equal(m.select[0], 0);
}

static void test_lies_are_caught(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct model zen = model_amd(0x19, 1, 0), legacy = model_amd(0x17, 0, 0);
        struct model v2 = model_amd(0x19, 1, 1);
        struct model full = model_intel(4, 4, 48), sign = model_intel(2, 4, 40);

        const enum model_fault fault = lies[i].fault;

        expect_caught(zen, fault, lies[i].sentence);
        expect_caught(legacy, fault, lies[i].sentence);
        if (fault == FAULT_GP) {
            expect_caught(v2, fault, "global control cannot be written");
            expect_caught(full, fault, "global control cannot be written");
            continue;
        }
        /* Global control stops what the select register does not. */
        if (fault != FAULT_RUNS_ON)
            expect_caught(v2, fault, lies[i].sentence);
        expect_caught(full, fault, lies[i].sentence);
        expect_caught(sign, fault, lies[i].sentence);
    }
}

/* Whether three counts too many are a lie is for the machine's declared tolerance to say. */
static void test_disturbed_within_what_is_declared(void **state)
{
    struct model m = model_amd(0x19, 1, 0);
    struct msr_access access;
    struct pmu p;

    (void)state;
    m.fault = FAULT_DISTURBED;
    tolerance_set(&pmu_tolerance_exact);
    p = detect(&m, &access);
    assert_int_equal(pmu_open(&p, MSR_EVENT_BRANCHES, PMU_BOTH, reason), -1);
    assert_says("is known");
    tolerance_set(&(struct pmu_tolerance){.counts = 2});
    assert_int_equal(pmu_open(&p, MSR_EVENT_BRANCHES, PMU_BOTH, reason), -1);
    tolerance_set(&(struct pmu_tolerance){.counts = 3});
    assert_true(pmu_open(&p, MSR_EVENT_BRANCHES, PMU_BOTH, reason) >= 0);
    pmu_close(&p);
    tolerance_set(&pmu_tolerance_metal);
    assert_true(pmu_open(&p, MSR_EVENT_BRANCHES, PMU_BOTH, reason) >= 0);
    pmu_close(&p);
    tolerance_set(&pmu_tolerance_exact);
}

/* Fixed counters lie, too, and each of the two that are used is proven by itself. */
static void test_fixed_counters_lie(void **state)
{
    static const struct {
        enum model_fault fault;
        const char *sentence[2]; /* instructions, cycles */
    } fixed[] = {
        {FAULT_SILENT, {"reads 0", "reads 0"}},
        {FAULT_STICKS, {"sticks", "sticks"}},
        {FAULT_JUMPS, {"off by 2^31", "where 1284096 is known"}},
        {FAULT_HALF, {"where 40000 is known", NULL}}, /* half the cycles may be true */
    };

    (void)state;
    for (size_t i = 0; i < 2 * sizeof(fixed) / sizeof(fixed[0]); i++) {
        struct model m = model_intel(3, 4, 48);
        struct msr_access access;
        struct pmu p;
        const char *sentence = fixed[i / 2].sentence[i % 2];

        m.fault = fixed[i / 2].fault;
        m.fault_at = (int)(MODEL_FIXED + i % 2);
        p = detect(&m, &access);
        if (!sentence)
            continue;
        assert_int_equal(
            pmu_open(&p, i % 2 ? MSR_EVENT_CYCLES : MSR_EVENT_INSTRUCTIONS, PMU_BOTH, reason),
            -1);
        assert_says(sentence);
        assert_int_equal(m.fixed_ctrl, 0);
    }
}

/* The same machines without a fault pass: the proof is not merely strict. */
static void test_truth_passes(void **state)
{
    struct model machines[] = {model_amd(0x19, 1, 0), model_amd(0x19, 1, 1),
                               model_amd(0x17, 0, 0), model_intel(4, 4, 48),
                               model_intel(2, 4, 40), model_intel(1, 2, 40)};

    (void)state;
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
        struct msr_access access;
        struct pmu p = detect(&machines[i], &access);

        if (pmu_open(&p, MSR_EVENT_BRANCHES, PMU_BOTH, reason) < 0)
            fail_msg("machine %zu: %s", i, reason);
    }
}

/* A register that failed is not tried again; the next one serves. */
static void test_one_bad_counter(void **state)
{
    struct model m = model_amd(0x19, 1, 0);
    struct msr_access access;
    struct pmu p;
    int got;

    (void)state;
    m.fault = FAULT_STICKS;
    m.fault_at = 0;
    p = detect(&m, &access);
    assert_int_equal(pmu_open(&p, MSR_EVENT_CYCLES, PMU_BOTH, reason), -1);
    got = pmu_open(&p, MSR_EVENT_CYCLES, PMU_BOTH, reason);
    assert_int_equal(got, 0);
    assert_int_equal(p.counter[0].select_msr, 0xC0010202u);
}

static void test_guest_only(void **state)
{
    struct model m = model_amd(0x19, 1, 0);
    struct msr_access access;
    struct pmu p;

    (void)state;
    m.svme = 1;
    m.fault = FAULT_DROPS_GUEST;
    p = detect(&m, &access);
    assert_int_equal(pmu_open(&p, MSR_EVENT_INSTRUCTIONS, PMU_GUEST, reason), -1);
    assert_says("does not keep its guest-only bit");
    m.fault = FAULT_IGNORES_GUEST;
    assert_int_equal(pmu_open(&p, MSR_EVENT_INSTRUCTIONS, PMU_GUEST, reason), -1);
    assert_says("is guest-only and counts");
    /* Both sides are counted by such a machine as by any other. */
    assert_true(pmu_open(&p, MSR_EVENT_INSTRUCTIONS, PMU_BOTH, reason) >= 0);

    /* Without EFER.SVME a host-only counter counts nothing. */
    m = model_amd(0x19, 1, 0);
    p = detect(&m, &access);
    assert_int_equal(pmu_open(&p, MSR_EVENT_INSTRUCTIONS, PMU_HOST, reason), -1);
    assert_says("reads 0");
    m.svme = 1;
    assert_true(pmu_open(&p, MSR_EVENT_INSTRUCTIONS, PMU_HOST, reason) >= 0);
    assert_int_equal(m.select[1] >> 40 & 3, 2);
}

/* RDPMC is taken where it tells what RDMSR tells, and only there. */
static void test_rdpmc_must_agree(void **state)
{
    struct model m = model_amd(0x19, 1, 0);
    struct msr_access access;
    struct pmu p = detect(&m, &access);

    (void)state;
    assert_true(pmu_open(&p, MSR_EVENT_INSTRUCTIONS, PMU_BOTH, reason) >= 0);
    assert_true(p.counter[0].by_rdpmc);
    m.fault = FAULT_RDPMC;
    assert_true(pmu_open(&p, MSR_EVENT_CYCLES, PMU_BOTH, reason) >= 0);
    assert_false(p.counter[1].by_rdpmc);
    m.fault = FAULT_GP;
    assert_false(p.faulted);
    pmu_read(&p, 1);
    assert_true(p.faulted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lies_are_caught),
        cmocka_unit_test(test_disturbed_within_what_is_declared),
        cmocka_unit_test(test_fixed_counters_lie),
        cmocka_unit_test(test_truth_passes),
        cmocka_unit_test(test_one_bad_counter),
        cmocka_unit_test(test_guest_only),
        cmocka_unit_test(test_rdpmc_must_agree),
    };

    return cmocka_run_group_tests_name("msr_lies", tests, NULL, NULL);
}
