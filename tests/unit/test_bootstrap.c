/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intervals of a comparison cover what they say: Welch on boot means does with 5, 10 and 30 boots,
 * the hierarchical bootstrap a little less, one that pools iterations nowhere near. And the
 * resampled median that is drawn by its rank is the one that drawing every iteration gives.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "analysis/compare/bootstrap.c"
#include "tests/unit/random_fixture.h"

#define BOOTS_MAX 30

struct side {
    double x[BOOTS_MAX * MODEL_ITERATIONS], mean[BOOTS_MAX];
    struct bootstrap_boot boot[BOOTS_MAX];
};

static void fill(struct side *s, size_t boots, double scale)
{
    for (size_t k = 0; k < boots; k++) {
        double *x = s->x + k * MODEL_ITERATIONS;

        s->mean[k] = model_boot(x, scale);
        qsort(x, MODEL_ITERATIONS, sizeof(*x), ascending);
        s->boot[k] = (struct bootstrap_boot){x, MODEL_ITERATIONS};
    }
}

/* What a resample is: every iteration drawn by itself. */
static double naive_median(const struct bootstrap_boot *b, gsl_rng *rng)
{
    double drawn[64];

    for (size_t i = 0; i < b->n; i++)
        drawn[i] = b->sorted[gsl_rng_uniform_int(rng, b->n)];
    stats_sort(drawn, b->n);
    return stats_quantile_sorted(drawn, b->n, 0.5);
}

static void drawn_by_rank_is_drawn_one_by_one(void **state)
{
    static const double x[] = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    enum { DRAWS = 20000 };
    static double fast[DRAWS], slow[DRAWS];

    (void)state;
    for (size_t n = 1; n <= sizeof(x) / sizeof(x[0]); n++) {
        const struct bootstrap_boot b = {x, n};
        double worst = 0;

        gsl_rng_set(rng, n);
        for (size_t i = 0; i < DRAWS; i++) {
            fast[i] = redrawn_median(&b, rng);
            slow[i] = naive_median(&b, rng);
        }
        stats_sort(fast, DRAWS);
        stats_sort(slow, DRAWS);
        for (size_t i = 0, j = 0; i < DRAWS; i++) { /* Kolmogorov and Smirnov's distance */
            while (j < DRAWS && slow[j] <= fast[i])
                j++;
            if (i + 1 == DRAWS || fast[i + 1] > fast[i])
                worst = fmax(worst, fabs((double)(i + 1) - (double)j) / DRAWS);
        }
        if (!(worst < 1.95 * sqrt(2.0 / DRAWS))) /* p = 0.001 */
            fail_msg("%zu iterations: the distributions are %g apart", n, worst);
    }
    gsl_rng_free(rng);
}

static void by_hand(void **state)
{
    static const double a[] = {30, 33, 36}, b[] = {10, 11, 12}, c[] = {0, 1};
    const struct bootstrap_boot sa[] = {{a, 3}, {a, 3}, {a, 1}}, sb[] = {{b, 3}, {b + 1, 1}};
    const struct bootstrap_boot bad[] = {{c, 2}}, empty[] = {{a, 0}};
    struct stats_interval i, again, one;
    struct bootstrap_setting other = bootstrap_default;

    (void)state;
    assert_int_equal(bootstrap_median_ratio(sa, 3, sb, 2, &bootstrap_default, &i), 0);
    assert_true(i.value == 3); /* medians 33, 33, 30 over 11, 11 */
    assert_true(i.low >= 30.0 / 12 && i.low < 3 && i.high > 3 && i.high <= 36.0 / 10);
    assert_int_equal(bootstrap_median_ratio(sa, 3, sb, 2, &bootstrap_default, &again), 0);
    assert_true(again.low == i.low && again.high == i.high);
    assert_int_equal(bootstrap_median_ratio(sa, 1, sb, 2, &bootstrap_default, &one), 0);
    assert_true(one.value == 3 && isnan(one.low) && isnan(one.high));
    assert_int_equal(bootstrap_median_ratio(sa, 0, sb, 2, &other, &i), -1);
    assert_int_equal(bootstrap_median_ratio(sa, 1, bad, 1, &other, &i), -1);
    assert_int_equal(bootstrap_median_ratio(empty, 1, sa, 1, &other, &i), -1);
    other.resamples = 0;
    assert_int_equal(bootstrap_median_ratio(sa, 3, sb, 2, &other, &i), -1);
}

/* A unit of time is nothing: the same in ns and in ms; a over b is the inverse of b over a. */
static void properties(void **state)
{
    static struct side a, b;
    struct stats_interval i, scaled, back;

    (void)state;
    rng_state = 12;
    fill(&a, 8, 100);
    fill(&b, 6, 90);
    assert_int_equal(bootstrap_median_ratio(a.boot, 8, b.boot, 6, &bootstrap_default, &i), 0);
    for (size_t k = 0; k < 8 * MODEL_ITERATIONS; k++)
        a.x[k] *= 4;
    assert_int_equal(bootstrap_median_ratio(a.boot, 8, b.boot, 6, &bootstrap_default, &scaled),
                     0);
    assert_true(fabs(scaled.low / i.low - 4) < 1e-12 &&
                fabs(scaled.high / i.high - 4) < 1e-12);
    assert_int_equal(bootstrap_median_ratio(b.boot, 6, a.boot, 8, &bootstrap_default, &back),
                     0);
    assert_true(fabs(back.value * scaled.value - 1) < 1e-12);
    assert_true(fabs(back.low * scaled.high - 1) < 0.005);
    assert_true(i.low < i.value && i.value < i.high && i.low > 1);
}

struct covered {
    double welch, hierarchical, of_means, pooled;
};

enum { RESAMPLES = 200 };

