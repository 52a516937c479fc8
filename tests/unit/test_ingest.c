/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From raw files to rows: a whole boot, then the same boot with every part of it hurt. Nothing
 * is dropped, nothing is good that should not be, and the reason is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "collector/record.h"
#include "runner/ingest.h"
#include "store_fixture.h"
#include "wire_stream.h"

#define NONCE 0xFEEDFACECAFEBEEFull
#define NULLS 6u
#define SPINS 4u
#define CLOCKS 3u
#define INTERVALS (NULLS + SPINS + CLOCKS)

static const struct bench bench = {
    .name = "lab",
    .grade = 'A',
    .deterministic = 1,
    .ns_per_instruction = 2.0,
    .tsc_hz = 1000000000,
};

/* What the target and the timer say, and with which flaw. */
struct flaws {
    int no_end, error_end, no_boot, no_answer, skip_iv, twice_iv, wrong_run, wrong_boot;
    int wrong_answer, gave_up, hypervisor, no_hypervisor_end, end_count, strange;
    int hypervisor_gave_up;
    const char
        *operation;   /* run 1 makes 1000 of them in each interval instead of spinning … */
    uint64_t counted; /* … and the hypervisor counts so many hypercalls; 0: names none */
    int lost, lost_counted, tail_hole, no_hello, no_arm, no_disarm, wrong_nonce;
};

struct boot_files {
    struct stream stream;
    char console[65536], console2[8192];
    size_t console_size, console2_size;
};

static struct boot_files files;

static void put(struct record_writer *w)
{
    assert_int_equal(record_end(w), 0);
}

static void put_run(struct record_writer *w, unsigned index, const char *name,
                    const char *param, uint64_t first, uint64_t iterations)
{
    record_begin(w, "run");
    record_u64(w, "w", index);
    record_text(w, "name", name);
    record_text(w, "param", param);
    record_u64(w, "iters", iterations);
    record_u64(w, "first", first);
    record_text(w, "metric", "time");
    record_text(w, "unit", "ns");
    record_u64(w, "work", 7);
    record_text(w, "form", "per");
    put(w);
}

static void put_intervals(struct record_writer *w, const struct flaws *x, unsigned index,
                          uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t n = first + i;

        for (int again = 0; again < 1 + (x->twice_iv && n == 3); again++) {
            if (x->skip_iv && n == 4)
                continue;
            record_begin(w, "iv");
            record_u64(w, "n", n);
            record_u64(w, "w", x->wrong_run && n == 5 ? 1 : index);
            record_u64(w, "i", i);
            record_pair(w, "tsc", 10 * n, 10 * n + 5);
            record_pair(w, "raw", 1000 + n, 1500 + n);
            if (index == 2)
                record_u64(w, "read", 1200 + n);
            if (x->strange && n == 2)
                record_pair(w, "sundial", 1, 2);
            put(w);
        }
    }
}

static void put_answer(struct record_writer *w, unsigned index, int wrong)
{
    record_begin(w, "answer");
    record_u64(w, "w", index);
    record_text(w, "verdict", wrong ? "fail" : "ok");
    if (wrong)
        record_text(w, "reason", "the sum is wrong");
    record_text(w, "answer", "42");
    record_u64(w, "guest_ns_total", 12345);
    put(w);
}

