/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/block.h - move and fill 8-byte words by one known instruction.
 *
 * Not memcpy: that is glibc's in the agent and the runtime's own in the payload, and a
 * workload has to be the same code on both. Counts are in 8-byte words; pointers are aligned.
 */
#ifndef ETALON_WORKLOADS_BLOCK_H
#define ETALON_WORKLOADS_BLOCK_H

#include <stddef.h>
#include <stdint.h>

static inline void block_copy(void *to, const void *from, size_t words)
{
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

static inline void block_fill(void *to, uint64_t value, size_t words)
{
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(value) : "memory");
}

#endif
