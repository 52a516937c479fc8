/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frequency stability against published answers (NIST SP 1065, section 12.4: the 1000-point set,
 * and the 9-point set of NBS Monograph 140), against plain sums for what is done by running ones,
 * and intervals against simulated noise.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>

#include "analysis/stability.h"
#include "tests/unit/random_fixture.h"

#define POINTS 1001u /* of phase, of 1000 of frequency */

static void near(double got, double want, double digits)
{
    if (!(fabs(got - want) <= digits * fabs(want)))
        print_error("got %.9g, want %.9g\n", got, want);
    assert_true(fabs(got - want) <= digits * fabs(want));
}

/* Phase of the 1000 values; mean: 1 to take the mean frequency out. */
static void thousand(double x[POINTS], int mean)
{
    uint64_t n = 1234567890;
    double y[POINTS - 1], sum = 0;

    for (size_t i = 0; i + 1 < POINTS; i++) {
        y[i] = (double)n / 2147483647.0;
        sum += y[i];
        n = 16807 * n % 2147483647;
        if (i == 0)
            assert_int_equal(n, 395529916);
        if (i == 2)
            assert_int_equal(n, 633705974);
    }
    x[0] = 0;
    for (size_t i = 0; i + 1 < POINTS; i++)
        x[i + 1] = x[i] + y[i] - (mean ? sum / (POINTS - 1) : 0);
}

static void thousand_points(void **state)
{
    static const size_t m[] = {1, 10, 100};
    static const struct {
        enum stability_kind kind;
        double want[3];
    } row[] = {
        {STABILITY_ADEV, {2.922319e-1, 9.965736e-2, 3.897804e-2}},
        {STABILITY_OADEV, {2.922319e-1, 9.159953e-2, 3.241343e-2}},
        {STABILITY_MDEV, {2.922319e-1, 6.172376e-2, 2.170921e-2}},
        {STABILITY_TDEV, {1.687202e-1, 3.563623e-1, 1.253382}},
        {STABILITY_HDEV, {2.943883e-1, 1.052754e-1, 3.910860e-2}},
        {STABILITY_OHDEV, {2.943883e-1, 9.581083e-2, 3.237638e-2}},
        {STABILITY_TOTDEV, {2.922319e-1, 9.134743e-2, 3.406530e-2}},
    };
    double x[POINTS];

    (void)state;
    thousand(x, 0);
    for (size_t k = 0; k < sizeof(row) / sizeof(row[0]); k++)
        for (size_t i = 0; i < 3; i++)
            near(stability_deviation(row[k].kind, x, POINTS, 1, m[i]), row[k].want[i], 4e-7);
}

static void nine_points(void **state)
{
    static const double y[] = {892, 809, 823, 798, 671, 644, 883, 903, 677};
    static const struct {
        enum stability_kind kind;
        double want[2];
    } row[] = {
        {STABILITY_ADEV, {91.22945, 115.8082}},  {STABILITY_OADEV, {91.22945, 85.95287}},
        {STABILITY_MDEV, {91.22945, 74.78849}},  {STABILITY_TDEV, {52.67135, 86.35831}},
        {STABILITY_OHDEV, {70.80607, 85.61487}}, {STABILITY_TOTDEV, {91.22945, 93.90379}},
    };
    double x[10] = {0};

    (void)state;
    for (size_t i = 0; i < 9; i++)
        x[i + 1] = x[i] + y[i];
    for (size_t k = 0; k < sizeof(row) / sizeof(row[0]); k++)
        for (size_t m = 1; m <= 2; m++)
            near(stability_deviation(row[k].kind, x, 10, 1, m), row[k].want[m - 1], 5e-7);
    assert_true(isnan(stability_deviation(STABILITY_OADEV, x, 10, 1, 5)));
    assert_true(isnan(stability_deviation(STABILITY_MDEV, x, 10, 1, 4)));
    assert_true(isnan(stability_deviation(STABILITY_OHDEV, x, 10, 1, 4)));
    assert_true(isnan(stability_deviation(STABILITY_ADEV, x, 10, 1, 0)));
}

static void mtie_of_the_phase(void **state)
{
    static const struct {
        size_t m;
        double want;
    } row[] = {{1, 0.50597}, {3, 1.2984},   {7, 2.2922},   {15, 2.9949}, {31, 4.4550},
               {63, 6.5989}, {127, 6.8061}, {255, 7.8205}, {511, 7.8205}};
    double x[POINTS];

    (void)state;
    thousand(x, 1);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        near(stability_deviation(STABILITY_MTIE, x, POINTS, 1, row[i].m), row[i].want,
             (i ? 5e-5 : 5e-6) / row[i].want);
}

/* The largest excursion may be in the very first window, or in the last. */
static void mtie_at_the_ends(void **state)
{
    const double first[] = {10, 0, 1, 1, 1, 1}, last[] = {1, 1, 1, 1, 0, 10};

    (void)state;
    for (size_t m = 1; m <= 4; m++) {
        assert_true(stability_deviation(STABILITY_MTIE, first, 6, 1, m) == 10);
        assert_true(stability_deviation(STABILITY_MTIE, last, 6, 1, m) == 10);
    }
}

