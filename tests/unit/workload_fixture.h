/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/workload_fixture.h - run a workload as the target does, on this computer; and
 * count its instructions by single steps.
 */
#ifndef ETALON_TESTS_WORKLOAD_FIXTURE_H
#define ETALON_TESTS_WORKLOAD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "workloads/workload.h"

#define FIXTURE_ARENA_BYTES (32u << 20)
#define FIXTURE_SEED 20250101u

struct fixture {
    struct workload_env env;
    struct workload_run run;
    uint32_t iterations;
    char reason[WORKLOAD_REASON_BYTES];
};

static uint64_t fixture_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void fixture_open(struct fixture *f, size_t arena_bytes)
{
    memset(f, 0, sizeof *f);
    f->env.flags = WORKLOAD_ON_LINUX;
    f->env.seed = FIXTURE_SEED;
    f->env.arena_bytes = arena_bytes;
    f->env.arena =
        mmap(NULL, arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(f->env.arena != MAP_FAILED);
    memset(f->env.arena, 0xA5, arena_bytes); /* "contents undefined" */
    f->env.clock_ns = fixture_clock_ns;
}

static inline void fixture_close(struct fixture *f)
{
    munmap(f->env.arena, f->env.arena_bytes);
}

static inline void fixture_parse(struct fixture *f, const char *text)
{
    memset(&f->run, 0, sizeof f->run);
    f->run.env = &f->env;
    if (workload_parse(text, strlen(text), &f->run, &f->iterations, f->reason) < 0)
        fail_msg("%s: %s", text, f->reason);
}

static inline void fixture_prepare(struct fixture *f, const char *text)
{
    const struct workload *w;

    fixture_parse(f, text);
    w = f->run.workload;
    if (w->unavailable)
        assert_null(w->unavailable(&f->run));
    if (w->prepare && w->prepare(&f->run) != 0)
        fail_msg("%s: %s", text, f->run.reason);
    assert_true(f->run.work > 0);
}

static inline void fixture_iterate(struct fixture *f, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t before;

        if (f->run.workload->reset)
            f->run.workload->reset(&f->run);
        before = f->env.clock_ns();
        if (f->run.workload->run)
            f->run.workload->run(&f->run);
        f->run.guest_ns_total += f->env.clock_ns() - before;
        f->run.iterations++;
    }
}

/* check() and cleanup(); the verdict of check(). A refusal must come with a reason. */
static inline int fixture_check(struct fixture *f)
{
    int result = f->run.workload->check(&f->run);

    assert_true((result != 0) == (f->run.reason[0] != '\0'));
    if (f->run.workload->cleanup)
        f->run.workload->cleanup(&f->run);
    return result;
}

/* The whole life of a run; what check() says. */
static inline int fixture_life(struct fixture *f, const char *text, unsigned count)
{
    fixture_prepare(f, text);
    fixture_iterate(f, count);
    return fixture_check(f);
}

/*
 * Instructions of f(arg), counted by single-stepping a child. The count includes a constant for
 * the call, so only differences mean something. -1 where ptrace is refused.
 */
static inline long fixture_steps(void (*f)(void *), void *arg)
{
    volatile int *inside;
    long count = 0;
    int status;
    pid_t child;

    inside = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(inside != MAP_FAILED);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(77);
        raise(SIGSTOP);
        *inside = 1;
        f(arg);
        *inside = 0;
        _exit(0);
    }
    for (;;) {
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFSTOPPED(status))
            break;
        count += *inside;
        if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            count = -1;
            break;
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        count = -1;
    munmap((void *)(uintptr_t)inside, 4096);
    return count;
}

static inline void fixture_run(void *run)
{
    struct workload_run *r = run;

    r->workload->run(r);
}

/* Of one run() of these parameters. */
static inline long fixture_count(struct fixture *f, const char *text)
{
    fixture_prepare(f, text);
    if (f->run.workload->reset)
        f->run.workload->reset(&f->run);
    return fixture_steps(fixture_run, &f->run);
}

#endif
