/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/arena.h - cut a workload's memory out of the arena, always the same way.
 *
 * There is no free: prepare() starts at the beginning each time. Equal arguments give equal
 * offsets, so layout is part of what a boot repeats.
 */
#ifndef ETALON_WORKLOADS_ARENA_H
#define ETALON_WORKLOADS_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "workloads/workload.h"

struct arena {
    unsigned char *base;
    size_t size, used;
};

static inline struct arena arena_begin(const struct workload_env *env)
{
    struct arena a = {env->arena, env->arena_bytes, 0};

    return a;
}

/* `bytes` at the next multiple of `align` (a power of two up to 4096); NULL if it does not
 * fit. Contents are undefined. */
static inline void *arena_take(struct arena *a, size_t bytes, size_t align)
{
    size_t at = (a->used + align - 1) & ~(align - 1);

    if (at > a->size || bytes > a->size - at)
        return NULL;
    a->used = at + bytes;
    return a->base + at;
}

/* Leave "<what> needs more than the arena's <n> bytes" in the run's reason; returns -1. */
int arena_refuse(struct workload_run *run, const char *what);

#endif
