/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/target_fixture.h - the target's driver with a card, a console, collectors and
 * workloads of the test's own, which write down in what order things happen.
 *
 * The driver's sources are included with their two ways to the outside, stores and waits,
 * replaced by the log.
 */
#ifndef ETALON_TESTS_UNIT_TARGET_FIXTURE_H
#define ETALON_TESTS_UNIT_TARGET_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/target/driver.h"
#include "hv-under-test/target/sentinel.h"
#include "hv-under-test/target/interval.h"

static void log_store(volatile uint32_t *pins, uint32_t value);
static void log_spin(uint64_t turns);
static void fake_null(volatile uint32_t *pins, uint32_t start, uint32_t stop);
static void fake_run(volatile uint32_t *pins, uint32_t start, uint32_t stop,
                     void (*run)(struct workload_run *), struct workload_run *arg);
static int fake_parse(const char *text, size_t length, struct workload_run *run,
                      uint32_t *iterations, char *reason);
static const struct collector *const *fake_table(size_t *count);

#define marker_store log_store
#define interval_spin log_spin
#define interval_null fake_null
#define interval_run fake_run
#define workload_parse fake_parse
#define collector_table fake_table
#include "hv-under-test/target/collection.c"     /* NOLINT */
#include "hv-under-test/target/driver.c"         /* NOLINT */
#include "hv-under-test/target/driver_audit.c"   /* NOLINT */
#include "hv-under-test/target/driver_records.c" /* NOLINT */

/* --- the log ------------------------------------------------------------------------------ */

enum what { STORE, SPIN, WRITE, RUN, BEFORE, AFTER, RESET, COUNT_BEFORE, COUNT_AFTER };

struct event {
    enum what what;
    uint64_t value;
};

#define MAX_EVENTS (1u << 18)
static struct event events[MAX_EVENTS];
static size_t event_count;
static char console[8u << 20];
static size_t console_bytes;
static struct target target;
static uint32_t pins;
static uint64_t exits, exits_per_null, exits_noise_every, nulls;

static void put(enum what what, uint64_t value)
{
    assert_true(event_count < MAX_EVENTS);
    events[event_count++] = (struct event){what, value};
}

static void log_store(volatile uint32_t *where, uint32_t value)
{
    assert_ptr_equal(where, &pins);
    pins = value;
    put(STORE, value);
}

static void log_spin(uint64_t turns)
{
    put(SPIN, turns);
}

static void fake_null(volatile uint32_t *where, uint32_t start, uint32_t stop)
{
    log_store(where, start);
    log_store(where, stop);
    exits += exits_per_null;
    if (exits_noise_every && ++nulls % exits_noise_every == 0)
        exits++;
}

static void fake_run(volatile uint32_t *where, uint32_t start, uint32_t stop,
                     void (*run)(struct workload_run *), struct workload_run *arg)
{
    log_store(where, start);
    run(arg);
    log_store(where, stop);
}

static void fake_write(const char *data, size_t n)
{
    assert_true(n <= sizeof console - console_bytes);
    memcpy(console + console_bytes, data, n);
    console_bytes += n;
    put(WRITE, n);
}

static uint64_t fake_exits(void)
{
    return exits;
}

static void fake_hypercall(void)
{
    exits++;
}

static void fake_describe(struct record_writer *w)
{
    record_text(w, "kernel", "test");
}

/* --- a collector that counts its readings --------------------------------------------------- */

static const struct collector_reading fake_readings[] = {{"far", "ns"}, {"near", "ticks"}};
static uint64_t now;
static const char *fake_collector_reason;

static const char *fake_collector_unavailable(void)
{
    return fake_collector_reason;
}

static void fake_before(uint64_t *slot)
{
    slot[0] = ++now;
    slot[1] = ++now;
    put(BEFORE, slot[1]);
}

static void fake_after(uint64_t *slot)
{
    slot[1] = ++now;
    slot[0] = ++now;
    put(AFTER, slot[1]);
}

static int fake_backwards;

static uint64_t fake_elapsed(const uint64_t *before, const uint64_t *after)
{
    return fake_backwards ? before[1] - after[1] : after[1] - before[1];
}

static const struct collector fake_collector = {
    .name = "clocks",
    .unavailable = fake_collector_unavailable,
    .reading = fake_readings,
    .readings = 2,
    .before = fake_before,
    .after = fake_after,
    .elapsed_ns = fake_elapsed,
};

