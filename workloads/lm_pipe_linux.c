/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/lm_pipe_linux.c - pipes between this process and one other.
 *
 *   lm-pipe-lat  a byte goes there and back, n times; the other adds one to it
 *   lm-pipe-bw   the other writes `chunks` times `chunk` bytes, this one reads them all; the
 *                order to begin is 8 bytes over a second pipe and part of the interval
 *
 * Known answers: the byte counts round trips (modulo 256) and no read or write fell short;
 * every chunk begins with its number, and the last one is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "workloads/arena.h"
#include "workloads/linux_only.h"
#include "workloads/child_linux.h"
#include "workloads/text.h"

struct lm_pipe_state {
    int there[2], back[2]; /* pipes: this process to the other, the other to this one */
    pid_t child;
    void (*sigpipe)(int); /* what the agent did on SIGPIPE */
    int failed;           /* a pipe broke inside an interval */
    uint8_t byte;         /* lm-pipe-lat: the token */
    uint64_t trips;       /* made so far */
    uint64_t wrong;       /* bits in which any token or chunk number differed */
    size_t chunk;         /* lm-pipe-bw: bytes */
    uint64_t chunks;      /* numbered so far … */
    uint64_t warmed_up;   /* … and when the intervals began */
    uint64_t order;       /* chunks asked for in one go */
    uint64_t *data;       /* the last chunk */
};

/* Word w >= 1 of every chunk; word 0 is the chunk's number. */
static uint64_t chunk_word(size_t w)
{
    return (w + 1) * 0x9E3779B97F4A7C15u;
}

static struct lm_pipe_state *take_state(struct workload_run *run, struct arena *a)
{
    struct lm_pipe_state *s = arena_take(a, sizeof *s, 64);

    if (!s) {
        arena_refuse(run, "the state");
        return NULL;
    }
    memset(s, 0, sizeof *s);
    s->there[0] = s->there[1] = s->back[0] = s->back[1] = -1;
    s->sigpipe = signal(SIGPIPE, SIG_IGN); /* a broken pipe is an error to see */
    run->state = s;
    return s;
}

/* Also twice, and where nothing was begun. */
static void end_pair(struct lm_pipe_state *s)
{
    if (!s)
        return;
    for (unsigned end = 0; end < 2; end++) {
        if (s->there[end] >= 0)
            close(s->there[end]);
        if (s->back[end] >= 0)
            close(s->back[end]);
        s->there[end] = s->back[end] = -1;
    }
    child_end(s->child);
    s->child = 0;
    signal(SIGPIPE, s->sigpipe);
}

static int start_pair(struct workload_run *run, struct lm_pipe_state *s, void (*body)(void *))
{
    if (pipe2(s->there, O_CLOEXEC) < 0 || pipe2(s->back, O_CLOEXEC) < 0) {
        child_refuse(run, "pipe", errno);
        end_pair(s);
        return -1;
    }
    s->child = child_spawn(body, s);
    if (s->child < 0) {
        child_refuse(run, "fork", errno);
        end_pair(s);
        return -1;
    }
    close(s->there[0]); /* else a dead child would leave this process waiting */
    close(s->back[1]);
    s->there[0] = s->back[1] = -1;
    return 0;
}

/* One run before any interval, so that the other process is up; then count from 0 again. */
static int warm_up(struct workload_run *run, struct lm_pipe_state *s)
{
    run->workload->run(run);
    if (s->failed || s->wrong) {
        end_pair(s);
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-pipe: the other process did not answer");
    }
    s->trips = 0;
    return 0;
}

static void echo(void *argument)
{
    const struct lm_pipe_state *s = argument;
    uint8_t byte;

    close(s->there[1]);
    close(s->back[0]);
    while (pipe_read_all(s->there[0], &byte, 1) == 0) {
        byte++;
        if (pipe_write_all(s->back[1], &byte, 1) < 0)
            break;
    }
}

int lm_pipe_lat_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct lm_pipe_state *s = take_state(run, &a);

    if (!s)
        return -1;
    run->work = run->arg[LM_PIPE_LAT_N];
    if (start_pair(run, s, echo) < 0 || warm_up(run, s) < 0)
        return -1;
    s->byte = 0;
    return 0;
}