static void write_console(struct boot_files *f, const struct flaws *x, uint32_t plan_index)
{
    struct record_writer w = {
        .buf = f->console, .size = sizeof f->console, .boot = plan_index + x->wrong_boot};

    if (!x->no_boot) {
        record_begin(&w, "boot");
        record_text(&w, "env", "linux");
        record_hex(&w, "card", 0xfe000000);
        record_u64(&w, "tsc_hz", 1000000000);
        record_text(&w, "clock.tsc", "ticks");
        record_text(&w, "clock.raw", "ns");
        put(&w);
    }
    record_begin(&w, "fact");
    record_text(&w, "kernel", "6.1.0 with a space");
    put(&w);
    put_run(&w, 0, "null", "", 0, NULLS);
    put_intervals(&w, x, 0, 0, NULLS);
    put_answer(&w, 0, 0);
    put_run(&w, 1, x->operation ? "exits" : "spin", x->operation ? x->operation : "n=1000",
            NULLS, SPINS);
    put_intervals(&w, x, 1, NULLS, SPINS);
    if (!x->no_answer)
        put_answer(&w, 1, x->wrong_answer);
    put_run(&w, 2, "clock", "", NULLS + SPINS, CLOCKS);
    put_intervals(&w, x, 2, NULLS + SPINS, CLOCKS);
    put_answer(&w, 2, 0);
    record_begin(&w, "run");
    record_u64(&w, "w", 3);
    record_text(&w, "name", "exits");
    record_text(&w, "param", "op=hypercall n=100");
    record_u64(&w, "iters", 0);
    record_u64(&w, "first", INTERVALS);
    record_text(&w, "verdict", "skip");
    record_text(&w, "reason", "there is no hypervisor here");
    put(&w);
    record_begin(&w, "audit");
    record_text(&w, "what", "null");
    record_u64(&w, "k", 100);
    record_u64(&w, "exits_k", 2);
    record_u64(&w, "exits_2k", 2);
    put(&w);
    if (x->gave_up) {
        record_begin(&w, "error");
        record_text(&w, "reason", "no card on any bus");
        put(&w);
    }
    if (!x->no_end) {
        record_begin(&w, "end");
        record_u64(&w, "intervals", (uint64_t)((int)INTERVALS + x->end_count));
        record_text(&w, "status", x->error_end || x->gave_up ? "error" : "ok");
        put(&w);
    }
    f->console_size = w.used;
    w = (struct record_writer){
        .buf = f->console2, .size = sizeof f->console2, .boot = plan_index};
    if (x->hypervisor) {
        record_begin(&w, "fact");
        record_u64(&w, "vmm.abi", 1);
        put(&w);
        record_begin(&w, "exits");
        record_text(&w, "cause", "cpuid");
        record_u64(&w, "count", 17);
        record_u64(&w, "instructions", 0);
        record_u64(&w, "ticks", 2000);
        put(&w);
        if (x->counted) {
            record_begin(&w, "exits");
            record_text(&w, "cause", "hypercall");
            record_u64(&w, "count", x->counted);
            put(&w);
        }
        if (x->hypervisor_gave_up) {
            record_begin(&w, "error");
            record_text(&w, "reason", "the guest was ended");
            put(&w);
        }
        if (!x->no_hypervisor_end) {
            record_begin(&w, "end");
            record_u64(&w, "exits", 17);
            record_text(&w, "status", "ok");
            put(&w);
        }
    }
    f->console2_size = w.used;
}

static void write_frames(struct boot_files *f, const struct flaws *x, uint32_t plan_index)
{
    struct stream *s = &f->stream;

    stream_begin(s, plan_index, x->wrong_nonce ? NONCE + 1 : NONCE);
    if (x->no_hello || x->no_arm) {
        stream_free(s);
        memset(s, 0, sizeof *s);
        s->plan_index = plan_index;
        s->nonce = NONCE;
        s->t = 100;
        if (!x->no_hello)
            stream_hello(s);
        if (!x->no_arm)
            stream_reply(s, WIRE_ARM, 0, WIRE_STATUS_OK, NONCE);
    }
    stream_preamble(s);
    for (unsigned n = 0; n < INTERVALS; n++) {
        stream_interval(s, 50, n < NULLS ? 1 : 1000 + n);
        if (x->lost && n == 7)
            stream_lost(s, 3);
        if (x->tail_hole && n == 7)
            stream_flush(s), s->seq++;
    }
    s->lost_total += (uint32_t)x->lost_counted;
    if (x->tail_hole)
        stream_reply(s, WIRE_DISARM, 0, WIRE_STATUS_OK, NONCE);
    else if (x->no_disarm)
        stream_heartbeat(s);
    else
        stream_end(s);
}