/* Two more, which read before the clocks: one of three counts, one that may have too many. */
static const struct collector_reading count_readings[] = {
    {"a", "count"}, {"b", "count"}, {"c", "accounted_ns"}};
static const char *count_reason;
static unsigned count_prepared;

static const char *count_unavailable(void)
{
    return count_reason;
}

static const char *count_fault;

static const char *count_failed(void)
{
    return count_fault;
}

static void count_prepare(uint64_t tsc_hz)
{
    assert_int_equal(tsc_hz, 123);
    count_prepared++;
}

static void count_before(uint64_t *slot)
{
    for (unsigned i = 0; i < 3; i++)
        slot[i] = ++now;
    put(COUNT_BEFORE, now);
}

static void count_after(uint64_t *slot)
{
    for (unsigned i = 3; i-- > 0;)
        slot[i] = ++now;
    put(COUNT_AFTER, now);
}

static const struct collector count_collector = {
    .name = "counts",
    .unavailable = count_unavailable,
    .prepare = count_prepare,
    .failed = count_failed,
    .reading = count_readings,
    .readings = 3,
    .before = count_before,
    .after = count_after,
};

static struct collector_reading many_readings[COLLECTOR_MAX_READINGS + 1];

static const struct collector many_collector = {
    .name = "many",
    .reading = many_readings,
    .readings = COLLECTOR_MAX_READINGS,
};

#define TAKE_COUNTS 1u
#define TAKE_MANY 2u
#define TAKE_CLOCKS 4u

static const struct collector *const *fake_table(size_t *count)
{
    static const struct collector *const table[] = {&count_collector, &many_collector,
                                                    &fake_collector};

    *count = 3;
    return table;
}

/* --- workloads: the first letter of a run's name says how it behaves ------------------------ */

static const struct workload_param no_params[] = {{.name = NULL}};
static unsigned cleanups;
static uint64_t seen_iterations, seen_guest_ns;

static const char *never(const struct workload_run *run)
{
    (void)run;
    return "not on this machine";
}

static int good_prepare(struct workload_run *run)
{
    assert_non_null(run->env->arena);
    run->work = 3;
    return 0;
}

static int bad_prepare(struct workload_run *run)
{
    strcpy(run->reason, "no room");
    return -1;
}

static int idle_prepare(struct workload_run *run)
{
    (void)run;
    return 0;
}

static void body(struct workload_run *run)
{
    run->reading = 1000 + now;
    put(RUN, 0);
}

static void put_back(struct workload_run *run)
{
    (void)run;
    put(RESET, 0);
}

static int good_check(struct workload_run *run)
{
    seen_iterations = run->iterations;
    seen_guest_ns = run->guest_ns_total;
    strcpy(run->answer, "42");
    run->figure[0].key = "score";
    run->figure[0].value = 7;
    return 0;
}

static int wrong_check(struct workload_run *run)
{
    strcpy(run->answer, "41");
    strcpy(run->reason, "42 was expected");
    return -1;
}

static void count_cleanup(struct workload_run *run)
{
    (void)run;
    cleanups++;
}

#define COMMON                                                                                \
    .metric = "time", .unit = "ns", .form = WORKLOAD_PER, .scale = 1, .params = no_params,    \
    .cleanup = count_cleanup

static const struct workload workloads[] = {
    {.name = "null", COMMON, .prepare = good_prepare, .check = good_check},
    {.name = "good", COMMON, .prepare = good_prepare, .run = body, .check = good_check},
    {.name = "reads",
     COMMON,
     .has_reading = 1,
     .prepare = good_prepare,
     .run = body,
     .check = good_check},
    {.name = "again",
     COMMON,
     .prepare = good_prepare,
     .reset = put_back,
     .run = body,
     .check = good_check},
    {.name = "skip", COMMON, .unavailable = never, .run = body, .check = good_check},
    {.name = "prep", COMMON, .prepare = bad_prepare, .run = body, .check = good_check},
    {.name = "idle", COMMON, .prepare = idle_prepare, .run = body, .check = good_check},
    {.name = "wrong", COMMON, .prepare = good_prepare, .run = body, .check = wrong_check},
};

