/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counters by their registers against a model of the registers: counts are exact in any order of
 * work of host and guest, through overflows and at any width; and the arithmetic of APERF.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "tests/unit/msr_fixture.h"
#include "workloads/random.h"

static unsigned opened[3], opened_fixed, overflows;

static struct model random_model(uint64_t *seed)
{
    static const unsigned families[] = {0x17, 0x19};
    static const unsigned widths[] = {40, 44, 48};
    struct model m;

    if (random_below(seed, 2)) {
        const unsigned family = families[random_below(seed, 2)];
        const int core = random_below(seed, 4) != 0;

        m = model_amd(family, core, core && random_below(seed, 2));
        m.model = random_below(seed, 2) ? 0x21 : 0x01;
    } else {
        const unsigned version = 1 + (unsigned)random_below(seed, 5);

        m = model_intel(version,
                        version == 1            ? 2
                        : random_below(seed, 2) ? 8
                                                : 4,
                        widths[random_below(seed, 3)]);
        if (random_below(seed, 2))
            m.full_width = 0;
    }
    m.cycles_16th = 8 + (unsigned)random_below(seed, 200);
    m.svme = !m.intel;
    return m;
}

static uint64_t known_events(const struct model *m, enum msr_event event, uint64_t turns)
{
    switch (event) {
    case MSR_EVENT_CYCLES:
        return turns * m->cycles_16th / 16 + 20;
    case MSR_EVENT_INSTRUCTIONS:
        return 2 * turns + 3;
    case MSR_EVENT_BRANCHES:
        return turns + 1;
    case MSR_EVENT_BRANCH_MISSES:
        return 1;
    default:
        return 0;
    }
}

/* Put a running counter just before its overflow, as if it had counted for hours. */
static void bring_near_overflow(struct model *m, struct pmu_counter *c, uint64_t *seed)
{
    const uint64_t near = model_mask(c->bits) - random_below(seed, 1000);

    c->last = near;
    overflows++;
    if (c->fixed)
        m->fixed_count[c->rdpmc_index & 0xFF] = near;
    else
        m->count[c->rdpmc_index] = near;
}

static void run_random_program(uint64_t *seed)
{
    struct model m = random_model(seed);
    struct msr_access access;
    struct pmu p = detect(&m, &access);
    uint64_t known[PMU_MAX_COUNTERS] = {0};

    for (unsigned e = 0; e < MSR_EVENTS; e++) {
        const enum pmu_scope scope =
            m.intel && m.version < 2 ? PMU_BOTH : (enum pmu_scope)random_below(seed, 3);

        if (random_below(seed, 3) && pmu_open(&p, (enum msr_event)e, scope, reason) < 0 &&
            !strstr(reason, "no counter is left") && !strstr(reason, "no code for it"))
            fail_msg("family %x version %u: %s", m.family, m.version, reason);
    }
    for (unsigned i = 0; i < p.counters; i++) {
        opened[p.counter[i].scope]++;
        opened_fixed += (unsigned)p.counter[i].fixed;
    }
    if (pmu_start(&p, reason))
        fail_msg("%s", reason);
    for (unsigned step = 0; step < 40; step++) {
        const uint64_t turns = 1 + random_below(seed, 100000);

        m.in_guest = (int)random_below(seed, 2);
        assert_int_equal(pmu_switch(&p, m.in_guest ? PMU_SIDE_GUEST : PMU_SIDE_HOST, reason),
                         0);
        if (p.counters && !random_below(seed, 8))
            bring_near_overflow(&m, &p.counter[random_below(seed, p.counters)], seed);
        model_execute(&m, turns);
        for (unsigned i = 0; i < p.counters; i++) {
            const struct pmu_counter *c = &p.counter[i];

            if (c->scope == PMU_BOTH || (c->scope == PMU_GUEST) == m.in_guest)
                known[i] += known_events(&m, c->event, turns);
            assert_int_equal(pmu_read(&p, i), known[i]);
        }
    }
    assert_int_equal(m.faults, 0);
    assert_false(p.faulted);
    pmu_close(&p);
    for (unsigned i = 0; i < m.general; i++)
        assert_int_equal(m.select[i], 0);
    assert_int_equal(m.fixed_ctrl | m.global, 0);
}