static void save(const struct fixture *f, const char *name, const void *bytes, size_t n)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    file = fopen(path, "w");
    assert_non_null(file);
    if (n)
        assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

static void discard(const struct fixture *f)
{
    static const char *const names[] = {BENCH_FRAMES_FILE, BENCH_CONSOLE_FILE,
                                        BENCH_HYPERVISOR_FILE, BENCH_MACHINE_FILE};
    char path[128];

    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s", f->dir, names[i]);
        unlink(path);
    }
    stream_free(&files.stream);
}

static struct ingest_result result;
static struct bench_outcome outcome;

static int ingest_now(struct fixture *f, uint32_t plan_index, const struct flaws *x)
{
    const struct ingest_boot boot = {
        .campaign = f->campaign,
        .plan_index = plan_index,
        .platform = "bare",
        .variant = "",
        .seed = 5,
        .nonce = NONCE,
        .plan_text = "null/spin/clock",
        .bench = &bench,
        .second_console = x->hypervisor,
        .outcome = &outcome,
    };

    return ingest_boot(f->store, &boot, f->dir, &result, &f->err);
}

/* Make the files with these flaws, save and ingest them. */
static void ingest_flawed(struct fixture *f, uint32_t plan_index, const struct flaws *x)
{
    write_frames(&files, x, plan_index);
    write_console(&files, x, plan_index);
    save(f, BENCH_FRAMES_FILE, files.stream.bytes, files.stream.size);
    save(f, BENCH_CONSOLE_FILE, files.console, files.console_size);
    save(f, BENCH_HYPERVISOR_FILE, files.console2, files.console2_size);
    save(f, BENCH_MACHINE_FILE, "machine\n", 8);
    if (ingest_now(f, plan_index, x))
        fail_msg("%s", f->err.text);
    discard(f);
}

static int setup(void **state)
{
    memset(&outcome, 0, sizeof outcome);
    outcome.machine_time_ns = 5000000;
    return fixture_open(state);
}

static void whole(void **state)
{
    const struct flaws none = {.hypervisor = 1};
    struct fixture *f = *state;

    ingest_flawed(f, 3, &none);
    if (result.verdict != VERDICT_OK)
        fail_msg("%s", result.reason);
    assert_string_equal(result.reason, "");
    assert_int_equal(result.intervals, INTERVALS);
    assert_int_equal(result.intervals_ok, INTERVALS);
    assert_int_equal(number(f, "SELECT count(*) FROM damages"), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM durations WHERE verdict = 'ok'"),
                     INTERVALS);
    assert_true(real(f, "SELECT max(true_ns) FROM durations WHERE workload = 'null'") == 2.0);
    assert_true(
        real(f, "SELECT true_ns FROM durations WHERE workload = 'spin' AND iteration = 2") ==
        2.0 * (1000 + NULLS + 2));
    assert_true(
        real(f, "SELECT guest_ns FROM durations WHERE workload = 'spin' AND iteration = 0") ==
        500.0);
    assert_int_equal(number(f, "SELECT reading FROM interval WHERE n = 11"), 1211);
    assert_int_equal(number(f, "SELECT count(*) FROM interval WHERE reading IS NOT NULL"),
                     CLOCKS);
    assert_int_equal(number(f, "SELECT count(*) FROM readings"), 2 * INTERVALS);
    assert_int_equal(
        number(f, "SELECT before FROM readings WHERE clock = 'raw' AND interval = 4"), 1004);
    assert_true(text_is(f, "SELECT verdict || reason FROM runs WHERE workload = 'exits'",
                        "skipthere is no hypervisor here"));
    assert_true(text_is(f, "SELECT value FROM run_param WHERE key = 'op'", "hypercall"));
    assert_int_equal(number(f, "SELECT value FROM figures WHERE key = 'guest_ns_total'"),
                     12345);
    assert_int_equal(number(f, "SELECT count FROM exit_counts WHERE cause = 'cpuid'"), 17);
    assert_int_equal(number(f, "SELECT exits_of_k FROM audits"), 0);
    assert_true(text_is(f, "SELECT value FROM provenance WHERE key = 'boot.3.kernel'",
                        "6.1.0 with a space"));
    assert_int_equal(number(f, "SELECT tick_hz FROM boots"), 500000000);
    assert_int_equal(number(f, "SELECT machine_time_ns FROM boots"), 5000000);
    assert_true(text_is(f, "SELECT end FROM boots", "powered-off"));
    assert_true(real(f, "SELECT path_u_ns FROM boots") == 0.0);
    assert_int_equal(number(f, "SELECT count(*) FROM host_log"), 1);
    /* It cannot come twice. */
    write_frames(&files, &none, 3);
    save(f, BENCH_FRAMES_FILE, files.stream.bytes, files.stream.size);
    assert_int_equal(ingest_now(f, 3, &none), ERR_BUG);
    discard(f);
    assert_int_equal(number(f, "SELECT count(*) FROM interval"), INTERVALS);
}

