/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/random.h - splitmix64, the generator everything random in a workload is derived
 * from (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014;
 * constants of the published reference implementation). Start state: the boot's seed.
 */
#ifndef ETALON_WORKLOADS_RANDOM_H
#define ETALON_WORKLOADS_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Uniform in 0 .. bound-1 (bound > 0) but for a bias below bound / 2^64. */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)random_next(state) * bound) >> 64);
}

#endif
