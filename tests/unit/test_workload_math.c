/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/math.h against the C library's long double functions, to the bounds its header
 * states; ub-cpu and the guest-timed score.
 */
#include "tests/unit/workload_fixture.h"

#include <math.h>

#include "workloads/ub_cpu.c"

static struct fixture fx;

static int open_fixture(void **state)
{
    (void)state;
    fixture_open(&fx, 1u << 20);
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    fixture_close(&fx);
    return 0;
}

static double error_ulp(double got, long double truth)
{
    double at = fabs((double)truth);

    return (double)(fabsl((long double)got - truth) / (nextafter(at, INFINITY) - at));
}

static double uniform(double low, double high)
{
    double r = (double)random() / 2147483648.0;

    r += (double)random() / 2147483648.0 / 2147483648.0;
    return low + (high - low) * r;
}

static void check_function(const char *name, double (*ours)(double),
                           long double (*truth)(long double), double low, double high,
                           double bound_ulp)
{
    double worst = 0.0, at = 0.0;

    for (int i = 0; i < 200000; i++) {
        double x = i == 0 ? low : i == 1 ? high : uniform(low, high);
        double e = error_ulp(ours(x), truth(x));

        if (!(e <= worst)) {
            worst = e;
            at = x;
        }
    }
    print_message("# %s [%g, %g]: at most %.3f ulp, at %a\n", name, low, high, worst, at);
    assert_true(worst <= bound_ulp);
}

static void test_functions(void **state)
{
    unsigned seed = 31337;

    (void)state;
    print_message("# seed %u\n", seed);
    srandom(seed);
    check_function("sqrt", math_sqrt, sqrtl, 0.0, 1e9, 0.501);
    check_function("exp", math_exp, expl, -1.0, 1.0, 3.0);
    check_function("exp", math_exp, expl, -700.0, 700.0, 3.0);
    check_function("log", math_log, logl, 0.4, 2.5, 3.0);
    check_function("log", math_log, logl, 0.9999, 1.0001, 3.0);
    check_function("log", math_log, logl, 1e-300, 1e-290, 3.0);
    check_function("log", math_log, logl, 1e9, 1e300, 3.0);
    check_function("sin", math_sin, sinl, -7.0, 7.0, 3.0);
    check_function("sin", math_sin, sinl, -1e5, 1e5, 3.0);
    check_function("cos", math_cos, cosl, -7.0, 7.0, 3.0);
    check_function("cos", math_cos, cosl, -1e5, 1e5, 3.0);
    check_function("sin near pi", math_sin, sinl, 3.14159, 3.14160, 3.0);
    check_function("cos near pi/2", math_cos, cosl, 1.57079, 1.57080, 3.0);
    check_function("atan", math_atan, atanl, -1.0, 1.0, 3.0);
    check_function("atan", math_atan, atanl, -20.0, 20.0, 3.0);
    check_function("atan", math_atan, atanl, 1e3, 1e300, 3.0);
}

static void test_power(void **state)
{
    unsigned seed = 31338;

    (void)state;
    print_message("# seed %u\n", seed);
    srandom(seed);
    for (int i = 0; i < 300000; i++) {
        double x = exp(uniform(-20.0, 20.0)), y = uniform(-30.0, 30.0);
        double bound = 3.0 + 3.0 * fabs(y * log(x));

        if (!(error_ulp(math_pow(x, y), powl(x, y)) <= bound))
            fail_msg("pow(%a, %a) = %a", x, y, math_pow(x, y));
    }
}

static void test_exact_points(void **state)
{
    (void)state;
    assert_true(math_exp(0.0) == 1.0);
    assert_true(math_log(1.0) == 0.0);
    assert_true(math_sin(0.0) == 0.0);
    assert_true(math_cos(0.0) == 1.0);
    assert_true(math_atan(0.0) == 0.0);
    assert_true(math_atan(1.0) == M_PI_4);
    assert_true(math_atan(-1.0) == -M_PI_4);
    assert_true(math_sqrt(2.0) == sqrt(2.0));
    assert_true(math_pow(2.0, 0.0) == 1.0);
}

static void test_mix_answers(void **state)
{
    (void)state;
    for (unsigned n = 100; n <= 30000; n = n * 3 + 7) {
        char text[40];
        uint64_t k = 0;
        struct ub_cpu_state *s;

        snprintf(text, sizeof text, "ub-cpu,n=%u", n);
        fixture_prepare(&fx, text);
        fixture_iterate(&fx, 2);
        s = fx.run.state;
        for (uint64_t j = 0; j < n; j++)
            k += j % (n - j + 1);
        assert_int_equal(s->k, k);
        assert_int_equal(remainders(n + 1), k);
        assert_int_equal(fixture_check(&fx), 0);

        fixture_prepare(&fx, text);
        assert_int_equal(fixture_check(&fx), -1); /* never ran */
    }
}

/* The chain by libm; then check() must notice one term missing or off by 10^-9. */
static void test_mix_finds_faults(void **state)
{
    struct ub_cpu_state *s;
    double y = 0.0;

    (void)state;
    fixture_prepare(&fx, "ub-cpu,n=5000");
    fixture_iterate(&fx, 1);
    s = fx.run.state;
    for (unsigned j = 0; j < 5000; j += 67) {
        double x = 1.0 + j / 5000.0;

        y += exp(pow(x, sin(atan(cos(sqrt(1.0 + log(x)))))));
    }
    assert_true(fabs(s->y - y) < 1e-13 * y);
    s->k++;
    assert_int_equal(fixture_check(&fx), -1);

    for (int i = 0; i < 3; i++) {
        fixture_prepare(&fx, "ub-cpu,n=5000");
        fixture_iterate(&fx, 1);
        s->y = i == 0 ? s->y + 1e-9 : i == 1 ? s->y - chain(1.0) : (double)NAN;
        assert_int_equal(fixture_check(&fx), -1);
    }
}

static void test_score(void **state)
{
    struct workload_run run;

    (void)state;
    memset(&run, 0, sizeof run);
    run.iterations = 100;
    run.guest_ns_total = 1000000000; /* one second */
    score_guest(&run, 50190, 50190);
    assert_string_equal(run.figure[0].key, "guest_score_milli");
    assert_int_equal(run.figure[0].value, 100000);
    run.guest_ns_total *= 2; /* a clock twice as fast: half the score */
    score_guest(&run, 50190, 50190);
    assert_int_equal(run.figure[0].value, 50000);
    run.guest_ns_total = 3;
    run.iterations = 1;
    score_guest(&run, 1, 7); /* 10^12 / 21 */
    assert_int_equal(run.figure[0].value, 47619047619);
    run.guest_ns_total = 0; /* a frozen clock: no score rather than an endless one */
    score_guest(&run, 50190, 50190);
    assert_null(run.figure[0].key);
    run.guest_ns_total = UINT64_MAX; /* one that went back: the same */
    score_guest(&run, 50190, 50190);
    assert_null(run.figure[0].key);
    run.guest_ns_total = UINT64_MAX / 2;
    score_guest(&run, 50190, 50190);
    assert_null(run.figure[0].key);
    run.guest_ns_total = 1;
    run.iterations = 1u << 31;
    score_guest(&run, 1u << 30, 1);
    assert_null(run.figure[0].key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),        cmocka_unit_test(test_power),
        cmocka_unit_test(test_exact_points),     cmocka_unit_test(test_mix_answers),
        cmocka_unit_test(test_mix_finds_faults), cmocka_unit_test(test_score),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