/* n is known, so a hypervisor's trace that lost some is found out. */
static void fewer_hypercalls_than_were_made(void **state)
{
    static const struct {
        const char *operation;
        int hypervisor;
        uint64_t counted;
        enum verdict verdict;
    } cases[] = {
        {"op=hypercall n=1000", 1, 1000 * SPINS, VERDICT_OK},
        {"op=hypercall n=1000", 1, 1000 * SPINS + 300, VERDICT_OK}, /* audits, the console */
        {"op=hypercall n=1000", 1, 1000 * SPINS - 1, VERDICT_ERROR},
        {"op=hypercall n=1000", 1, 0, VERDICT_ERROR},
        {"op=hypercall n=1000", 0, 0, VERDICT_OK}, /* nobody counts */
        {"op=kernel-hypercall n=1000", 1, 1000 * SPINS, VERDICT_OK},
        {"op=kernel-hypercall n=1000", 1, 1000 * SPINS - 1, VERDICT_ERROR},
        {"op=kernel-call n=1000", 1, 0, VERDICT_OK},
        {"op=cpuid n=1000", 1, 0, VERDICT_OK}, /* no exit in a PV guest */
        {"op=hypercalls n=1000", 1, 0, VERDICT_OK},
        {"n=1000 op=hypercall", 1, 1000 * SPINS - 1, VERDICT_ERROR},
    };
    struct fixture *f = *state;

    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct flaws x = {.hypervisor = cases[i].hypervisor,
                                .operation = cases[i].operation,
                                .counted = cases[i].counted};

        ingest_flawed(f, i, &x);
        if (result.verdict != cases[i].verdict)
            fail_msg("case %u: %s", i, result.reason);
        if (cases[i].verdict != VERDICT_OK) {
            assert_non_null(strstr(result.reason, "the runs made 4000 hypercalls"));
            assert_non_null(
                strstr(result.reason, cases[i].counted ? "counted 3999" : "counted 0"));
        }
    }
    assert_int_equal(number(f, "SELECT count(*) FROM damages WHERE kind = 'exits missing'"),
                     4);
    /* Times stand: they rest on the timer. */
    assert_int_equal(number(f, "SELECT count(*) FROM durations WHERE verdict <> 'ok'"), 0);
}

/* A run that failed says nothing of how many it made. */
static void hypercalls_of_a_failed_run(void **state)
{
    const struct flaws x = {
        .hypervisor = 1, .operation = "op=hypercall n=1000", .wrong_answer = 1};
    struct fixture *f = *state;

    ingest_flawed(f, 0, &x);
    assert_int_equal(result.verdict, VERDICT_FAIL);
    assert_int_equal(number(f, "SELECT count(*) FROM damages WHERE kind = 'exits missing'"),
                     0);
}

/* --- one flaw each ------------------------------------------------------------------------------- */

