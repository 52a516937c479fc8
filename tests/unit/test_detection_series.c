/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drawn series and what is said of them, one at a time: a coarse clock ticks in a drawn series, too,
 * by its own step and at other times; a distortion is named where nothing else is told, and found
 * where it is.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/clock/detection.h"

#define TICK 4000000u
#define N 200u

static const struct clock_question question = {.unit_ns = 1, .step_ns = 2, .confidence = 0.95};

/* Of a clock that counts ns and advances by ticks of 4 ms, 1.7 ms apart. */
static void coarse_series_tick(void **state)
{
    struct clock_bracket b[N], drawn[2][N];
    struct detection_injection in;
    struct detection_noise noise;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    size_t apart = 0;
    char reason[160];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        const double t = 1e6 + 1.7e6 * (double)i;
        const uint64_t shown = (77 + (uint64_t)(t / TICK)) * TICK;

        b[i] = (struct clock_bracket){t, t + 1000, shown, shown};
    }
    assert_int_equal(detection_noise_read(b, N, &question, &noise, reason), 0);
    assert_int_equal(noise.kind, DETECTION_COARSE);
    assert_true(noise.coarse_ns == TICK);
    for (int k = 0; k < 2; k++) {
        assert_int_equal(detection_draw(&noise, N, DETECTION_RATE, 0, rng, drawn[k], &in), 0);
        for (size_t i = 1; i < N; i++) {
            const uint64_t step = drawn[k][i].before - drawn[k][i - 1].before;

            assert_true(step == 0 || step == TICK);
        }
    }
    for (size_t i = 1; i < N; i++)
        apart += (drawn[0][i].before == drawn[0][i - 1].before) !=
                 (drawn[1][i].before == drawn[1][i - 1].before);
    assert_true(apart > 10); /* each has a phase of its own */
    detection_noise_free(&noise);
    gsl_rng_free(rng);
}

/* That a clock of 4 ms ticks stands longer than a tick is seen when it stands for two or three; drawn
 * series of it are clean. Its unit is the tick. */
static void coarse_clock_that_stands(void **state)
{
    struct detection_setting s = detection_default;
    struct clock_question q = question;
    struct clock_bracket b[N];
    struct detection_noise noise;
    struct detection_curve c;
    char reason[160];

    (void)state;
    s.trials = 80;
    q.unit_ns = TICK;
    for (size_t i = 0; i < N; i++) {
        const double t = 1e6 + 1.7e6 * (double)i;
        const uint64_t shown = 77 + (uint64_t)(t / TICK);

        b[i] = (struct clock_bracket){t, t + 1000, shown, shown};
    }
    assert_int_equal(detection_noise_read(b, N, &q, &noise, reason), 0);
    assert_int_equal(noise.kind, DETECTION_COARSE);
    assert_true(noise.coarse_ns == TICK);
    assert_int_equal(detection_clock_curve(&noise, 1, DETECTION_FREEZE, N, &s, NULL, &c), 0);
    print_message("# freeze %.3g ns, %u false\n", c.limit, c.clean.named);
    assert_int_equal(c.clean.named, 0);
    assert_true(c.limit > 3e6 && c.limit < 12e6);
    detection_noise_free(&noise);
}

/* Readings 50 ns from their edges, a second apart; the clock jumps at each of `at` by `step`. */
static void make_jumps(struct clock_bracket *b, const size_t *at, size_t jumps, int64_t step)
{
    for (size_t i = 0; i < N; i++) {
        const double t = 1e9 * (double)i;
        uint64_t offset = 1u << 20;

        for (size_t j = 0; j < jumps; j++)
            offset += i >= at[j] ? (uint64_t)step : 0;
        b[i] = (struct clock_bracket){t, t + 1000, (uint64_t)t - 50 + offset,
                                      (uint64_t)t + 1050 + offset};
    }
}

static void what_is_named(void **state)
{
    static const size_t at[] = {60, 130};
    struct detection_injection in = {
        .kind = DETECTION_STEP, .size = 5000, .at_ns = 60e9, .first = 60};
    struct detection_outcome out;
    struct clock_bracket b[N];

    (void)state;
    make_jumps(b, at, 1, 5000);
    assert_int_equal(detection_judge(b, N, &question, &in, &out), 0);
    assert_true(out.found && out.named);
    make_jumps(b, at, 2, 5000); /* something else is told */
    assert_int_equal(detection_judge(b, N, &question, &in, &out), 0);
    assert_true(out.found && !out.named);
    make_jumps(b, at + 1, 1, 5000); /* and nothing where it is */
    assert_int_equal(detection_judge(b, N, &question, &in, &out), 0);
    assert_true(!out.found && !out.named);
    make_jumps(b, at, 1, -5000); /* its sign is another */
    assert_int_equal(detection_judge(b, N, &question, &in, &out), 0);
    assert_true(!out.found && !out.named);
    in.kind = DETECTION_BACKSTEP;
    assert_int_equal(detection_judge(b, N, &question, &in, &out), 0);
    assert_true(out.found && out.named);
    in.size = 0; /* of a series with nothing in it all that is told is false */
    assert_int_equal(detection_judge(b, N, &question, &in, &out), 0);
    assert_true(out.found && out.named);
    make_jumps(b, at, 0, 0);
    assert_int_equal(detection_judge(b, N, &question, &in, &out), 0);
    assert_true(!out.found && !out.named);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coarse_series_tick),
        cmocka_unit_test(coarse_clock_that_stands),
        cmocka_unit_test(what_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
