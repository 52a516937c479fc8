/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/ntt.h - number-theoretic transform modulo p = 2^64 - 2^32 + 1: exact cyclic
 * convolution of integers, freestanding.
 *
 * p - 1 = 2^32 × 4294967295, so lengths up to 2^32 exist; 7 generates the group. Elements are
 * canonical (0 .. p-1). A convolution is right if no true sum reaches p.
 *
 * The forward transform takes natural order to bit-reversed, the inverse back: between them
 * only products of equal places make sense.
 */
#ifndef ETALON_WORKLOADS_NTT_H
#define ETALON_WORKLOADS_NTT_H

#include <stddef.h>
#include <stdint.h>

#define NTT_PRIME 0xFFFFFFFF00000001u

/* Fill roots[0 .. n/2-1]: serves every length up to n. n is a power of two, at least 2. */
void ntt_prepare_roots(uint64_t *roots, size_t n);

void ntt_forward(uint64_t *x, size_t n, const uint64_t *roots);
/* Includes the division by n. */
void ntt_inverse(uint64_t *x, size_t n, const uint64_t *roots);
/* x[i] = x[i] y[i]; y may be x. */
void ntt_multiply(uint64_t *x, const uint64_t *y, size_t n);

#endif