struct flawed {
    const char *word; /* in the boot's reason */
    enum verdict verdict;
    uint64_t good; /* intervals whose edges and records are fine */
    struct flaws x;
};

static const struct flawed flawed[] = {
    {"last record is missing", VERDICT_ERROR, INTERVALS, {.no_end = 1}},
    {"status is error", VERDICT_ERROR, INTERVALS, {.error_end = 1}},
    {"no boot record", VERDICT_ERROR, INTERVALS, {.no_boot = 1}},
    {"no answer", VERDICT_ERROR, INTERVALS, {.no_answer = 1}},
    {"no record", VERDICT_ERROR, INTERVALS - 1, {.skip_iv = 1}},
    {"told twice", VERDICT_ERROR, INTERVALS - 1, {.twice_iv = 1}},
    {"not of the run", VERDICT_ERROR, INTERVALS - 1, {.wrong_run = 1}},
    {"another boot", VERDICT_ERROR, 0, {.wrong_boot = 1}},
    {"the sum is wrong", VERDICT_FAIL, INTERVALS, {.wrong_answer = 1}},
    {"no card on any bus", VERDICT_ERROR, INTERVALS, {.gave_up = 1}},
    {"hypervisor under test did not report",
     VERDICT_ERROR,
     INTERVALS,
     {.hypervisor = 1, .no_hypervisor_end = 1}},
    {"a clock the boot record does not name", VERDICT_ERROR, INTERVALS, {.strange = 1}},
    {"the end", VERDICT_ERROR, INTERVALS, {.end_count = 2}},
    {"the end", VERDICT_ERROR, INTERVALS - 2, {.end_count = -2}},
    {"the end", VERDICT_ERROR, 0, {.end_count = 8}},
    {"lost 3 events", VERDICT_ERROR, 0, {.lost = 1}},
    /* a LOST that was itself lost: the heartbeat counts on */
    {"were reported", VERDICT_ERROR, 0, {.lost_counted = 5}},
    /* behind the last heartbeat a hole may hide any number of losses … */
    {"frames are missing", VERDICT_ERROR, 8, {.tail_hole = 1, .no_end = 1}},
    /* … unless the total says that it does not */
    {"frames are missing", VERDICT_ERROR, INTERVALS, {.tail_hole = 1}},
    {"frequency is not known", VERDICT_ERROR, 0, {.no_hello = 1}},
    {"not proven", VERDICT_ERROR, INTERVALS, {.no_arm = 1}},
    {"cut off", VERDICT_ERROR, INTERVALS, {.no_disarm = 1}},
    {"another boot", VERDICT_ERROR, INTERVALS, {.wrong_nonce = 1}},
};

static void each_flaw(void **state)
{
    struct fixture *f = *state;

    for (uint32_t i = 0; i < sizeof flawed / sizeof flawed[0]; i++) {
        const struct flawed *x = &flawed[i];
        char sql[160], all[2048];

        ingest_flawed(f, i, &x->x);
        if (result.verdict != x->verdict)
            fail_msg("flaw %u: verdict %s: %s", i, verdict_name(result.verdict),
                     result.reason);
        if (result.intervals_ok != x->good)
            fail_msg("flaw %u: %llu intervals are good: %s", i,
                     (unsigned long long)result.intervals_ok, result.reason);
        assert_true(result.reason[0]);
        /* The reason, or one of the rows that list all. */
        snprintf(
            sql, sizeof sql,
            "SELECT group_concat(kind || ': ' || detail, '; ') FROM damages WHERE boot = %u",
            i);
        get_text(f, sql, all, sizeof all);
        if (!strstr(all, x->word))
            fail_msg("flaw %u: \"%s\" is not in: %s", i, x->word, all);
        snprintf(sql, sizeof sql, "SELECT reason FROM boots WHERE boot = %u", i);
        assert_true(text_is(f, sql, result.reason));
        /* The raw bytes are there, whatever is made of them. */
        snprintf(sql, sizeof sql,
                 "SELECT count(*) FROM raw_frames r JOIN boot b ON b.id = r.boot WHERE "
                 "plan_index = %u",
                 i);
        assert_int_equal(number(f, sql), 1);
    }
}

