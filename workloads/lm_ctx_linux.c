/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/lm_ctx_linux.c - context switches: a ring of processes joined by pipes. Whoever
 * reads the token sums up `size` bytes of its own, adds one to the token and writes it on. On
 * one processor each hop is a switch; this process is one of the ring.
 *
 * A hop costs more than the switch: reading, summing, writing. op=overhead does the same calls
 * and sums in this process alone, over as many pipes; analysis subtracts its time per hop.
 * Nothing is subtracted here.
 *
 * Known answer: the token counts every hop, and a process whose sum is wrong spoils it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workloads/arena.h"
#include "workloads/linux_only.h"
#include "workloads/child_linux.h"
#include "workloads/text.h"

#define SPOILED ((uint64_t)1 << 63)

struct lm_ctx_state {
    unsigned procs;
    size_t words;      /* each process sums up */
    uint64_t *memory;  /* this process's; a child's copy parts from it at the fork */
    uint64_t expected; /* sum of it */
    uint64_t token;
    int failed;                    /* the ring broke inside an interval */
    int from[LM_CTX_MAX_PROCS][2]; /* pipe i: written by process i, read by the next */
    pid_t child[LM_CTX_MAX_PROCS]; /* 1 .. procs-1; 0 not started */
    void (*sigpipe)(int);          /* what the agent did on SIGPIPE */
};

struct lm_ctx_member { /* what a child must know; on the parent's stack at the fork */
    struct lm_ctx_state *state;
    unsigned index;
};

/* Volatile: the sum must be formed at every hop. */
static uint64_t sum_up(const uint64_t *memory, size_t words)
{
    const volatile uint64_t *p = memory;
    uint64_t sum = 0;

    for (size_t i = 0; i < words; i++)
        sum += p[i];
    return sum;
}

static uint64_t hop(const struct lm_ctx_state *s, uint64_t token)
{
    return sum_up(s->memory, s->words) == s->expected ? token + 1 : token | SPOILED;
}

/* Keep only the two ends a process reads and writes: when a member dies, the end of its pipes
 * runs round the ring instead of leaving everybody waiting. */
static void keep_ends(struct lm_ctx_state *s, int in, int out)
{
    for (unsigned i = 0; i < s->procs; i++) {
        for (unsigned end = 0; end < 2; end++) {
            int fd = s->from[i][end];

            if (fd < 0 || fd == in || fd == out)
                continue;
            close(fd);
            s->from[i][end] = -1;
        }
    }
}

static void close_ring(struct lm_ctx_state *s)
{
    keep_ends(s, -1, -1);
}

static void member(void *argument)
{
    const struct lm_ctx_member *m = argument;
    struct lm_ctx_state *s = m->state;
    int in = s->from[m->index - 1][0], out = s->from[m->index][1];
    uint64_t token;

    keep_ends(s, in, out);
    /* A write parts the copy of a page from the parent's: each process has its own memory. */
    for (size_t i = 0; i < s->words; i++)
        ((volatile uint64_t *)s->memory)[i] = s->memory[i];
    while (pipe_read_all(in, &token, sizeof token) == 0) {
        token = hop(s, token);
        if (pipe_write_all(out, &token, sizeof token) < 0)
            break;
    }
}

static int start_ring(struct workload_run *run, struct lm_ctx_state *s)
{
    struct lm_ctx_member m = {.state = s};

    for (unsigned i = 0; i < s->procs; i++) {
        if (pipe2(s->from[i], O_CLOEXEC) < 0)
            return child_refuse(run, "pipe", errno);
    }
    if (run->arg[LM_CTX_OP] == LM_CTX_OVERHEAD)
        return 0;
    for (m.index = 1; m.index < s->procs; m.index++) {
        s->child[m.index] = child_spawn(member, &m);
        if (s->child[m.index] < 0)
            return child_refuse(run, "fork", errno);
    }
    keep_ends(s, s->from[s->procs - 1][0], s->from[0][1]);
    return 0;
}

int lm_ctx_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct lm_ctx_state *s = arena_take(&a, sizeof *s, 64);

    if (!s)
        return arena_refuse(run, "the state");
    memset(s, 0, sizeof *s);
    memset(s->from, 0xff, sizeof s->from); /* -1: not open */
    s->procs = (unsigned)run->arg[LM_CTX_PROCS];
    s->words = run->arg[LM_CTX_SIZE] / sizeof *s->memory;
    s->memory = arena_take(&a, run->arg[LM_CTX_SIZE], 4096);
    if (!s->memory)
        return arena_refuse(run, "the size");
    for (size_t i = 0; i < s->words; i++) {
        s->memory[i] = i + 1;
        s->expected += i + 1;
    }
    run->state = s;
    s->sigpipe = signal(SIGPIPE, SIG_IGN); /* a broken ring is an error to see */
    run->work = s->procs * run->arg[LM_CTX_ROUNDS];
    if (start_ring(run, s) < 0) {
        lm_ctx_cleanup(run);
        return -1;
    }
    /* Once round before any interval: the children have started and parted their memory. */
    lm_ctx_run(run);
    if (s->failed || s->token != run->work) {
        lm_ctx_cleanup(run);
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-ctx: the ring did not come round once");
    }
    s->token = 0;
    return 0;
}

static void round_ring(struct lm_ctx_state *s)
{
    if (pipe_write_all(s->from[0][1], &s->token, sizeof s->token) < 0 ||
        pipe_read_all(s->from[s->procs - 1][0], &s->token, sizeof s->token) < 0)
        s->failed = 1;
    s->token = hop(s, s->token);
}

static void round_alone(struct lm_ctx_state *s)
{
    for (unsigned i = 0; i < s->procs; i++) {
        if (pipe_write_all(s->from[i][1], &s->token, sizeof s->token) < 0 ||
            pipe_read_all(s->from[i][0], &s->token, sizeof s->token) < 0)
            s->failed = 1;
        s->token = hop(s, s->token);
    }
}

void lm_ctx_run(struct workload_run *run)
{
    struct lm_ctx_state *s = run->state;
    void (*round)(struct lm_ctx_state *) =
        run->arg[LM_CTX_OP] == LM_CTX_RING ? round_ring : round_alone;

    for (uint64_t i = 0; i < run->arg[LM_CTX_ROUNDS] && !s->failed; i++)
        round(s);
}

int lm_ctx_check(struct workload_run *run)
{
    const struct lm_ctx_state *s = run->state;
    struct text t = text_begin(run->answer, sizeof run->answer);

    text_put(&t, "hops=");
    text_put_u64(&t, s->token);
    if (s->failed)
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-ctx: a pipe of the ring broke");
    if (s->token & SPOILED)
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-ctx: a process found its memory changed");
    if (s->token == 0 || s->token != run->iterations * run->work)
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-ctx: the token did not make every hop");
    return 0;
}

void lm_ctx_cleanup(struct workload_run *run)
{
    struct lm_ctx_state *s = run->state;

    if (!s)
        return;
    close_ring(s);
    for (unsigned i = 1; i < s->procs; i++) {
        child_end(s->child[i]);
        s->child[i] = 0;
    }
    signal(SIGPIPE, s->sigpipe);
}
