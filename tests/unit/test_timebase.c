/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The timer's rate from its reference: known rates come back within the stated uncertainty as
 * often as it claims, missed edges do no harm, and what is no reference is refused.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/timebase.h"
#include "tests/unit/random_fixture.h"

#define HZ 500000000u
#define LIMIT 50000u

static void edges(uint64_t *tick, size_t n, double ppm, uint32_t hz, double jitter_ticks)
{
    const double phase = 1e6 + uniform();

    for (size_t i = 0; i < n; i++)
        tick[i] = (uint64_t)floor(phase + (double)i * (HZ / hz) * (1 + ppm * 1e-6) +
                                  jitter_ticks * normal());
}

static void rates_come_back(void **state)
{
    static const struct {
        double ppm, jitter;
        size_t n;
        uint32_t hz;
    } row[] = {{23, 0, 10, 1},  {23, 10, 10, 1},      {-17, 10, 100, 1},
               {0, 1, 30, 100}, {49, 0.25, 200, 100}, {-23, 10, 3, 1}};
    uint64_t tick[200];
    struct timebase t;

    (void)state;
    for (size_t r = 0; r < sizeof(row) / sizeof(row[0]); r++) {
        int held = 0;

        for (int i = 0; i < 400; i++) {
            const double truth = HZ * (1 + row[r].ppm * 1e-6);

            edges(tick, row[r].n, row[r].ppm, row[r].hz, row[r].jitter);
            assert_int_equal(timebase_fit(tick, row[r].n, HZ, 1, row[r].hz, LIMIT, &t), 0);
            held += fabs((double)t.tick_hz - truth) <= (double)t.u_ppb * 1e-9 * HZ;
            assert_true(fabs(t.error_ppb - row[r].ppm * 1e3) < 1000);
        }
        print_message(
            "# %g ppm, jitter %g ticks, %zu edges at %u Hz: %.1f %% held, u %llu ppb\n",
            row[r].ppm, row[r].jitter, row[r].n, row[r].hz, held / 4.0,
            (unsigned long long)t.u_ppb);
        assert_true(held >= 380);
    }
    /* 20 ns of jitter over 100 s: the figure of an observer on PPS is a tenth of a ppb. */
    edges(tick, 101, 5, 1, 10);
    assert_int_equal(timebase_fit(tick, 101, HZ, 1, 1, LIMIT, &t), 0);
    assert_true(t.u_ppb <= 2 && fabs(t.residual_ns - 20) < 5);
}

static void missed_edges(void **state)
{
    uint64_t tick[20];
    struct timebase t;
    size_t n = 0;

    (void)state;
    edges(tick, 20, 23, 1, 0);
    for (size_t i = 0; i < 20; i++)
        if (i % 7 != 3)
            tick[n++] = tick[i];
    assert_int_equal(timebase_fit(tick, n, HZ, 1, 1, LIMIT, &t), 0);
    assert_true(t.tick_hz == 500011500);
}

static void no_reference(void **state)
{
    uint64_t tick[20];
    struct timebase t;

    (void)state;
    edges(tick, 20, 23, 1, 0);
    assert_int_equal(timebase_fit(tick, 2, HZ, 1, 1, LIMIT, &t), 1);
    assert_int_equal(timebase_fit(tick, 0, HZ, 1, 1, LIMIT, &t), 1);
    assert_int_equal(timebase_fit(tick, 20, HZ, 1, 1, 20000, &t),
                     -1); /* beyond what is stated */
    tick[7] += HZ / 4;
    assert_int_equal(timebase_fit(tick, 20, HZ, 1, 1, LIMIT, &t), -1);
    tick[7] = tick[6];
    assert_int_equal(timebase_fit(tick, 20, HZ, 1, 1, LIMIT, &t), -1);
    edges(tick, 20, 0, 2, 0); /* twice as often as stated */
    assert_int_equal(timebase_fit(tick, 20, HZ, 1, 1, LIMIT, &t), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_come_back),
        cmocka_unit_test(missed_edges),
        cmocka_unit_test(no_reference),
    };

    rng_state = 20261126;
    print_message("# seed %llu\n", (unsigned long long)rng_state);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
