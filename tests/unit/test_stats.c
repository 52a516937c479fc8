/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Statistics against published answers: NIST StRD univariate sets (certified values of
 * www.itl.nist.gov/div898/strd/univ), hand-computed cases, and the coverage of Welch's interval
 * by a seeded simulation with the model of one per cent between and within boots.
 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/stats.h"
#include "analysis/uncertainty.h"
#include "tests/unit/random_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const double michelso[] = {
    299.85, 299.74, 299.90, 300.07, 299.93, 299.85, 299.95, 299.98, 299.98, 299.88,
    300.00, 299.98, 299.93, 299.65, 299.76, 299.81, 300.00, 300.00, 299.96, 299.96,
    299.96, 299.94, 299.96, 299.94, 299.88, 299.80, 299.85, 299.88, 299.90, 299.84,
    299.83, 299.79, 299.81, 299.88, 299.88, 299.83, 299.80, 299.79, 299.76, 299.80,
    299.88, 299.88, 299.88, 299.86, 299.72, 299.72, 299.62, 299.86, 299.97, 299.95,
    299.88, 299.91, 299.85, 299.87, 299.84, 299.84, 299.85, 299.84, 299.84, 299.84,
    299.89, 299.81, 299.81, 299.82, 299.80, 299.77, 299.76, 299.74, 299.75, 299.76,
    299.91, 299.92, 299.89, 299.86, 299.88, 299.72, 299.84, 299.85, 299.85, 299.78,
    299.89, 299.84, 299.78, 299.81, 299.76, 299.81, 299.79, 299.81, 299.82, 299.85,
    299.87, 299.87, 299.81, 299.74, 299.81, 299.94, 299.95, 299.80, 299.81, 299.87,
};

static const double lew[] = {
    -213, -564, -35,  -15,  141,  115,  -420, -360, 203,  -338, -431, 194,  -220, -513, 154,
    -125, -559, 92,   -21,  -579, -52,  99,   -543, -175, 162,  -457, -346, 204,  -300, -474,
    164,  -107, -572, -8,   83,   -541, -224, 180,  -420, -374, 201,  -236, -531, 83,   27,
    -564, -112, 131,  -507, -254, 199,  -311, -495, 143,  -46,  -579, -90,  136,  -472, -338,
    202,  -287, -477, 169,  -124, -568, 17,   48,   -568, -135, 162,  -430, -422, 172,  -74,
    -577, -13,  92,   -534, -243, 194,  -355, -465, 156,  -81,  -578, -64,  139,  -449, -384,
    193,  -198, -538, 110,  -44,  -577, -6,   66,   -552, -164, 161,  -460, -344, 205,  -281,
    -504, 134,  -28,  -576, -118, 156,  -437, -381, 200,  -220, -540, 83,   11,   -568, -160,
    172,  -414, -408, 188,  -125, -572, -32,  139,  -492, -321, 205,  -262, -504, 142,  -83,
    -574, 0,    48,   -571, -106, 137,  -501, -266, 190,  -391, -406, 194,  -186, -553, 83,
    -13,  -577, -49,  103,  -515, -280, 201,  300,  -506, 131,  -45,  -578, -80,  138,  -462,
    -361, 201,  -211, -554, 32,   74,   -533, -235, 187,  -372, -442, 182,  -147, -566, 25,
    68,   -535, -244, 194,  -351, -463, 174,  -125, -570, 15,   72,   -550, -190, 172,  -424,
    -385, 198,  -218, -536, 96,
};

static void assert_near(double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want)))
        fail_msg("got %.17g, want %.17g within %g", got, want, relative);
}

static void nist_accuracy_sets(void **state)
{
    static const double acc1[] = {10000001, 10000003, 10000002};
    double acc4[1001];

    (void)state;
    acc4[0] = 10000000.2;
    for (size_t i = 1; i < COUNT(acc4); i += 2) {
        acc4[i] = 10000000.1;
        acc4[i + 1] = 10000000.3;
    }
    assert_near(stats_mean(acc1, 3), 10000002, 1e-15);
    assert_near(stats_sd(acc1, 3), 1, 1e-14);
    assert_near(stats_lag1(acc1, 3), -0.5, 1e-14);
    /* 10000000.1 has no exact binary form: seven digits of the deviation are all that is in
     * the data (log relative error about 8.3 for the best two-pass algorithm). */
    assert_near(stats_mean(acc4, COUNT(acc4)), 10000000.2, 1e-15);
    assert_near(stats_sd(acc4, COUNT(acc4)), 0.1, 1e-7);
    assert_near(stats_lag1(acc4, COUNT(acc4)), -0.999, 1e-7);
}

