/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/random_fixture.h - a generator of the tests' own, so that a simulation's figure never
 * moves, and the model of boots that ORACLES-like tables are made with: one per cent between
 * boots, one per cent within, 30 iterations a boot, true ratio 1.
 */
#ifndef ETALON_TESTS_RANDOM_FIXTURE_H
#define ETALON_TESTS_RANDOM_FIXTURE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define MODEL_ITERATIONS 30

static uint64_t rng_state; /* not 0 */

/* xorshift64* (Vigna 2016); (0, 1) */
static inline double uniform(void)
{
    rng_state ^= rng_state >> 12;
    rng_state ^= rng_state << 25;
    rng_state ^= rng_state >> 27;
    return ((double)((rng_state * 2685821657736338717u) >> 11) + 0.5) / 9007199254740992.0;
}

/* Box and Muller (1958), both halves. */
static inline double normal(void)
{
    static double kept;
    static uint64_t kept_for;
    double r, angle;

    if (kept_for && kept_for == rng_state) {
        kept_for = 0;
        return kept;
    }
    r = sqrt(-2 * log(uniform()));
    angle = 2 * M_PI * uniform();
    kept = r * sin(angle);
    kept_for = rng_state;
    return r * cos(angle);
}

static inline int ascending(const void *va, const void *vb)
{
    const double a = *(const double *)va, b = *(const double *)vb;

    return (a > b) - (a < b);
}

/* Iterations of one boot with `scale` as its true time; returns their mean. */
static inline double model_boot(double *x, double scale)
{
    double base = scale * (1 + 0.01 * normal()), sum = 0;

    for (int i = 0; i < MODEL_ITERATIONS; i++) {
        x[i] = base * (1 + 0.01 * normal());
        sum += x[i];
    }
    return sum / MODEL_ITERATIONS;
}

#endif
