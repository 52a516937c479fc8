/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interval of a skew holds the injected one as often as it claims, on noise of three kinds, with
 * brackets and without, and the mean rate of a frequency that walks, however little.
 */
#include "analysis/stats.h"
#include "tests/unit/clock_fixture.h"

static const double skews[] = {0.1, 1, 17, 50, 500};

static void skew_is_held(void **state)
{
    static const char *const name[] = {"white", "delayed", "random walk"};
    struct clock_bracket b[N];
    struct clock_assessment a;

    (void)state;
    for (int bounded = 0; bounded <= 1; bounded++) {
        const struct clock_question q = {
            .unit_ns = 1, .step_ns = 2, .confidence = 0.95, .unbounded = !bounded};

        for (enum noise noise = WHITE; noise <= WALK; noise++) {
            for (size_t s = 0; s < sizeof(skews) / sizeof(skews[0]); s++) {
                double width = 0;
                int held = 0, events = 0, agree = 0;

                rng_state = 1000 * (uint64_t)noise + 77 * s + 31337 + (uint64_t)bounded;
                for (int i = 0; i < TRIALS; i++) {
                    const double truth =
                        (bounded ? make_brackets : make_pairs)(b, skews[s], noise);

                    assert_int_equal(clock_assess(b, N, &q, &a), 0);
                    held += a.skew_low <= truth && a.skew_high >= truth;
                    events += a.jumps || a.backsteps || a.freezes;
                    agree += fabs(a.check_ppm - a.skew_ppm) <=
                             fmax(a.skew_high - a.skew_ppm, a.skew_ppm - a.skew_low);
                    width += (a.skew_high - a.skew_low) / 2 / TRIALS;
                }
                print_message("# %s, %s, %g ppm: %.1f %% held, mean u %.2g ppm, %d events\n",
                              bounded ? "brackets" : "pairs", name[noise], skews[s],
                              100.0 * held / TRIALS, width, events);
                assert_true(held >= 0.95 * TRIALS);
                assert_int_equal(events, 0);
                assert_true(agree >= 0.95 * TRIALS);
                assert_true(width < (noise == WALK ? 0.2 : 0.002));
            }
        }
    }
}

/* A frequency that walks, from so little that the noise hides it to so much that it hides the noise:
 * the mean rate of the window is held all the same. `walk`: what it does to the phase at the end of
 * the window, by the noise (standard deviations). */
static void weak_walks_are_held(void **state)
{
    static const double walks[] = {0.1, 0.3, 1, 2, 4, 8, 16, 50, 200};
    const struct clock_question q = {.unit_ns = 1, .confidence = 0.95, .unbounded = 1};
    double x[160], y[160], worst = 1;

    (void)state;
    rng_state = 20260101;
    for (size_t n = 40; n <= 160; n *= 2) {
        for (size_t k = 0; k < sizeof(walks) / sizeof(walks[0]); k++) {
            /* summed twice, n steps of deviation s are s n^1.5 / sqrt(3) off the line at the end */
            const double step = walks[k] * 100 * sqrt(3) / pow((double)n, 1.5);
            int held = 0;

            for (int i = 0; i < 2 * TRIALS; i++) {
                double phase = 0, frequency = 0, intercept;
                struct stats_interval s;
                const char *note;

                for (size_t j = 0; j < n; j++) {
                    x[j] = 1e9 * (double)j;
                    phase += j ? frequency : 0;
                    y[j] = phase + 100 * normal();
                    frequency += step * normal();
                }
                assert_int_equal(clock_rate(x, y, n, &q, &s, &intercept, &note), 0);
                phase /= x[n - 1];
                held += s.low <= phase && s.high >= phase;
            }
            print_message("# %zu points, walk %g: %.1f %% held\n", n, walks[k],
                          50.0 * held / TRIALS);
            worst = fmin(worst, 0.5 * held / TRIALS);
        }
    }
    /* 95 % less two deviations of 400 trials; the runs test alone held 66 % at the worst. */
    assert_true(worst >= 0.928);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skew_is_held),
        cmocka_unit_test(weak_walks_are_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
