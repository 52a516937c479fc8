/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Distortions found in intervals and readings: every kind is injected into a model of a boot and
 * must come back with its size and place, alone and with others; a clean boot shows nothing; a
 * ledger that says something else than was done is caught.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/recover.h"
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

static void test_clean(void **state)
{
    const struct model m = {.rate = 0};
    struct recover_found f = find(&m);

    (void)state;
    assert_int_equal(f.steps, 0);
    assert_int_equal(f.taken, 0);
    assert_true(f.spread_ns <= 2 * (question.unit_ns + question.step_ns));
    assert_true(f.rate.low < 0 && f.rate.high > 0);
    assert_true(f.rate.high < 0.1e-6);
    recover_free(&f);
}

static void test_rates(void **state)
{
    static const double ppm[] = {0.1, -1, 17, 50, -500.5, 100000};

    (void)state;
    for (size_t i = 0; i < sizeof(ppm) / sizeof(ppm[0]); i++) {
        const struct model m = {.rate = ppm[i] * 1e-6};
        struct recover_found f = find(&m);

        assert_int_equal(f.steps, 0);
        assert_true(f.drifts);
        assert_true(f.rate.low <= m.rate && f.rate.high >= m.rate);
        assert_true(f.rate.high - f.rate.low < 0.1e-6);
        recover_free(&f);
    }
}

/* Wherever a step comes, its size is exact and it is one. */
static void test_steps_anywhere(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        const double size = i % 2 ? 12345 : -15000;
        const struct event e = {7500000 + i * 1000003.0, SHIFT, size};
        const struct model m = {.event = &e, .events = 1, .rate = i % 3 * 20e-6};
        struct recover_found f = find(&m);

        assert_int_equal(f.steps, 1);
        assert_true(fabs(f.step[0].size_ns - size) <= question.unit_ns + question.step_ns);
        assert_false(f.step[0].paused);
        assert_int_equal(f.taken, 0);
        assert_true(f.rate.low <= m.rate && f.rate.high >= m.rate);
        recover_free(&f);
    }
}

static void test_many_steps(void **state)
{
    struct event e[40];
    const struct model m = {.event = e, .events = 40, .rate = 17e-6};
    struct recover_found f;
    double sum = 0;

    (void)state;
    for (unsigned i = 0; i < 40; i++)
        e[i] = (struct event){10000000 + i * 10111111.0, SHIFT, -15000};
    f = find(&m);
    assert_int_equal(f.steps, 40);
    for (size_t i = 0; i < f.steps; i++)
        sum += f.step[i].size_ns;
    assert_true(fabs(sum + 40 * 15000) < 40);
    assert_true(f.rate.low <= m.rate && f.rate.high >= m.rate);
    recover_free(&f);
}

/* Other guests' turns, told one by one or several in an entry. */
static void gather(size_t events, size_t several)
{
    size_t n = 0;

    for (size_t i = 0; i < events; i += several, n++) {
        struct recover_entry all = entry[i];

        all.kind = "guests";
        for (size_t j = i + 1; j < i + several; j++) {
            all.end = entry[j].end;
            all.delivered += entry[j].delivered;
            all.visible += entry[j].visible;
            all.count++;
        }
        entry[n] = all;
    }
}

static void test_guests(void **state)
{
    struct event e[100];
    const struct model m = {.event = e, .events = 100, .unknown_work = 1};
    struct recover_truth truth[RECOVER_KINDS];
    const struct recover_truth *t = &truth[RECOVER_STEAL];
    struct recover_gaps gaps;
    struct recover_found f;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        e[i] = (struct event){6000000 + i * 290000.0, STEAL, 150000 + i};
    f = find(&m);
    write_ledger(&m);
    gather(100, 1);
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 100, truth, &gaps),
                     0);
    assert_true(t->injected > 20 && t->missed > 20 && !t->partly && !t->small);
    assert_int_equal(t->times, t->injected);
    assert_true(gaps.least_ns >= GAP_NS - 2 && gaps.most_ns <= GAP_NS + 2);
    assert_true(gaps.least_ns == gaps.short_ns && gaps.most_ns == gaps.unexplained_ns);

    write_ledger(&m);
    gather(100, 5);
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 20, truth, &gaps),
                     0);
    assert_int_equal(t->injected + t->missed + t->partly, 20);
    assert_true(t->partly >= 2 && t->partly_ns > 150000 * 5.0 * 2);
    assert_true(t->times == 5 * t->injected);
    /* What is open neither hides too little … */
    assert_true(gaps.short_ns >= 0 && gaps.unexplained_ns <= GAP_NS + 2);
    /* … nor too much. */
    for (unsigned i = 0; i < 20; i++)
        entry[i].delivered *= 3;
    recover_place(sample, SAMPLES, &f, &question, entry, 20, truth, &gaps);
    assert_true(gaps.short_ns < 0);
    for (unsigned i = 0; i < 20; i++)
        entry[i].delivered /= 30;
    recover_place(sample, SAMPLES, &f, &question, entry, 20, truth, &gaps);
    assert_true(gaps.unexplained_ns > RECOVER_GAP_NS);
    recover_free(&f);
}

