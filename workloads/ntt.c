/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/ntt.c - transforms as repeated splitting of polynomials:
 *     X^2h - z^2 = (X^h - z)(X^h + z)
 * from X^n - 1 down to X - (root). Node i of a level uses z = roots[i], whatever the length,
 * so one table in this order serves all; roots[i] is the generator's power at the angle
 * (bits of i reversed) / 2.
 */
#include "workloads/ntt.h"

#define GENERATOR 7u
#define EPSILON 0xFFFFFFFFu /* 2^64 mod p */

static inline uint64_t add(uint64_t a, uint64_t b)
{
    uint64_t sum = a + b;

    return sum < a || sum >= NTT_PRIME ? sum - NTT_PRIME : sum;
}

static inline uint64_t subtract(uint64_t a, uint64_t b)
{
    return a >= b ? a - b : a - b + NTT_PRIME;
}

/* With 2^64 = 2^32 - 1 and 2^96 = -1 (mod p): low + 2^64 (mid + 2^32 high)
 * = low + (2^32 - 1) mid - high. */
static inline uint64_t multiply(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    uint64_t low = (uint64_t)product, top = (uint64_t)(product >> 64);
    uint64_t high = top >> 32, mid = top & EPSILON;
    uint64_t difference = low - high, sum;

    if (low < high)
        difference -= EPSILON; /* the borrowed 2^64; cannot borrow again */
    mid = (mid << 32) - mid;
    sum = difference + mid;
    if (sum < mid)
        sum += EPSILON; /* the carried 2^64; cannot carry again */
    return sum >= NTT_PRIME ? sum - NTT_PRIME : sum;
}

static uint64_t power(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;

    for (; exponent; exponent >>= 1, base = multiply(base, base)) {
        if (exponent & 1)
            result = multiply(result, base);
    }
    return result;
}

/* angle(2^s + k) = angle(2^s) + angle(k) for k < 2^s; roots[2^s] has order 2^(s+2). */
void ntt_prepare_roots(uint64_t *roots, size_t n)
{
    unsigned s = 0;

    roots[0] = 1;
    for (size_t level = 1; level < n / 2; level *= 2, s++) {
        uint64_t root = power(GENERATOR, (NTT_PRIME - 1) >> (s + 2));

        for (size_t k = 0; k < level; k++)
            roots[level + k] = multiply(root, roots[k]);
    }
}

void ntt_forward(uint64_t *x, size_t n, const uint64_t *roots)
{
    size_t nodes = 1;

    for (size_t h = n / 2; h > 0; h /= 2, nodes *= 2) {
        uint64_t *low = x;

        for (size_t i = 0; i < nodes; i++, low += 2 * h) {
            uint64_t z = roots[i];

            for (size_t j = 0; j < h; j++) {
                uint64_t u = low[j], v = multiply(low[j + h], z);

                low[j] = add(u, v);
                low[j + h] = subtract(u, v);
            }
        }
    }
}

void ntt_inverse(uint64_t *x, size_t n, const uint64_t *roots)
{
    uint64_t scale = NTT_PRIME - (NTT_PRIME - 1) / n; /* 1/n */
    size_t nodes = n / 2;

    for (size_t h = 1; h < n; h *= 2, nodes /= 2) {
        uint64_t *low = x;
        size_t mirror = 0; /* roots[i] roots[mirror - i] = -1 inside a level */

        for (size_t i = 0; i < nodes; i++, low += 2 * h) {
            uint64_t z;

            if ((i & (i - 1)) == 0)
                mirror = 3 * i - 1;
            z = i == 0 ? NTT_PRIME - 1 : roots[mirror - i]; /* -1 / roots[i] */
            for (size_t j = 0; j < h; j++) {
                uint64_t u = low[j], v = low[j + h];

                low[j] = add(u, v);
                low[j + h] = multiply(subtract(v, u), z);
            }
        }
    }
    for (size_t i = 0; i < n; i++)
        x[i] = multiply(x[i], scale);
}

void ntt_multiply(uint64_t *x, const uint64_t *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = multiply(x[i], y[i]);
}
