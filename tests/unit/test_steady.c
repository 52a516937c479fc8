/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Change points and modes: a warm-up put in is found at its place, noise of one level is called
 * steady nearly always, a series that never settles is said to, and one mode is never two.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "analysis/stats.h"
#include "analysis/compare/steady.h"
#include "tests/unit/random_fixture.h"

#define N 200

static struct steady_state find(const double *x, size_t n)
{
    struct steady_state s;

    assert_int_equal(steady_find(x, n, 2, &s), 0);
    return s;
}

/* `before` iterations at 1000 + step, then at 1000; noise of `sigma`. */
static void warm_up(double *x, size_t n, size_t before, double step, double sigma)
{
    for (size_t i = 0; i < n; i++)
        x[i] = 1000 + (i < before ? step : 0) + sigma * normal();
}

static void exact_series(void **state)
{
    double x[N];
    struct steady_state s;

    (void)state;
    warm_up(x, N, 0, 0, 0);
    s = find(x, N);
    assert_int_equal(s.kind, STEADY_FLAT);
    assert_true(s.from == 0 && s.levels == 1 && s.level == 1000);
    /* The first iteration alone is slow, which is what caches do. */
    warm_up(x, N, 1, 300, 0);
    s = find(x, N);
    assert_int_equal(s.kind, STEADY_WARM_UP);
    assert_true(s.from == 1 && s.levels == 2 && s.level == 1000);
    /* An interrupt, wherever it falls, is no level. */
    for (size_t i = 0; i < N; i++) {
        warm_up(x, N, 0, 0, 0);
        x[i] = 9000;
        s = find(x, N);
        if (i && (s.kind != STEADY_FLAT || s.levels != 1))
            fail_msg("iteration %zu alone: %s", i, steady_kind_name(s.kind));
    }
    /* … and hides none */
    warm_up(x, N, 40, 300, 0);
    x[100] = 1e6;
    s = find(x, N);
    assert_int_equal(s.kind, STEADY_WARM_UP);
    assert_int_equal(s.from, 40);
    warm_up(x, N, 40, -100, 0);
    s = find(x, N);
    assert_int_equal(s.kind, STEADY_SLOW_DOWN);
    assert_int_equal(s.from, 40);
    /* a level within a per cent of the last one is that level */
    warm_up(x, N, 40, 9, 0);
    assert_int_equal(find(x, N).kind, STEADY_FLAT);
    assert_int_equal(find(x, 19).kind, STEADY_SHORT);
    assert_int_equal(steady_find(x, N, 0, &s), -1);
}

static void no_steady_state_is_a_result(void **state)
{
    double x[N];
    struct steady_state s;

    (void)state;
    /* half as slow again in the last sixth */
    warm_up(x, N, 170, -500, 0);
    s = find(x, N);
    assert_int_equal(s.kind, STEADY_NONE);
    assert_int_equal(s.from, 170);
    /* slower all the time */
    for (size_t i = 0; i < N; i++)
        x[i] = 1000 + 20 * (double)i;
    assert_int_equal(find(x, N).kind, STEADY_NONE);
    /* before and after: settles after both */
    for (size_t i = 0; i < N; i++)
        x[i] = i < 20 ? 1500 : i < 60 ? 700 : 1000;
    s = find(x, N);
    assert_int_equal(s.kind, STEADY_MIXED);
    assert_true(s.from == 60 && s.levels == 3);
}

static void warm_up_is_found_in_noise(void **state)
{
    int found = 0, near = 0;
    double x[N];

    (void)state;
    rng_state = 3;
    for (int t = 0; t < 200; t++) {
        const size_t before = 10 + (size_t)(100 * uniform());
        struct steady_state s;

        warm_up(x, N, before, 30, 10); /* three per cent, three sigma */
        s = find(x, N);
        found += s.kind == STEADY_WARM_UP;
        near += fabs((double)s.from - (double)before) <= 3;
    }
    print_message("# seed 3: %d of 200 warm-ups found, %d within three iterations\n", found,
                  near);
    assert_true(found >= 190 && near >= 180);
}

