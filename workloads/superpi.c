/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/superpi.c - 2^log2_digits decimal digits of pi after the point by the
 * Gauss-Legendre iteration (arithmetic-geometric mean; R. P. Brent and E. Salamin, 1976):
 *
 *   a = 1, b = 1/sqrt 2, t = 1/4, p = 1
 *   a' = (a + b)/2, b' = sqrt(a b), t' = t - p (a - a')^2, p' = 2p
 *   pi = (a + b)^2 / 4t, right to about 1.36 × 2^(k+1) digits after k iterations
 *
 * k = log2_digits - 1 is enough for every size offered, which the test shows for all of them
 * against GMP. Three guard limbs (18 digits) take the cuts of the arithmetic; p reaches 2^19.
 *
 * Known answer: the CRC-32C of all digits. The constants below are not the authority: the
 * test recomputes them from GMP's pi by Chudnovsky's series, digit for digit.
 */
#include "base/crc32c.h"
#include "workloads/arena.h"
#include "workloads/decimal.h"
#include "workloads/list.h"
#include "workloads/ntt.h"
#include "workloads/superpi.h"
#include "workloads/text.h"

#define GUARD_LIMBS 3u
#define LAST_DIGITS 20u

static const struct workload_param superpi_params[] = {
    {.name = "log2_digits",
     .summary = "binary logarithm of the number of decimal digits",
     .kind = WORKLOAD_NUMBER,
     .initial = 8,
     .min = SUPERPI_MIN_LOG2,
     .max = SUPERPI_MAX_LOG2},
    {.name = NULL},
};

/* CRC-32C of the ASCII digits after the point, by log2_digits. */
static const uint32_t digits_crc[SUPERPI_MAX_LOG2 + 1] = {
    [4] = 0xdba7caeeu,  [5] = 0x43f6d6c6u,  [6] = 0x3841d4bcu,  [7] = 0x7dec5b32u,
    [8] = 0x068c524eu,  [9] = 0xabb86c20u,  [10] = 0xc5c86d14u, [11] = 0x2eee7b82u,
    [12] = 0x00512503u, [13] = 0x08fba914u, [14] = 0xd16c5953u, [15] = 0xed73a26bu,
    [16] = 0xe2e9852bu, [17] = 0xbc621977u, [18] = 0xa2dda4d6u, [19] = 0x4d6882adu,
    [20] = 0x383ac53au,
};

struct superpi_state {
    size_t limbs;
    uint32_t *a, *b, *t, *difference, *result;
    struct decimal_scratch scratch;
};

static int take_scratch(struct arena *a, struct decimal_scratch *s, size_t limbs)
{
    size_t length = decimal_transform_length(limbs);

    s->roots = arena_take(a, length / 2 * sizeof *s->roots, 64);
    s->a = arena_take(a, length * sizeof *s->a, 64);
    s->b = arena_take(a, length * sizeof *s->b, 64);
    s->x = arena_take(a, limbs * sizeof *s->x, 64);
    s->y = arena_take(a, limbs * sizeof *s->y, 64);
    s->schoolbook_limbs = DECIMAL_SCHOOLBOOK_LIMBS;
    if (!s->roots || !s->a || !s->b || !s->x || !s->y)
        return -1;
    ntt_prepare_roots(s->roots, length);
    return 0;
}

static int superpi_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct superpi_state *s = arena_take(&a, sizeof *s, 64);
    uint64_t digits = (uint64_t)1 << run->arg[0];
    uint32_t **numbers[5];

    if (!s)
        return arena_refuse(run, "the state");
    numbers[0] = &s->a;
    numbers[1] = &s->b;
    numbers[2] = &s->t;
    numbers[3] = &s->difference;
    numbers[4] = &s->result;
    s->limbs = 1 + (digits + DECIMAL_DIGITS - 1) / DECIMAL_DIGITS + GUARD_LIMBS;
    for (unsigned i = 0; i < 5; i++) {
        *numbers[i] = arena_take(&a, s->limbs * sizeof **numbers[i], 64);
        if (!*numbers[i])
            return arena_refuse(run, "log2_digits");
    }
    if (take_scratch(&a, &s->scratch, s->limbs) < 0)
        return arena_refuse(run, "log2_digits");
    decimal_set(s->result, 0, 0, s->limbs);
    run->state = s;
    run->work = 1;
    return 0;
}