static void longest_averaging_times(void **state)
{
    static const size_t ten[STABILITY_KINDS] = {
        [STABILITY_ADEV] = 4,   [STABILITY_OADEV] = 4, [STABILITY_MDEV] = 3,
        [STABILITY_TDEV] = 3,   [STABILITY_HDEV] = 3,  [STABILITY_OHDEV] = 3,
        [STABILITY_TOTDEV] = 9, [STABILITY_MTIE] = 9,
    };

    (void)state;
    for (int k = 0; k < STABILITY_KINDS; k++) {
        assert_int_equal(stability_longest((enum stability_kind)k, 10), ten[k]);
        assert_int_equal(stability_longest((enum stability_kind)k, 2), 0);
    }
}

/* Running sums and queues say what plain loops say. */
static void fast_is_plain(void **state)
{
    double x[POINTS];

    (void)state;
    thousand(x, 1);
    for (size_t m = 1; m <= 333; m += 7) {
        double sum = 0, worst = 0;

        for (size_t j = 0; j + 3 * m <= POINTS; j++) {
            double inner = 0;

            for (size_t i = j; i < j + m; i++)
                inner += x[i + 2 * m] - 2 * x[i + m] + x[i];
            sum += inner * inner;
        }
        sum /=
            2.0 * (double)m * (double)m * (double)m * (double)m * (double)(POINTS - 3 * m + 1);
        near(stability_deviation(STABILITY_MDEV, x, POINTS, 1, m), sqrt(sum), 1e-11);
        for (size_t j = 0; j + m < POINTS; j++) {
            double low = x[j], high = x[j];

            for (size_t i = j; i <= j + m; i++) {
                low = fmin(low, x[i]);
                high = fmax(high, x[i]);
            }
            worst = fmax(worst, high - low);
        }
        assert_true(stability_deviation(STABILITY_MTIE, x, POINTS, 1, m) == worst);
    }
}

static void units_of_time(void **state)
{
    double x[POINTS];

    (void)state;
    thousand(x, 0);
    for (size_t i = 0; i < POINTS; i++)
        x[i] *= 1e-3;
    near(stability_deviation(STABILITY_OADEV, x, POINTS, 1e-3, 10), 9.159953e-2, 4e-7);
    near(stability_deviation(STABILITY_TDEV, x, POINTS, 1e-3, 10), 3.563623e-4, 4e-7);
}

/* --- noise --- */

/* Not normal(): at 4 degrees of freedom the chi-squared interval truly covers 97.1 % (20,000
 * trials), so which side of 97 % this file's 1,500 fall on depends on the draws. */
static double one_normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* alpha 2: white phase; 0: its sum; -2: the sum of that. */
static void noise(double *x, size_t n, int alpha)
{
    for (size_t i = 0; i < n; i++)
        x[i] = one_normal();
    for (int a = 2; a > alpha; a -= 2)
        for (size_t i = 1; i < n; i++)
            x[i] += x[i - 1];
}

static void noise_is_told(void **state)
{
    double x[POINTS];
    int alpha;

    (void)state;
    for (int want = 2; want >= -2; want -= 2) {
        unsigned right = 0;

        for (int trial = 0; trial < 50; trial++) {
            noise(x, POINTS, want);
            for (size_t i = 0; i < POINTS; i++)
                x[i] += 17 * (double)i; /* a rate that is off is no noise */
            assert_int_equal(stability_noise(x, POINTS, 1, &alpha), 0);
            right += alpha == want;
        }
        assert_true(right >= 48);
    }
    assert_int_equal(stability_noise(x, 29, 1, &alpha), -1);
    assert_string_equal(stability_noise_name(-2), "random walk FM");
    assert_string_equal(stability_noise_name(2), "white PM");
    for (size_t i = 0; i < POINTS; i++)
        x[i] = 3 * (double)i;
    assert_int_equal(stability_noise(x, POINTS, 1, &alpha), -1);
}

/* edf = 2 E(V)^2 / var(V) by definition: simulated, and 95 % intervals hold the true deviation. */
static void edf_by_simulation(void **state)
{
    enum { TRIALS = 1500, N = 257 };
    static const struct {
        enum stability_kind kind;
        int alpha;
        size_t m;
    } row[] = {
        {STABILITY_ADEV, 0, 8},   {STABILITY_OADEV, 0, 8},   {STABILITY_OADEV, 2, 8},
        {STABILITY_OADEV, -2, 8}, {STABILITY_MDEV, 2, 8},    {STABILITY_MDEV, 0, 16},
        {STABILITY_OHDEV, -2, 8}, {STABILITY_HDEV, 0, 8},    {STABILITY_OADEV, 0, 64},
        {STABILITY_TDEV, -2, 16}, {STABILITY_TOTDEV, 0, 32},
    };
    static double variance[TRIALS], deviation[TRIALS];
    double x[N];

    (void)state;
    for (size_t r = 0; r < sizeof(row) / sizeof(row[0]); r++) {
        const double edf = stability_edf(row[r].kind, row[r].alpha, N, row[r].m);
        double mean = 0, spread = 0;
        unsigned held = 0;

        for (int i = 0; i < TRIALS; i++) {
            noise(x, N, row[r].alpha);
            deviation[i] = stability_deviation(row[r].kind, x, N, 1, row[r].m);
            variance[i] = deviation[i] * deviation[i];
            mean += variance[i] / TRIALS;
        }
        for (int i = 0; i < TRIALS; i++) {
            double low, high;

            spread += (variance[i] - mean) * (variance[i] - mean) / TRIALS;
            stability_interval(deviation[i], edf, 0.95, &low, &high);
            held += low <= sqrt(mean) && high >= sqrt(mean);
        }
        print_message("# %s alpha %d m %zu: edf %.2f, simulated %.2f, covers %.1f %%\n",
                      stability_name(row[r].kind), row[r].alpha, row[r].m, edf,
                      2 * mean * mean / spread, 100.0 * held / TRIALS);
        near(edf, 2 * mean * mean / spread, 0.15);
        assert_true(held >= 0.93 * TRIALS && held <= 0.97 * TRIALS);
    }
}