/* A console cut short is damage; why it was cut is the boot's reason, unless the target told its
 * own. */
static void who_gave_up_explains(void **state)
{
    static const struct {
        struct flaws x;
        const char *reason;
    } cases[] = {
        {{.no_end = 1, .skip_iv = 1, .strange = 1}, "console: "},
        {{.hypervisor = 1, .no_end = 1, .strange = 1, .hypervisor_gave_up = 1},
         "console2: hypervisor gave up: the guest was ended"},
        {{.hypervisor = 1, .gave_up = 1, .hypervisor_gave_up = 1},
         "console: target gave up: no card on any bus"},
    };
    struct fixture *f = *state;

    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ingest_flawed(f, i, &cases[i].x);
        assert_int_equal(result.verdict, VERDICT_ERROR);
        if (strncmp(result.reason, cases[i].reason, strlen(cases[i].reason)) != 0)
            fail_msg("case %u: %s", i, result.reason);
    }
    assert_int_equal(number(f, "SELECT count(*) FROM damages WHERE boot = 1 AND source = "
                               "'console' AND detail <> ''") > 1,
                     1);
}

/* A run without an answer is not to be used, though its intervals are whole. */
static void runs_spoil_their_durations(void **state)
{
    const struct flaws no_answer = {.no_answer = 1}, wrong = {.wrong_answer = 1};
    struct fixture *f = *state;

    ingest_flawed(f, 0, &no_answer);
    ingest_flawed(f, 1, &wrong);
    assert_int_equal(
        number(f, "SELECT count(*) FROM durations WHERE boot = 0 AND verdict = 'error' "
                  "AND workload = 'spin'"),
        SPINS);
    assert_int_equal(
        number(f, "SELECT count(*) FROM durations WHERE boot = 1 AND verdict = 'fail' "
                  "AND workload = 'spin'"),
        SPINS);
    assert_int_equal(number(f, "SELECT count(*) FROM durations WHERE verdict = 'ok'"),
                     2 * (INTERVALS - SPINS));
}

static void ends(void **state)
{
    static const struct {
        enum bench_end end;
        enum verdict with_end, without;
    } cases[] = {
        {BENCH_END_LIMIT, VERDICT_ERROR, VERDICT_CRASH},
        {BENCH_END_DIED, VERDICT_CRASH, VERDICT_CRASH},
        {BENCH_END_STALLED, VERDICT_ERROR, VERDICT_ERROR},
        {BENCH_END_PROBE, VERDICT_ERROR, VERDICT_ERROR},
    };
    struct fixture *f = *state;

    for (uint32_t i = 0; i < 4; i++) {
        const struct flaws none = {0}, no_end = {.no_end = 1};

        outcome.end = cases[i].end;
        snprintf(outcome.reason, sizeof outcome.reason, "it was number %u", i);
        ingest_flawed(f, 2 * i, &none);
        assert_int_equal(result.verdict, cases[i].with_end);
        assert_non_null(strstr(result.reason, "it was number"));
        ingest_flawed(f, 2 * i + 1, &no_end);
        assert_int_equal(result.verdict, cases[i].without);
    }
}

static const char garbage[] = "\x1e\x1e"
                              "ETL1 \x1e"
                              "ETL1 garbage\n\0\xff\xff";

