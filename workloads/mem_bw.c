/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/mem_bw.c - memory bandwidth by size: read, write or copy `size` bytes, `passes`
 * times, in 8-byte words, eight to a turn of the loop (written in assembly: a compiler must
 * neither shorten nor lengthen it).
 *
 * Work is size × passes bytes; a copied byte counts once, though it is read and written.
 *
 * Known answers: read, the sum of the words as it was when they were filled in; write, every
 * word holds the value of the last pass; copy, the target equals the source, whose contents
 * the seed decides.
 */
#include "workloads/arena.h"
#include "workloads/list.h"
#include "workloads/random.h"
#include "workloads/text.h"

enum { OP_READ, OP_WRITE, OP_COPY };
static const char *const op_names[] = {"read", "write", "copy", NULL};

enum { BW_OP, BW_SIZE, BW_PASSES };
static const struct workload_param mem_bw_params[] = {
    {.name = "op", .summary = "what is done", .kind = WORKLOAD_CHOICE, .choices = op_names},
    {.name = "size",
     .summary = "bytes of the buffer",
     .kind = WORKLOAD_NUMBER,
     .initial = 65536,
     .min = 4096,
     .max = 1u << 30,
     .power_of_two = 1},
    {.name = "passes",
     .summary = "times over the buffer in one interval",
     .kind = WORKLOAD_NUMBER,
     .initial = 1,
     .min = 1,
     .max = 1000000},
    {.name = NULL},
};

struct mem_bw_state {
    uint64_t *words, *target; /* target: op=copy only */
    uint64_t count;           /* words in the buffer, a multiple of 8 */
    uint64_t sum;             /* of the last pass of read */
    uint64_t expected;        /* sum of the words as filled in */
    uint64_t written;         /* passes of write so far */
};

/* What pass p (from 1) writes; 0 is what prepare() leaves. */
static uint64_t write_pattern(uint64_t pass)
{
    return pass * 0x9E3779B97F4A7C15u;
}

static int mem_bw_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct mem_bw_state *s = arena_take(&a, sizeof *s, 64);
    uint64_t size = run->arg[BW_SIZE], random = run->env->seed;

    if (!s)
        return arena_refuse(run, "the state");
    s->words = arena_take(&a, size, 4096);
    s->target = run->arg[BW_OP] == OP_COPY ? arena_take(&a, size, 4096) : s->words;
    if (!s->words || !s->target)
        return arena_refuse(run, run->arg[BW_OP] == OP_COPY ? "twice the size" : "the size");
    s->count = size / 8;
    s->sum = 0;
    s->expected = 0;
    s->written = 0;
    for (uint64_t i = 0; i < s->count; i++) {
        uint64_t value = random_next(&random);

        s->target[i] = write_pattern(0);
        s->words[i] = run->arg[BW_OP] == OP_WRITE ? write_pattern(0) : value;
        s->expected += value;
    }
    run->state = s;
    run->work = size * run->arg[BW_PASSES];
    return 0;
}

static uint64_t read_words(const uint64_t *p, uint64_t turns)
{
    uint64_t a = 0, b = 0;

    __asm__ volatile(".p2align 5\n"
                     "1: addq (%[p]), %[a]\n"
                     "   addq 8(%[p]), %[b]\n"
                     "   addq 16(%[p]), %[a]\n"
                     "   addq 24(%[p]), %[b]\n"
                     "   addq 32(%[p]), %[a]\n"
                     "   addq 40(%[p]), %[b]\n"
                     "   addq 48(%[p]), %[a]\n"
                     "   addq 56(%[p]), %[b]\n"
                     "   addq $64, %[p]\n"
                     "   decq %[turns]\n"
                     "   jnz 1b\n"
                     : [a] "+r"(a), [b] "+r"(b), [p] "+r"(p), [turns] "+r"(turns)
                     :
                     : "cc", "memory");
    return a + b;
}

