/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rank test, Holm and equivalence: published and hand-counted answers, properties, and what many
 * comparisons of a thing with itself claim.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>

#include "analysis/compare/significance.c"
#include "analysis/stats.h"
#include "tests/unit/random_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void assert_near(double got, double want, double absolute)
{
    if (!(fabs(got - want) <= absolute))
        fail_msg("got %.17g, want %.17g within %g", got, want, absolute);
}

static struct significance_rank rank(const double *a, size_t na, const double *b, size_t nb)
{
    struct significance_rank r = {NAN, NAN, -1};

    assert_int_equal(significance_mann_whitney(a, na, b, nb, &r), 0);
    return r;
}

/* The published example: U = 17, exact two-sided p = 1/9. */
static void mann_whitney_as_published(void **state)
{
    static const double a[] = {19, 22, 16, 29, 24}, b[] = {20, 11, 17, 12};
    struct significance_rank r = rank(a, 5, b, 4), back = rank(b, 4, a, 5);

    (void)state;
    assert_true(r.exact);
    assert_near(r.u, 17, 0);
    assert_near(r.p, 1.0 / 9, 1e-15);
    assert_near(back.u, 5 * 4 - 17, 0);
    assert_near(back.p, r.p, 1e-15);
}

/* By hand: of C(6, 3) = 20 arrangements two are as far apart as {1,2,3} and {4,5,6}. */
static void small_cases_by_hand(void **state)
{
    static const double low[] = {1, 2, 3}, high[] = {4, 5, 6}, same[] = {7, 7, 7};
    static const double tied[] = {1, 2, 2}, above[] = {2, 3, 4};
    struct significance_rank r;

    (void)state;
    r = rank(low, 3, high, 3);
    assert_near(r.u, 0, 0);
    assert_near(r.p, 0.1, 1e-15);
    r = rank(same, 3, same, 3);
    assert_near(r.u, 4.5, 0);
    assert_near(r.p, 1, 0);
    /* Ranks 1 3 3 | 3 5 6: of the 20 choices of three these have sums 7 (three ways), 14 (three
     * ways) and, farther out, none. */
    r = rank(tied, 3, above, 3);
    assert_near(r.u, 1, 0);
    assert_near(r.p, 6.0 / 20, 1e-15);
}

/* By hand, beyond counting: 20 of 30 ones against 10 of 30. U = 20 x 20 + (20 x 10 + 10 x 20) / 2,
 * variance 900 / 12 x (61 - 2 (30^3 - 30) / (60 x 59)). */
static void ties_are_corrected_for(void **state)
{
    double a[30], b[30];
    struct significance_rank r;

    (void)state;
    for (size_t i = 0; i < 30; i++) {
        a[i] = i < 20;
        b[i] = i < 10;
    }
    r = rank(a, 30, b, 30);
    assert_false(r.exact);
    assert_near(r.u, 600, 0);
    assert_near(r.p, 2 * gsl_cdf_ugaussian_Q(149.5 / sqrt(75 * (61 - 53940.0 / 3540))), 1e-12);
}

static void bad_input_is_refused(void **state)
{
    static const double x[] = {1, NAN}, y[] = {1, 2};
    struct significance_rank r;

    (void)state;
    assert_int_equal(significance_mann_whitney(x, 0, y, 2, &r), -1);
    assert_int_equal(significance_mann_whitney(x, 2, y, 2, &r), -1);
    assert_true(isnan(significance_equivalence(0, 0.1, 4, 1)));
    assert_true(isnan(significance_equivalence(NAN, 0.1, 4, 1.02)));
    assert_true(isnan(significance_equivalence(0, 0.1, 0, 1.02)));
}

/* Where counting ends the normal approximation goes on: at the largest size that is counted, ties
 * and all, both say nearly the same. */
