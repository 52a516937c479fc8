/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/spin.c - a loop of a known number of instructions.
 *
 * n instructions are n/2 turns of two (add, jnc). Entry and exit cost a constant that does not
 * depend on n, so in the lab time(2N) - time(N) is exactly N instructions.
 *
 * The loop ends when the sum passes 2^64: it starts at ANSWER - STEP * turns, so that only the
 * right number of additions ends at ANSWER. A count-down to zero would end at zero always and
 * could not tell.
 */
#include "workloads/list.h"
#include "workloads/text.h"

#define SPIN_STEP 0x10001u
#define SPIN_ANSWER 0xE7A1u /* any value below SPIN_STEP */

_Static_assert(SPIN_ANSWER < SPIN_STEP, "the sum must pass 2^64 in the last turn only");

struct spin_state {
    uint64_t start, final;
};

static const struct workload_param spin_params[] = {
    {.name = "n",
     .summary = "instructions of the loop",
     .kind = WORKLOAD_NUMBER,
     .initial = 10000,
     .min = 2,
     .max = 1000000000,
     .multiple_of = 2},
    {.name = NULL},
};

static int spin_prepare(struct workload_run *run)
{
    struct spin_state *s = run->env->arena;

    if (run->env->arena_bytes < sizeof *s)
        return text_refuse(run->reason, sizeof run->reason, "spin: the arena is too small");
    s->start = SPIN_ANSWER - (uint64_t)SPIN_STEP * (run->arg[0] / 2);
    s->final = 0;
    run->state = s;
    run->work = run->arg[0];
    return 0;
}

static void spin_run(struct workload_run *run)
{
    struct spin_state *s = run->state;
    uint64_t r = s->start;

    /* Aligned, so that on hardware the loop lies in one fetch block everywhere. */
    __asm__ volatile(".p2align 5\n"
                     "1: addq %[step], %[r]\n"
                     "   jnc 1b\n"
                     : [r] "+r"(r)
                     : [step] "i"(SPIN_STEP)
                     : "cc");
    s->final = r;
}

static int spin_check(struct workload_run *run)
{
    const struct spin_state *s = run->state;
    struct text t = text_begin(run->answer, sizeof run->answer);

    text_put(&t, "r=0x");
    text_put_hex(&t, s->final, 16);
    if (s->final == SPIN_ANSWER)
        return 0;
    return text_refuse(run->reason, sizeof run->reason,
                       "spin: the loop register is not what the turns make");
}

const struct workload workload_spin = {
    .name = "spin",
    .summary = "a loop of a known number of instructions",
    .metric = "time",
    .unit = "ns/instruction",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = spin_params,
    .default_iterations = 50,
    .prepare = spin_prepare,
    .run = spin_run,
    .check = spin_check,
};