static void write_words(uint64_t *p, uint64_t turns, uint64_t value)
{
    __asm__ volatile(".p2align 5\n"
                     "1: movq %[v], (%[p])\n"
                     "   movq %[v], 8(%[p])\n"
                     "   movq %[v], 16(%[p])\n"
                     "   movq %[v], 24(%[p])\n"
                     "   movq %[v], 32(%[p])\n"
                     "   movq %[v], 40(%[p])\n"
                     "   movq %[v], 48(%[p])\n"
                     "   movq %[v], 56(%[p])\n"
                     "   addq $64, %[p]\n"
                     "   decq %[turns]\n"
                     "   jnz 1b\n"
                     : [p] "+r"(p), [turns] "+r"(turns)
                     : [v] "r"(value)
                     : "cc", "memory");
}

static void copy_words(uint64_t *to, const uint64_t *from, uint64_t turns)
{
    uint64_t a, b, c, d;

    __asm__ volatile(".p2align 5\n"
                     "1: movq (%[from]), %[a]\n"
                     "   movq 8(%[from]), %[b]\n"
                     "   movq 16(%[from]), %[c]\n"
                     "   movq 24(%[from]), %[d]\n"
                     "   movq %[a], (%[to])\n"
                     "   movq %[b], 8(%[to])\n"
                     "   movq %[c], 16(%[to])\n"
                     "   movq %[d], 24(%[to])\n"
                     "   movq 32(%[from]), %[a]\n"
                     "   movq 40(%[from]), %[b]\n"
                     "   movq 48(%[from]), %[c]\n"
                     "   movq 56(%[from]), %[d]\n"
                     "   movq %[a], 32(%[to])\n"
                     "   movq %[b], 40(%[to])\n"
                     "   movq %[c], 48(%[to])\n"
                     "   movq %[d], 56(%[to])\n"
                     "   addq $64, %[from]\n"
                     "   addq $64, %[to]\n"
                     "   decq %[turns]\n"
                     "   jnz 1b\n"
                     : [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [to] "+r"(to),
                       [from] "+r"(from), [turns] "+r"(turns)
                     :
                     : "cc", "memory");
}

static void mem_bw_run(struct workload_run *run)
{
    struct mem_bw_state *s = run->state;
    uint64_t passes = run->arg[BW_PASSES], turns = s->count / 8;

    switch (run->arg[BW_OP]) {
    case OP_READ:
        s->sum = 0;
        for (uint64_t i = 0; i < passes; i++)
            s->sum += read_words(s->words, turns);
        break;
    case OP_WRITE:
        for (uint64_t i = 0; i < passes; i++)
            write_words(s->words, turns, write_pattern(++s->written));
        break;
    default:
        for (uint64_t i = 0; i < passes; i++)
            copy_words(s->target, s->words, turns);
        break;
    }
}

static int mem_bw_check(struct workload_run *run)
{
    const struct mem_bw_state *s = run->state;
    struct text t = text_begin(run->answer, sizeof run->answer);
    uint64_t passes = run->arg[BW_PASSES], sum = 0, wrong = 0;

    for (uint64_t i = 0; i < s->count; i++) {
        sum += s->target[i];
        if (run->arg[BW_OP] == OP_WRITE)
            wrong += s->words[i] != write_pattern(run->iterations * passes);
        if (run->arg[BW_OP] == OP_COPY)
            wrong += s->words[i] != s->target[i];
    }
    text_put(&t, "sum=0x");
    text_put_hex(&t, run->arg[BW_OP] == OP_READ ? s->sum : sum, 16);
    /* copy: also against what was filled in, or a ruined source would go unseen. */
    if (run->arg[BW_OP] == OP_COPY)
        wrong += sum != s->expected;
    if (run->arg[BW_OP] == OP_READ)
        wrong += s->sum != s->expected * passes;
    if (wrong == 0)
        return 0;
    return text_refuse(run->reason, sizeof run->reason,
                       "mem-bw: memory does not hold what was written into it");
}

const struct workload workload_mem_bw = {
    .name = "mem-bw",
    .summary = "memory bandwidth by operation and size",
    .metric = "bandwidth",
    .unit = "MB/s",
    .form = WORKLOAD_RATE,
    .scale = 1e-6,
    .params = mem_bw_params,
    .default_iterations = 20,
    .prepare = mem_bw_prepare,
    .run = mem_bw_run,
    .check = mem_bw_check,
};
