/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/clock_fixture.h - readings of a clock of known skew with noise of three kinds, with
 * brackets and without. For tests that include it once.
 */
#ifndef ETALON_TESTS_UNIT_CLOCK_FIXTURE_H
#define ETALON_TESTS_UNIT_CLOCK_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/clock/clock.h"
#include "tests/unit/random_fixture.h"

#define N 100u
#define STEP 6e9 /* 600 s in all */
#define TRIALS 200
#define EPOCH 1735689600000000000u

enum noise { WHITE, DELAYED, WALK };

static uint64_t read_at(double offset, double true_ns)
{
    return EPOCH + (uint64_t)(int64_t)floor(true_ns) +
           (uint64_t)(int64_t)floor(offset + (true_ns - floor(true_ns)));
}

/* Pairs: 100 ns white; one in twenty late by 100 µs in the mean; a frequency that walks by
 * 1.4e-2 ppm over the window besides. */
static double make_pairs(struct clock_bracket *b, double skew_ppm, enum noise noise)
{
    double wander = 0, frequency = 0;

    for (size_t i = 0; i < N; i++) {
        const double t = STEP * (double)i;
        double offset = skew_ppm * 1e-6 * t + 100 * normal();

        if (noise == DELAYED && uniform() < 0.05)
            offset -= 100e3 * log(uniform());
        if (noise == WALK) {
            wander += frequency * STEP;
            frequency += 2e-9 * normal();
            offset += wander;
        }
        b[i].start_ns = b[i].stop_ns = t;
        b[i].before = b[i].after = read_at(offset, t);
    }
    return skew_ppm;
}

/* Brackets that hold: the delays of both readings have the same noise. Within them a walk cannot
 * be told from delays, and what is stated is the mean rate; it comes back, in ppm. */
static double make_brackets(struct clock_bracket *b, double skew_ppm, enum noise noise)
{
    double wander = 0, frequency = 0;

    for (size_t i = 0; i < N; i++) {
        const double t = STEP * (double)i, end = t + 20e3, rate = skew_ppm * 1e-6;
        double d0 = 80 + 40 * fabs(normal()), d1 = 80 + 40 * fabs(normal());

        if (noise == DELAYED && uniform() < 0.05)
            d0 -= 100e3 * log(uniform());
        if (noise == DELAYED && uniform() < 0.05)
            d1 -= 100e3 * log(uniform());
        if (noise == WALK) {
            wander += frequency * STEP;
            frequency += 5e-10 * normal();
        }
        b[i].start_ns = t;
        b[i].stop_ns = end;
        b[i].before = read_at(rate * (t - d0) + wander, t - d0);
        b[i].after = read_at(rate * (end + d1) + wander, end + d1);
    }
    return skew_ppm + wander / (STEP * (N - 1)) * 1e6;
}

#endif
