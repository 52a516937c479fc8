/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/recover_fixture.h - the model of a boot: work of known length, a clock that reads what
 * was done to it, and the ledger of that. For tests that include it once.
 */
#ifndef ETALON_TESTS_UNIT_RECOVER_FIXTURE_H
#define ETALON_TESTS_UNIT_RECOVER_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/recover/recover.h"
#include "workloads/random.h"

#define SAMPLES 200
#define WORK_NS 2000000.0
#define PAUSE_NS 300000.0 /* between two intervals */
#define DELAY_NS 40.0     /* from a reading to its marker */
#define GAP_NS 210.0      /* what a steal adds of its own */
#define ORIGIN 10000000u  /* hypervisor's TSC at true time 0: a tick is a nanosecond */

static const struct clock_question question = {.kind = CLOCK_KIND_TIME,
                                               .unit_ns = 1,
                                               .step_ns = 2,
                                               .timebase_ppm = 0,
                                               .confidence = 0.95};

enum what { STEAL, HIDDEN, SHIFT };

struct event { /* at a true time, in the order of time */
    double at_ns;
    enum what what;
    double size_ns;
};

struct model {
    const struct event *event;
    size_t events;
    double rate, age_ns, noise_ns;
    uint64_t seed;
    int unknown_work; /* of every second sample */
};

static struct recover_sample sample[SAMPLES];
static struct recover_entry entry[SAMPLES];

/* The guest's TSC at a true time, jitter and noise apart. */
static double guest_at(const struct model *m, double t)
{
    double g = ORIGIN + t * (1 + m->rate);

    for (size_t i = 0; i < m->events && m->event[i].at_ns < t; i++) {
        if (m->event[i].what == SHIFT)
            g += m->event[i].size_ns;
        if (m->event[i].what == HIDDEN)
            g -= m->event[i].size_ns;
    }
    return g;
}

static uint64_t reading(const struct model *m, double t, uint64_t *random)
{
    double g = guest_at(m, t);

    g -= m->age_ns * ldexp((double)(random_next(random) >> 11), -53);
    for (int i = 0; i < 12; i++) /* the sum of twelve has a variance of one */
        g += m->noise_ns * (ldexp((double)(random_next(random) >> 11), -53) - 0.5);
    return (uint64_t)g;
}

/* Work that starts at t is over when it has had WORK_NS for itself. */
static double stop_of(const struct model *m, double t)
{
    double stop = t + WORK_NS;

    for (size_t i = 0; i < m->events; i++) {
        const struct event *e = &m->event[i];

        if (e->what != SHIFT && e->at_ns >= t && e->at_ns < stop)
            stop += e->size_ns + GAP_NS;
    }
    return stop;
}

static void run_model(const struct model *m)
{
    uint64_t random = m->seed;
    double t = 5000000;

    for (size_t i = 0; i < SAMPLES; i++) {
        const double stop = stop_of(m, t);

        sample[i] =
            (struct recover_sample){.bracket = {.start_ns = 2 * floor(t / 2),
                                                .stop_ns = 2 * floor(stop / 2),
                                                .before = reading(m, t - DELAY_NS, &random),
                                                .after = reading(m, stop + DELAY_NS, &random)},
                                    .clean_ns = m->unknown_work && i % 2 ? NAN : WORK_NS,
                                    .run = (int64_t)(i / 50)};
        t = stop + PAUSE_NS;
    }
}

/* The ledger of what the model did. */
static void write_ledger(const struct model *m)
{
    static const char *const names[] = {"steal", "pause", "offset_step"};

    for (size_t i = 0; i < m->events; i++) {
        const struct event *e = &m->event[i];

        entry[i] = (struct recover_entry){
            .kind = e->what == SHIFT && e->size_ns < 0 ? "backstep" : names[e->what],
            .begin = (uint64_t)(ORIGIN + e->at_ns),
            .end = (uint64_t)(ORIGIN + e->at_ns + (e->what == SHIFT ? 0 : e->size_ns)),
            .guest = (uint64_t)guest_at(m, e->at_ns),
            .requested = (int64_t)e->size_ns - 1,
            .delivered = (int64_t)e->size_ns,
            .visible = e->what == HIDDEN ? 0 : (int64_t)e->size_ns,
            .count = 1};
    }
}

static struct recover_found find(const struct model *m)
{
    struct recover_found f;

    run_model(m);
    assert_int_equal(recover_find(sample, SAMPLES, &question, &f), 0);
    return f;
}

#endif