/* Too little in each interval: none is said to be found, none to be overlooked. */
static void test_small(void **state)
{
    struct event e[100];
    const struct model m = {.event = e, .events = 100};
    struct recover_truth truth[RECOVER_KINDS];
    const struct recover_truth *t = &truth[RECOVER_STEAL];
    struct recover_gaps gaps;
    struct recover_found f;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        e[i] = (struct event){6000000 + i * 5000000.0, STEAL, 1800};
    e[50].size_ns = 90000;
    f = find(&m);
    assert_int_equal(f.taken, 1);
    write_ledger(&m);
    gather(100, 1);
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 100, truth, &gaps),
                     0);
    assert_int_equal(t->injected, 1);
    assert_true(t->small > 20);
    assert_int_equal(t->small + t->missed, 99);
    assert_true(t->small_ns == 1800.0 * (double)t->small && t->delivered == 90000);
    assert_true(gaps.most_ns <= GAP_NS + 2);
    recover_free(&f);
}

static void test_steals(void **state)
{
    struct event e[100];
    const struct model m = {.event = e, .events = 100, .unknown_work = 1};
    struct recover_truth truth[RECOVER_KINDS];
    struct recover_gaps gaps;
    struct recover_found f;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        e[i] = (struct event){6000000 + i * 5000000.0, STEAL, 150000 + i};
    f = find(&m);
    write_ledger(&m);
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 100, truth, &gaps),
                     0);
    assert_int_equal(f.steps, 0);
    assert_true(truth[RECOVER_STEAL].injected > 20);
    assert_true(truth[RECOVER_STEAL].missed > 20);
    assert_int_equal(truth[RECOVER_STEAL].injected + truth[RECOVER_STEAL].missed, 100);
    assert_true(fabs(f.taken_ns - truth[RECOVER_STEAL].delivered -
                     GAP_NS * (double)truth[RECOVER_STEAL].injected) <
                2.0 * (double)truth[RECOVER_STEAL].injected);
    assert_true(gaps.least_ns >= GAP_NS - 2 && gaps.most_ns <= GAP_NS + 2);
    assert_true(truth[RECOVER_STEAL].requested < truth[RECOVER_STEAL].delivered);
    recover_free(&f);

    /* A ledger that claims more, or less, is not what was found. */
    f = find(&m);
    for (unsigned i = 0; i < 100; i++)
        entry[i].delivered += i == 60 ? 500 : 0;
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 100, truth, &gaps),
                     0);
    if (gaps.least_ns >= 0) { /* entry 60 lies in work that is not known */
        for (unsigned i = 0; i < 100; i++)
            entry[i].delivered += 500;
        recover_place(sample, SAMPLES, &f, &question, entry, 100, truth, &gaps);
    }
    assert_true(gaps.least_ns < 0);
    recover_free(&f);
}

/* The ledger's time is tied to the samples' no better than the way between a reading and its marker:
 * a steal at an interval's edge is placed by what the interval took, not by chance. */
static void test_steals_at_the_edges(void **state)
{
    enum { END = (int)(WORK_NS + 70000 + GAP_NS) };
    static const double from_begin[] = {20, END - 20, -20, END + 20};

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        const double begin = 5000000 + 50 * (WORK_NS + PAUSE_NS),
                     at = begin + from_begin[i / 2];
        const struct event e[] = {{at, STEAL, 500000}, {begin + WORK_NS / 2, STEAL, 70000}};
        /* In the order of time, whichever that is. */
        const struct event turned[] = {e[1], e[0]};
        const struct model m = {.event = e[0].at_ns < e[1].at_ns ? e : turned, .events = 2};
        struct recover_truth truth[RECOVER_KINDS];
        struct recover_gaps gaps;
        struct recover_found f = find(&m);
        size_t seen;

        write_ledger(&m);
        for (unsigned k = 0; k < 2; k++)
            entry[k].guest += i % 2 ? 35 : -35;
        assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 2, truth, &gaps),
                         0);
        seen = f.taken_ns > 500000 ? 2 : 1;
        assert_int_equal(truth[RECOVER_STEAL].injected, seen);
        assert_int_equal(truth[RECOVER_STEAL].injected + truth[RECOVER_STEAL].missed, 2);
        assert_true(gaps.least_ns >= GAP_NS - 2 && gaps.most_ns <= GAP_NS + 2);
        recover_free(&f);
    }
}