/* One level: white noise, skewed noise, interrupts, two modes that come in no order. */
static void one_level_is_steady(void **state)
{
    static const char *const name[] = {"white", "skewed", "interrupts", "two modes"};
    static const size_t lengths[] = {20, 60, 200, 2000};
    static double x[2000];

    (void)state;
    rng_state = 17;
    for (int kind = 0; kind < 4; kind++) {
        int not_flat = 0, none = 0, trials = 0;

        for (size_t l = 0; l < 4; l++) {
            for (int t = 0; t < 100; t++, trials++) {
                struct steady_state s;

                for (size_t i = 0; i < lengths[l]; i++) {
                    x[i] = 1000 + 20 * normal();
                    if (kind == 1)
                        x[i] = 1000 * exp(0.05 * fabs(normal()) * fabs(normal()));
                    else if (kind == 2)
                        x[i] += uniform() < 0.1 ? 500 : 0;
                    else if (kind == 3)
                        x[i] += uniform() < 0.4 ? 500 : 0;
                }
                s = find(x, lengths[l]);
                not_flat += s.kind != STEADY_FLAT;
                none += s.kind == STEADY_NONE;
            }
        }
        print_message(
            "# seed 17, %s: of %d steady boots %d not flat, %d without a steady state\n",
            name[kind], trials, not_flat, none);
        assert_true(not_flat <= 0.05 * trials);
        assert_true(none <= 0.02 * trials);
    }
}

/* Many iterations are taken in groups: the place is right to a group. */
static void long_series(void **state)
{
    enum { LONG = 100000 };
    static double x[LONG];
    struct steady_state s;

    (void)state;
    rng_state = 4;
    warm_up(x, LONG, 30000, 50, 20);
    s = find(x, LONG);
    assert_int_equal(s.kind, STEADY_WARM_UP);
    assert_true(fabs((double)s.from - 30000) <= 2.0 * LONG / STEADY_POINTS);
}

static struct steady_modes modes(double *x, size_t n)
{
    struct steady_modes m;

    stats_sort(x, n);
    steady_modes(x, n, 2, &m);
    return m;
}

static void two_modes_are_found(void **state)
{
    static double x[3000];
    struct steady_modes m;

    (void)state;
    rng_state = 21;
    for (size_t i = 0; i < 300; i++)
        x[i] = (i % 5 < 2 ? 1500 : 1000) + 40 * normal();
    m = modes(x, 300);
    assert_true(m.two && fabs(m.low - 1000) < 20 && fabs(m.high - 1500) < 20);
    assert_true(fabs(m.share - 0.4) < 0.02);
    /* exact counts: 60 % one path, 40 % another */
    for (size_t i = 0; i < 50; i++)
        x[i] = i % 5 < 2 ? 640 : 590;
    m = modes(x, 50);
    assert_true(m.two && m.low == 590 && m.high == 640 && m.share == 0.4);
    /* … and the same within the timer's resolution is one */
    for (size_t i = 0; i < 50; i++)
        x[i] = i % 5 < 2 ? 592 : 590;
    assert_false(modes(x, 50).two);
    /* a rare interrupt is a tail */
    for (size_t i = 0; i < 100; i++)
        x[i] = i < 5 ? 9000 : 1000;
    assert_false(modes(x, 100).two);
    for (size_t i = 0; i < 3000; i++) /* … also where it is not that rare */
        x[i] = i < 200 ? 9000 : 1000;
    assert_false(modes(x, 3000).two);
    assert_false(modes(x, 19).two);
}

static void one_mode_is_never_two(void **state)
{
    static const char *const name[] = {"normal",    "uniform",  "exponential",
                                       "lognormal", "triangle", "constant"};
    static const size_t lengths[] = {20, 60, 300, 3000};
    static double x[3000];

    (void)state;
    rng_state = 23;
    for (int kind = 0; kind < 6; kind++) {
        int found = 0, trials = 0;

        for (size_t l = 0; l < 4; l++) {
            for (int t = 0; t < 200; t++, trials++) {
                for (size_t i = 0; i < lengths[l]; i++)
                    x[i] = 1000 + 100 * (kind == 0   ? normal()
                                         : kind == 1 ? uniform()
                                         : kind == 2 ? -log(uniform())
                                         : kind == 3 ? exp(normal())
                                         : kind == 4 ? uniform() + uniform()
                                                     : 0);
                found += modes(x, lengths[l]).two;
            }
        }
        print_message("# seed 23, %s: two modes seen in %d of %d samples\n", name[kind], found,
                      trials);
        assert_true(found <= 0.01 * trials);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_series),
        cmocka_unit_test(no_steady_state_is_a_result),
        cmocka_unit_test(warm_up_is_found_in_noise),
        cmocka_unit_test(one_level_is_steady),
        cmocka_unit_test(long_series),
        cmocka_unit_test(two_modes_are_found),
        cmocka_unit_test(one_mode_is_never_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