static void approximation_continues_the_count(void **state)
{
    enum { SIDE = SIGNIFICANCE_EXACT_MAX / 2 };
    double x[2 * SIDE], worst = 0;

    (void)state;
    rng_state = 5;
    for (int trial = 0; trial < 40; trial++) {
        const int ties = trial % 2;
        struct significance_rank exact;
        struct ranked r[2 * SIDE];

        for (size_t i = 0; i < 2 * SIDE; i++) {
            x[i] = normal() + (i < SIDE ? 0.02 * trial : 0);
            if (ties)
                x[i] = floor(4 * x[i]);
            r[i] = (struct ranked){x[i], 0, 0};
        }
        exact = rank(x, SIDE, x + SIDE, SIDE);
        assert_true(exact.exact);
        worst = fmax(worst,
                     fabs(exact.p - normal_p(exact.u, SIDE, SIDE, give_ranks(r, 2 * SIDE))));
    }
    print_message("# seed 5, %d values: counted and approximated p differ by %.4f at most\n",
                  2 * SIDE, worst);
    assert_true(worst < 0.005);
    assert_false(rank(x, SIDE, x, SIDE + 1).exact);
}

/* Any transformation that keeps the order keeps the test. */
static void only_the_order_counts(void **state)
{
    (void)state;
    rng_state = 8;
    for (int trial = 0; trial < 50; trial++) {
        double a[7], b[9], la[7], lb[9];
        struct significance_rank r, l;

        for (size_t i = 0; i < 9; i++)
            b[i] = lb[i] = exp(normal());
        for (size_t i = 0; i < 7; i++)
            a[i] = la[i] = exp(normal());
        for (size_t i = 0; i < 9; i++)
            lb[i] = 5 * log(lb[i]);
        for (size_t i = 0; i < 7; i++)
            la[i] = 5 * log(la[i]);
        r = rank(a, 7, b, 9);
        l = rank(la, 7, lb, 9);
        assert_true(r.u == l.u && r.p == l.p && r.p > 0 && r.p <= 1);
    }
}

/* Holm's own scheme on four values, and the order of the input does not matter. */
static void holm_by_hand(void **state)
{
    static const double p[] = {0.04, 0.01, NAN, 0.03, 0.005},
                        want[] = {0.06, 0.03, NAN, 0.06, 0.02};
    double adjusted[5], big[] = {0.9, 0.8}, none[] = {NAN};

    (void)state;
    assert_int_equal(significance_holm(p, 5, adjusted), 0);
    for (size_t i = 0; i < 5; i++)
        if (isnan(want[i]))
            assert_true(isnan(adjusted[i]));
        else
            assert_near(adjusted[i], want[i], 1e-15);
    assert_int_equal(significance_holm(big, 2, big), 0);
    assert_true(big[0] == 1 && big[1] == 1);
    assert_int_equal(significance_holm(none, 1, none), 0);
    assert_true(isnan(none[0]));
    assert_int_equal(significance_holm(none, 0, none), 0);
}

/*
 * A/A: 30 workloads on the same machine as two sides of 10 boots. Single tests at 5 % claim a
 * difference somewhere in nearly every run; after Holm at most one run in twenty does.
 */
static void a_against_a(void **state)
{
    const int runs = 600, workloads = 30;
    int raw = 0, holm = 0, ranked = 0;

    (void)state;
    rng_state = 20110801;
    for (int r = 0; r < runs; r++) {
        double p[30], q[30], adjusted[30], least = 1, least_q = 1;

        for (int w = 0; w < workloads; w++) {
            double a[10], b[10], t, low;
            struct stats_interval i;

            for (size_t k = 0; k < 10; k++) {
                double x[MODEL_ITERATIONS];

                /* Means alone matter here: 1 % between boots, 1 % / sqrt(30) within. */
                x[0] = 100 * (1 + 0.01 * normal()) * (1 + 0.01 / sqrt(30) * normal());
                a[k] = x[0];
                b[k] = 100 * (1 + 0.01 * normal()) * (1 + 0.01 / sqrt(30) * normal());
            }
            assert_int_equal(stats_welch_ratio(a, 10, b, 10, 0.95, &i), 0);
            low = (log(i.high) - log(i.low)) / 2;
            t = fabs(log(i.value)) / low * gsl_cdf_tdist_Pinv(0.975, i.df);
            p[w] = 2 * gsl_cdf_tdist_Q(t, i.df);
            q[w] = rank(a, 10, b, 10).p;
            least = fmin(least, p[w]);
            least_q = fmin(least_q, q[w]);
        }
        assert_int_equal(significance_holm(p, 30, adjusted), 0);
        raw += least <= 0.05;
        for (int w = 0; w < workloads; w++)
            if (adjusted[w] <= 0.05) {
                holm++;
                break;
            }
        assert_int_equal(significance_holm(q, 30, adjusted), 0);
        for (int w = 0; w < workloads; w++)
            if (adjusted[w] <= 0.05) {
                ranked++;
                break;
            }
    }
    print_message(
        "# seed 20110801: of %d A/A runs %d claim something without Holm, %d with it "
        "(Welch), %d (ranks)\n",
        runs, raw, holm, ranked);
    assert_true(raw > runs / 2);
    assert_true(holm <= 0.05 * runs);
    assert_true(ranked <= 0.05 * runs);
}