/* sqrt(edf / quantile) is the bound. GSL's inverse gives up at 96 of these, 2151.68 the first. */
static void bounds_at_any_degrees_of_freedom(void **state)
{
    (void)state;
    for (double edf = 0.5; edf < 5000; edf += 0.37) {
        double low, high;

        stability_interval(1, edf, 0.95, &low, &high);
        assert_true(fabs(gsl_cdf_chisq_P(edf / (low * low), edf) - 0.975) < 1e-9);
        assert_true(fabs(gsl_cdf_chisq_P(edf / (high * high), edf) - 0.025) < 1e-9);
    }
}

/* White PM: differences correlate by -2/3 one m apart and by 1/6 two, so the sum is short.
 * White FM: the closed form of D. Howe, D. Allan and J. Barnes ("Properties of signal sources",
 * 1981; NIST TN 1337), which is a fit. */
static void edf_by_closed_forms(void **state)
{
    (void)state;
    for (size_t m = 2; m <= 100; m *= 2) {
        const double n = POINTS, k = (double)m, count = n - 2 * k;

        near(stability_edf(STABILITY_OADEV, 2, POINTS, m),
             count / (1 + 8.0 / 9 * (1 - k / count) + (1 - 2 * k / count) / 18), 1e-9);
        near(stability_edf(STABILITY_OADEV, 0, POINTS, m),
             (3 * (n - 1) / (2 * k) - 2 * (n - 2) / n) * 4 * k * k / (4 * k * k + 5), 0.04);
    }
    assert_true(isnan(stability_edf(STABILITY_MTIE, 0, POINTS, 1)));
    assert_true(isnan(stability_edf(STABILITY_OADEV, -3, POINTS, 1)));
    assert_false(isnan(stability_edf(STABILITY_OHDEV, -3, POINTS, 1)));
}

static void a_table(void **state)
{
    struct stability_row row[STABILITY_ROWS];
    double x[POINTS];
    size_t rows;

    (void)state;
    noise(x, POINTS, 0);
    rows = stability_table(x, POINTS, 0.5, 0.95, row);
    assert_int_equal(rows, 9); /* 1 … 256 */
    for (size_t i = 0; i < rows; i++) {
        assert_int_equal(row[i].m, (size_t)1 << i);
        assert_true(row[i].tau == 0.5 * (double)row[i].m);
        assert_true(row[i].low[STABILITY_OADEV] < row[i].deviation[STABILITY_OADEV] &&
                    row[i].high[STABILITY_OADEV] > row[i].deviation[STABILITY_OADEV]);
        assert_true(isnan(row[i].low[STABILITY_MTIE]));
    }
    assert_int_equal(stability_table(x, 2, 1, 0.95, row), 0);
}

static void uneven_times(void **state)
{
    const double t[] = {0, 1, 3, 4}, x[] = {0, 10, 30, 0}, back[] = {0, 2, 1, 3};
    double out[5];

    (void)state;
    assert_true(stability_resample(t, x, 4, out, 5) == 2);
    assert_true(out[0] == 0 && out[1] == 10 && out[2] == 20 && out[3] == 30 && out[4] == 0);
    assert_true(isnan(stability_resample(back, x, 4, out, 5)));
    assert_true(isnan(stability_resample(t, x, 1, out, 5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousand_points),
        cmocka_unit_test(nine_points),
        cmocka_unit_test(mtie_of_the_phase),
        cmocka_unit_test(mtie_at_the_ends),
        cmocka_unit_test(longest_averaging_times),
        cmocka_unit_test(fast_is_plain),
        cmocka_unit_test(units_of_time),
        cmocka_unit_test(noise_is_told),
        cmocka_unit_test(edf_by_simulation),
        cmocka_unit_test(bounds_at_any_degrees_of_freedom),
        cmocka_unit_test(edf_by_closed_forms),
        cmocka_unit_test(a_table),
        cmocka_unit_test(uneven_times),
    };

    rng_state = 20261126;
    print_message("# seed %llu\n", (unsigned long long)rng_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
