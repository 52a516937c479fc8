/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Distortions found in intervals and readings: every kind is injected into a model of a boot and
 * must come back with its size and place; a clean boot shows nothing. Of clocks: rates, steps and
 * jitter. What takes time from a guest is test_recover_losses.c's.
 */
#include "tests/unit/recover_fixture.h"

static void test_clean(void **state)
{
    const struct model m = {.rate = 0};
    struct recover_found f = find(&m);

    (void)state;
    assert_int_equal(f.steps, 0);
    assert_int_equal(f.taken, 0);
    assert_true(f.spread_ns <= 2 * (question.unit_ns + question.step_ns));
    assert_true(f.rate.low < 0 && f.rate.high > 0);
    assert_true(f.rate.high < 0.1e-6);
    recover_free(&f);
}

static void test_rates(void **state)
{
    static const double ppm[] = {0.1, -1, 17, 50, -500.5, 100000};

    (void)state;
    for (size_t i = 0; i < sizeof(ppm) / sizeof(ppm[0]); i++) {
        const struct model m = {.rate = ppm[i] * 1e-6};
        struct recover_found f = find(&m);

        assert_int_equal(f.steps, 0);
        assert_true(f.drifts);
        assert_true(f.rate.low <= m.rate && f.rate.high >= m.rate);
        assert_true(f.rate.high - f.rate.low < 0.1e-6);
        recover_free(&f);
    }
}

/* Wherever a step comes, its size is exact and it is one. */
static void test_steps_anywhere(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        const double size = i % 2 ? 12345 : -15000;
        const struct event e = {7500000 + i * 1000003.0, SHIFT, size};
        const struct model m = {.event = &e, .events = 1, .rate = i % 3 * 20e-6};
        struct recover_found f = find(&m);

        assert_int_equal(f.steps, 1);
        assert_true(fabs(f.step[0].size_ns - size) <= question.unit_ns + question.step_ns);
        assert_false(f.step[0].paused);
        assert_int_equal(f.taken, 0);
        assert_true(f.rate.low <= m.rate && f.rate.high >= m.rate);
        recover_free(&f);
    }
}

static void test_many_steps(void **state)
{
    struct event e[40];
    const struct model m = {.event = e, .events = 40, .rate = 17e-6};
    struct recover_found f;
    double sum = 0;

    (void)state;
    for (unsigned i = 0; i < 40; i++)
        e[i] = (struct event){10000000 + i * 10111111.0, SHIFT, -15000};
    f = find(&m);
    assert_int_equal(f.steps, 40);
    for (size_t i = 0; i < f.steps; i++)
        sum += f.step[i].size_ns;
    assert_true(fabs(sum + 40 * 15000) < 40);
    assert_true(f.rate.low <= m.rate && f.rate.high >= m.rate);
    recover_free(&f);
}

/* A clock that goes back by more than an interval: entries are placed all the same. */
static void test_places_behind_backsteps(void **state)
{
    struct event e[20];
    const struct model m = {.event = e, .events = 20, .rate = -0.1};
    struct recover_truth truth[RECOVER_KINDS];
    struct recover_gaps gaps;
    struct recover_found f;

    (void)state;
    for (unsigned i = 0; i < 20; i++) /* the first two come before the first reading */
        e[i] = (struct event){1000000 + i * 3000000.0, i % 2 ? STEAL : SHIFT,
                              i % 2 ? 100000 : -5000000};
    f = find(&m);
    write_ledger(&m);
    entry[20] = (struct recover_entry){.kind = "rate_ppm",
                                       .begin = ORIGIN,
                                       .guest = ORIGIN,
                                       .delivered = -100000000,
                                       .count = 1};
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 21, truth, &gaps),
                     0);
    assert_true(truth[RECOVER_RATE].delivered == -100000);
    assert_int_equal(truth[RECOVER_BACK].missed, 1);
    assert_int_equal(truth[RECOVER_BACK].injected, 9);
    assert_true(truth[RECOVER_BACK].delivered == -45000000);
    assert_int_equal(truth[RECOVER_STEAL].injected + truth[RECOVER_STEAL].missed, 10);
    assert_true(gaps.least_ns >= GAP_NS - 2 && gaps.most_ns <= GAP_NS + 2);
    recover_free(&f);
}

/* Between two runs of which the second is longer on its way to START only, a step comes back within
 * what is stated of it, and not within the resolution alone. */
static void test_step_between_runs(void **state)
{
    const struct event e = {5000000 + 100 * (WORK_NS + PAUSE_NS) - 150000, SHIFT, -60000000};
    const struct model m = {.event = &e, .events = 1};
    struct recover_found f;

    (void)state;
    run_model(&m);
    for (unsigned i = 100; i < SAMPLES; i++)
        sample[i].bracket.before -= 40;
    assert_int_equal(recover_find(sample, SAMPLES, &question, &f), 0);
    assert_int_equal(f.steps, 1);
    assert_float_equal(f.step[0].u_ns, 3 + 20, 1);
    assert_true(fabs(f.step[0].size_ns + 60000000) > 3);
    assert_true(fabs(f.step[0].size_ns + 60000000) <= f.step[0].u_ns);
    recover_free(&f);
    f = find(&m); /* with ways alike */
    assert_float_equal(f.step[0].u_ns, 3, 0.5);
    assert_float_equal(f.step[0].size_ns, -60000000, 3);
    recover_free(&f);
}

