/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guest clocks against true time: each way of lying that can be seen from readings around
 * intervals, injected, and a clean control beside it that must stay sound.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/clock/clock.h"

#define N 400
#define EPOCH 1735689600000000000u /* 2025, in ns: beyond what a double holds exactly */

static uint64_t rng = 4711;

static double uniform(void)
{
    rng ^= rng >> 12;
    rng ^= rng << 25;
    rng ^= rng >> 27;
    return (double)((rng * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

/* Intervals of 1 µs to 1 ms over about 4 s; readings 100 ns plus now and then a 20 µs tick away
 * from the edges. `guest` maps true time to the guest's. */
static size_t make(struct clock_bracket *b, uint64_t (*guest)(double true_ns))
{
    double t = 1e6;

    for (size_t i = 0; i < N; i++) {
        double d0 = 100 + (uniform() < 0.05 ? 20000 : 0),
               d1 = 100 + (uniform() < 0.05 ? 20000 : 0);

        b[i].start_ns = t;
        b[i].stop_ns = t + 1000 + floor(uniform() * 1e6);
        b[i].before = guest(t - d0);
        b[i].after = guest(b[i].stop_ns + d1);
        t = b[i].stop_ns + 1e7;
    }
    return N;
}

static struct clock_assessment assess(uint64_t (*guest)(double), double unit_ns)
{
    static struct clock_bracket b[N];
    const struct clock_question q = {
        .unit_ns = unit_ns, .step_ns = 2, .confidence = 0.95, .kind = CLOCK_KIND_TIME};
    struct clock_assessment a;

    make(b, guest);
    assert_int_equal(clock_assess(b, N, &q, &a), 0);
    return a;
}

static uint64_t honest(double t)
{
    return (uint64_t)(int64_t)floor(t) + EPOCH;
}

static uint64_t fast_20ppm(double t)
{
    return (uint64_t)(int64_t)floor(t * (1 + 20e-6)) + EPOCH;
}

static uint64_t slow_5permille(double t)
{
    return (uint64_t)(int64_t)floor(t * 0.995);
}

static uint64_t jumps_once(double t)
{
    return (uint64_t)(int64_t)floor(t) + (t > 2e9 ? 3000000u : 0);
}

static uint64_t steps_back(double t)
{
    return (uint64_t)(int64_t)floor(t) - (t > 2e9 ? 50000000u : 0);
}

static uint64_t stands_still(double t)
{
    (void)t;
    return 12345;
}

static uint64_t coarse_4ms(double t)
{
    return (uint64_t)floor(t / 4e6);
}

static void sound_clock_is_sound(void **state)
{
    const struct clock_assessment a = assess(honest, 1);

    (void)state;
    assert_int_equal(a.verdict, CLOCK_SOUND);
    assert_string_equal(a.reason, "");
    assert_true(a.skew_low <= 0 && a.skew_high >= 0);
    assert_true(a.skew_high - a.skew_low < 0.01);
    assert_int_equal(a.jumps, 0);
    assert_int_equal(a.backsteps, 0);
    /* 256 ns is a double's step at this epoch */
    assert_true(fabs(a.offset_ns - (double)EPOCH) < 21000);
}

static void wrong_frequency_is_found(void **state)
{
    struct clock_assessment a = assess(fast_20ppm, 1);

    (void)state;
    assert_int_equal(a.verdict, CLOCK_BIASED);
    assert_true(fabs(a.skew_ppm - 20) < 0.01);
    assert_true(a.skew_low < 20 && a.skew_high > 20);
    assert_int_equal(a.jumps, 0);
    assert_non_null(strstr(a.reason, "fast by "));

    a = assess(slow_5permille, 1);
    assert_int_equal(a.verdict, CLOCK_ABERRANT);
    assert_true(fabs(a.skew_ppm + 5000) < 0.1);
    assert_int_equal(a.jumps, 0);
}

static void unit_of_the_clock_counts(void **state)
{
    /* The honest clock said to tick at half its rate looks twice as fast. */
    const struct clock_assessment a = assess(honest, 2);

    (void)state;
    assert_int_equal(a.verdict, CLOCK_ABERRANT);
    assert_true(fabs(a.skew_ppm - 1e6) < 1);
}

static void jump_is_found(void **state)
{
    const struct clock_assessment a = assess(jumps_once, 1);

    (void)state;
    assert_int_equal(a.verdict, CLOCK_ABERRANT);
    assert_int_equal(a.jumps, 1);
    assert_int_equal(a.backsteps, 0);
}

static void backstep_is_found(void **state)
{
    const struct clock_assessment a = assess(steps_back, 1);

    (void)state;
    assert_int_equal(a.verdict, CLOCK_ABERRANT);
    assert_int_equal(a.backsteps, 1);
    assert_int_equal(a.jumps, 1);
}

static void frozen_clock_is_found(void **state)
{
    const struct clock_assessment a = assess(stands_still, 1);

    (void)state;
    assert_int_equal(a.verdict, CLOCK_ABERRANT);
    assert_string_equal(a.reason, "stands still");
}

/* 4 ms of resolution over 4 s cannot tell 500 ppm: neither sound nor accused. */
static void coarse_clock_is_not_accused(void **state)
{
    const struct clock_assessment a = assess(coarse_4ms, 4e6);

    (void)state;
    assert_int_equal(a.verdict, CLOCK_UNKNOWN);
    assert_int_equal(a.jumps, 0);
    assert_true(a.skew_low <= 0 && a.skew_high >= 0);
    assert_non_null(strstr(a.reason, "too few readings"));
}

/* A jump inside one interval only widens that interval's bracket; its neighbours tell. */
static void jump_inside_an_interval_is_found(void **state)
{
    struct clock_bracket b[40];
    const struct clock_question q = {.unit_ns = 1, .step_ns = 2, .confidence = 0.95};
    struct clock_assessment a;
    uint64_t shift = 0;

    (void)state;
    for (size_t i = 0; i < 40; i++) {
        b[i].start_ns = 1e6 * (double)(i + 1);
        b[i].stop_ns = b[i].start_ns + 5000;
        b[i].before = (uint64_t)b[i].start_ns - 100 + shift;
        if (i == 20)
            shift = 700;
        b[i].after = (uint64_t)b[i].stop_ns + 100 + shift;
    }
    assert_int_equal(clock_assess(b, 40, &q, &a), 0);
    assert_int_equal(a.jumps, 1);
    assert_int_equal(a.verdict, CLOCK_ABERRANT);
}

static void wandering_frequency_widens_the_interval(void **state)
{
    struct clock_bracket b[N];
    const struct clock_question q = {.unit_ns = 1, .step_ns = 2, .confidence = 0.95};
    struct clock_assessment a;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        /* a slow wave of 40 ns within brackets of 200 ns: no jump, and no independent noise */
        double wave = 40 * sin((double)i / 25);

        b[i].start_ns = 1e6 * (double)(i + 1);
        b[i].stop_ns = b[i].start_ns + 5000;
        b[i].before = (uint64_t)(b[i].start_ns - 100 + wave);
        b[i].after = (uint64_t)(b[i].stop_ns + 100 + wave);
    }
    assert_int_equal(clock_assess(b, N, &q, &a), 0);
    assert_int_equal(a.jumps, 0);
    /* 80 ns of wander over 0.4 s is 0.2 ppm either way; Sen's own interval is far narrower. */
    assert_true(a.skew_high - a.skew_low > 0.35 && a.skew_high - a.skew_low < 0.5);
    assert_true(a.skew_low <= 0 && a.skew_high >= 0);
}

static void processor_time_must_not_outrun_true_time(void **state)
{
    struct clock_bracket b[10];
    struct clock_question q = {.kind = CLOCK_KIND_PROCESSOR, .unit_ns = 1, .confidence = 0.95};
    struct clock_assessment a;

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        b[i].start_ns = 1e8 * (double)i;
        b[i].stop_ns = b[i].start_ns + 9e7;
        b[i].before = (uint64_t)(b[i].start_ns * 0.7);
        b[i].after = (uint64_t)(b[i].stop_ns * 0.7);
    }
    assert_int_equal(clock_assess(b, 10, &q, &a), 0);
    assert_int_equal(a.verdict, CLOCK_SOUND);
    assert_true(isnan(a.skew_ppm));
    for (size_t i = 0; i < 10; i++) {
        b[i].before = (uint64_t)(b[i].start_ns * 1.2);
        b[i].after = (uint64_t)(b[i].stop_ns * 1.2);
    }
    assert_int_equal(clock_assess(b, 10, &q, &a), 0);
    assert_int_equal(a.verdict, CLOCK_ABERRANT);
    assert_non_null(strstr(a.reason, "processor time"));
}

static void too_few_readings_say_nothing(void **state)
{
    const struct clock_bracket b[2] = {{0, 1, 0, 1}, {2, 3, 2, 3}};
    const struct clock_question q = {.unit_ns = 1, .confidence = 0.95};
    struct clock_assessment a;

    (void)state;
    assert_int_equal(clock_assess(b, 2, &q, &a), 0);
    assert_int_equal(a.verdict, CLOCK_UNKNOWN);
    assert_true(isnan(a.skew_ppm) && a.reason[0]);
}

static void offset_of_a_plot(void **state)
{
    const struct clock_bracket first = {1000, 2000, EPOCH + 900, EPOCH + 2100};
    const struct clock_bracket later = {5000, 6000, EPOCH + 4950, EPOCH + 6150};

    double low, high;

    (void)state;
    /* first: between -100 and +100 of its own middle */
    clock_offset_bounds(&first, &first, 1, &low, &high);
    assert_true(low == -100 && high == 100);
    clock_offset_bounds(&first, &later, 1, &low, &high);
    assert_true(low == -50 && high == 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_clock_is_sound),
        cmocka_unit_test(wrong_frequency_is_found),
        cmocka_unit_test(unit_of_the_clock_counts),
        cmocka_unit_test(jump_is_found),
        cmocka_unit_test(backstep_is_found),
        cmocka_unit_test(frozen_clock_is_found),
        cmocka_unit_test(coarse_clock_is_not_accused),
        cmocka_unit_test(jump_inside_an_interval_is_found),
        cmocka_unit_test(wandering_frequency_widens_the_interval),
        cmocka_unit_test(processor_time_must_not_outrun_true_time),
        cmocka_unit_test(too_few_readings_say_nothing),
        cmocka_unit_test(offset_of_a_plot),
    };

    print_message("# seed %llu\n", (unsigned long long)rng);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
