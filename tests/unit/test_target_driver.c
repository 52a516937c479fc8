/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The driver against a card, a console and workloads of the test's own, which write down in
 * what order things happen: grammar of the markers, nothing of ours inside an interval, no
 * console inside a run, audits, and what each kind of failure leaves behind.
 *
 * The driver's source is included with its two ways to the outside, stores and waits,
 * replaced by the log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/target/driver.h"
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
#include "hv-under-test/target/collection.c" /* NOLINT */
#include "hv-under-test/target/driver.c"     /* NOLINT */

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

static uint64_t fake_elapsed(const uint64_t *before, const uint64_t *after)
{
    return after[1] - before[1];
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

static void whole_plan(void **state)
{
    (void)state;
    assert_int_equal(run_plan("null:11/good:3/reads:2", 1), 0);
    check_grammar(16);
    expect(find_record("boot", 0), "env", "test");
    expect(find_record("boot", 0), "clock.far", "ns");
    expect(find_record("boot", 0), "clock.near", "ticks");
    expect(find_record("run", 0), "name", "null");
    expect(find_record("run", 1), "first", "11");
    expect(find_record("run", 1), "iters", "3");
    expect(find_record("run", 1), "work", "3");
    assert_int_equal(count_records("iv"), 16);
    expect(find_record("iv", 11), "n", "11");
    expect(find_record("iv", 11), "w", "1");
    expect(find_record("iv", 11), "i", "0");
    assert_null(record_get(find_record("iv", 11), "read"));
    assert_non_null(record_get(find_record("iv", 15), "read"));
    expect(find_record("answer", 1), "verdict", "ok");
    expect(find_record("answer", 1), "answer", "42");
    expect(find_record("answer", 1), "score", "7");
    expect(find_record("end", 0), "intervals", "16");
    expect(find_record("end", 0), "status", "ok");
    assert_int_equal(count_records("audit"), 0);
    assert_int_equal(cleanups, 3);
    /* The last run: two iterations, each one reading step between before and after. */
    assert_int_equal(seen_iterations, 2);
    assert_int_equal(seen_guest_ns, 2);
}

/* Each interval is spin, before, START, (run), STOP, after, and nothing else. */
static void order_inside(void **state)
{
    static const enum what with[] = {SPIN, BEFORE, STORE, RUN, STORE, AFTER};
    static const enum what without[] = {SPIN, BEFORE, STORE, STORE, AFTER};
    size_t i = 0;

    (void)state;
    assert_int_equal(run_plan("good:50/null:50", 3), 0);
    while (events[i].what != BEFORE)
        i++;
    i--;
    for (unsigned n = 0; n < 50; n++)
        for (unsigned k = 0; k < 6; k++)
            assert_int_equal(events[i++].what, with[k]);
    assert_int_equal(events[i++].what, WRITE);
    assert_int_equal(events[i++].what, WRITE);
    for (unsigned n = 0; n < 50; n++)
        for (unsigned k = 0; k < 5; k++)
            assert_int_equal(events[i++].what, without[k]);
    assert_int_equal(events[i].what, WRITE);
}

/* What run() uses up is put back outside the interval, before its gap and the clocks. */
static void reset_before_each(void **state)
{
    static const enum what with[] = {RESET, SPIN, BEFORE, STORE, RUN, STORE, AFTER};
    size_t i = 0;

    (void)state;
    assert_int_equal(run_plan("again:20/good:1", 3), 0);
    while (events[i].what != RESET)
        i++;
    for (unsigned n = 0; n < 20; n++)
        for (unsigned k = 0; k < 7; k++)
            assert_int_equal(events[i++].what, with[k]);
    for (; i < event_count; i++)
        assert_int_not_equal(events[i].what, RESET);
}

/* A run of more readings than the ring holds goes on, and says that it was interrupted. */
static void ring_overflow(void **state)
{
    const uint64_t capacity = TARGET_RING_WORDS / 5;
    char runs[32], number[32];

    (void)state;
    snprintf(runs, sizeof runs, "null:%u", (unsigned)capacity + 7);
    assert_int_equal(run_plan(runs, 1), 0);
    check_grammar(capacity + 7);
    expect(find_record("fact", 2), "console_in_run", "0");
    snprintf(number, sizeof number, "%u", (unsigned)capacity);
    expect(find_record("fact", 2), "before_iteration", number);
    expect(find_record("end", 0), "status", "ok");
    snprintf(number, sizeof number, "%u", (unsigned)capacity + 6);
    expect(find_record("iv", (unsigned)capacity + 6), "n", number);
    expect(find_record("iv", (unsigned)capacity + 6), "i", number);
    reset(NULL);
    snprintf(runs, sizeof runs, "null:%u", (unsigned)capacity);
    assert_int_equal(run_plan(runs, 1), 0);
    assert_null(record_get(find_record("fact", 0), "console_in_run"));
    assert_int_equal(count_records("fact"), 2);
}

static void audit_none(void **state)
{
    (void)state;
    ops.exits_total = fake_exits;
    ops.hypercall_nop = fake_hypercall;
    exits_noise_every = 250; /* the machine's own exits: in some rounds, the last too */
    assert_int_equal(run_plan("null:4", 1), 0);
    expect(find_record("audit", 0), "what", "null");
    expect(find_record("audit", 0), "k", "100");
    expect(find_record("audit", 0), "exits_k", "0");
    expect(find_record("audit", 0), "exits_2k", "0");
    expect(find_record("audit", 1), "what", "hypercall");
    expect(find_record("audit", 1), "exits_k", "100");
    expect(find_record("audit", 1), "exits_2k", "200");
    /* And no edge came from 6000 stores. */
    check_grammar(4);
}

static void audit_exit_per_store(void **state)
{
    (void)state;
    ops.exits_total = fake_exits;
    exits_per_null = 2;
    assert_int_equal(run_plan("null:1", 1), 0);
    expect(find_record("audit", 0), "exits_k", "200");
    expect(find_record("audit", 0), "exits_2k", "400");
    assert_int_equal(count_records("audit"), 1);
}

static struct sentinel_seen { /* sites, and the exits when they were passed */
    unsigned site;
    uint64_t exits;
} sentinels[128];
static unsigned sentinel_count;

static void fake_sentinel(unsigned site)
{
    assert_true(sentinel_count < 128);
    sentinels[sentinel_count++] = (struct sentinel_seen){site, exits};
}

/* Whoever reads the trace writes the records; here are the groups alone. */
static void audit_traced_elsewhere(void **state)
{
    static const enum sentinel_audit whats[] = {SENTINEL_NULL, SENTINEL_HYPERCALL};

    (void)state;
    sentinel_count = 0;
    exits_per_null = 3;
    ops.sentinel = fake_sentinel;
    ops.hypercall_nop = fake_hypercall;
    assert_int_equal(run_plan("null:1", 1), 0);
    assert_int_equal(count_records("audit"), 0);
    expect(find_record("fact", 0), "exits_counted", "traced");
    assert_int_equal(sentinel_count, 2 * 2 * 2 * TARGET_AUDIT_ROUNDS);
    for (unsigned i = 0; i < sentinel_count; i += 2) {
        const unsigned what = i / (4 * TARGET_AUDIT_ROUNDS), twice = i / 2 % 2;

        assert_int_equal(sentinels[i].site, sentinel_begin_site(whats[what], (int)twice));
        assert_int_equal(sentinels[i + 1].site, SENTINEL_END);
        assert_int_equal(sentinels[i + 1].exits - sentinels[i].exits,
                         (TARGET_AUDIT_K << twice) * (what ? 1 : 3));
    }
    /* Without a hypercall: CPUIDs. */
    reset(NULL);
    sentinel_count = 0;
    ops.sentinel = fake_sentinel;
    ops.cpuid_nop = fake_hypercall;
    assert_int_equal(run_plan("null:1", 1), 0);
    assert_int_equal(sentinels[4 * TARGET_AUDIT_ROUNDS].site,
                     sentinel_begin_site(SENTINEL_CPUID, 0));
}

/* What cannot run is a verdict with a reason; the rest of the plan runs. */
static void verdicts(void **state)
{
    (void)state;
    assert_int_equal(run_plan("skip:9/prep:9/idle:9/wrong:2/good:1", 1), 0);
    check_grammar(3);
    expect(find_record("run", 0), "verdict", "skip");
    expect(find_record("run", 0), "reason", "not on this machine");
    expect(find_record("run", 0), "iters", "0");
    expect(find_record("run", 1), "verdict", "error");
    expect(find_record("run", 1), "reason", "no room");
    expect(find_record("run", 2), "verdict", "error");
    assert_null(record_get(find_record("run", 3), "verdict"));
    expect(find_record("answer", 0), "w", "3");
    expect(find_record("answer", 0), "verdict", "fail");
    expect(find_record("answer", 0), "reason", "42 was expected");
    expect(find_record("answer", 1), "w", "4");
    expect(find_record("answer", 1), "verdict", "ok");
    assert_int_equal(count_records("answer"), 2);
    expect(find_record("end", 0), "status", "ok");
    assert_int_equal(cleanups, 4); /* all that were prepared, but not the skipped one */
}

/* A plan with one bad run marks nothing at all. */
static void bad_plan(void **state)
{
    (void)state;
    assert_int_equal(run_plan("good:5/nonsense:1", 1), -1);
    for (size_t i = 0; i < event_count; i++)
        assert_int_equal(events[i].what, WRITE);
    expect(find_record("error", 0), "reason", "unknown workload nonsense");
    expect(find_record("end", 0), "status", "error");
    expect(find_record("end", 0), "intervals", "0");
}

static void no_clocks(void **state)
{
    (void)state;
    fake_collector_reason = "no clock here";
    assert_int_equal(run_plan("good:5", 1), -1);
    expect(find_record("error", 0), "reason", "no clock here");
}

/* Table order before START, reverse after STOP; the slots stand side by side. */
static void collectors_are_mirrored(void **state)
{
    static const enum what order[] = {COUNT_BEFORE, BEFORE, STORE,      RUN,
                                      STORE,        AFTER,  COUNT_AFTER};
    struct record *r;
    size_t i = 0;

    (void)state;
    wanted = TAKE_COUNTS | TAKE_CLOCKS;
    assert_int_equal(run_plan("reads:2", 1), 0);
    assert_int_equal(count_prepared, 1);
    while (i < event_count && events[i].what != COUNT_BEFORE)
        i++;
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
        assert_int_equal(events[i + k].what, order[k]);
    r = find_record("boot", 0);
    expect(r, "clock.a", "count");
    expect(r, "clock.c", "accounted_ns");
    expect(r, "clock.near", "ticks");
    /* now runs 1 2 3 (counts) 4 5 (clocks) | 6 7 (clocks) 8 9 10 (counts) */
    r = find_record("iv", 0);
    expect(r, "a", "1:10");
    expect(r, "b", "2:9");
    expect(r, "c", "3:8");
    expect(r, "far", "4:7");
    expect(r, "near", "5:6");
    expect(r, "read", "1005");
    r = find_record("iv", 1);
    expect(r, "a", "11:20");
    expect(r, "near", "15:16");
    expect(find_record("answer", 0), "guest_ns_total", "2");
}

static void expect_fact(const char *key, const char *value)
{
    unsigned n = count_records("fact");

    for (unsigned i = 0; i < n; i++) {
        const char *got = record_get(find_record("fact", i), key);

        if (got) {
            assert_string_equal(got, value);
            return;
        }
    }
    fail_msg("no fact %s", key);
}

/* What cannot be read is told, and the rest of the boot is as if it had not been asked for. */
static void one_collector_is_unavailable(void **state)
{
    (void)state;
    wanted = TAKE_COUNTS | TAKE_CLOCKS;
    count_reason = "no counters here";
    assert_int_equal(run_plan("good:3", 1), 0);
    expect_fact("collector.counts", "unavailable: no counters here");
    expect_fact("collector.clocks", "read");
    assert_int_equal(count_prepared, 0);
    for (size_t i = 0; i < event_count; i++)
        assert_true(events[i].what != COUNT_BEFORE && events[i].what != COUNT_AFTER);
    expect(find_record("iv", 0), "near", "2:3");
    assert_null(record_get(find_record("iv", 0), "a"));
    assert_null(record_get(find_record("boot", 0), "clock.a"));
    expect(find_record("end", 0), "status", "ok");
}

/* Numbers that stand for nothing must not look like a boot that went well. */
static void a_reading_failed(void **state)
{
    (void)state;
    wanted = TAKE_COUNTS | TAKE_CLOCKS;
    count_fault = "the file went away";
    assert_int_equal(run_plan("good:3", 1), -1);
    assert_int_equal(count_records("iv"), 3);
    expect(find_record("error", 0), "reason", "the file went away");
    expect(find_record("end", 0), "status", "error");
    expect(find_record("end", 0), "intervals", "3");
}

static void no_collector_at_all(void **state)
{
    (void)state;
    wanted = 0;
    assert_int_equal(run_plan("good:3", 1), 0);
    for (size_t i = 0; i < event_count; i++)
        assert_true(events[i].what < BEFORE || events[i].what == RESET);
    assert_int_equal(count_records("iv"), 3);
    assert_null(record_get(find_record("answer", 0), "guest_ns_total"));
    for (unsigned i = 0; i < count_records("fact"); i++)
        assert_null(record_get(find_record("fact", i), "collector.clocks"));
}

/* What the workload `observe` asks of the driver. */
static void observer(void **state)
{
    const struct workload_observer *o;

    (void)state;
    wanted = TAKE_COUNTS | TAKE_CLOCKS;
    count_reason = "no counters here";
    assert_int_equal(run_plan("good:1", 1), 0);
    o = target.env.observer;
    assert_null(o->unavailable(o->place, "none"));
    assert_null(o->unavailable(o->place, "clocks"));
    assert_string_equal(o->unavailable(o->place, "counts"), "no counters here");
    assert_non_null(strstr(o->unavailable(o->place, "many"), "name it in the campaign"));
    event_count = 0;
    o->choose(o->place, "none");
    o->sample(o->place);
    assert_int_equal(event_count, 0);
    o->choose(o->place, "clocks");
    o->sample(o->place);
    assert_int_equal(event_count, 2);
    assert_int_equal(events[0].what, BEFORE);
    assert_int_equal(events[1].what, AFTER);
    assert_int_equal(o->samples(o->place), 2);
}

static void too_many_readings(void **state)
{
    (void)state;
    wanted = TAKE_MANY | TAKE_CLOCKS;
    assert_int_equal(run_plan("good:3", 1), -1);
    assert_non_null(strstr(record_get(find_record("error", 0), "reason"), "take fewer"));
    expect(find_record("end", 0), "intervals", "0");
}

/* A fault in the middle of a record: that record is gone, the stream is whole. */
/* A page that answers every read of the plan's register with the same word. */
static void the_card_tells_the_runs(void **state)
{
    static uint32_t page[1024];
    char text[5] = {0};

    (void)state;
    target_begin(&target, &ops, 5);
    target.plan = (struct plan){.boot_from_card = 1, .runs_from_card = 1};
    target.pins = page;
    assert_non_null(strstr(target_take_card(&target), "no plan index"));
    page[CARD_REG_BOOT / 4] = CARD_BOOT_VALID | 77;
    assert_non_null(strstr(target_take_card(&target), "no plan"));
    page[CARD_REG_PLAN_BYTES / 4] = CARD_PLAN_MAX_BYTES + 1;
    assert_non_null(target_take_card(&target));
    page[CARD_REG_PLAN_BYTES / 4] = 4;
    page[CARD_REG_PLAN_AT / 4] = 9;
    memcpy(&page[CARD_REG_PLAN / 4], "null", 4);
    assert_null(target_take_card(&target));
    assert_int_equal(target.plan.boot, 77);
    assert_int_equal(target.plan.runs_length, 4);
    memcpy(text, target.plan.runs, 4);
    assert_string_equal(text, "null");
    assert_int_equal(page[CARD_REG_PLAN_AT / 4], 0);
    memcpy(&page[CARD_REG_PLAN / 4], "//sp", 4);
    assert_non_null(strstr(target_take_card(&target), "empty run"));
}

static void fail_inside_record(void **state)
{
    (void)state;
    target_begin(&target, &ops, 5);
    record_begin(&target.out, "fact");
    record_u64(&target.out, "whole", 1);
    assert_int_equal(record_end(&target.out), 0);
    record_begin(&target.out, "fact");
    record_text(&target.out, "half", "of a recor");
    target.intervals = 9;
    target_fail(&target, "exception 14");
    assert_int_equal(count_records("fact"), 1);
    expect(find_record("error", 0), "reason", "exception 14");
    expect(find_record("end", 0), "intervals", "9");
    expect(find_record("end", 0), "status", "error");
}

/* Equal seeds: the same boot. Other seeds: another phase and other gaps, within bounds. */
static void seeds(void **state)
{
    static struct event first[1000];
    size_t n;
    unsigned differ = 0, gaps = 0;

    (void)state;
    assert_int_equal(run_plan("null:100", 77), 0);
    n = event_count;
    assert_true(n < 1000);
    memcpy(first, events, n * sizeof first[0]);
    for (size_t i = 0; i < n; i++) {
        if (events[i].what != SPIN)
            continue;
        if (events[i + 1].what == BEFORE) {
            assert_true(events[i].value >= 800 && events[i].value < 800 + 100 + 64);
            gaps += events[i].value != first[i ? i - 5 : 0].value;
        } else {
            assert_true(events[i].value < 1u << 20);
        }
    }
    assert_true(gaps > 50);
    reset(NULL);
    assert_int_equal(run_plan("null:100", 77), 0);
    assert_int_equal(event_count, n);
    assert_memory_equal(events, first, n * sizeof first[0]);
    reset(NULL);
    assert_int_equal(run_plan("null:100", 78), 0);
    assert_int_equal(event_count, n);
    for (size_t i = 0; i < n; i++)
        differ += events[i].what == SPIN && events[i].value != first[i].value;
    assert_true(differ > 50);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(whole_plan, reset),
        cmocka_unit_test_setup(order_inside, reset),
        cmocka_unit_test_setup(reset_before_each, reset),
        cmocka_unit_test_setup(ring_overflow, reset),
        cmocka_unit_test_setup(audit_none, reset),
        cmocka_unit_test_setup(audit_exit_per_store, reset),
        cmocka_unit_test_setup(audit_traced_elsewhere, reset),
        cmocka_unit_test_setup(verdicts, reset),
        cmocka_unit_test_setup(bad_plan, reset),
        cmocka_unit_test_setup(no_clocks, reset),
        cmocka_unit_test_setup(collectors_are_mirrored, reset),
        cmocka_unit_test_setup(one_collector_is_unavailable, reset),
        cmocka_unit_test_setup(a_reading_failed, reset),
        cmocka_unit_test_setup(no_collector_at_all, reset),
        cmocka_unit_test_setup(observer, reset),
        cmocka_unit_test_setup(too_many_readings, reset),
        cmocka_unit_test_setup(fail_inside_record, reset),
        cmocka_unit_test_setup(the_card_tells_the_runs, reset),
        cmocka_unit_test_setup(seeds, reset),
    };

    return cmocka_run_group_tests_name("target_driver", tests, NULL, NULL);
}