static void nist_measured_sets(void **state)
{
    (void)state;
    assert_int_equal(COUNT(michelso), 100);
    assert_near(stats_mean(michelso, 100), 299.852400000000, 1e-14);
    assert_near(stats_sd(michelso, 100), 0.0790105478190518, 1e-12);
    assert_near(stats_lag1(michelso, 100), 0.535199668621283, 1e-11);
    assert_int_equal(COUNT(lew), 200);
    assert_near(stats_mean(lew, 200), -177.435000000000, 1e-14);
    assert_near(stats_sd(lew, 200), 277.332168044316, 1e-13);
    assert_near(stats_lag1(lew, 200), -0.307304800605679, 1e-13);
}

static void quantiles_are_type_7(void **state)
{
    static const double x[] = {40, 10, 30, 20, 50};
    static const double even[] = {4, 1, 3, 2};

    (void)state;
    assert_near(stats_median(x, 5), 30, 0);
    assert_near(stats_quantile(x, 5, 0.25), 20, 0);
    assert_near(stats_quantile(x, 5, 0.99), 49.6, 1e-15);
    assert_near(stats_quantile(x, 5, 0), 10, 0);
    assert_near(stats_quantile(x, 5, 1), 50, 0);
    assert_near(stats_median(even, 4), 2.5, 0);
    assert_true(isnan(stats_median(x, 0)));
    assert_true(isnan(stats_quantile(x, 5, 1.5)));
    assert_near(x[0], 40, 0); /* the input stays as it was */
}

static void degenerate_inputs_are_refused(void **state)
{
    static const double zero[] = {1, 0}, one[] = {7};
    struct stats_interval i;

    (void)state;
    assert_true(isnan(stats_mean(one, 0)));
    assert_true(isnan(stats_sd(one, 1)));
    assert_true(isnan(stats_geometric_mean(zero, 2)));
    assert_true(isnan(stats_min(one, 0)));
    assert_int_equal(stats_welch_ratio(zero, 2, one, 1, 0.95, &i), -1);
    assert_int_equal(stats_welch_ratio(one, 0, one, 1, 0.95, &i), -1);
    assert_int_equal(stats_welch_ratio(one, 1, one, 1, 1.0, &i), -1);
    assert_int_equal(stats_log_mean_interval(zero, 2, 0.95, &i), -1);
    /* One boot has a value and no interval. */
    assert_int_equal(stats_welch_ratio(one, 1, one, 1, 0.95, &i), 0);
    assert_near(i.value, 1, 0);
    assert_true(isnan(i.low) && isnan(i.high));
    assert_int_equal(stats_log_mean_interval(one, 1, 0.95, &i), 0);
    assert_near(i.value, 7, 0);
    assert_true(isnan(i.low));
}

/*
 * By hand: logs of a are 0, 1, 2 (mean 1, variance 1), of b 0, 2 (mean 1, variance 2), so the
 * log ratio is 0, its variance 1/3 + 1, df = (4/3)^2 / ((1/3)^2/2 + 1^2/1) = 1.68421…
 * Student's t for p = 0.975 lies between that of df 2 (4.303) and of df 1 (12.71).
 */
static void welch_by_hand(void **state)
{
    const double a[] = {1, M_E, M_E * M_E}, b[] = {1, M_E * M_E};
    const double equal[] = {5, 5, 5}, same[] = {4, 4};
    struct stats_interval i;
    double t;

    (void)state;
    assert_int_equal(stats_welch_ratio(a, 3, b, 2, 0.95, &i), 0);
    assert_near(i.value, 1, 1e-15);
    assert_near(i.df, 16.0 / 9 / (1.0 / 18 + 1), 1e-12);
    t = log(i.high) / sqrt(4.0 / 3);
    assert_true(t > 4.303 && t < 12.71);
    assert_near(log(i.low), -log(i.high), 1e-12);

    assert_int_equal(stats_welch_ratio(equal, 3, same, 2, 0.95, &i), 0);
    assert_true(i.low == 1.25 && i.high == 1.25 && i.value == 1.25);
}

static void boot_means(double *means, size_t boots)
{
    double x[MODEL_ITERATIONS];

    for (size_t b = 0; b < boots; b++)
        means[b] = model_boot(x, 100);
}

static double welch_coverage(size_t boots, int trials)
{
    double a[30], b[30];
    int covered = 0;

    for (int t = 0; t < trials; t++) {
        struct stats_interval i;

        boot_means(a, boots);
        boot_means(b, boots);
        assert_int_equal(stats_welch_ratio(a, boots, b, boots, 0.95, &i), 0);
        covered += i.low <= 1 && i.high >= 1;
    }
    return (double)covered / trials;
}