/* Mann-Whitney on boot means says what it should; on pooled iterations it claims differences in
 * most comparisons of a thing with itself. */
static void pooled_iterations_claim_what_is_not(void **state)
{
    const int trials = 400;
    int pooled = 0, means = 0;

    (void)state;
    rng_state = 77;
    for (int t = 0; t < trials; t++) {
        double a[10 * MODEL_ITERATIONS], b[10 * MODEL_ITERATIONS], ma[10], mb[10];

        for (size_t k = 0; k < 10; k++) {
            ma[k] = model_boot(a + k * MODEL_ITERATIONS, 100);
            mb[k] = model_boot(b + k * MODEL_ITERATIONS, 100);
        }
        pooled += rank(a, COUNT(a), b, COUNT(b)).p <= 0.05;
        means += rank(ma, 10, mb, 10).p <= 0.05;
    }
    print_message(
        "# seed 77, 10 boots: false positives %.0f %% pooled, %.1f %% on boot means\n",
        100.0 * pooled / trials, 100.0 * means / trials);
    assert_true(pooled > 0.5 * trials);
    assert_true(means <= 0.065 * trials);
}

static void equivalence_by_hand(void **state)
{
    const double t = (log(1.02) - 0.005) / 0.004;

    (void)state;
    assert_near(significance_equivalence(0.005, 0.004, 12, 1.02), gsl_cdf_tdist_Q(t, 12),
                1e-15);
    assert_near(significance_equivalence(-0.005, 0.004, 12, 1.02), gsl_cdf_tdist_Q(t, 12),
                1e-15);
    /* on the edge nothing is known: p = 1/2; outside it more */
    assert_near(significance_equivalence(log(1.02), 0.004, 12, 1.02), 0.5, 1e-12);
    assert_true(significance_equivalence(0.1, 0.004, 12, 1.02) > 0.999);
    /* exact ratios */
    assert_true(significance_equivalence(0.01, 0, 0, 1.02) == 0);
    assert_true(significance_equivalence(0.03, 0, 0, 1.02) == 1);
}

/* At a true ratio on the margin "equivalent" is claimed with 5 % at most. */
static void equivalence_errs_as_often_as_it_says(void **state)
{
    const int trials = 3000;
    int claimed = 0, found = 0;

    (void)state;
    rng_state = 31;
    for (int t = 0; t < trials; t++) {
        for (int inside = 0; inside < 2; inside++) {
            double a[10], b[10], error;
            struct stats_interval i;

            for (size_t k = 0; k < 10; k++) {
                a[k] = (inside ? 100 : 102) * exp(0.01 * normal());
                b[k] = 100 * exp(0.01 * normal());
            }
            assert_int_equal(stats_welch_ratio(a, 10, b, 10, 0.95, &i), 0);
            error = (log(i.high) - log(i.low)) / 2 / gsl_cdf_tdist_Pinv(0.975, i.df);
            if (significance_equivalence(log(i.value), error, i.df, 1.02) <= 0.05)
                *(inside ? &found : &claimed) += 1;
        }
    }
    print_message(
        "# seed 31: equivalent within 2 %%: %.1f %% at the margin, %.1f %% when equal\n",
        100.0 * claimed / trials, 100.0 * found / trials);
    assert_true(claimed <= 0.062 * trials && claimed >= 0.035 * trials);
    assert_true(found > 0.9 * trials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mann_whitney_as_published),
        cmocka_unit_test(small_cases_by_hand),
        cmocka_unit_test(ties_are_corrected_for),
        cmocka_unit_test(bad_input_is_refused),
        cmocka_unit_test(approximation_continues_the_count),
        cmocka_unit_test(only_the_order_counts),
        cmocka_unit_test(holm_by_hand),
        cmocka_unit_test(a_against_a),
        cmocka_unit_test(pooled_iterations_claim_what_is_not),
        cmocka_unit_test(equivalence_by_hand),
        cmocka_unit_test(equivalence_errs_as_often_as_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
