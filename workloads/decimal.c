/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/decimal.c - fixed-point arithmetic; division and square root by Newton's method. */
#include "workloads/decimal.h"
#include "workloads/math.h"
#include "workloads/ntt.h"

#define MAX_STEPS 24 /* of Newton: precision doubles, so this is for 2^23 limbs */

size_t decimal_transform_length(size_t n)
{
    size_t length = 2;

    while (length < 2 * n)
        length *= 2;
    return length;
}

void decimal_set(uint32_t *out, uint32_t integer, uint32_t first_fraction, size_t n)
{
    for (size_t i = 0; i + 2 < n; i++)
        out[i] = 0;
    out[n - 1] = integer;
    out[n - 2] = first_fraction;
}

void decimal_copy(uint32_t *out, const uint32_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = in[i];
}

void decimal_add(uint32_t *out, const uint32_t *a, const uint32_t *b, size_t n)
{
    uint32_t carry = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t sum = a[i] + b[i] + carry;

        carry = sum >= DECIMAL_BASE;
        out[i] = carry ? sum - DECIMAL_BASE : sum;
    }
}

void decimal_subtract(uint32_t *out, const uint32_t *a, const uint32_t *b, size_t n)
{
    uint32_t borrow = 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t take = b[i] + borrow;

        borrow = a[i] < take;
        out[i] = borrow ? a[i] + DECIMAL_BASE - take : a[i] - take;
    }
}

void decimal_half(uint32_t *out, const uint32_t *a, size_t n)
{
    uint32_t rest = 0;

    for (size_t i = n; i-- > 0;) {
        uint32_t value = a[i] + rest;

        rest = value & 1 ? DECIMAL_BASE : 0;
        out[i] = value >> 1;
    }
}

void decimal_scale(uint32_t *out, const uint32_t *a, uint32_t factor, size_t n)
{
    uint64_t carry = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t value = (uint64_t)a[i] * factor + carry;

        carry = value / DECIMAL_BASE;
        out[i] = (uint32_t)(value - carry * DECIMAL_BASE);
    }
}

/*
 * Columns n-3 .. 2n-2 of the product, from below. What the lower ones would carry is left out:
 * it is less than n 10^12 / 10^18 < 1 unit of the last limb kept.
 */
static void schoolbook_columns(uint64_t *column, const uint32_t *a, const uint32_t *b,
                               size_t n)
{
    for (size_t k = n >= 3 ? n - 3 : 0; k <= 2 * n - 2; k++) {
        size_t first = k < n ? 0 : k - n + 1, last = k < n ? k : n - 1;
        const uint32_t *q = b + k - first;
        uint64_t sum = 0;

        for (size_t i = first; i <= last; i++)
            sum += (uint64_t)a[i] * *q--;
        column[k] = sum;
    }
}

static void load(uint64_t *x, const uint32_t *a, size_t n, size_t length)
{
    size_t i;

    for (i = 0; i < n; i++)
        x[i] = a[i];
    for (; i < length; i++)
        x[i] = 0;
}

static void transform_columns(const uint32_t *a, const uint32_t *b, size_t n,
                              struct decimal_scratch *s)
{
    size_t length = decimal_transform_length(n);

    load(s->a, a, n, length);
    ntt_forward(s->a, length, s->roots);
    if (a == b) {
        ntt_multiply(s->a, s->a, length);
    } else {
        load(s->b, b, n, length);
        ntt_forward(s->b, length, s->roots);
        ntt_multiply(s->a, s->b, length);
    }
    ntt_inverse(s->a, length, s->roots);
}

void decimal_multiply(uint32_t *out, const uint32_t *a, const uint32_t *b, size_t n,
                      struct decimal_scratch *s)
{
    uint64_t carry = 0;
    size_t k = 0;

    if (n <= s->schoolbook_limbs) {
        schoolbook_columns(s->a, a, b, n);
        k = n >= 3 ? n - 3 : 0;
    } else {
        transform_columns(a, b, n, s);
    }
    for (; k < n - 1; k++)
        carry = (s->a[k] + carry) / DECIMAL_BASE;
    for (; k <= 2 * n - 2; k++) {
        uint64_t value = s->a[k] + carry;

        carry = value / DECIMAL_BASE;
        out[k - (n - 1)] = (uint32_t)(value - carry * DECIMAL_BASE);
    }
}