static void nothing_at_all(void **state)
{
    const struct flaws none = {0};
    struct ingest_boot skipped = {
        .campaign = 0,
        .plan_index = 2,
        .platform = "xen-pv",
        .variant = "",
        .plan_text = "",
        .bench = &bench,
        .skip_reason = "Xen is not installed",
    };
    struct fixture *f = *state;

    /* No file was written. */
    outcome.end = BENCH_END_PROBE;
    snprintf(outcome.reason, sizeof outcome.reason, "no timer");
    assert_int_equal(ingest_now(f, 0, &none), 0);
    assert_int_equal(result.verdict, VERDICT_ERROR);
    assert_int_equal(number(f, "SELECT count(*) FROM boots WHERE verdict = 'error'"), 1);
    /* Empty files, then garbage. */
    save(f, BENCH_FRAMES_FILE, "", 0);
    save(f, BENCH_CONSOLE_FILE, garbage, sizeof garbage);
    assert_int_equal(ingest_now(f, 1, &none), 0);
    assert_int_equal(result.verdict, VERDICT_ERROR);
    discard(f);
    skipped.campaign = f->campaign;
    assert_int_equal(ingest_boot(f->store, &skipped, "/nonexistent", &result, &f->err), 0);
    assert_int_equal(result.verdict, VERDICT_SKIP);
    assert_true(
        text_is(f, "SELECT verdict || ' ' || end || ': ' || reason FROM boots WHERE boot = 2",
                "skip not-run: Xen is not installed"));
}

/* A timer that never stopped: what the pins did before ARM belongs to nobody. */
static void before_arm(void **state)
{
    const struct flaws none = {0};
    struct stream *s = &files.stream;
    struct fixture *f = *state;

    memset(s, 0, sizeof *s);
    s->plan_index = 6;
    s->nonce = NONCE;
    s->t = 100;
    stream_hello(s);
    stream_pins(s, 0x1B);
    s->t += 500;
    stream_pins(s, 0);
    stream_lost(s, 9);
    s->lost_total = 0; /* ARM clears it */
    stream_reply(s, WIRE_ARM, 0, WIRE_STATUS_OK, NONCE);
    stream_preamble(s);
    for (unsigned n = 0; n < INTERVALS; n++)
        stream_interval(s, 50, n < NULLS ? 1 : 1000 + n);
    stream_end(s);
    write_console(&files, &none, 6);
    save(f, BENCH_FRAMES_FILE, s->bytes, s->size);
    save(f, BENCH_CONSOLE_FILE, files.console, files.console_size);
    assert_int_equal(ingest_now(f, 6, &none), 0);
    assert_int_equal(result.intervals_ok, INTERVALS);
    assert_int_equal(result.lost, 0);
    assert_int_equal(result.verdict, VERDICT_OK);
    discard(f);
}

static void frames_alone(void **state)
{
    struct ingest_boot boot = {
        .plan_index = 4,
        .platform = "bare",
        .variant = "",
        .nonce = NONCE,
        .plan_text = "",
        .bench = &bench,
    };
    const struct flaws none = {0};
    struct fixture *f = *state;
    char path[128];

    boot.campaign = f->campaign;
    write_frames(&files, &none, 4);
    save(f, BENCH_FRAMES_FILE, files.stream.bytes, files.stream.size);
    snprintf(path, sizeof path, "%s/%s", f->dir, BENCH_FRAMES_FILE);
    assert_int_equal(ingest_frames(f->store, &boot, path, &result, &f->err), 0);
    assert_int_equal(result.verdict, VERDICT_OK);
    assert_int_equal(result.intervals_ok, INTERVALS);
    assert_int_equal(
        number(f, "SELECT count(*) FROM interval WHERE w IS NULL AND verdict = 'ok'"),
        INTERVALS);
    boot.plan_index = 5; /* its preamble is not that of boot 5 */
    assert_int_equal(ingest_frames(f->store, &boot, path, &result, &f->err), 0);
    assert_int_equal(result.verdict, VERDICT_ERROR);
    assert_non_null(strstr(result.reason, "preamble"));
    assert_int_equal(result.intervals_ok, 0);
    discard(f);
    assert_int_equal(ingest_frames(f->store, &boot, path, &result, &f->err), ERR_IO);
}

