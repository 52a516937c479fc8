/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From raw files to rows: a whole boot comes in once and with all it told; of one that has no
 * files, no console or edges before ARM there is what can be proven; a store that refuses keeps
 * nothing of it.
 */
#include "tests/unit/ingest_fixture.h"

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
        cmocka_unit_test_setup_teardown(nothing_at_all, setup, fixture_close),
        cmocka_unit_test_setup_teardown(before_arm, setup, fixture_close),
        cmocka_unit_test_setup_teardown(frames_alone, setup, fixture_close),
        cmocka_unit_test_setup_teardown(store_refuses, setup, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
