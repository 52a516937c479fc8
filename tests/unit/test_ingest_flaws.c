/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From raw files to rows, with every part of a boot hurt: nothing is dropped, nothing is good that
 * should not be, and the reason is told.
 */
#include "tests/unit/ingest_fixture.h"

/* --- one flaw each --- */

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

/* --- calls that the hypervisor counts --- */

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
        {"op=ring-kick n=1000", 1, 1000 * SPINS, VERDICT_OK},
        {"op=ring-kick n=1000", 1, 1000 * SPINS - 1, VERDICT_ERROR},
        {"op=ring-post n=100", 1, 0, VERDICT_OK},
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
                     5);
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

/* --- many flaws at once --- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_flaw, setup, fixture_close),
        cmocka_unit_test_setup_teardown(who_gave_up_explains, setup, fixture_close),
        cmocka_unit_test_setup_teardown(runs_spoil_their_durations, setup, fixture_close),
        cmocka_unit_test_setup_teardown(ends, setup, fixture_close),
        cmocka_unit_test_setup_teardown(fewer_hypercalls_than_were_made, setup, fixture_close),
        cmocka_unit_test_setup_teardown(hypercalls_of_a_failed_run, setup, fixture_close),
        cmocka_unit_test_setup_teardown(hurt_consoles, setup, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