/* In known work a hidden pause is one; elsewhere it is a step back to everybody outside. */
static void test_hidden_pauses(void **state)
{
    unsigned paused = 0, back = 0;

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        const struct event e = {20000000 + i * 3000017.0, HIDDEN, 700000};
        const struct model m = {.event = &e, .events = 1, .unknown_work = 1};
        struct recover_truth truth[RECOVER_KINDS];
        struct recover_gaps gaps;
        struct recover_found f = find(&m);

        write_ledger(&m);
        assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 1, truth, &gaps),
                         0);
        assert_int_equal(f.steps, 1);
        assert_true(fabs(f.step[0].size_ns + 700000) <= 3);
        assert_int_equal(f.taken, 0);
        assert_int_equal(f.step[0].paused, truth[RECOVER_PAUSE].injected);
        if (f.step[0].paused) {
            assert_true(truth[RECOVER_PAUSE].delivered == 700000);
            paused++;
        } else {
            assert_true(truth[RECOVER_BACK].delivered == -700000);
            back++;
        }
        recover_free(&f);
    }
    assert_true(paused > 10 && back > 10);
}

/* What comes together in one interval: a step back and a steal are no pause; a pause and a steal
 * look like that, too. A pause is what explains the interval alone. */
static void test_together(void **state)
{
    static const struct {
        enum what what;
        double size_ns, taken_ns, step_ns;
    } cases[] = {
        {SHIFT, -20000, 100000, -20000}, /* with the steal of 100000 */
        {SHIFT, -80000, 100000, -80000}, {SHIFT, -150000, 100000, -150000},
        {HIDDEN, 20000, 120000, -20000}, {HIDDEN, 700000, 800000, -700000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const double at = 5000000 + 50 * (WORK_NS + PAUSE_NS);
        const struct event e[] = {{at + 500000, STEAL, 100000},
                                  {at + 900000, cases[i].what, cases[i].size_ns}};
        const struct model m = {.event = e, .events = 2};
        struct recover_truth truth[RECOVER_KINDS];
        struct recover_gaps gaps;
        struct recover_found f = find(&m);

        write_ledger(&m);
        assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 2, truth, &gaps),
                         0);
        assert_int_equal(f.steps, 1);
        assert_false(f.step[0].paused);
        assert_true(fabs(f.step[0].size_ns - cases[i].step_ns) <= 3);
        assert_int_equal(f.taken, 1);
        assert_true(f.taken_ns >= cases[i].taken_ns && f.taken_ns <= cases[i].taken_ns + 500);
        assert_int_equal(truth[RECOVER_PAUSE].injected + truth[RECOVER_PAUSE].missed, 0);
        assert_true(truth[RECOVER_BACK].delivered == cases[i].step_ns);
        assert_true(truth[RECOVER_STEAL].delivered == cases[i].taken_ns);
        assert_true(gaps.least_ns >= GAP_NS - 2 && gaps.most_ns <= GAP_NS + 2);
        recover_free(&f);
    }
}

/* A clock that goes back by more than an interval: entries are placed all the same. */
static void test_places_behind_backsteps(void **state)
{
    struct event e[20];
    const struct model m = {.event = e, .events = 20, .rate = -0.1};
    struct recover_truth truth[RECOVER_KINDS];
    struct recover_gaps gaps;
    struct recover_found f;

    (void)state;
    for (unsigned i = 0; i < 20; i++) /* the first two come before the first reading */
        e[i] = (struct event){1000000 + i * 3000000.0, i % 2 ? STEAL : SHIFT,
                              i % 2 ? 100000 : -5000000};
    f = find(&m);
    write_ledger(&m);
    entry[20] = (struct recover_entry){.kind = "rate_ppm",
                                       .begin = ORIGIN,
                                       .guest = ORIGIN,
                                       .delivered = -100000000,
                                       .count = 1};
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 21, truth, &gaps),
                     0);
    assert_true(truth[RECOVER_RATE].delivered == -100000);
    assert_int_equal(truth[RECOVER_BACK].missed, 1);
    assert_int_equal(truth[RECOVER_BACK].injected, 9);
    assert_true(truth[RECOVER_BACK].delivered == -45000000);
    assert_int_equal(truth[RECOVER_STEAL].injected + truth[RECOVER_STEAL].missed, 10);
    assert_true(gaps.least_ns >= GAP_NS - 2 && gaps.most_ns <= GAP_NS + 2);
    recover_free(&f);
}