static void superpi_run(struct workload_run *run)
{
    struct superpi_state *s = run->state;
    uint32_t *a = s->a, *b = s->b, *t = s->t, *d = s->difference, *r = s->result;
    size_t n = s->limbs;

    decimal_set(a, 1, 0, n);
    decimal_set(r, 0, DECIMAL_BASE / 2, n);
    decimal_sqrt(b, r, n, &s->scratch);
    decimal_set(t, 0, DECIMAL_BASE / 4, n);
    for (uint32_t k = 1; k < run->arg[0]; k++) {
        decimal_multiply(r, a, b, n, &s->scratch);
        decimal_add(d, a, b, n);
        decimal_half(d, d, n); /* a' */
        decimal_subtract(a, a, d, n);
        decimal_multiply(a, a, a, n, &s->scratch);
        decimal_scale(a, a, (uint32_t)1 << (k - 1), n);
        decimal_subtract(t, t, a, n);
        decimal_copy(a, d, n);
        decimal_sqrt(b, r, n, &s->scratch);
    }
    decimal_add(a, a, b, n);
    decimal_multiply(a, a, a, n, &s->scratch);
    decimal_scale(t, t, 4, n);
    decimal_reciprocal(b, t, n, &s->scratch);
    decimal_multiply(r, a, b, n, &s->scratch);
}

/* Digit i after the point, from 0. */
static char digit(const struct superpi_state *s, uint64_t i)
{
    static const uint32_t place[DECIMAL_DIGITS] = {100000, 10000, 1000, 100, 10, 1};
    uint32_t limb = s->result[s->limbs - 2 - i / DECIMAL_DIGITS];

    return (char)('0' + limb / place[i % DECIMAL_DIGITS] % 10);
}

void superpi_digits(const struct workload_run *run, uint64_t first, char *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = digit(run->state, first + i);
}

uint32_t superpi_known_crc(unsigned log2_digits)
{
    return digits_crc[log2_digits];
}

static int superpi_check(struct workload_run *run)
{
    const struct superpi_state *s = run->state;
    uint64_t digits = (uint64_t)1 << run->arg[0], last;
    struct text t = text_begin(run->answer, sizeof run->answer);
    char chunk[64];
    uint32_t crc = 0;

    for (uint64_t at = 0; at < digits; at += sizeof chunk) {
        size_t count = digits - at < sizeof chunk ? (size_t)(digits - at) : sizeof chunk;

        superpi_digits(run, at, chunk, count);
        crc = crc32c(crc, chunk, count);
    }
    last = digits < LAST_DIGITS ? digits : LAST_DIGITS;
    superpi_digits(run, digits - last, chunk, last);
    text_put(&t, "...");
    text_put_bytes(&t, chunk, last);
    text_put(&t, " crc32c=");
    text_put_hex(&t, crc, 8);
    if (s->result[s->limbs - 1] != 3 || crc != digits_crc[run->arg[0]])
        return text_refuse(run->reason, sizeof run->reason,
                           "superpi: these are not the digits of pi");
    return 0;
}

const struct workload workload_superpi = {
    .name = "superpi",
    .summary = "decimal digits of pi by the arithmetic-geometric mean",
    .metric = "time",
    .unit = "ms",
    .form = WORKLOAD_PER,
    .scale = 1e-6,
    .params = superpi_params,
    .default_iterations = 5,
    .prepare = superpi_prepare,
    .run = superpi_run,
    .check = superpi_check,
};