static void test_random_programs_count_exactly(void **state)
{
    const char *given = getenv("TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 20260104u;

    (void)state;
    print_message("# TEST_SEED=%" PRIu64 "\n", seed);
    for (unsigned i = 0; i < 2000; i++) {
        run_random_program(&seed);
    }
    /* It was no idle walk: every scope and both kinds of counters, many times. */
    for (unsigned i = 0; i < 3; i++)
        assert_true(opened[i] > 500);
    assert_true(opened_fixed > 500 && overflows > 500);
}

/* Every register is given out once, then it is said that there is none. */
static void test_counters_run_out(void **state)
{
    struct model m = model_amd(0x17, 0, 0);
    struct msr_access access;
    struct pmu p;

    (void)state;
    m.model = 0x31;
    p = detect(&m, &access);
    for (unsigned e = 0; e < MSR_EVENTS; e++)
        assert_int_equal(pmu_open(&p, (enum msr_event)e, PMU_BOTH, reason) >= 0, e < 4);
    assert_says("no counter is left for it: this processor has 4");
}

static void test_intel_sides(void **state)
{
    struct model m = model_intel(4, 4, 48);
    struct msr_access access;
    struct pmu p = detect(&m, &access);

    (void)state;
    assert_true(pmu_open(&p, MSR_EVENT_CYCLES, PMU_HOST, reason) >= 0);
    assert_true(pmu_open(&p, MSR_EVENT_INSTRUCTIONS, PMU_GUEST, reason) >= 0);
    assert_true(pmu_open(&p, MSR_EVENT_BRANCHES, PMU_BOTH, reason) >= 0);
    assert_int_equal(pmu_global(&p, PMU_SIDE_HOST), 1ull << 33 | 1);
    assert_int_equal(pmu_global(&p, PMU_SIDE_GUEST), 1ull << 32 | 1);
    assert_int_equal(pmu_start(&p, reason), 0);
    assert_int_equal(m.global, 1ull << 33 | 1);
    assert_int_equal(m.fixed_ctrl, 0x33);
}

/* --- APERF and MPERF ------------------------------------------------------------------------ */

static void test_frequency(void **state)
{
    struct model m = model_amd(0x19, 1, 0);
    struct msr_access access = model_access(&m);
    uint64_t aperf, mperf;

    (void)state;
    assert_int_equal(pmu_frequency_prove(&access, reason), 0);
    assert_int_equal(pmu_frequency_read(&access, &aperf, &mperf), 0);
    assert_true(aperf > mperf && mperf);
    m.fault = FAULT_FREQUENCY;
    assert_int_equal(pmu_frequency_prove(&access, reason), -1);
    assert_says("APERF sticks");
    m = model_amd(0x19, 1, 0);
    m.fault = FAULT_FREQUENCY;
    assert_int_equal(pmu_frequency_prove(&access, reason), -1);
    assert_says("APERF reads 0");
    m.frequency = 0;
    assert_int_equal(pmu_frequency_prove(&access, reason), -1);
    assert_says("CPUID leaf 6");

    assert_int_equal(pmu_effective_hz(3000, 2000, 2000000000u), 3000000000u);
    assert_int_equal(pmu_effective_hz(1, 3, 3000000000u), 1000000000u);
    assert_int_equal(pmu_effective_hz(0, 5, 3000000000u), 0);
    assert_int_equal(pmu_effective_hz(5, 0, 3000000000u), 0);
    assert_int_equal(pmu_effective_hz(0xFFFFFFFFull << 30, 1, 8000000000u), 0);
    /* Long intervals keep a precision of 2^-30. */
    {
        const uint64_t hz = pmu_effective_hz(4ull << 50, 3ull << 50, 3000000000u);

        assert_true(hz >= 3999999990u && hz <= 4000000010u);
    }
}

static void test_difference_wraps_at_the_width(void **state)
{
    (void)state;
    assert_int_equal(pmu_difference((1ull << 40) - 5, 7, 40), 12);
    assert_int_equal(pmu_difference((1ull << 48) - 5, 7, 48), 12);
    assert_int_equal(pmu_difference(UINT64_MAX, 1, 64), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_programs_count_exactly),
        cmocka_unit_test(test_counters_run_out),
        cmocka_unit_test(test_intel_sides),
        cmocka_unit_test(test_frequency),
        cmocka_unit_test(test_difference_wraps_at_the_width),
    };

    return cmocka_run_group_tests_name("msr_count", tests, NULL, NULL);
}