/* A restore that is hidden is a step back, between intervals, to everybody outside; of one that is
 * told the clock shows nothing, and nothing is found. */
static void test_restores(void **state)
{
    struct event e[6];
    struct model m = {.event = e, .events = 6};
    struct recover_truth truth[RECOVER_KINDS];
    struct recover_gaps gaps;
    struct recover_found f;

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        e[i] = (struct event){5000000 + (i * 30 + 10) * (WORK_NS + PAUSE_NS) - 150000, SHIFT,
                              -60000000};
    f = find(&m);
    write_ledger(&m);
    for (unsigned i = 0; i < 6; i++)
        entry[i].kind = "restore";
    assert_int_equal(f.steps, 6);
    for (unsigned i = 0; i < 6; i++)
        assert_float_equal(f.step[i].size_ns, -60000000, 3);
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 6, truth, &gaps), 0);
    assert_int_equal(truth[RECOVER_BACK].injected, 6);
    assert_int_equal(truth[RECOVER_BACK].missed, 0);
    assert_true(truth[RECOVER_BACK].delivered == -360000000);
    recover_free(&f);

    m.events = 0;
    f = find(&m);
    assert_int_equal(f.steps, 0);
    for (unsigned i = 0; i < 6; i++) {
        entry[i].guest = entry[i].begin;
        entry[i].visible = 0;
    }
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 6, truth, &gaps), 0);
    assert_int_equal(truth[RECOVER_BACK].injected, 0);
    assert_int_equal(truth[RECOVER_BACK].missed, 6);
    recover_free(&f);
}

/* Between two runs of which the second is longer on its way to START only, a step comes back within
 * what is stated of it, and not within the resolution alone. */
static void test_step_between_runs(void **state)
{
    const struct event e = {5000000 + 100 * (WORK_NS + PAUSE_NS) - 150000, SHIFT, -60000000};
    const struct model m = {.event = &e, .events = 1};
    struct recover_found f;

    (void)state;
    run_model(&m);
    for (unsigned i = 100; i < SAMPLES; i++)
        sample[i].bracket.before -= 40;
    assert_int_equal(recover_find(sample, SAMPLES, &question, &f), 0);
    assert_int_equal(f.steps, 1);
    assert_float_equal(f.step[0].u_ns, 3 + 20, 1);
    assert_true(fabs(f.step[0].size_ns + 60000000) > 3);
    assert_true(fabs(f.step[0].size_ns + 60000000) <= f.step[0].u_ns);
    recover_free(&f);
    f = find(&m); /* with ways alike */
    assert_float_equal(f.step[0].u_ns, 3, 0.5);
    assert_float_equal(f.step[0].size_ns, -60000000, 3);
    recover_free(&f);
}

/* A reading that is delayed on its way to or from the marker is no step. */
static void test_delays_are_no_steps(void **state)
{
    const struct model m = {.rate = 5e-6};
    struct recover_found f;

    (void)state;
    run_model(&m);
    sample[30].bracket.before -= 4000;
    sample[60].bracket.after += 90000;
    sample[0].bracket.before -= 12332; /* a first touch of the marker's page */
    sample[SAMPLES - 1].bracket.after += 30000;
    assert_int_equal(recover_find(sample, SAMPLES, &question, &f), 0);
    assert_int_equal(f.steps, 0);
    assert_true(f.rate.low <= m.rate && f.rate.high >= m.rate);
    recover_free(&f);
    /* Those at the ends widen nothing. */
    sample[30].bracket.before += 4000;
    sample[60].bracket.after -= 90000;
    assert_int_equal(recover_find(sample, SAMPLES, &question, &f), 0);
    assert_true(f.range_ns < 10);
    recover_free(&f);
}

/* A step at the ends is one if it goes back, which no delay makes; one that goes on is not
 * claimed, and of the ledger's entries it is among those that cannot be seen. */
