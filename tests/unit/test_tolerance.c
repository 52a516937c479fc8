/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By how much a counter may miss in its self-test: declared by every platform with the source of
 * the figure, none on a bench that counts exactly, and the same on the target as declared here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench/bench.h"
#include "collector/tolerance.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/target/plan.h"
#include "runner/boot.h"

static void every_platform_declares_one(void **state)
{
    size_t count;
    const struct platform *const *table = platform_table(&count);

    (void)state;
    assert_true(count >= 11);
    for (size_t i = 0; i < count; i++) {
        const struct pmu_tolerance *t = table[i]->tolerance;
        struct pmu_tolerance back;
        char text[64];

        if (!t)
            fail_msg("%s declares no tolerance", table[i]->name);
        assert_true(t->name && *t->name);
        /* A real processor takes interrupts; and beyond 1 % nothing would be tested. */
        assert_true(t->counts > 0 && t->ppm <= TOLERANCE_MAX_PPM);
        if (!t->source || strlen(t->source) < 40)
            fail_msg("%s does not say where its figure comes from", table[i]->name);
        snprintf(text, sizeof text, "%u,%u", (unsigned)t->counts, (unsigned)t->ppm);
        assert_int_equal(tolerance_parse(text, strlen(text), &back), 0);
    }
}

static void the_lab_counts_exactly(void **state)
{
    const struct bench *lab = bench_find("lab");

    (void)state;
    assert_non_null(lab->tolerance);
    assert_true(lab->tolerance->counts == 0 && lab->tolerance->ppm == 0);
    assert_true(strlen(lab->tolerance->source) > 40);
}

/* As the runner asks for a boot, and as the target reads it. */
static struct plan told(const struct bench *bench, const struct platform *platform,
                        const struct pmu_tolerance **declared)
{
    static char words[4096];
    struct campaign c = {.bench = bench, .plan_text = "null", .collectors = "none"};
    const struct schedule_boot first = {.platform = 0};
    struct platform_boot request;
    char reason[256];
    struct plan plan;
    struct err e = {0};

    c.platform[0].platform = platform;
    c.platforms = 1;
    request = boot_request(&c, &first);
    *declared = request.tolerance;
    words[0] = '\0';
    if (platform_write_plan_words(&request, NULL, words, sizeof words, &e))
        fail_msg("%s", e.text);
    if (plan_parse(words, &plan, reason, sizeof reason))
        fail_msg("%s: %s", words, reason);
    return plan;
}

static void the_target_is_told_what_is_declared(void **state)
{
    const struct bench metal = {.name = "metal"};
    size_t count;
    const struct platform *const *table = platform_table(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct pmu_tolerance *declared;
        struct plan plan = told(&metal, table[i], &declared);

        assert_ptr_equal(declared, table[i]->tolerance);
        assert_true(plan.tolerance.counts == declared->counts);
        assert_true(plan.tolerance.ppm == declared->ppm);
        /* Whatever the platform, the lab's processor counts exactly. */
        plan = told(bench_find("lab"), table[i], &declared);
        assert_ptr_equal(declared, bench_find("lab")->tolerance);
        assert_true(plan.tolerance.counts == 0 && plan.tolerance.ppm == 0);
    }
}

static void it_is_of_what_is_known(void **state)
{
    const struct pmu_tolerance t = {.counts = 200, .ppm = 100};

    (void)state;
    assert_true(tolerance_of(&t, 0) == 200);
    assert_true(tolerance_of(&t, 9999) == 200);
    assert_true(tolerance_of(&t, 10000) == 201);
    assert_true(tolerance_of(&t, 2000000) == 400);
    assert_true(tolerance_of(&t, UINT64_MAX) == 200 + UINT64_MAX / 10000);
    assert_true(tolerance_of(&pmu_tolerance_exact, UINT64_MAX) == 0);
}

static void nothing_is_missed_until_told(void **state)
{
    (void)state;
    assert_true(tolerance_now()->counts == 0 && tolerance_now()->ppm == 0);
    tolerance_set(&pmu_tolerance_metal);
    assert_true(tolerance_now()->counts == pmu_tolerance_metal.counts);
    assert_string_equal(tolerance_now()->source, pmu_tolerance_metal.source);
    tolerance_set(&pmu_tolerance_exact);
    assert_true(tolerance_now()->counts == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_missed_until_told),
        cmocka_unit_test(every_platform_declares_one),
        cmocka_unit_test(the_lab_counts_exactly),
        cmocka_unit_test(the_target_is_told_what_is_declared),
        cmocka_unit_test(it_is_of_what_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
