/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/ub_mem.c - allocation and copying in the style of ubench: n blocks of 1024 bytes
 * are allocated and filled, the odd ones copied back over block 0 whole, the even ones byte by
 * byte, and all are freed. Fixed work.
 *
 * The allocator is ours, a list of free blocks in the arena, because no libc's malloc exists
 * in the payload. The list is left in another order than it was found (freed first, taken
 * first), so later passes walk memory differently but do the same number of instructions.
 *
 * Score = passes × n / 415 per second (ubench's normalisation); see ub_cpu.c for the guest's.
 *
 * Known answer: block i is filled with a word made of i and the pass; the last block copied
 * decides what block 0 holds, and the list must hold every block again.
 */
#include "workloads/arena.h"
#include "workloads/block.h"
#include "workloads/list.h"
#include "workloads/score.h"
#include "workloads/text.h"

#define BLOCK_BYTES 1024u
#define BLOCK_WORDS (BLOCK_BYTES / 8u)
#define NORMALISATION 415u

struct block {
    struct block *next; /* while free; a block in use is all payload */
    uint64_t word[BLOCK_WORDS - 1];
};

struct ub_mem_state {
    struct block *free;
    struct block **taken;
    unsigned char *target; /* where blocks are copied back to, BLOCK_BYTES */
    uint64_t passes;
    uint64_t refused; /* allocations that found no free block */
};

static const struct workload_param ub_mem_params[] = {
    {.name = "n",
     .summary = "blocks of 1024 bytes",
     .kind = WORKLOAD_NUMBER,
     .initial = 32,
     .min = 2,
     .max = 1048576},
    {.name = NULL},
};

/* What block i is filled with in a pass: no two alike. */
static uint64_t block_pattern(uint64_t pass, uint64_t i)
{
    return (pass << 32 | i) * 0x9E3779B97F4A7C15u;
}

static int ub_mem_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    uint64_t n = run->arg[0];
    struct ub_mem_state *s = arena_take(&a, sizeof *s, 64);
    struct block *pool;

    if (!s)
        return arena_refuse(run, "the state");
    s->taken = arena_take(&a, n * sizeof *s->taken, 64);
    s->target = arena_take(&a, BLOCK_BYTES, 4096);
    pool = arena_take(&a, n * sizeof *pool, 4096);
    if (!s->taken || !s->target || !pool)
        return arena_refuse(run, "n blocks of 1024 bytes");
    s->free = NULL;
    for (uint64_t i = n; i-- > 0;) {
        pool[i].next = s->free;
        s->free = &pool[i];
    }
    block_fill(s->target, 0, BLOCK_WORDS);
    s->passes = 0;
    s->refused = 0;
    run->state = s;
    run->work = n;
    return 0;
}

static void copy_bytes(unsigned char *to, const unsigned char *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        to[i] = from[i];
        __asm__ volatile("" : : : "memory"); /* one byte a turn is the point */
    }
}

static void ub_mem_run(struct workload_run *run)
{
    struct ub_mem_state *s = run->state;
    uint64_t n = run->work;

    for (uint64_t i = 0; i < n; i++) {
        struct block *b = s->free;

        if (!b) {
            s->refused++;
            break;
        }
        s->free = b->next;
        s->taken[i] = b;
        block_fill(b, block_pattern(s->passes, i), BLOCK_WORDS);
    }
    for (uint64_t i = 0; i < n && !s->refused; i++) {
        if (i & 1)
            block_copy(s->target, s->taken[i], BLOCK_WORDS);
        else
            copy_bytes(s->target, (const unsigned char *)s->taken[i], BLOCK_BYTES);
    }
    for (uint64_t i = 0; i < n && !s->refused; i++) {
        s->taken[i]->next = s->free;
        s->free = s->taken[i];
    }
    s->passes++;
}

static int ub_mem_check(struct workload_run *run)
{
    const struct ub_mem_state *s = run->state;
    const uint64_t *target = (const uint64_t *)(const void *)s->target;
    uint64_t n = run->work, last = s->passes - 1, on_list = 0;
    struct text t = text_begin(run->answer, sizeof run->answer);

    text_put(&t, "passes=");
    text_put_u64(&t, s->passes);
    text_put(&t, " word=0x");
    text_put_hex(&t, target[0], 16);
    score_guest(run, n, NORMALISATION);

    if (s->passes == 0 || s->passes != run->iterations)
        return text_refuse(run->reason, sizeof run->reason,
                           "ub-mem: not every iteration made its pass");
    if (s->refused)
        return text_refuse(run->reason, sizeof run->reason, "ub-mem: the allocator ran dry");
    for (uint64_t w = 0; w < BLOCK_WORDS; w++) {
        if (target[w] != block_pattern(last, n - 1))
            return text_refuse(run->reason, sizeof run->reason,
                               "ub-mem: the copied block differs from what was filled in");
    }
    for (uint64_t i = 0; i < n; i++) {
        /* Word 0 became the link when the block was freed. */
        for (uint64_t w = 0; w < BLOCK_WORDS - 1; w++) {
            if (s->taken[i]->word[w] != block_pattern(last, i))
                return text_refuse(run->reason, sizeof run->reason,
                                   "ub-mem: a block lost what was filled in");
        }
    }
    for (const struct block *b = s->free; b && on_list <= n; b = b->next)
        on_list++;
    if (on_list != n)
        return text_refuse(run->reason, sizeof run->reason,
                           "ub-mem: the list of free blocks is broken");
    return 0;
}

const struct workload workload_ub_mem = {
    .name = "ub-mem",
    .summary = "allocate, fill, copy and free 1024-byte blocks, fixed work (ubench-style)",
    .metric = "score",
    .unit = "score",
    .form = WORKLOAD_RATE,
    .scale = 1.0 / NORMALISATION,
    .params = ub_mem_params,
    .default_iterations = 20,
    .prepare = ub_mem_prepare,
    .run = ub_mem_run,
    .check = ub_mem_check,
};