/* "name:iterations" */
static int fake_parse(const char *text, size_t length, struct workload_run *run,
                      uint32_t *iterations, char *reason)
{
    char name[32], *colon;

    assert_true(length < sizeof name);
    memcpy(name, text, length);
    name[length] = '\0';
    colon = strchr(name, ':');
    *iterations = colon ? (uint32_t)atoi(colon + 1) : 1;
    if (colon)
        *colon = '\0';
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
        if (strcmp(workloads[i].name, name) != 0)
            continue;
        memset(run, 0, sizeof *run);
        run->workload = &workloads[i];
        return 0;
    }
    snprintf(reason, WORKLOAD_REASON_BYTES, "unknown workload %s", name);
    return -1;
}

/* --- running it ----------------------------------------------------------------------------- */

static struct target_ops ops;
static char arena[4096];
static uint32_t wanted; /* collectors of the plan */

static int reset(void **state)
{
    (void)state;
    event_count = console_bytes = 0;
    exits = exits_per_null = exits_noise_every = nulls = now = cleanups = 0;
    fake_backwards = 0;
    fake_collector_reason = count_reason = count_fault = NULL;
    count_prepared = 0;
    wanted = TAKE_CLOCKS;
    pins = 0xFFFFFFFF;
    memset(&target, 0, sizeof target);
    ops = (struct target_ops){
        .env = "test", .write = fake_write, .describe_boot = fake_describe};
    return 0;
}

static int run_plan(const char *runs, uint64_t seed)
{
    target_begin(&target, &ops, 5);
    target.plan = (struct plan){.boot = 5, .seed = seed, .gap_spins = 800};
    target.plan.collectors = wanted;
    target.plan.tsc_hz = 123;
    target.plan.runs = runs;
    target.plan.runs_length = strlen(runs);
    target.env.arena = arena;
    target.env.arena_bytes = sizeof arena;
    target.pins = &pins;
    return target_run(&target);
}

/* The n-th record (from 0) of a type; fails the test if damaged, missing or not there. */
static struct record *find_record(const char *type, unsigned n)
{
    static struct record r;
    struct record_stats stats = {0};
    uint64_t seq = 0;
    size_t pos = 0;
    int found = 0;

    while (record_next(console, console_bytes, &pos, &r, &seq, &stats)) {
        if (strcmp(r.type, type) == 0 && n-- == 0) {
            found = 1;
            break;
        }
    }
    assert_int_equal(stats.damaged + stats.missing + stats.repeated + stats.noise_bytes, 0);
    return found ? &r : NULL;
}

static unsigned count_records(const char *type)
{
    unsigned n = 0;

    while (find_record(type, n))
        n++;
    return n;
}

static void expect(const struct record *r, const char *key, const char *value)
{
    const char *got;

    assert_non_null(r);
    got = record_get(r, key);
    if (!got || strcmp(got, value) != 0)
        fail_msg("%s: %s=%s, expected %s", r->type, key, got ? got : "(none)", value);
}

/* The codes of all edges after the first store of 0; asserts that each edge toggles. */
static size_t read_codes(uint8_t *codes, size_t room)
{
    uint32_t last = 0;
    size_t n = 0, i = 0;

    while (i < event_count && events[i].what != STORE)
        i++;
    assert_true(i < event_count && events[i].value == 0);
    for (i++; i < event_count; i++) {
        if (events[i].what != STORE || events[i].value == last)
            continue;
        assert_int_equal((events[i].value ^ last) & 1, 1);
        assert_true(n < room && events[i].value < 32);
        codes[n++] = (uint8_t)(events[i].value >> 1);
        last = (uint32_t)events[i].value;
    }
    return n;
}

static void check_grammar(uint64_t intervals)
{
    static const uint8_t preamble[] = {0xA, 0x5, 5, 0, 0, 0, 0x9 ^ 5};
    static uint8_t codes[MAX_EVENTS];
    size_t n = read_codes(codes, sizeof codes);

    assert_int_equal(n, 7 + 2 * intervals);
    assert_memory_equal(codes, preamble, 7);
    for (uint64_t i = 0; i < intervals; i++) {
        assert_int_equal(codes[7 + 2 * i], 8 | (i & 7));
        assert_int_equal(codes[8 + 2 * i], i & 7);
    }
}

#endif