static void welch_covers_what_it_says(void **state)
{
    const uint64_t seed = 20110731;
    double five, thirty;

    (void)state;
    rng_state = seed;
    five = welch_coverage(5, 4000);
    thirty = welch_coverage(30, 1000);
    print_message("# seed %llu: coverage %.3f with 5 boots, %.3f with 30\n",
                  (unsigned long long)seed, five, thirty);
    /* 95 % nominal; three standard errors of the simulation are 1.0 and 2.1 points. */
    assert_true(five > 0.94 && five < 0.975);
    assert_true(thirty > 0.925 && thirty < 0.975);
}

/* Sen (1968), as worked in Hollander and Wolfe and in Gilbert: small exact cases. */
static void theil_sen(void **state)
{
    const double x[] = {0, 1, 2, 3, 4, 5, 6, 7}, line[] = {3, 5, 7, 9, 11, 13, 15, 17};
    double spiked[8], big_x[4000], big_y[4000], intercept;
    struct stats_interval slope;

    (void)state;
    assert_int_equal(stats_theil_sen(x, line, 8, 0.95, &slope, &intercept), 0);
    assert_true(slope.value == 2 && slope.low == 2 && slope.high == 2 && intercept == 3);

    /* One wild point out of eight moves least squares by far and the median not at all. */
    for (size_t i = 0; i < 8; i++)
        spiked[i] = line[i];
    spiked[6] = 1e6;
    assert_int_equal(stats_theil_sen(x, spiked, 8, 0.95, &slope, &intercept), 0);
    assert_true(slope.value == 2 && slope.low <= 2 && slope.high > 1000);

    /* More points than pairs are worth: thinned, and still right. */
    rng_state = 7;
    for (size_t i = 0; i < COUNT(big_x); i++) {
        big_x[i] = (double)i;
        big_y[i] = 1e-3 * (double)i + normal();
    }
    assert_int_equal(stats_theil_sen(big_x, big_y, COUNT(big_x), 0.95, &slope, NULL), 0);
    assert_true(slope.low < 1e-3 && slope.high > 1e-3);
    assert_true(slope.high - slope.low < 4e-4);

    assert_int_equal(stats_theil_sen(x, line, 1, 0.95, &slope, NULL), -1);
    assert_int_equal(stats_theil_sen((double[]){1, 1}, line, 2, 0.95, &slope, NULL), -1);
    /* Two points give a slope and no interval. */
    assert_int_equal(stats_theil_sen(x, line, 2, 0.95, &slope, NULL), 0);
    assert_true(slope.value == 2 && isnan(slope.low));
}

static void theil_sen_interval_covers(void **state)
{
    int covered = 0;

    (void)state;
    rng_state = 99;
    for (int t = 0; t < 1000; t++) {
        double x[30], y[30];
        struct stats_interval slope;

        for (size_t i = 0; i < 30; i++) {
            x[i] = (double)i;
            y[i] = 0.5 * x[i] + normal();
        }
        assert_int_equal(stats_theil_sen(x, y, 30, 0.95, &slope, NULL), 0);
        covered += slope.low <= 0.5 && slope.high >= 0.5;
    }
    print_message("# seed 99: Sen's interval covers %d of 1000\n", covered);
    assert_in_range(covered, 930, 975);
}

static void runs_test_sees_a_walk(void **state)
{
    double white[400], walk[400];

    (void)state;
    rng_state = 11;
    for (size_t i = 0; i < 400; i++) {
        white[i] = normal();
        walk[i] = (i ? walk[i - 1] : 0) + normal();
    }
    assert_true(fabs(stats_runs_z(white, 400)) < 3);
    assert_true(stats_runs_z(walk, 400) < -10);
    assert_true(isnan(stats_runs_z(white, 5)));
}

static void distribution(void **state)
{
    static const double x[] = {1, 1, 1, 2, 5};
    struct stats_step step[2];
    size_t counts[4];

    (void)state;
    assert_int_equal(stats_ecdf(x, 5, step, 2), 3);
    assert_true(step[0].value == 1 && step[0].count == 3 && step[0].at_most == 0.6);
    assert_true(step[1].value == 2 && step[1].count == 1 && step[1].at_most == 0.8);
    assert_int_equal(stats_histogram(x, 5, 1, 3, counts, 4), 1);
    assert_true(counts[0] == 3 && counts[1] == 0 && counts[2] == 1 && counts[3] == 0);
    assert_int_equal(stats_histogram(x, 3, 1, 1, counts, 4), 0);
    assert_int_equal(counts[0], 3);
}