void lm_pipe_lat_run(struct workload_run *run)
{
    struct lm_pipe_state *s = run->state;

    for (uint64_t i = 0; i < run->arg[LM_PIPE_LAT_N] && !s->failed; i++) {
        uint8_t expected = (uint8_t)(s->byte + 1);

        if (pipe_write_all(s->there[1], &s->byte, 1) < 0 ||
            pipe_read_all(s->back[0], &s->byte, 1) < 0)
            s->failed = 1;
        s->wrong |= s->byte ^ expected;
        s->trips++;
    }
}

static int pair_failed(struct workload_run *run, const struct lm_pipe_state *s)
{
    if (s->failed)
        return text_refuse(run->reason, sizeof run->reason, "lm-pipe: a pipe broke");
    if (s->wrong)
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-pipe: what came back is not what the other process sends");
    return 0;
}

int lm_pipe_lat_check(struct workload_run *run)
{
    const struct lm_pipe_state *s = run->state;
    struct text t = text_begin(run->answer, sizeof run->answer);

    text_put(&t, "trips=");
    text_put_u64(&t, s->trips);
    text_put(&t, " byte=");
    text_put_u64(&t, s->byte);
    if (pair_failed(run, s))
        return -1;
    if (s->trips == 0 || s->trips != run->iterations * run->arg[LM_PIPE_LAT_N] ||
        s->byte != (uint8_t)s->trips)
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-pipe-lat: the byte did not make every round trip");
    return 0;
}

void lm_pipe_lat_cleanup(struct workload_run *run)
{
    end_pair(run->state);
}

/* The other process's chunk, in its own copy of the memory: made once, numbered at each write. */
static void source(void *argument)
{
    struct lm_pipe_state *s = argument;
    uint64_t order;

    close(s->there[1]);
    close(s->back[0]);
    for (size_t w = 1; w < s->chunk / sizeof *s->data; w++)
        s->data[w] = chunk_word(w);
    while (pipe_read_all(s->there[0], &order, sizeof order) == 0) {
        for (uint64_t i = 0; i < order; i++) {
            s->data[0] = s->chunks++;
            if (pipe_write_all(s->back[1], s->data, s->chunk) < 0)
                return;
        }
    }
}

int lm_pipe_bw_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct lm_pipe_state *s = take_state(run, &a);

    if (!s)
        return -1;
    s->chunk = run->arg[LM_PIPE_BW_CHUNK];
    s->order = run->arg[LM_PIPE_BW_CHUNKS];
    s->data = arena_take(&a, s->chunk, 4096);
    if (!s->data)
        return arena_refuse(run, "the chunk");
    memset(s->data, 0, s->chunk);
    run->work = s->chunk * s->order;
    if (start_pair(run, s, source) < 0 || warm_up(run, s) < 0)
        return -1;
    memset(s->data, 0, s->chunk);
    s->warmed_up = s->chunks;
    return 0;
}

void lm_pipe_bw_run(struct workload_run *run)
{
    struct lm_pipe_state *s = run->state;

    if (s->failed)
        return;
    if (pipe_write_all(s->there[1], &s->order, sizeof s->order) < 0)
        s->failed = 1;
    for (uint64_t i = 0; i < s->order && !s->failed; i++) {
        if (pipe_read_all(s->back[0], s->data, s->chunk) < 0)
            s->failed = 1;
        s->wrong |= s->data[0] ^ s->chunks++;
    }
}

int lm_pipe_bw_check(struct workload_run *run)
{
    const struct lm_pipe_state *s = run->state;
    struct text t = text_begin(run->answer, sizeof run->answer);

    text_put(&t, "chunks=");
    text_put_u64(&t, s->chunks - s->warmed_up);
    if (pair_failed(run, s))
        return -1;
    for (size_t w = 1; w < s->chunk / sizeof *s->data; w++) {
        if (s->data[w] != chunk_word(w))
            return text_refuse(run->reason, sizeof run->reason,
                               "lm-pipe-bw: the last chunk is damaged");
    }
    if (run->iterations == 0 || s->chunks - s->warmed_up != run->iterations * s->order)
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-pipe-bw: not every chunk came");
    return 0;
}

void lm_pipe_bw_cleanup(struct workload_run *run)
{
    end_pair(run->state);
}