static int holds_one(double ratio[RESAMPLES])
{
    stats_sort(ratio, RESAMPLES);
    return stats_quantile_sorted(ratio, RESAMPLES, 0.025) <= 1 &&
           stats_quantile_sorted(ratio, RESAMPLES, 0.975) >= 1;
}

/* Boots, then iterations, and the mean over boots: the method of the published table. */
static double mean_of_boots(const struct side *s, size_t boots, gsl_rng *rng)
{
    double sum = 0;

    for (size_t i = 0; i < boots; i++)
        sum += redrawn_median(&s->boot[gsl_rng_uniform_int(rng, boots)], rng);
    return sum;
}

static int covers_by_means(const struct side *a, const struct side *b, size_t boots,
                           gsl_rng *rng)
{
    double ratio[RESAMPLES];

    for (size_t k = 0; k < RESAMPLES; k++) {
        double over = mean_of_boots(a, boots, rng);

        ratio[k] = over / mean_of_boots(b, boots, rng);
    }
    return holds_one(ratio);
}

/* All iterations as if they were one boot's, which is what pooling says. Sorts the sides' own. */
static int covers_pooled(struct side *a, struct side *b, size_t boots, gsl_rng *rng)
{
    const struct bootstrap_boot pa = {a->x, boots * MODEL_ITERATIONS};
    const struct bootstrap_boot pb = {b->x, boots * MODEL_ITERATIONS};
    double ratio[RESAMPLES];

    stats_sort(a->x, pa.n);
    stats_sort(b->x, pb.n);
    for (size_t k = 0; k < RESAMPLES; k++)
        ratio[k] = redrawn_median(&pa, rng) / redrawn_median(&pb, rng);
    return holds_one(ratio);
}

static struct covered coverage(size_t boots, int trials, int with_bootstrap)
{
    static struct side a, b;
    const struct bootstrap_setting setting = {RESAMPLES, 0.95, 3};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    int welch = 0, hierarchical = 0, of_means = 0, pooled = 0;

    for (int t = 0; t < trials; t++) {
        struct stats_interval i;

        fill(&a, boots, 100);
        fill(&b, boots, 100);
        assert_int_equal(stats_welch_ratio(a.mean, boots, b.mean, boots, 0.95, &i), 0);
        welch += i.low <= 1 && i.high >= 1;
        if (t >= with_bootstrap)
            continue;
        assert_int_equal(bootstrap_median_ratio(a.boot, boots, b.boot, boots, &setting, &i),
                         0);
        hierarchical += i.low <= 1 && i.high >= 1;
        of_means += covers_by_means(&a, &b, boots, rng);
        pooled += covers_pooled(&a, &b, boots, rng);
    }
    gsl_rng_free(rng);
    return (struct covered){(double)welch / trials, (double)hierarchical / with_bootstrap,
                            (double)of_means / with_bootstrap,
                            (double)pooled / with_bootstrap};
}

static void coverage_is_what_is_said(void **state)
{
    static const struct {
        size_t boots;
        int trials;         /* standard error of Welch's 0.3 to 0.4 points … */
        int with_bootstrap; /* … and of the others' 1 to 2 */
        double of_means;    /* published */
    } table[] = {{5, 6000, 500, 0.88}, {10, 5000, 500, 0.92}, {30, 2500, 300, 0.92}};

    (void)state;
    rng_state = 20110731;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct covered c = coverage(table[i].boots, table[i].trials, table[i].with_bootstrap);

        print_message(
            "# seed 20110731, %2zu boots: Welch %.1f %%, bootstrap of medians %.1f %%, "
            "of means %.1f %%, pooled %.1f %%\n",
            table[i].boots, 100 * c.welch, 100 * c.hierarchical, 100 * c.of_means,
            100 * c.pooled);
        assert_true(fabs(c.welch - 0.95) <= 0.015);
        assert_true(c.hierarchical >= 0.92 && c.hierarchical <= 0.99);
        assert_true(fabs(c.of_means - table[i].of_means) <= 0.04);
        assert_true(c.pooled < 0.5);
    }
}

/* --- the order of boots under a drift of the host of 2 % --- */

/* Bias of the ratio of geometric means, in per cent, with the boots of A and B placed so. */
static double order_bias(const char *order, size_t boots)
{
    double a[BOOTS_MAX], b[BOOTS_MAX];
    size_t na = 0, nb = 0, n = 2 * boots;
    struct stats_interval r;

    for (size_t i = 0; i < n; i++) {
        double t = 100 * (1 + 0.02 * (double)i / (double)(n - 1));
        int is_b = order[0] == 'A' && order[1] == 'A' ? i >= boots
                   : order[2] == 'A'                  ? i % 2
                                                      : (i % 4 == 1 || i % 4 == 2);

        if (is_b)
            b[nb++] = t;
        else
            a[na++] = t;
    }
    assert_int_equal(stats_welch_ratio(b, nb, a, na, 0.95, &r), 0);
    return 100 * (r.value - 1);
}

static void abba_takes_a_drift_out(void **state)
{
    double block = order_bias("AAAA", 20), alternate = order_bias("ABAB", 20),
           abba = order_bias("ABBA", 20);

    (void)state;
    print_message(
        "# 2 %% drift over 40 boots: AAAA..BBBB %+.2f %%, ABAB %+.3f %%, ABBA %+.5f %%\n",
        block, alternate, abba);
    assert_true(block > 0.95 && block < 1.05);
    assert_true(alternate > 0.04 && alternate < 0.06);
    assert_true(fabs(abba) < 0.002);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_by_rank_is_drawn_one_by_one),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(properties),
        cmocka_unit_test(coverage_is_what_is_said),
        cmocka_unit_test(abba_takes_a_drift_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