static void uncertainty(void **state)
{
    const struct uncertainty_part parts[] = {{"timer step", 3}, {"boots", 4}, {"timebase", 0}};
    const char *dominant = "";
    double low, high;

    (void)state;
    assert_near(uncertainty_combine(parts, 3, &dominant), 5, 1e-15);
    assert_string_equal(dominant, "boots");
    assert_true(uncertainty_combine(parts + 2, 1, &dominant) == 0 && !dominant);

    uncertainty_ratio_bounds(59, 1, 84, 1, &low, &high);
    assert_near(low, 58.0 / 85, 1e-15);
    assert_near(high, 60.0 / 83, 1e-15);
    /* One step against one step: nothing can be said. */
    uncertainty_ratio_bounds(2, 2, 2, 2, &low, &high);
    assert_true(low == 0 && isinf(high));
    assert_false(uncertainty_distinguishable(low, high, 1));
    assert_true(uncertainty_distinguishable(1.01, 1.02, 1));
    assert_false(uncertainty_distinguishable(NAN, NAN, 1));

    assert_int_equal(uncertainty_decimals(0.02, 6), 2);
    assert_int_equal(uncertainty_decimals(0.1, 6), 1);
    assert_int_equal(uncertainty_decimals(3, 6), 0);
    assert_int_equal(uncertainty_decimals(300, 6), -2);
    assert_int_equal(uncertainty_decimals(1e-9, 6), 6);
    assert_int_equal(uncertainty_decimals(0, 6), 6);
}

/* Published: the median of 10 values lies between the 2nd and the 9th with 97.9 %, of 100 between
 * the 40th and the 61st with 95.4 % (David and Nagaraja, 7.1; Conover, table A3). */
static void quantile_ranks(void **state)
{
    size_t low, high;

    (void)state;
    assert_int_equal(stats_quantile_ranks(10, 0.5, 0.95, &low, &high), 0);
    assert_true(low == 2 && high == 9);
    assert_int_equal(stats_quantile_ranks(100, 0.5, 0.95, &low, &high), 0);
    assert_true(low == 40 && high == 61);
    /* 0.975^n > 0.025 below 146 for the upper end of 2.5 %: no value is far enough out */
    assert_int_equal(stats_quantile_ranks(5, 0.5, 0.95, &low, &high), 0);
    assert_true(low == 0 && high == 6);
    assert_int_equal(stats_quantile_ranks(6, 0.5, 0.95, &low, &high), 0);
    assert_true(low == 1 && high == 6);
    assert_int_equal(stats_quantile_ranks(300, 0.99, 0.95, &low, &high), 0);
    assert_true(high == 301);
    assert_int_equal(stats_quantile_ranks(400, 0.99, 0.95, &low, &high), 0);
    assert_true(high == 400);
    assert_int_equal(stats_quantile_ranks(0, 0.5, 0.95, &low, &high), -1);
    assert_int_equal(stats_quantile_ranks(9, 1, 0.95, &low, &high), -1);
    /* the rule of three */
    assert_true(fabs(stats_beyond_max(1000, 0.95) - 0.0029912) < 1e-6);
    assert_true(isnan(stats_beyond_max(0, 0.95)));
}

static int by_value(const void *va, const void *vb)
{
    const double *a = va, *b = vb;

    return (*a > *b) - (*a < *b);
}

/* Both ways of sorting, and where one gives way to the other. */
static void sorts_as_values_are(void **state)
{
    static const double special[] = {0.0,      -1.0,     INFINITY, -INFINITY, DBL_MAX,
                                     -DBL_MIN, 4.9e-324, 1e-300,   -4.9e-324, 1.0};
    static const size_t sizes[] = {1, 2, 17, 255, 256, 257, 5000};
    const size_t specials = sizeof(special) / sizeof(special[0]);
    uint64_t random = 20261127;

    (void)state;
    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
        const size_t n = sizes[k];
        double *x = malloc(n * sizeof(*x)), *y = malloc(n * sizeof(*y));

        for (int kind = 0; kind < 3; kind++) {
            for (size_t i = 0; i < n; i++) {
                random = random * 6364136223846793005u + 1442695040888963407u;
                x[i] = kind == 0   ? (double)(random >> 54)
                       : kind == 1 ? ((double)(int64_t)random) * 1e-5
                                   : special[(random >> 33) % specials];
            }
            memcpy(y, x, n * sizeof(*x));
            stats_sort(x, n);
            qsort(y, n, sizeof(*y), by_value);
            assert_memory_equal(x, y, n * sizeof(*x));
        }
        free(x);
        free(y);
    }
    stats_sort(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_as_values_are),
        cmocka_unit_test(quantile_ranks),
        cmocka_unit_test(nist_accuracy_sets),
        cmocka_unit_test(nist_measured_sets),
        cmocka_unit_test(quantiles_are_type_7),
        cmocka_unit_test(degenerate_inputs_are_refused),
        cmocka_unit_test(welch_by_hand),
        cmocka_unit_test(welch_covers_what_it_says),
        cmocka_unit_test(theil_sen),
        cmocka_unit_test(theil_sen_interval_covers),
        cmocka_unit_test(runs_test_sees_a_walk),
        cmocka_unit_test(distribution),
        cmocka_unit_test(uncertainty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
