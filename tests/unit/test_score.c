/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What benchmarks that time themselves would print: their formulas by hand, and a guest clock that
 * lies by a known amount makes them wrong by exactly that, each in its own way.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/query/query.h"
#include "analysis/score.h"
#include "analysis/summarise/summarise.h"
#include "tests/golden/synthetic.h"

static const struct score_work per = {2, 0, 1e-3}, rate = {1000, 1, 1e-6};

static void assert_near(double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want)))
        fail_msg("got %.17g, want %.17g", got, want);
}

static void lmbench_by_hand(void **state)
{
    double ns[22];

    (void)state;
    for (size_t i = 0; i < 22; i++) /* repetitions of two: 100 … 110, less 10 each */
        ns[i] = 100 + (double)(i / 2) + (i % 2 ? 3 : -3);
    assert_near(score_print(SCORE_LMBENCH, ns, 22, 10, &per), (105 - 10) / 2.0 * 1e-3, 1e-15);
    assert_near(score_print(SCORE_LMBENCH, ns, 22, 10, &rate), 1000 * 1e9 / 95 * 1e-6, 1e-15);
    /* one wild repetition is not seen: that is the median's use, and its blindness */
    ns[21] = 1e9;
    assert_near(score_print(SCORE_LMBENCH, ns, 22, 10, &per), 95 / 2.0 * 1e-3, 1e-15);
    assert_near(score_print(SCORE_LMBENCH, ns, 3, 0, &per), 98 / 2.0 * 1e-3, 1e-15);
}

static void ubench_by_hand(void **state)
{
    static const double ns[] = {100, 200, 300, 1000};
    static const struct score_work cpu = {5000, 1, 1.0 / 50190};

    (void)state;
    /* 4 x 5000 in 1600 ns - 4 x 50 ns */
    assert_near(score_print(SCORE_UBENCH, ns, 4, 50, &cpu), 20000 / 1400e-9 / 50190, 1e-15);
}

static void unixbench_by_hand(void **state)
{
    double ns[20];

    (void)state;
    for (size_t i = 0; i < 20; i++) /* ten passes; three of them preempted */
        ns[i] = i / 2 == 2 || i / 2 == 5 || i / 2 == 6 ? 900 : 100 * exp((double)(i / 2) / 10);
    {
        double logs = 0;

        for (size_t k = 0; k < 10; k++)
            logs +=
                k == 2 || k == 5 || k == 6 ? 0 : log(2 * 1e9 / (100 * exp((double)k / 10)));
        assert_near(score_print(SCORE_UNIXBENCH, ns, 20, 0, &per), exp(logs / 7), 1e-12);
    }
    /* two passes: none is dropped */
    ns[0] = 100;
    ns[1] = 400;
    assert_near(score_print(SCORE_UNIXBENCH, ns, 2, 0, &per), 2e9 / 200, 1e-15);
    assert_non_null(score_find_test("lm-syscall", "op=null n=20"));
    assert_null(score_find_test("lm-syscall", "op=read n=20"));
    assert_true(score_find_test("lm-ctx", "op=ring procs=2 size=0 rounds=5")->baseline_lps ==
                4000);
}

static void nothing_is_printed_of_a_clock_that_stands(void **state)
{
    static const double ns[] = {50, 50, 50};
    double error;

    (void)state;
    for (int s = 0; s < SCORE_STYLES; s++) {
        assert_true(isnan(score_print((enum score_style)s, ns, 3, 50, &per)));
        assert_true(isnan(score_print((enum score_style)s, ns, 3, 60, &per)));
        assert_true(isnan(score_print((enum score_style)s, ns, 0, 0, &per)));
    }
    assert_int_equal(score_judge(NAN, 7, 1, &error), SCORE_WRONG);
    assert_true(isnan(error));
    assert_int_equal(score_judge(7, 7, NAN, &error), SCORE_UNKNOWN);
    assert_int_equal(score_judge(7.0007, 7, 90, &error), SCORE_WRONG);
    assert_near(error, 100, 1e-9);
    assert_int_equal(score_judge(7.0007, 7, 110, &error), SCORE_TRUE);
}

/* A clock's rate wrong by r: times are 1 + r too long, scores 1 / (1 + r). A pause that the guest
 * does not see: the total knows, the median of repetitions does not. */
