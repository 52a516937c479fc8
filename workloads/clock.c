/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/clock.c - one read of the guest's clock between the markers: what drift is
 * estimated from (offset = reading - true time of the interval).
 *
 * run() leaves the reading in run->reading. The bookkeeping after the read
 * is without a branch, so that the read stands at the same place in every interval.
 *
 * Known answer: the clock never steps back. That is the subject's duty, not ours; a clock that
 * does gets the verdict fail and the number of its steps.
 */
#include "workloads/arena.h"
#include "workloads/list.h"
#include "workloads/text.h"

struct clock_state {
    uint64_t last_ns;
    uint64_t backsteps, reads;
};

static const struct workload_param clock_params[] = {{.name = NULL}};

static const char *clock_unavailable(const struct workload_run *run)
{
    return run->env->clock_ns ? NULL : "this place has no clock of its own to read";
}

static int clock_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct clock_state *s = arena_take(&a, sizeof *s, 64);

    if (!s)
        return arena_refuse(run, "the state");
    s->last_ns = 0;
    s->backsteps = 0;
    s->reads = 0;
    run->reading = 0;
    run->state = s;
    run->work = 1;
    return 0;
}

static void clock_run(struct workload_run *run)
{
    uint64_t now_ns = run->env->clock_ns();
    struct clock_state *s = run->state;

    run->reading = now_ns;
    s->backsteps += now_ns < s->last_ns;
    s->last_ns = now_ns;
    s->reads++;
}

static int clock_check(struct workload_run *run)
{
    const struct clock_state *s = run->state;
    struct text t = text_begin(run->answer, sizeof run->answer);

    text_put(&t, "reads=");
    text_put_u64(&t, s->reads);
    text_put(&t, " backsteps=");
    text_put_u64(&t, s->backsteps);
    run->figure[0].key = "backsteps";
    run->figure[0].value = s->backsteps;
    if (s->reads != run->iterations)
        return text_refuse(run->reason, sizeof run->reason,
                           "clock: not every iteration read the clock");
    if (s->backsteps)
        return text_refuse(run->reason, sizeof run->reason,
                           "clock: the guest's clock stepped back");
    return 0;
}

const struct workload workload_clock = {
    .name = "clock",
    .summary = "one read of the guest's clock, for drift against the true time",
    .metric = "time",
    .unit = "ns",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = clock_params,
    .default_iterations = 100,
    .has_reading = 1,
    .unavailable = clock_unavailable,
    .prepare = clock_prepare,
    .run = clock_run,
    .check = clock_check,
};
