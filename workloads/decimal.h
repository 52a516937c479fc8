/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/decimal.h - non-negative fixed-point numbers in base 10^6, freestanding.
 *
 * A number of n limbs is value = sum of limb[i] × 10^(6 (i - n + 1)): limb[n-1] is the integer
 * part (below 10^6), the others are the fraction, least first. The upper p limbs of a number
 * are the same number at lower precision: pass limb + n - p and p.
 *
 * Results are cut, not rounded: product, square root and reciprocal may be a few units of
 * the last limb off, so callers carry guard limbs. Overflow of the integer part is not
 * handled. A decimal base needs no conversion for printing.
 */
#ifndef ETALON_WORKLOADS_DECIMAL_H
#define ETALON_WORKLOADS_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#define DECIMAL_BASE 1000000u
#define DECIMAL_DIGITS 6u
#define DECIMAL_MAX_LIMBS (1u << 18) /* column sums stay below the transform's modulus */

/* Products of more limbs go through the transform; both ways agree to the last limb but for
 * the cut. By instructions: 256 limbs 275 thousand against the transform's 353, 346 limbs 496
 * against 766, and at 512 limbs the transform is ahead. */
#define DECIMAL_SCHOOLBOOK_LIMBS 430u

/* Scratch, owned by the caller; sized by decimal_transform_length(n) for the largest n. */
struct decimal_scratch {
    uint64_t *roots;         /* length / 2, filled by ntt_prepare_roots() */
    uint64_t *a, *b;         /* length each; also hold the columns of schoolbook products */
    uint32_t *x, *y;         /* n limbs each, for Newton's steps */
    size_t schoolbook_limbs; /* DECIMAL_SCHOOLBOOK_LIMBS but in tests */
};

/* Smallest power of two that holds a product of two numbers of n limbs. */
size_t decimal_transform_length(size_t n);

void decimal_set(uint32_t *out, uint32_t integer, uint32_t first_fraction, size_t n);
void decimal_copy(uint32_t *out, const uint32_t *in, size_t n);
void decimal_add(uint32_t *out, const uint32_t *a, const uint32_t *b, size_t n);
/* a >= b */
void decimal_subtract(uint32_t *out, const uint32_t *a, const uint32_t *b, size_t n);
void decimal_half(uint32_t *out, const uint32_t *a, size_t n);
/* factor < 2^32 */
void decimal_scale(uint32_t *out, const uint32_t *a, uint32_t factor, size_t n);
/* out may be a or b. */
void decimal_multiply(uint32_t *out, const uint32_t *a, const uint32_t *b, size_t n,
                      struct decimal_scratch *s);
/* out = sqrt(a), 0.1 <= a < 2, at least 4 limbs; out must not be a. */
void decimal_sqrt(uint32_t *out, const uint32_t *a, size_t n, struct decimal_scratch *s);
/* out = 1/a, 0.5 <= a < 2, at least 4 limbs; out must not be a. */
void decimal_reciprocal(uint32_t *out, const uint32_t *a, size_t n, struct decimal_scratch *s);

#endif
