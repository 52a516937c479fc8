/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/agent/observing.c - etalon-agent --observing COLLECTOR; see observing.h. */
#include "hv-under-test/observing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "hv-under-test/agent/agent.h"
#include "hv-under-test/target/collection.h"

static struct collection collection;

static double now_ns(void)
{
    struct timespec t = {0, 0};

    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ns of n samples of `name`; "none" reads nothing. */
static double batch(const struct workload_observer *o, const char *name, unsigned n)
{
    double begin;

    o->choose(o->place, name);
    o->sample(o->place); /* warm */
    begin = now_ns();
    for (unsigned i = 0; i < n; i++)
        o->sample(o->place);
    return now_ns() - begin;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct observing measure(const struct workload_observer *o, const char *name)
{
    double ns[OBSERVING_PAIRS];
    unsigned n = 1;

    while (n < OBSERVING_BATCH_MAX && batch(o, name, n) < OBSERVING_BATCH_NS)
        n *= 2;
    for (unsigned i = 0; i < OBSERVING_PAIRS; i++) {
        /* By turns, so that a clock rate that drifts is in both sides alike. */
        const double first = batch(o, i % 2 ? name : "none", n);
        const double second = batch(o, i % 2 ? "none" : name, n);

        ns[i] = (i % 2 ? first - second : second - first) / n;
    }
    qsort(ns, OBSERVING_PAIRS, sizeof ns[0], ascending);
    return (struct observing){
        .n = n,
        .least = ns[0],
        .low = ns[OBSERVING_LOW],
        .median = (ns[OBSERVING_PAIRS / 2 - 1] + ns[OBSERVING_PAIRS / 2]) / 2,
        .high = ns[OBSERVING_HIGH],
    };
}

/* NULL, or why there is no figure. */
static const char *observe(const char *name, struct observing *out)
{
    const struct workload_observer *o;
    const struct collector *const *table;
    const char *why = NULL;
    size_t count, i = 0;

    table = collector_table(&count);
    while (i < count && strcmp(table[i]->name, name) != 0)
        i++;
    if (i == count)
        return "there is no collector of that name";
    why = system_pin();
    if (why)
        return why;
    mlockall(MCL_CURRENT | MCL_FUTURE); /* refused to an ordinary user: then it may fault */
    why = collection_choose(&collection, 1u << i, 0);
    if (why)
        return why;
    o = collection_observer(&collection);
    why = o->unavailable(o->place, name);
    if (why)
        return why;
    *out = measure(o, name);
    return collection_failed(&collection);
}

int agent_observe(const char *collector)
{
    struct observing cost;
    const char *why = observe(collector, &cost);

    if (why)
        printf(OBSERVING_NONE "%s\n", why);
    else
        printf(OBSERVING_LINE, cost.n, cost.least, cost.low, cost.median, cost.high);
    return why ? 1 : 0;
}
