/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/observe.c - what observing costs: n samples of a collector, each what is read before
 * a START and what is read after a STOP, between two markers.
 *
 * `none` is the same loop and the same call with nothing to read: the baseline that analysis
 * subtracts (view observer_costs). Of an ordinary interval none of this is a part: there the
 * readings lie outside the markers, and the cost only makes a run longer.
 *
 * Known answer: every sample was taken, as counted by who takes them.
 */
#include "workloads/arena.h"
#include "workloads/list.h"
#include "workloads/text.h"

/* Those of collector_table() and none; a unit test holds the two lists against each other. */
static const char *const collector_names[] = {
    "none",      "accounting", "soft", "pmu-stall", "pmu-cache", "pmu-branch", "pmu-tlb",
    "pmu-split", "pmu",        "msr",  "clocks",    "steal",     NULL,
};

enum { COLLECTOR, SAMPLES };

static const struct workload_param observe_params[] = {
    {.name = "collector",
     .summary = "what is read; none is the baseline",
     .kind = WORKLOAD_CHOICE,
     .choices = collector_names},
    {.name = "n",
     .summary = "samples in one interval",
     .kind = WORKLOAD_NUMBER,
     .initial = 10,
     .min = 1,
     .max = 1000000},
    {.name = NULL},
};

struct observe_state {
    uint64_t before; /* samples taken until prepare() */
};

static const char *name_of(const struct workload_run *run)
{
    return collector_names[run->arg[COLLECTOR]];
}

static const char *observe_unavailable(const struct workload_run *run)
{
    const struct workload_observer *o = run->env->observer;

    return o ? o->unavailable(o->place, name_of(run)) : "nobody reads collectors here";
}

static int observe_prepare(struct workload_run *run)
{
    const struct workload_observer *o = run->env->observer;
    struct arena a = arena_begin(run->env);
    struct observe_state *s = arena_take(&a, sizeof *s, 64);

    if (!s)
        return arena_refuse(run, "the state");
    o->choose(o->place, name_of(run));
    o->sample(o->place); /* warm: what the first one faults in */
    s->before = o->samples(o->place);
    run->state = s;
    run->work = run->arg[SAMPLES];
    return 0;
}

static void observe_run(struct workload_run *run)
{
    const struct workload_observer *o = run->env->observer;
    void (*sample)(void *) = o->sample;
    void *place = o->place;

    for (uint64_t i = run->arg[SAMPLES]; i; i--)
        sample(place);
}

static int observe_check(struct workload_run *run)
{
    const struct workload_observer *o = run->env->observer;
    const struct observe_state *s = run->state;
    const uint64_t taken = o->samples(o->place) - s->before;
    struct text t = text_begin(run->answer, sizeof run->answer);

    text_put(&t, "samples=");
    text_put_u64(&t, taken);
    if (taken != run->iterations * run->arg[SAMPLES])
        return text_refuse(run->reason, sizeof run->reason,
                           "observe: not every sample was taken");
    return 0;
}

const struct workload workload_observe = {
    .name = "observe",
    .summary = "what reading a collector costs, before START and after STOP together",
    .metric = "observer-cost",
    .unit = "ns/sample",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = observe_params,
    .default_iterations = 20,
    .unavailable = observe_unavailable,
    .prepare = observe_prepare,
    .run = observe_run,
    .check = observe_check,
};