static void test_steps_at_the_ends(void **state)
{
    const double end = 5000000 + (SAMPLES - 1) * (WORK_NS + PAUSE_NS) + WORK_NS / 2;
    const double at[] = {5000000 + WORK_NS / 2, end};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        const struct event e = {at[i / 2], SHIFT, i % 2 ? 12345 : -12345};
        const struct model m = {.event = &e, .events = 1};
        struct recover_truth truth[RECOVER_KINDS];
        struct recover_gaps gaps;
        struct recover_found f = find(&m);

        assert_int_equal(f.steps, e.size_ns < 0);
        write_ledger(&m);
        assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 1, truth, &gaps),
                         0);
        assert_int_equal(truth[RECOVER_BACK].injected, e.size_ns < 0);
        assert_int_equal(truth[RECOVER_FORWARD].injected, 0);
        assert_int_equal(truth[RECOVER_FORWARD].missed, e.size_ns > 0);
        recover_free(&f);
    }
}

/* That a jittering clock has a rate is not said because its interval leaves 0 out, which one in twenty
 * may; of one that has a rate, too, it is. */
static void test_jitter(void **state)
{
    unsigned out = 0, claimed = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        const struct model still = {.age_ns = 20000, .seed = seed};
        const struct model fast = {.age_ns = 20000, .seed = seed, .rate = 50e-6};
        struct recover_found f = find(&still);

        out += f.rate.low > 0 || f.rate.high < 0;
        claimed += f.drifts;
        recover_free(&f);
        if (seed % 10)
            continue;
        f = find(&fast);
        assert_true(f.drifts);
        recover_free(&f);
    }
    print_message(
        "# of 100 jittering clocks 95 %% intervals leave 0 out in %u, %u rates are claimed\n",
        out, claimed);
    assert_true(out > 0 && out <= 7);
    assert_int_equal(claimed, 0);
    for (uint64_t seed = 1; seed <= 50; seed++) {
        const struct model m = {.age_ns = 2000, .seed = seed};
        struct recover_found f = find(&m);

        assert_int_equal(f.steps, 0);
        assert_true(fabs(f.spread_ns - 1900) < 250);
        /* The line through it tilts by what the rate is not known. */
        assert_true(f.range_ns > 1900);
        assert_true(f.range_ns < 2006 + (f.rate.high - f.rate.low) / 2 * f.span_ns);
        recover_free(&f);
    }
}

/* A run whose way to START is longer than the others' jitters no more than they do; nor does it hide
 * a jitter. */
static void test_ways_are_no_jitter(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct model m = {.age_ns = seed % 2 ? 0 : 25, .seed = seed};
        struct recover_found f;

        run_model(&m);
        for (unsigned i = 50; i < 100; i++)
            sample[i].bracket.before -= 20;
        assert_int_equal(recover_find(sample, SAMPLES, &question, &f), 0);
        assert_int_equal(f.steps, 0);
        assert_true(f.spread_ns > 2 * (question.unit_ns + question.step_ns));
        if (seed % 2)
            assert_true(f.within_ns <= 2 * (question.unit_ns + question.step_ns));
        else
            assert_true(f.within_ns > 20 && f.within_ns < 28);
        recover_free(&f);
    }
}

/* Readings with noise of their own: no step where there is none, and a step is found. */
static void test_noise(void **state)
{
    const struct event e = {200000000, SHIFT, 2000};
    unsigned wrong = 0, missed = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        const struct model noisy = {.noise_ns = 50, .seed = seed};
        const struct model stepped = {
            .event = &e, .events = 1, .noise_ns = 50, .seed = seed + 1000};
        struct recover_found f = find(&noisy);

        wrong += f.steps > 0;
        recover_free(&f);
        f = find(&stepped);
        missed += f.steps != 1 || fabs(f.step[0].size_ns - 2000) > 400;
        recover_free(&f);
    }
    print_message("# of 100 noisy boots %u show a step that is none, %u hide or blur one\n",
                  wrong, missed);
    assert_true(wrong <= 5);
    assert_true(missed <= 5);
}

static void test_too_few(void **state)
{
    struct recover_found f;

    (void)state;
    assert_int_equal(recover_find(sample, 2, &question, &f), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_steps_anywhere),
        cmocka_unit_test(test_many_steps),
        cmocka_unit_test(test_steals),
        cmocka_unit_test(test_steals_at_the_edges),
        cmocka_unit_test(test_guests),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_hidden_pauses),
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_places_behind_backsteps),
        cmocka_unit_test(test_restores),
        cmocka_unit_test(test_step_between_runs),
        cmocka_unit_test(test_delays_are_no_steps),
        cmocka_unit_test(test_steps_at_the_ends),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_ways_are_no_jitter),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_too_few),
    };

    return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}