/* The number as a double, from its upper four limbs. */
static double approximate(const uint32_t *a, size_t n)
{
    return (double)a[n - 1] + (double)a[n - 2] * 1e-6 + (double)a[n - 3] * 1e-12 +
           (double)a[n - 4] * 1e-18;
}

/* out = value to three limbs (12 digits after the point), 0 <= value < 10^6. */
static void from_double(uint32_t *out, double value)
{
    for (int i = 2; i >= 0; i--) {
        out[i] = (uint32_t)value;
        value = (value - (double)out[i]) * 1e6;
    }
}

/*
 * Precisions of Newton's steps, in limbs, the last first. With f fraction limbs right to a
 * few units a step yields 2f - 1 that are right to a few units again. Returns the count; the
 * start has three limbs (f = 2).
 */
static unsigned plan_steps(size_t n, size_t *limbs)
{
    unsigned steps = 0;

    for (size_t f = n - 1; f > 2; f = f / 2 + 1)
        limbs[steps++] = f + 1;
    return steps;
}

/* out = |1 - x|; returns 1 if x > 1. */
static int distance_from_one(uint32_t *out, const uint32_t *x, size_t n)
{
    uint32_t borrow = 0;

    if (x[n - 1] >= 1) {
        decimal_copy(out, x, n);
        out[n - 1]--;
        return 1;
    }
    for (size_t i = 0; i < n - 1; i++) {
        uint32_t take = x[i] + borrow;

        borrow = take > 0;
        out[i] = borrow ? DECIMAL_BASE - take : 0;
    }
    out[n - 1] = 1 - borrow;
    return 0;
}

/* Make room: the estimate of y stands in the upper `have` of n limbs and shall have `want`. */
static void widen(uint32_t *y, size_t n, size_t have, size_t want)
{
    for (size_t i = n - want; i < n - have; i++)
        y[i] = 0;
}

static void correct(uint32_t *y, const uint32_t *by, int negative, size_t n)
{
    if (negative)
        decimal_subtract(y, y, by, n);
    else
        decimal_add(y, y, by, n);
}

/* y = 1/sqrt(a) by y += y (1 - a y^2) / 2, then out = a y. */
void decimal_sqrt(uint32_t *out, const uint32_t *a, size_t n, struct decimal_scratch *s)
{
    size_t limbs[MAX_STEPS], have = 3;
    unsigned step = plan_steps(n, limbs);

    from_double(out + n - 3, 1.0 / math_sqrt(approximate(a, n)));
    while (step-- > 0) {
        size_t p = limbs[step];
        uint32_t *y = out + n - p;
        int negative;

        widen(out, n, have, p);
        decimal_multiply(s->x, y, y, p, s);
        decimal_multiply(s->x, s->x, a + n - p, p, s);
        negative = distance_from_one(s->y, s->x, p);
        decimal_multiply(s->x, s->y, y, p, s);
        decimal_half(s->x, s->x, p);
        correct(y, s->x, negative, p);
        have = p;
    }
    decimal_multiply(out, out, a, n, s);
}

/* y += y (1 - a y) */
void decimal_reciprocal(uint32_t *out, const uint32_t *a, size_t n, struct decimal_scratch *s)
{
    size_t limbs[MAX_STEPS], have = 3;
    unsigned step = plan_steps(n, limbs);

    from_double(out + n - 3, 1.0 / approximate(a, n));
    while (step-- > 0) {
        size_t p = limbs[step];
        uint32_t *y = out + n - p;
        int negative;

        widen(out, n, have, p);
        decimal_multiply(s->x, y, a + n - p, p, s);
        negative = distance_from_one(s->y, s->x, p);
        decimal_multiply(s->x, s->y, y, p, s);
        correct(y, s->x, negative, p);
        have = p;
    }
}