/* A reading that is delayed on its way to or from the marker is no step. */
static void test_delays_are_no_steps(void **state)
{
    const struct model m = {.rate = 5e-6};
    struct recover_found f;

    (void)state;
    run_model(&m);
    sample[30].bracket.before -= 4000;
    sample[60].bracket.after += 90000;
    sample[0].bracket.before -= 12332; /* a first touch of the marker's page */
    sample[SAMPLES - 1].bracket.after += 30000;
    assert_int_equal(recover_find(sample, SAMPLES, &question, &f), 0);
    assert_int_equal(f.steps, 0);
    assert_true(f.rate.low <= m.rate && f.rate.high >= m.rate);
    recover_free(&f);
    /* Those at the ends widen nothing. */
    sample[30].bracket.before += 4000;
    sample[60].bracket.after -= 90000;
    assert_int_equal(recover_find(sample, SAMPLES, &question, &f), 0);
    assert_true(f.range_ns < 10);
    recover_free(&f);
}

/* A step at the ends is one if it goes back, which no delay makes; one that goes on is not
 * claimed, and of the ledger's entries it is among those that cannot be seen. */
static void test_steps_at_the_ends(void **state)
{
    const double end = 5000000 + (SAMPLES - 1) * (WORK_NS + PAUSE_NS) + WORK_NS / 2;
    const double at[] = {5000000 + WORK_NS / 2, end};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        const struct event e = {at[i / 2], SHIFT, i % 2 ? 12345 : -12345};
        const struct model m = {.event = &e, .events = 1};
        struct recover_truth truth[RECOVER_KINDS];
        struct recover_gaps gaps;
        struct recover_found f = find(&m);

        assert_int_equal(f.steps, e.size_ns < 0);
        write_ledger(&m);
        assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 1, truth, &gaps),
                         0);
        assert_int_equal(truth[RECOVER_BACK].injected, e.size_ns < 0);
        assert_int_equal(truth[RECOVER_FORWARD].injected, 0);
        assert_int_equal(truth[RECOVER_FORWARD].missed, e.size_ns > 0);
        recover_free(&f);
    }
}

/* That a jittering clock has a rate is not said because its interval leaves 0 out, which one in twenty
 * may; of one that has a rate, too, it is. */
static void test_jitter(void **state)
{
    unsigned out = 0, claimed = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        const struct model still = {.age_ns = 20000, .seed = seed};
        const struct model fast = {.age_ns = 20000, .seed = seed, .rate = 50e-6};
        struct recover_found f = find(&still);

        out += f.rate.low > 0 || f.rate.high < 0;
        claimed += f.drifts;
        recover_free(&f);
        if (seed % 10)
            continue;
        f = find(&fast);
        assert_true(f.drifts);
        recover_free(&f);
    }
    print_message(
        "# of 100 jittering clocks 95 %% intervals leave 0 out in %u, %u rates are claimed\n",
        out, claimed);
    assert_true(out > 0 && out <= 7);
    assert_int_equal(claimed, 0);
    for (uint64_t seed = 1; seed <= 50; seed++) {
        const struct model m = {.age_ns = 2000, .seed = seed};
        struct recover_found f = find(&m);

        assert_int_equal(f.steps, 0);
        assert_true(fabs(f.spread_ns - 1900) < 250);
        /* The line through it tilts by what the rate is not known. */
        assert_true(f.range_ns > 1900);
        assert_true(f.range_ns < 2006 + (f.rate.high - f.rate.low) / 2 * f.span_ns);
        recover_free(&f);
    }
}

/* A run whose way to START is longer than the others' jitters no more than they do; nor does it hide
 * a jitter. */
static void test_ways_are_no_jitter(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct model m = {.age_ns = seed % 2 ? 0 : 25, .seed = seed};
        struct recover_found f;

        run_model(&m);
        for (unsigned i = 50; i < 100; i++)
            sample[i].bracket.before -= 20;
        assert_int_equal(recover_find(sample, SAMPLES, &question, &f), 0);
        assert_int_equal(f.steps, 0);
        assert_true(f.spread_ns > 2 * (question.unit_ns + question.step_ns));
        if (seed % 2)
            assert_true(f.within_ns <= 2 * (question.unit_ns + question.step_ns));
        else
            assert_true(f.within_ns > 20 && f.within_ns < 28);
        recover_free(&f);
    }
}

/* Readings with noise of their own: no step where there is none, and a step is found. */
static void test_noise(void **state)
{
    const struct event e = {200000000, SHIFT, 2000};
    unsigned wrong = 0, missed = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        const struct model noisy = {.noise_ns = 50, .seed = seed};
        const struct model stepped = {
            .event = &e, .events = 1, .noise_ns = 50, .seed = seed + 1000};
        struct recover_found f = find(&noisy);

        wrong += f.steps > 0;
        recover_free(&f);
        f = find(&stepped);
        missed += f.steps != 1 || fabs(f.step[0].size_ns - 2000) > 400;
        recover_free(&f);
    }
    print_message("# of 100 noisy boots %u show a step that is none, %u hide or blur one\n",
                  wrong, missed);
    assert_true(wrong <= 5);
    assert_true(missed <= 5);
}

static void test_too_few(void **state)
{
    struct recover_found f;

    (void)state;
    assert_int_equal(recover_find(sample, 2, &question, &f), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_steps_anywhere),
        cmocka_unit_test(test_many_steps),
        cmocka_unit_test(test_places_behind_backsteps),
        cmocka_unit_test(test_step_between_runs),
        cmocka_unit_test(test_delays_are_no_steps),
        cmocka_unit_test(test_steps_at_the_ends),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_ways_are_no_jitter),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_too_few),
    };

    return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}
