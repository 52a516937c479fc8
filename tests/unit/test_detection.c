/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power and limits against answers that are known: a judge whose power is a formula, one that
 * leaps, one that is blind; white noise, where a slope's standard error is; brackets, which no
 * smaller step can part; noise that wanders, against clocks that are made anew; steal, which is
 * found from an allowance on.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "analysis/clock/detection.h"
#include "tests/unit/random_fixture.h"

#define EPOCH 1735689600000000000u
#define SECOND 1e9

static struct detection_setting setting(unsigned trials)
{
    struct detection_setting s = detection_default;

    s.trials = trials;
    return s;
}

/* --- the search, with judges of our own --- */

static void exact_binomial_interval(void **state)
{
    double low, high;

    (void)state;
    /* Clopper and Pearson 1934: 0.025^(1/10); and R's binom.test(5, 10). */
    detection_interval(10, 10, 0.95, &low, &high);
    assert_true(fabs(low - 0.691503) < 1e-6 && high == 1);
    detection_interval(0, 10, 0.95, &low, &high);
    assert_true(low == 0 && fabs(high - 0.308497) < 1e-6);
    detection_interval(5, 10, 0.95, &low, &high);
    assert_true(fabs(low - 0.187086) < 1e-6 && fabs(high - 0.812914) < 1e-6);
    detection_interval(0, 0, 0.95, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

/* Found if size and normal noise of 1 exceed *opaque: power 95 % at that much and 1.645. */
static int normal_trial(void *opaque, double size, gsl_rng *rng, struct detection_outcome *out)
{
    out->found = out->named = size + gsl_ran_gaussian(rng, 1) > *(const double *)opaque;
    return 0;
}

static void smooth_power(void **state)
{
    const struct detection_setting s = setting(2000);
    struct detection_curve c = {.kind = DETECTION_RATE};
    double threshold = 5;

    (void)state;
    for (double start = 1e-3; start < 1e4; start *= 900) {
        assert_int_equal(detection_search(normal_trial, &threshold, start, &s, &c), 0);
        assert_true(fabs(c.limit / (threshold + 1.645) - 1) < 0.04);
        assert_true(c.limit_low <= threshold + 1.645 && c.limit_high >= threshold + 1.645);
        assert_true(c.limit_high / c.limit_low < 1.5);
        assert_int_equal(c.clean.named, 0);
        assert_true(c.points >= 4);
        for (size_t i = 1; i < c.points; i++) {
            assert_true(c.point[i].size > c.point[i - 1].size);
            assert_true(c.point[i].named + 40 >= c.point[i - 1].named ||
                        c.point[i].trials < c.point[i - 1].trials);
        }
        for (size_t i = 0; i < c.points; i++) {
            assert_true(c.point[i].size != c.limit_low || c.point[i].high < s.power);
            assert_true(c.point[i].size != c.limit_high || c.point[i].low >= s.power);
        }
        for (size_t i = 0; i < c.points; i++) {
            const double power = gsl_cdf_ugaussian_P(c.point[i].size - threshold);

            assert_true(c.point[i].low <= power + 0.02 && c.point[i].high >= power - 0.02);
        }
    }
}

/* Shares that fall before they rise: 955 of 1000 from 1 on, 880 from 1.3, all from 1.6. */
static int falling_trial(void *opaque, double size, gsl_rng *rng,
                         struct detection_outcome *out)
{
    const double share = size < 1 ? 0 : size < 1.3 ? 0.955 : size < 1.6 ? 0.88 : 1;

    (void)opaque;
    out->found = out->named = gsl_rng_uniform(rng) < share;
    return 0;
}

static void power_that_falls(void **state)
{
    const struct detection_setting s = setting(400);
    struct detection_curve c = {.kind = DETECTION_RATE};

    (void)state;
    assert_int_equal(detection_search(falling_trial, NULL, 1, &s, &c), 0);
    print_message("# limit %.4g (%.4g to %.4g)\n", c.limit, c.limit_low, c.limit_high);
    assert_true(c.limit > 1.42 && c.limit < 1.7);
    assert_true(c.limit_high > 1.6 && c.limit_high < 1.7);
}

static int leaping_trial(void *opaque, double size, gsl_rng *rng,
                         struct detection_outcome *out)
{
    (void)rng;
    out->found = out->named = size >= *(const double *)opaque;
    return 0;
}

static void leaping_power(void **state)
{
    const struct detection_setting s = setting(200);
    struct detection_curve c = {.kind = DETECTION_STEP};
    double threshold = 1234;

    (void)state;
    assert_int_equal(detection_search(leaping_trial, &threshold, 1, &s, &c), 0);
    assert_true(c.limit_low < threshold && c.limit_high >= threshold);
    assert_true(c.limit_high / c.limit_low < 1.01);
    assert_true(c.limit > c.limit_low && c.limit <= c.limit_high);
    assert_string_equal(c.reason, "");
}

/* It raises one alarm in ten, whatever there is. */
static int blind_trial(void *opaque, double size, gsl_rng *rng, struct detection_outcome *out)
{
    (void)opaque;
    (void)size;
    out->found = out->named = gsl_rng_uniform(rng) < 0.1;
    return 0;
}

static int narrow_trial(void *opaque, double size, gsl_rng *rng, struct detection_outcome *out)
{
    (void)opaque;
    out->found = out->named = gsl_rng_uniform(rng) < 0.6;
    return size > 100;
}

static int roomless_trial(void *opaque, double size, gsl_rng *rng,
                          struct detection_outcome *out)
{
    (void)opaque;
    (void)rng;
    (void)out;
    return size > 0;
}

static int failing_trial(void *opaque, double size, gsl_rng *rng,
                         struct detection_outcome *out)
{
    (void)opaque;
    (void)size;
    (void)rng;
    (void)out;
    return -1;
}

static void no_limit(void **state)
{
    const struct detection_setting s = setting(200);
    struct detection_curve c = {.kind = DETECTION_STEP};

    (void)state;
    assert_int_equal(detection_search(blind_trial, NULL, 1, &s, &c), 0);
    assert_true(isnan(c.limit) && isnan(c.limit_high));
    assert_true(c.points > 0);
    assert_non_null(strstr(c.reason, "% at most"));
    /* The same trials at any size and at none: power is the rate of false alarms. */
    assert_true(c.clean.named > 5 && c.clean.named < 40);
    for (size_t i = 0; i < c.points; i++)
        if (c.point[i].trials == c.clean.trials)
            assert_int_equal(c.point[i].named, c.clean.named);
    assert_int_equal(detection_search(narrow_trial, NULL, 1e6, &s, &c), 0);
    assert_true(isnan(c.limit));
    assert_true(c.points > 0);
    for (size_t i = 0; i < c.points; i++)
        assert_true(c.point[i].size <= 100);
    assert_int_equal(detection_search(roomless_trial, NULL, 1, &s, &c), 0);
    assert_true(isnan(c.limit));
    assert_int_equal(c.points, 0);
    assert_non_null(strstr(c.reason, "no room"));
    assert_int_equal(detection_search(failing_trial, NULL, 1, &s, &c), -1);
}

static void wrong_settings_are_refused(void **state)
{
    static const struct detection_setting bad[] = {
        {0, 0.95, 0.95, 1}, {9, 0, 0.95, 1}, {9, 1, 0.95, 1}, {9, 0.9, 0, 1}, {9, 0.9, 1, 1}};
    const struct detection_setting good = setting(9);
    struct detection_curve c = {.kind = DETECTION_RATE};
    double threshold = 1;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(detection_search(leaping_trial, &threshold, 1, &bad[i], &c), -1);
    assert_int_equal(detection_search(leaping_trial, &threshold, 0, &good, &c), -1);
    assert_int_equal(detection_search(leaping_trial, &threshold, NAN, &good, &c), -1);
    assert_int_equal(detection_search(leaping_trial, &threshold, INFINITY, &good, &c), -1);
    assert_int_equal(detection_search(leaping_trial, &threshold, 1, &good, &c), 0);
}

/* --- clocks --- */

static void make_white(struct clock_bracket *b, size_t n, double sigma)
{
    for (size_t i = 0; i < n; i++) {
        const double t = SECOND * (double)i;

        b[i].start_ns = b[i].stop_ns = t;
        b[i].before = b[i].after = EPOCH + (uint64_t)(int64_t)llround(t + sigma * normal());
    }
}

/* A frequency that walks; its sum, and white noise. */
static void make_walk(struct clock_bracket *b, size_t n, double sigma, double walk,
                      double rate)
{
    double wander = 0, frequency = 0;

    for (size_t i = 0; i < n; i++) {
        const double t = SECOND * (double)i;

        wander += frequency * SECOND;
        frequency += walk * normal();
        b[i].start_ns = b[i].stop_ns = t;
        b[i].before = b[i].after =
            EPOCH + (uint64_t)(int64_t)llround(t * (1 + rate) + wander + sigma * normal());
    }
}

/* Readings 100 ns before and after edges 20 us apart, to a few ns. */
static void make_brackets(struct clock_bracket *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const double t = 1e6 * (double)i, end = t + 20e3;

        b[i] =
            (struct clock_bracket){t, end, EPOCH + (uint64_t)(t + 1000 - 100 - 2 * uniform()),
                                   EPOCH + (uint64_t)(end + 1000 + 100 + 2 * uniform())};
    }
}

static const struct clock_question pairs = {
    .unit_ns = 1, .step_ns = 0, .confidence = 0.95, .unbounded = 1};
static const struct clock_question brackets = {.unit_ns = 1, .step_ns = 2, .confidence = 0.95};

static void read_noise(const struct clock_bracket *b, size_t n, const struct clock_question *q,
                       struct detection_noise *noise, enum detection_noise_kind kind)
{
    char reason[160];

    assert_int_equal(detection_noise_read(b, n, q, noise, reason), 0);
    assert_int_equal(noise->kind, kind);
}

/*
 * White noise of sigma at n even points: the slope's standard error is
 * sigma sqrt(12 / (n (n^2 - 1))) a point; Theil-Sen's efficiency is 3 / pi (Sen 1968). The
 * interval takes either of two estimates at half the risk, so z is that of 0.9875.
 */
static void rate_in_white_noise(void **state)
{
    const double sigma = 100, z = 2.2414 + 1.6449;
    const struct detection_setting s = setting(150);
    struct clock_bracket b[120];

    (void)state;
    rng_state = 20110731;
    make_white(b, 120, sigma);
    for (size_t n = 60; n <= 120; n *= 2) {
        const double m = (double)n, se = sigma * sqrt(12 / (m * (m * m - 1))) * 1e-3;
        const double wanted = z * se / sqrt(3 / M_PI) + 1e-3 / (m - 1);
        struct detection_noise noise;
        struct detection_curve c;

        read_noise(b, 120, &pairs, &noise, DETECTION_INDEPENDENT);
        assert_int_equal(detection_clock_curve(&noise, 1, DETECTION_RATE, n, &s, NULL, &c), 0);
        print_message("# %zu points: limit %.3g (%.3g to %.3g) ppm, formula %.3g; %u false\n",
                      n, c.limit, c.limit_low, c.limit_high, wanted, c.clean.named);
        /* the interval looks for bends besides, which cost a quarter */
        assert_true(fabs(c.limit / wanted - 1.25) < 0.2);
        assert_true(c.clean.named <= 0.06 * c.clean.trials);
        assert_true(fabs(c.length_s - (m - 1)) < 1e-6);
        assert_false(c.extrapolated);
        detection_noise_free(&noise);
    }
}

/* A reading is within 102 ns of its edge, to 2 ns: offsets of neighbours cannot be shared beyond
 * twice that and the timer's step. */
static void steps_in_brackets(void **state)
{
    const struct detection_setting s = setting(120);
    struct clock_bracket b[60];
    struct detection_noise noise;
    struct detection_curve c;

    (void)state;
    rng_state = 4711;
    make_brackets(b, 60);
    read_noise(b, 60, &brackets, &noise, DETECTION_NEAR);
    for (int kind = DETECTION_STEP; kind <= DETECTION_BACKSTEP; kind++) {
        assert_int_equal(
            detection_clock_curve(&noise, 1, (enum detection_kind)kind, 60, &s, NULL, &c), 0);
        print_message("# %s: %.4g (%.4g to %.4g) ns\n", detection_name(c.kind), c.limit,
                      c.limit_low, c.limit_high);
        assert_true(c.limit > 196 && c.limit < 212);
        assert_int_equal(c.clean.named, 0);
    }
    /* It stands from before one bracket until behind the next, or it is a loss of time. */
    assert_int_equal(detection_clock_curve(&noise, 1, DETECTION_FREEZE, 60, &s, NULL, &c), 0);
    assert_true(c.limit > 0.9e6 && c.limit < 2.1e6);
    for (size_t i = 0; i < c.points; i++)
        assert_true(c.point[i].found >= c.point[i].named);
    detection_noise_free(&noise);
}

static void steps_without_brackets(void **state)
{
    const struct detection_setting s = setting(60);
    struct clock_bracket b[120];
    struct detection_noise noise;
    struct detection_curve c;

    (void)state;
    rng_state = 99;
    make_white(b, 120, 100);
    read_noise(b, 120, &pairs, &noise, DETECTION_INDEPENDENT);
    for (int kind = DETECTION_STEP; kind <= DETECTION_BACKSTEP; kind++) {
        assert_int_equal(
            detection_clock_curve(&noise, 1, (enum detection_kind)kind, 120, &s, NULL, &c), 0);
        /* Six deviations of two medians of 15, five of which are in what is looked at, and
         * 1.645 of the medians' own: some 800 to 1000 ns. */
        assert_true(c.limit > 700 && c.limit < 1250);
        assert_int_equal(c.clean.named, 0);
    }
    assert_int_equal(detection_clock_curve(&noise, 1, DETECTION_STEP, 59, &s, NULL, &c), 0);
    assert_true(isnan(c.limit));
    assert_non_null(strstr(c.reason, "fewer than 60 readings"));
    assert_int_equal(detection_clock_curve(&noise, 1, DETECTION_RATE, 15, &s, NULL, &c), 0);
    assert_non_null(strstr(c.reason, "fewer than 16 readings"));
    detection_noise_free(&noise);
}

/* Half the noise is half the limit; a longer series finds less; what is longer than there was is
 * marked. */
static void limits_scale(void **state)
{
    const struct detection_setting s = setting(60);
    struct clock_bracket b[64];
    struct detection_noise noise[2];
    struct detection_curve c[3];

    (void)state;
    for (int i = 0; i < 2; i++) {
        rng_state = 5;
        make_white(b, 64, i ? 400 : 800);
        read_noise(b, 64, &pairs, &noise[i], DETECTION_INDEPENDENT);
        assert_int_equal(
            detection_clock_curve(&noise[i], 1, DETECTION_RATE, 64, &s, NULL, &c[i]), 0);
    }
    assert_true(fabs(c[0].limit / c[1].limit - 2) < 0.1);
    assert_int_equal(detection_clock_curve(noise, 1, DETECTION_RATE, 128, &s, NULL, &c[2]), 0);
    assert_true(c[2].extrapolated);
    assert_true(fabs(c[0].limit / c[2].limit / pow(2, 1.5) - 1) < 0.25);
    /* Two boots of which one is quieter: between them. */
    assert_int_equal(detection_clock_curve(noise, 2, DETECTION_RATE, 64, &s, NULL, &c[2]), 0);
    assert_true(c[2].limit < c[0].limit * 1.05 && c[2].limit > c[1].limit);
    detection_noise_free(&noise[0]);
    detection_noise_free(&noise[1]);
}

static int blind_judge(const struct clock_bracket *b, size_t n, const struct clock_question *q,
                       const struct detection_injection *in, struct detection_outcome *out)
{
    (void)n;
    (void)q;
    (void)in;
    out->found = out->named = b[7].before % 10 == 0;
    return 0;
}

static void blind_judge_has_no_power(void **state)
{
    const struct detection_setting s = setting(200);
    struct clock_bracket b[64];
    struct detection_noise noise;
    struct detection_curve c;

    (void)state;
    rng_state = 8;
    make_white(b, 64, 100);
    read_noise(b, 64, &pairs, &noise, DETECTION_INDEPENDENT);
    assert_int_equal(detection_clock_curve(&noise, 1, DETECTION_STEP, 64, &s, blind_judge, &c),
                     0);
    assert_true(isnan(c.limit));
    for (size_t i = 0; i < c.points; i++)
        assert_true(c.point[i].low <= c.clean.high && c.point[i].high >= c.clean.low);
    detection_noise_free(&noise);
}

/* Of one series of wandering noise the power at a rate is said; of clocks made anew with that rate
 * as many are found. */
static void wandering_noise(void **state)
{
    const double walk = 2e-9, sigma = 100;
    const struct detection_setting s = setting(120);
    struct clock_bracket b[150];
    struct clock_assessment a;
    struct detection_noise noise[4];
    struct detection_curve c;
    unsigned found = 0, missed = 0, alarms = 0;
    const unsigned fresh = 60;

    (void)state;
    rng_state = 777;
    for (int i = 0; i < 4; i++) {
        make_walk(b, 150, sigma, walk, 0);
        read_noise(b, 150, &pairs, &noise[i], DETECTION_WANDER);
    }
    assert_int_equal(detection_clock_curve(noise, 4, DETECTION_RATE, 150, &s, NULL, &c), 0);
    print_message("# limit %.3g (%.3g to %.3g) ppm, %u of %u false\n", c.limit, c.limit_low,
                  c.limit_high, c.clean.named, c.clean.trials);
    for (unsigned i = 0; i < fresh; i++) {
        make_walk(b, 150, sigma, walk, 1.5 * c.limit * 1e-6);
        assert_int_equal(clock_assess(b, 150, &pairs, &a), 0);
        found += a.skew_low > 0;
        make_walk(b, 150, sigma, walk, 0.4 * c.limit * 1e-6);
        assert_int_equal(clock_assess(b, 150, &pairs, &a), 0);
        missed += !(a.skew_low > 0);
        make_walk(b, 150, sigma, walk, 0);
        assert_int_equal(clock_assess(b, 150, &pairs, &a), 0);
        alarms += a.skew_low > 0 || a.skew_high < 0;
    }
    print_message("# made anew: %u of %u found at 1.5 times it, %u missed at 0.4, %u false\n",
                  found, fresh, missed, alarms);
    assert_true(found >= 0.9 * fresh);
    assert_true(missed >= 0.3 * fresh);
    /* Weak beside the white noise, such a walk leaves the rate it began with (docs/detection.md):
     * that is foretold, too. */
    assert_true(fabs((double)alarms / fresh - (double)c.clean.named / c.clean.trials) < 0.15);
    for (int i = 0; i < 4; i++)
        detection_noise_free(&noise[i]);
}

static void what_has_no_clean_noise(void **state)
{
    struct clock_bracket b[64];
    struct clock_question q = pairs;
    struct detection_noise noise;
    char reason[160];

    (void)state;
    rng_state = 1;
    make_white(b, 64, 100);
    assert_int_equal(detection_noise_read(b, 15, &q, &noise, reason), 1);
    assert_non_null(strstr(reason, "fewer than 16"));
    detection_noise_free(&noise);
    q.kind = CLOCK_KIND_PROCESSOR;
    assert_int_equal(detection_noise_read(b, 64, &q, &noise, reason), 1);
    assert_non_null(strstr(reason, "processor time"));
    detection_noise_free(&noise);
    q = pairs;
    q.unit_ns = NAN;
    assert_int_equal(detection_noise_read(b, 64, &q, &noise, reason), 1);
    assert_non_null(strstr(reason, "frequency is not stated"));
    detection_noise_free(&noise);
    for (size_t i = 32; i < 64; i++)
        b[i].before = b[i].after = b[i].after - 5 * (uint64_t)SECOND;
    assert_int_equal(detection_noise_read(b, 64, &pairs, &noise, reason), 1);
    assert_non_null(strstr(reason, "not clean"));
    detection_noise_free(&noise);
}

/* The clean series that are drawn have the noise that was read: the same spread about the line. */
static void drawn_noise_is_the_noise(void **state)
{
    struct clock_bracket b[100], drawn[100];
    struct detection_noise noise;
    struct detection_injection in;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double sum = 0;

    (void)state;
    rng_state = 31;
    make_white(b, 100, 100);
    read_noise(b, 100, &pairs, &noise, DETECTION_INDEPENDENT);
    for (int t = 0; t < 40; t++) {
        struct clock_assessment a;

        assert_int_equal(detection_draw(&noise, 100, DETECTION_RATE, 0, rng, drawn, &in), 0);
        assert_int_equal(clock_assess(drawn, 100, &pairs, &a), 0);
        sum += a.jitter_ns / 40;
        /* 1000 ns from the 50th second on are 1000 ns there, and nothing before. */
        gsl_rng_set(rng, (unsigned long)t);
        assert_int_equal(detection_draw(&noise, 100, DETECTION_STEP, 0, rng, drawn, &in), 0);
        const uint64_t clean = drawn[99].before, first = drawn[0].before;

        gsl_rng_set(rng, (unsigned long)t);
        assert_int_equal(detection_draw(&noise, 100, DETECTION_STEP, 1000, rng, drawn, &in),
                         0);
        assert_int_equal(drawn[99].before - clean, 1000);
        assert_int_equal(drawn[0].before, first);
        assert_true(in.first >= DETECTION_STEP_END && in.first <= 100 - DETECTION_STEP_END);
        assert_true(in.at_ns > drawn[in.first - 1].start_ns &&
                    in.at_ns <= drawn[in.first].start_ns);
    }
    assert_true(sum > 80 && sum < 120);
    gsl_rng_free(rng);
    detection_noise_free(&noise);
}

/* --- steal --- */

static void steal(void **state)
{
    const struct detection_setting s = setting(80);
    struct recover_sample sample[80];
    struct detection_boot boot = {sample, 80, brackets};
    struct detection_curve c;
    double t = 0;

    (void)state;
    for (size_t i = 0; i < 80; i++, t += 1.1e6)
        sample[i] = (struct recover_sample){
            .bracket = {t, t + 1e6, EPOCH + (uint64_t)t - 100, EPOCH + (uint64_t)t + 1000100},
            .clean_ns = i % 2 ? 1e6 : NAN,
            .run = 1};
    assert_int_equal(detection_steal_curve(&boot, 1, 40, &s, &c), 0);
    print_message("# steal %.4g (%.4g to %.4g) ns\n", c.limit, c.limit_low, c.limit_high);
    assert_true(c.limit_low <= RECOVER_GAP_NS && c.limit_high >= RECOVER_GAP_NS);
    assert_true(c.limit_high / c.limit_low < 1.01);
    assert_int_equal(c.clean.named, 0);
    /* What its own ticks may take hides so much more. */
    for (size_t i = 0; i < 80; i++)
        sample[i].slack_ns = 15000;
    assert_int_equal(detection_steal_curve(&boot, 1, 40, &s, &c), 0);
    assert_true(fabs(c.limit / (RECOVER_GAP_NS + 15000) - 1) < 0.01);
    assert_int_equal(detection_steal_curve(&boot, 1, 81, &s, &c), 0);
    assert_non_null(strstr(c.reason, "81 are asked for"));
    for (size_t i = 0; i < 80; i++)
        sample[i].clean_ns = NAN;
    assert_int_equal(detection_steal_curve(&boot, 1, 40, &s, &c), 0);
    assert_non_null(strstr(c.reason, "known work"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_binomial_interval),
        cmocka_unit_test(smooth_power),
        cmocka_unit_test(power_that_falls),
        cmocka_unit_test(leaping_power),
        cmocka_unit_test(no_limit),
        cmocka_unit_test(wrong_settings_are_refused),
        cmocka_unit_test(rate_in_white_noise),
        cmocka_unit_test(steps_in_brackets),
        cmocka_unit_test(steps_without_brackets),
        cmocka_unit_test(limits_scale),
        cmocka_unit_test(blind_judge_has_no_power),
        cmocka_unit_test(wandering_noise),
        cmocka_unit_test(what_has_no_clean_noise),
        cmocka_unit_test(drawn_noise_is_the_noise),
        cmocka_unit_test(steal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
