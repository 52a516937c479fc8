/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/mem_lat.c - memory latency by size: a chain of dependent loads through all lines
 * of a buffer in random order.
 *
 * The order is a permutation with a single cycle (S. Sattolo, "An algorithm to generate a
 * random cyclic permutation", 1986), drawn from the boot's seed, so that no prefetcher can
 * guess it and every line is visited before one is visited twice. An iteration goes on where
 * the last one stopped.
 *
 * Known answer: check() walks the cycle once, seeing that it closes after exactly as many
 * steps as there are lines, and that the chase stands where that many loads lead.
 */
#include "workloads/arena.h"
#include "workloads/list.h"
#include "workloads/random.h"
#include "workloads/text.h"

#define UNROLL 16u

enum { LAT_SIZE, LAT_STRIDE, LAT_LOADS };
static const struct workload_param mem_lat_params[] = {
    {.name = "size",
     .summary = "bytes of the buffer",
     .kind = WORKLOAD_NUMBER,
     .initial = 65536,
     .min = 4096,
     .max = 1u << 30,
     .power_of_two = 1},
    {.name = "stride",
     .summary = "bytes between the places that are visited",
     .kind = WORKLOAD_NUMBER,
     .initial = 64,
     .min = 16,
     .max = 1024,
     .power_of_two = 1},
    {.name = "loads",
     .summary = "dependent loads in one interval",
     .kind = WORKLOAD_NUMBER,
     .initial = 1008,
     .min = UNROLL,
     .max = 1000000000,
     .multiple_of = UNROLL},
    {.name = NULL},
};

struct mem_lat_state {
    void **at;             /* where the chase stands */
    unsigned char *buffer; /* `places` pointers, `stride` bytes apart */
    uint64_t places;
    uint64_t runs;
};

static void **place(const struct workload_run *run, const struct mem_lat_state *s, uint64_t i)
{
    return (void **)(void *)(s->buffer + i * run->arg[LAT_STRIDE]);
}

static int mem_lat_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct mem_lat_state *s = arena_take(&a, sizeof *s, 64);
    uint64_t random = run->env->seed;

    if (!s)
        return arena_refuse(run, "the state");
    s->buffer = arena_take(&a, run->arg[LAT_SIZE], 4096);
    if (!s->buffer)
        return arena_refuse(run, "the size");
    s->places = run->arg[LAT_SIZE] / run->arg[LAT_STRIDE];
    for (uint64_t i = 0; i < s->places; i++)
        *place(run, s, i) = place(run, s, i);
    /* Sattolo: swap each with a strictly earlier one. */
    for (uint64_t i = s->places - 1; i > 0; i--) {
        void **p = place(run, s, i), **q = place(run, s, random_below(&random, i));
        void *other = *p;

        *p = *q;
        *q = other;
    }
    s->at = place(run, s, 0);
    s->runs = 0;
    run->state = s;
    run->work = run->arg[LAT_LOADS];
    return 0;
}

static void mem_lat_run(struct workload_run *run)
{
    struct mem_lat_state *s = run->state;
    void **p = s->at;
    uint64_t turns = run->arg[LAT_LOADS] / UNROLL;

    __asm__ volatile(".p2align 5\n"
                     "1: .rept %c[unroll]\n"
                     "   movq (%[p]), %[p]\n"
                     "   .endr\n"
                     "   decq %[turns]\n"
                     "   jnz 1b\n"
                     : [p] "+r"(p), [turns] "+r"(turns)
                     : [unroll] "i"(UNROLL)
                     : "cc", "memory");
    s->at = p;
    s->runs++;
}

static int mem_lat_check(struct workload_run *run)
{
    const struct mem_lat_state *s = run->state;
    struct text t = text_begin(run->answer, sizeof run->answer);
    /* Both factors are reduced first: the product of the raw ones could pass 2^64. */
    uint64_t stop =
        run->iterations % s->places * (run->arg[LAT_LOADS] % s->places) % s->places;
    void **first = place(run, s, 0), **p = first, **expected = first;
    uint64_t steps = 0;

    do {
        uint64_t offset = (uint64_t)((unsigned char *)*p - s->buffer);

        if (offset >= run->arg[LAT_SIZE] || offset % run->arg[LAT_STRIDE] != 0)
            return text_refuse(run->reason, sizeof run->reason,
                               "mem-lat: the chain leaves its buffer");
        p = *p;
        if (++steps == stop)
            expected = p;
    } while (p != first && steps <= s->places);

    text_put(&t, "cycle=");
    text_put_u64(&t, steps);
    text_put(&t, " at=");
    text_put_u64(&t, (uint64_t)((unsigned char *)s->at - s->buffer) / run->arg[LAT_STRIDE]);
    if (steps != s->places)
        return text_refuse(run->reason, sizeof run->reason,
                           "mem-lat: the chain is not one cycle through all places");
    if (s->at != expected || s->runs == 0 || s->runs != run->iterations)
        return text_refuse(
            run->reason, sizeof run->reason,
            "mem-lat: the chase stopped at another place than its loads lead to");
    return 0;
}

const struct workload workload_mem_lat = {
    .name = "mem-lat",
    .summary = "memory latency by size: dependent loads in random order",
    .metric = "latency",
    .unit = "ns/load",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = mem_lat_params,
    .default_iterations = 20,
    .prepare = mem_lat_prepare,
    .run = mem_lat_run,
    .check = mem_lat_check,
};
