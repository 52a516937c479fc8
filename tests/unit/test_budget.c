/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The budget of JCGM 100 against its own worked example (H.1, end-gauge calibration), against
 * propagated distributions (JCGM 101:2008, 7), and against faults that must show.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/stats.h"
#include "analysis/uncertainty.h"
#include "tests/unit/random_fixture.h"

/* Student's t with df degrees of freedom, of standard uncertainty 1 in the sense of JCGM 100. */
static double student(double df)
{
    double square = 0;

    for (int i = 0; i < (int)df; i++) {
        const double z = normal();

        square += z * z;
    }
    return normal() / sqrt(square / df);
}

/* JCGM 100:2008, H.1.7 and table H.1: u_c = 32 nm, nu_eff = 16, U99 = t99(16) u_c = 93 nm. */
static void end_gauge(void **state)
{
    const struct uncertainty_component c[] = {
        {"standard", "nm", 25, 1, 18},           {"repeated observations", "nm", 5.8, 1, 24},
        {"comparator, random", "nm", 3.9, 1, 5}, {"comparator, systematic", "nm", 6.7, 1, 8},
        {"expansion", "nm", 2.9, 1, 50},         {"temperatures", "nm", 16.6, 1, 2},
    };
    struct uncertainty_budget b;

    (void)state;
    assert_int_equal(uncertainty_budget(c, 6, 0.99, &b), 0);
    assert_true(fabs(b.u_c - 32) < 0.5);
    assert_true(b.df == 16);
    assert_true(fabs(b.k - 2.92) < 0.005);
    assert_true(fabs(b.expanded - 93) < 1);
    assert_int_equal(b.dominant, 0);
}

static void sensitivities_count(void **state)
{
    const struct uncertainty_component c[] = {{"a", "", 3, -2, INFINITY},
                                              {"b", "", 8, 1, INFINITY}};
    struct uncertainty_budget b;

    (void)state;
    assert_int_equal(uncertainty_budget(c, 2, 0.9545, &b), 0);
    assert_true(fabs(b.u_c - 10) < 1e-12);
    assert_true(isinf(b.df));
    assert_true(fabs(b.k - 2) < 1e-3);
    assert_int_equal(b.dominant, 1);
    assert_int_equal(uncertainty_budget(c, 2, 1, &b), -1);
    assert_int_equal(uncertainty_budget(c, 0, 0.95, &b), 0);
    assert_true(b.u_c == 0 && b.dominant == 0);
    assert_true(fabs(uncertainty_standard(UNCERTAINTY_RECTANGULAR, 3) - sqrt(3)) < 1e-12);
    assert_true(fabs(uncertainty_standard(UNCERTAINTY_TRIANGULAR, 6) - sqrt(6)) < 1e-12);
    assert_true(uncertainty_standard(UNCERTAINTY_NORMAL, 6) == 3);
}

/* A measurement of an interval as it is made, its truth known: edges are cut to steps, the rate is
 * off, the path has its spread, and what is known of both comes from small samples. */
static double measure(const struct uncertainty_interval *v)
{
    const double phase = uniform();
    const double path = v->path_ns * student(v->path_df);
    const double rate = 1 + v->timebase_ppb * 1e-9 * student(v->timebase_df);
    const double ns = (v->true_ns + path) * rate;

    return (floor(phase + ns / v->step_ns) - floor(phase)) * v->step_ns;
}

/* Share of measurements within U of the truth, in percent; and the shortest U that holds 95. */
static double coverage(const struct uncertainty_interval *v, double expanded,
                       double *monte_carlo)
{
    enum { TRIALS = 40000 };
    static double error[TRIALS];
    struct uncertainty_interval here = *v;
    size_t held = 0;

    for (size_t i = 0; i < TRIALS; i++) {
        /* Where the duration lies against the steps is as unknown as the phase. */
        here.true_ns = v->true_ns + v->step_ns * uniform();
        error[i] = fabs(measure(&here) - here.true_ns);
        held += error[i] <= expanded;
    }
    stats_sort(error, TRIALS);
    *monte_carlo = stats_quantile_sorted(error, TRIALS, 0.95);
    return 100.0 * (double)held / TRIALS;
}

static const struct uncertainty_interval cases[] = {
    {1e6, 2, 20, INFINITY, 0.1, 49},   /* the step dominates */
    {1e6, 2.5, 2, 10, 100, 49},        /* the path, as on a server */
    {1e9, 2.5, 1.2, 8, 100, 49},       /* both, one second */
    {1e9, 2.5, 500, 8, 100, 49},       /* the timebase, by ten edges of a reference */
    {1e9, 2.5, 25000, INFINITY, 1, 9}, /* no reference */
    {5e4, 20, 50, 5, 4, 19},           /* all small */
};

static void by_monte_carlo(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct uncertainty_interval v = cases[i];
        struct uncertainty_component c[UNCERTAINTY_INTERVAL_COMPONENTS];
        struct uncertainty_budget b;
        double held, shortest;

        assert_int_equal(uncertainty_of_interval(&v, c), UNCERTAINTY_INTERVAL_COMPONENTS);
        assert_int_equal(uncertainty_budget(c, UNCERTAINTY_INTERVAL_COMPONENTS, 0.95, &b), 0);
        if (isinf(v.timebase_df))
            v.timebase_df = 200;
        held = coverage(&v, b.expanded, &shortest);
        print_message(
            "# %g ns: U %.3g ns (k %.2f, df %g, %s), Monte Carlo %.3g, holds %.1f %%\n",
            v.true_ns, b.expanded, b.k, b.df, c[b.dominant].name, shortest, held);
        /* JCGM 101, 8: the first-order budget is validated to a tenth of u. */
        assert_true(fabs(b.expanded - shortest) <= 0.1 * b.expanded);
        assert_true(held >= 94 && held <= 98);
    }
}

/* What a wrong budget would do: each must be told by the same simulation. */
static void wrong_budgets_show(void **state)
{
    struct uncertainty_component c[UNCERTAINTY_INTERVAL_COMPONENTS], wrong[3];
    struct uncertainty_budget b;
    double shortest;

    (void)state;
    for (int fault = 0; fault < 3; fault++) {
        const struct uncertainty_interval *v = &cases[fault == 2 ? 3 : 2];

        uncertainty_of_interval(v, c);
        for (size_t i = 0; i < 3; i++)
            wrong[i] = c[i];
        if (fault == 0)
            wrong[2].u = 0; /* the marker path forgotten */
        else if (fault == 1)
            wrong[2].u *= 2; /* k = 2 taken for standard */
        else
            wrong[1].sensitivity *= 3; /* counted for each of three steps */
        uncertainty_budget(wrong, 3, 0.95, &b);
        coverage(v, b.expanded, &shortest);
        assert_true(fabs(b.expanded - shortest) > 0.1 * b.expanded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(end_gauge),
        cmocka_unit_test(sensitivities_count),
        cmocka_unit_test(by_monte_carlo),
        cmocka_unit_test(wrong_budgets_show),
    };

    rng_state = 1012008;
    print_message("# seed %llu\n", (unsigned long long)rng_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