static void a_lie_comes_out_as_it_went_in(void **state)
{
    double truth[100], guest[100];

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        truth[i] = 10000 + (double)(i % 7);
        guest[i] = truth[i] * (1 - 500e-6) + 44;
    }
    for (int s = 0; s < SCORE_STYLES; s++) {
        const enum score_style style = (enum score_style)s;
        const double ratio =
            score_print(style, guest, 100, 44, &per) / score_print(style, truth, 100, 0, &per);

        assert_near(ratio, style == SCORE_LMBENCH ? 1 - 500e-6 : 1 / (1 - 500e-6), 1e-12);
    }
    for (size_t i = 0; i < 100; i++)
        guest[i] = truth[i];
    truth[50] += 1e6; /* was taken away, and the guest's clock did not run */
    assert_near(score_print(SCORE_LMBENCH, guest, 100, 0, &per),
                score_print(SCORE_LMBENCH, truth, 100, 0, &per), 1e-4);
    assert_near(score_print(SCORE_UBENCH, guest, 100, 0, &per) /
                    score_print(SCORE_UBENCH, truth, 100, 0, &per),
                2.0, 1e-3);
    assert_near(score_print(SCORE_UNIXBENCH, guest, 100, 0, &per), /* dropped with its pass */
                score_print(SCORE_UNIXBENCH, truth, 100, 0, &per), 1e-4);
}

/* --- on a database --- */

struct seen {
    size_t rows, honest, wrong, whole;
    double least, most; /* error of superpi on native */
};

static int see(void *opaque, const struct query_score *s)
{
    struct seen *seen = opaque;

    seen->rows++;
    seen->whole += !*s->workload;
    if (strcmp(s->platform, "native")) {
        seen->honest += !strcmp(s->verdict, "true");
        return 0;
    }
    seen->wrong += !strcmp(s->verdict, "wrong");
    if (!strcmp(s->workload, "superpi")) {
        const double in_time = strcmp(s->style, "lmbench") ? 1 / (1 + s->error_ppm * 1e-6) - 1
                                                           : s->error_ppm * 1e-6;

        seen->least = fmin(seen->least, in_time * 1e6);
        seen->most = fmax(seen->most, in_time * 1e6);
    }
    return 0;
}

static struct seen scores_of(double skew_ppm)
{
    const struct synthetic what = {
        .name = "scores", .deterministic = 1, .boots = 1, .native_skew_ppm = skew_ppm};
    const char *path = "test_score.db";
    struct seen seen = {0, 0, 0, 0, INFINITY, -INFINITY};
    struct query_campaign c;
    struct err e = {0};
    struct query *q;
    struct store *s;

    unlink(path);
    if (store_open(path, STORE_CREATE, &s, &e))
        fail_msg("%s", e.text);
    synthetic_fill(s, &what);
    if (summarise_campaign(s, NULL, &e) || query_attach(s, &q, &e) ||
        query_find_campaign(q, NULL, &c, &e) || query_scores(q, &c, see, &seen, &e))
        fail_msg("%s", e.text);
    query_close(q);
    store_close(s);
    unlink(path);
    return seen;
}

static void skewed_guest(void **state)
{
    static const double skews[] = {0, 17, -500.5, 5000};

    (void)state;
    for (size_t i = 0; i < sizeof(skews) / sizeof(skews[0]); i++) {
        const struct seen seen = scores_of(skews[i]);

        /* superpi takes 47 ms: its readings leave 0.2 ppm open */
        if (!(fabs(seen.least - skews[i]) < 0.2 && fabs(seen.most - skews[i]) < 0.2))
            fail_msg("%g ppm put in, %g to %g in the scores", skews[i], seen.least, seen.most);
        assert_int_equal(seen.whole, 3); /* AVG of each platform; nothing UnixBench has */
        assert_true(seen.honest > 20);   /* bare and vmm-bare, whatever native's clock does */
        assert_int_equal(seen.wrong > 0, i > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lmbench_by_hand),
        cmocka_unit_test(ubench_by_hand),
        cmocka_unit_test(unixbench_by_hand),
        cmocka_unit_test(nothing_is_printed_of_a_clock_that_stands),
        cmocka_unit_test(a_lie_comes_out_as_it_went_in),
        cmocka_unit_test(skewed_guest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