/* Bytes of the console flipped, dropped and doubled: what stays good is as it was. */
static void hurt_consoles(void **state)
{
    const struct flaws none = {.hypervisor = 1};
    uint64_t random = 99, good = 0;
    struct fixture *f = *state;

    print_message("# seed 99\n");
    for (uint32_t i = 0; i < 150; i++) {
        char *c = files.console;
        const unsigned times = 1 + i % 4;

        write_frames(&files, &none, i);
        write_console(&files, &none, i);
        for (unsigned k = 0; k < times; k++) {
            const size_t at = stream_random(&random) % files.console_size;
            const uint64_t r = stream_random(&random);

            if (r % 3 == 0) {
                c[at] = (char)(c[at] ^ (int)(1 + (r >> 8) % 255));
            } else if (r % 3 == 1) {
                memmove(c + at, c + at + 1, files.console_size - at - 1);
                files.console_size--;
            } else {
                memmove(c + at + 1, c + at, files.console_size - at);
                files.console_size++;
            }
        }
        save(f, BENCH_FRAMES_FILE, files.stream.bytes, files.stream.size);
        save(f, BENCH_CONSOLE_FILE, c, files.console_size);
        save(f, BENCH_HYPERVISOR_FILE, files.console2, files.console2_size);
        if (ingest_now(f, i, &none))
            fail_msg("%s", f->err.text);
        discard(f);
        assert_true(result.intervals <= INTERVALS);
        good += result.intervals_ok;
    }
    /* Only a flip between two records, or doubling a mark, may go without a verdict. */
    assert_true(number(f, "SELECT count(*) FROM boots WHERE verdict = 'ok'") < 15);
    assert_true(good > 0);
    assert_int_equal(
        number(f,
               "SELECT count(*) FROM durations WHERE verdict = 'ok' AND true_ns <> CASE WHEN "
               "workload = 'null' THEN 2 WHEN workload = 'spin' THEN 2.0 * (1006 + iteration) "
               "ELSE 2.0 * (1010 + iteration) END"),
        0);
    assert_int_equal(
        number(f, "SELECT count(*) FROM durations WHERE verdict = 'ok' AND guest_ns <> "
                  "500"),
        0);
}

/* The store refuses: the error comes up, nothing of the boot stays. */
static void store_refuses(void **state)
{
    const struct flaws none = {0};
    struct fixture *f = *state;

    ingest_flawed(f, 0, &none);
    sqlite3_exec(store_handle(f->store), "PRAGMA max_page_count = 70", NULL, NULL, NULL);
    write_frames(&files, &none, 1);
    files.stream.bytes = realloc(files.stream.bytes, 400000);
    memset(files.stream.bytes + files.stream.size, 0, 400000 - files.stream.size);
    files.stream.size = 400000;
    save(f, BENCH_FRAMES_FILE, files.stream.bytes, files.stream.size);
    assert_int_equal(ingest_now(f, 1, &none), ERR_IO);
    assert_non_null(strstr(f->err.text, "full"));
    discard(f);
    assert_int_equal(number(f, "SELECT count(*) FROM boots"), 1);
    assert_int_equal(number(f, "SELECT count(*) FROM durations WHERE verdict = 'ok'"),
                     INTERVALS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole, setup, fixture_close),
        cmocka_unit_test_setup_teardown(fewer_hypercalls_than_were_made, setup, fixture_close),
        cmocka_unit_test_setup_teardown(hypercalls_of_a_failed_run, setup, fixture_close),
        cmocka_unit_test_setup_teardown(each_flaw, setup, fixture_close),
        cmocka_unit_test_setup_teardown(who_gave_up_explains, setup, fixture_close),
        cmocka_unit_test_setup_teardown(runs_spoil_their_durations, setup, fixture_close),
        cmocka_unit_test_setup_teardown(ends, setup, fixture_close),
        cmocka_unit_test_setup_teardown(nothing_at_all, setup, fixture_close),
        cmocka_unit_test_setup_teardown(before_arm, setup, fixture_close),
        cmocka_unit_test_setup_teardown(frames_alone, setup, fixture_close),
        cmocka_unit_test_setup_teardown(hurt_consoles, setup, fixture_close),
        cmocka_unit_test_setup_teardown(store_refuses, setup, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
