/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The database: identity, append-only, views with the columns they promise, figures of the
 * views against figures worked out by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_fixture.h"

static void make_and_reopen(void **state)
{
    struct fixture *f = *state;
    int64_t id;

    assert_true(text_is(f, "PRAGMA journal_mode", "wal"));
    assert_true(number(f, "PRAGMA user_version") == STORE_VERSION);
    assert_true(number(f, "PRAGMA application_id") == STORE_APPLICATION);
    put_boot(f, 3);
    store_close(f->store);
    assert_int_equal(store_open(f->path, STORE_WRITE, &f->store, &f->err), 0);
    assert_int_equal(store_find_campaign(f->store, "test", &id, &f->err), 1);
    assert_true(id == f->campaign);
    assert_int_equal(store_find_campaign(f->store, "none", &id, &f->err), 0);
    assert_int_equal(store_has_boot(f->store, id, 3, &f->err), 1);
    assert_int_equal(store_has_boot(f->store, id, 4, &f->err), 0);
}

static void campaign_names(void **state)
{
    struct fixture *f = *state;
    struct store_campaign c = fixture_campaign;
    int64_t id;

    assert_int_equal(store_put_campaign(f->store, &c, &id, &f->err), 0);
    assert_true(id == f->campaign);
    c.hash = "another";
    assert_int_equal(store_put_campaign(f->store, &c, &id, &f->err), ERR_USAGE);
    assert_non_null(strstr(f->err.text, "test"));
    c.name = "second";
    assert_int_equal(store_put_campaign(f->store, &c, &id, &f->err), 0);
    assert_true(id != f->campaign);
}

static void provenance(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(store_put_fact(f->store, f->campaign, "qemu", "7.2", &f->err), 0);
    assert_int_equal(store_put_fact(f->store, f->campaign, "qemu", "7.2", &f->err), 0);
    assert_int_equal(store_put_fact(f->store, f->campaign, "qemu", "10.0", &f->err), ERR_DATA);
    assert_non_null(strstr(f->err.text, "7.2"));
    assert_non_null(strstr(f->err.text, "10.0"));
    assert_int_equal(store_put_host_fact(f->store, f->campaign, "host", "a", &f->err), 0);
    assert_int_equal(store_put_host_fact(f->store, f->campaign, "host", "b", &f->err), 0);
    assert_true(text_is(f, "SELECT value FROM host_fact WHERE key = 'host'", "b"));
    put_boot(f, 0);
    assert_true(text_is(f, "SELECT value FROM provenance WHERE key = 'qemu'", "7.2"));
    assert_true(
        text_is(f, "SELECT value FROM provenance WHERE key = 'lab.ns_per_instruction'", "2"));
    assert_true(text_is(f, "SELECT value FROM provenance WHERE key = 'boot.0.kernel'", "6.1"));
    assert_true(
        text_is(f, "SELECT value FROM provenance WHERE key = 'boot.0.kernel#2'", "6.2"));
    assert_true(
        text_is(f, "SELECT value FROM provenance WHERE key = 'boot.0.kernel#3'", "6.3"));
    assert_int_equal(number(f, "SELECT count(*) FROM provenance WHERE value = 'b'"), 0);
}

static void attempts(void **state)
{
    struct fixture *f = *state;
    int64_t a, b;

    assert_int_equal(store_begin_attempt(f->store, f->campaign, 0, 1000, &a, &f->err), 0);
    assert_int_equal(store_begin_attempt(f->store, f->campaign, 1, 2000, &b, &f->err), 0);
    assert_int_equal(store_end_attempt(f->store, a, 3000, "complete", &f->err), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM attempts"), 1);
    assert_true(text_is(f, "SELECT outcome FROM attempts WHERE boot = 1", "cut off"));
    assert_int_equal(store_end_attempt(f->store, b, 4000, "interrupted", &f->err), 0);
    assert_true(text_is(f, "SELECT outcome FROM attempts WHERE boot = 1", "interrupted"));
}

/* Raw rows stay as they came, whoever asks. */
static void append_only(void **state)
{
    static const char *const raw[] = {
        "campaign",    "fact",    "boot",       "boot_fact", "raw_frames",
        "raw_console", "run",     "run_param",  "figure",    "interval",
        "clock",       "reading", "exit_count", "audit",     "damage",
    };
    struct fixture *f = *state;
    char sql[256];

    put_boot(f, 0);
    assert_int_equal(store_put_fact(f->store, f->campaign, "k", "v", &f->err), 0);
    for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++) {
        char column[64];

        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", raw[i]);
        if (number(f, sql) == 0)
            fail_msg("the fixture puts nothing into %s", raw[i]);
        snprintf(sql, sizeof sql, "DELETE FROM %s", raw[i]);
        assert_int_equal(sqlite3_exec(f->db, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
        snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s') LIMIT 1", raw[i]);
        get_text(f, sql, column, sizeof column);
        snprintf(sql, sizeof sql, "UPDATE %s SET %s = %s", raw[i], column, column);
        assert_int_equal(sqlite3_exec(f->db, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
        snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO %s SELECT * FROM %s", raw[i],
                 raw[i]);
        assert_int_equal(sqlite3_exec(f->db, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
    }
    /* No raw table is forgotten: those without triggers are derived or the host's. */
    assert_int_equal(number(f,
                            "SELECT count(*) FROM sqlite_master m WHERE type = 'table' AND "
                            "name NOT GLOB 'derived_*' AND name NOT GLOB 'host_*' AND (SELECT "
                            "count(*) FROM sqlite_master t WHERE t.type = 'trigger' AND "
                            "t.tbl_name = m.name) <> 2"),
                     0);
    /* A boot twice is refused, and the first one stays. */
    assert_int_equal(try_boot(f, 0), ERR_BUG);
    assert_int_equal(number(f, "SELECT count(*) FROM boot"), 1);
}

static void view_columns(void **state)
{
    static const struct {
        const char *view, *columns;
    } promised[] = {
        {"durations", "campaign,bench,boot,platform,variant,workload,param,metric,iteration,"
                      "true_ns,u_ns,guest_ns,grade,verdict,reason"},
        {"readings", "campaign,boot,interval,clock,before,after"},
        {"summary",
         "campaign,bench,platform,variant,workload,param,metric,unit,n,value,p50,p99,"
         "max,ci_low,ci_high,boots,baseline,ratio,ratio_low,ratio_high,verdict"},
        {"exit_counts", "campaign,boot,platform,variant,workload,cause,count"},
        {"exit_costs", "campaign,boot,platform,variant,operation,cost,unit"},
        {"clocks", "campaign,bench,boot,platform,variant,clock,offset_ns,skew_ppm,skew_low,"
                   "skew_high,jumps,backsteps,freezes,verdict,reason"},
        {"counters",
         "campaign,boot,platform,variant,workload,param,iteration,counter,unit,value"},
        {"observer_costs", "campaign,boot,platform,variant,collector,cost,unit"},
        {"times", "campaign,boot,platform,variant,workload,param,iteration,true_ns,real_ns,"
                  "user_ns,sys_ns"},
        {"time_audits",
         "campaign,bench,boot,platform,variant,workload,param,intervals,true_ns,real_ns,"
         "user_ns,sys_ns,steal_ns,cpus,tolerance_ns,flagged,verdict,reason"},
        {"time_counters",
         "campaign,boot,platform,variant,workload,param,w,true_ns,user_ns,sys_ns,instructions,"
         "cycles,user_instructions,kernel_instructions,user_cycles,kernel_cycles"},
        {"distortions", "campaign,boot,platform,variant,seq,lie,kind,unit,begin,end,guest,"
                        "requested,delivered,visible,count"},
        {"distortion_requests", "campaign,boot,platform,variant,lie,kind,unit,form,entries,"
                                "count,requested,delivered,visible"},
        {"recoveries",
         "campaign,bench,boot,platform,variant,kind,detail,unit,requested,delivered,recovered,"
         "low,high,injected,events,missed,per_event,verdict,reason"},
        {"scores",
         "campaign,bench,boot,platform,variant,style,workload,param,name,unit,n,guest,"
         "truth,error_ppm,u_ppm,verdict"},
        {"seals", "campaign,boot,platform,variant,key_id,commitment,opened"},
        {"provenance", "campaign,key,value"},
        {"attempts", "campaign,boot,started_unix_ns,ended_unix_ns,outcome"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof promised / sizeof promised[0]; i++) {
        char sql[256], columns[1024];

        snprintf(sql, sizeof sql, "SELECT group_concat(name) FROM pragma_table_info('%s')",
                 promised[i].view);
        get_text(f, sql, columns, sizeof columns);
        assert_string_equal(columns, promised[i].columns);
    }
    /* Every view can be read. */
    put_boot(f, 0);
    assert_true(number(f, "SELECT count(*) FROM sqlite_master WHERE type = 'view'") >= 14);
    for (int i = 0; i < number(f, "SELECT count(*) FROM sqlite_master WHERE type = 'view'");
         i++) {
        char sql[256], name[128];

        snprintf(sql, sizeof sql,
                 "SELECT name FROM sqlite_master WHERE type = 'view' LIMIT 1 OFFSET %d", i);
        get_text(f, sql, name, sizeof name);
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", name);
        assert_true(number(f, sql) >= 0);
    }
}

/* tick_hz 500 MHz: a tick is 2 ns. */
static void durations_by_hand(void **state)
{
    struct fixture *f = *state;

    put_boot(f, 0);
    assert_true(
        real(f, "SELECT true_ns FROM durations WHERE workload = 'null' AND iteration = 0") ==
        2.0);
    /* deterministic: the step itself */
    assert_true(fabs(real(f, "SELECT u_ns FROM durations LIMIT 1") - 2.0) < 1e-6);
    assert_true(text_is(f, "SELECT u_dominant FROM intervals LIMIT 1", "timer step"));
    /* raw: 100 -> 350 */
    assert_true(
        real(f, "SELECT guest_ns FROM durations WHERE workload = 'null' AND iteration = 0") ==
        250.0);
    assert_true(text_is(f, "SELECT grade FROM durations LIMIT 1", "A"));
    /* an interval with one edge has no duration, and says why */
    assert_int_equal(number(f,
                            "SELECT count(*) FROM durations WHERE true_ns IS NULL AND verdict "
                            "= 'error' AND reason = 'torn'"),
                     1);
    /* a run that failed makes its intervals fail */
    assert_int_equal(
        number(f,
               "SELECT count(*) FROM durations WHERE workload = 'wrong' AND verdict = 'fail' "
               "AND reason = '2 + 2 = 5'"),
        1);
    assert_int_equal(number(f, "SELECT count(*) FROM durations"),
                     number(f, "SELECT count(*) FROM interval"));
    assert_int_equal(number(f,
                            "SELECT count(*) FROM readings WHERE clock = 'raw' AND before = "
                            "100 AND after = 350"),
                     1);
}

/* The difference, of what is no clock, around an interval that may be used. */
static void counters_by_hand(void **state)
{
    struct fixture *f = *state;

    put_boot(f, 0);
    assert_int_equal(number(f, "SELECT count(*) FROM counters"), 1);
    assert_true(real(f, "SELECT value FROM counters WHERE campaign = 'test' AND boot = 0 AND "
                        "workload = 'null' AND iteration = 0 AND counter = 'faults' AND unit "
                        "= 'count'") == 7.0);
    assert_int_equal(number(f, "SELECT count(*) FROM readings WHERE clock = 'faults'"), 2);
}

/* GUM: root of the sum of squares of the expanded parts. */
static void uncertainty_by_hand(void **state)
{
    struct store_campaign c = fixture_campaign;
    struct fixture *f = *state;
    double step, timebase, path;

    c.name = "metal";
    c.deterministic = 0;
    c.ns_per_instruction = 0;
    assert_int_equal(store_put_campaign(f->store, &c, &f->campaign, &f->err), 0);
    put_boot(f, 0);
    /* the interval of 1000 ticks = 2000 ns; timebase 50 000 ppb; sigma of null 3 ns */
    step = 2 * 2.0 / sqrt(6);
    timebase = 2000.0 * 50000e-9;
    path = 2 * 3.0;
    assert_true(fabs(real(f, "SELECT u_ns FROM durations WHERE true_ns = 2000") -
                     sqrt(step * step + timebase * timebase + path * path)) < 1e-12);
    assert_true(
        text_is(f, "SELECT u_dominant FROM intervals WHERE true_ns = 2000", "marker path"));
    assert_true(text_is(f, "SELECT unit FROM exit_costs LIMIT 1", "ns"));
    assert_int_equal(number(f,
                            "SELECT count(*) FROM provenance WHERE campaign = 'metal' AND key "
                            "= 'lab.ns_per_instruction'"),
                     0);
}

/* empty (n=10): 40 42 44 46 -> median 43; hypercall: 640 642 1000 -> 642: (642-43)/10 ticks =
 * 59.9 ticks = 119.8 ns = 59.9 instructions. */
static void exit_costs_by_hand(void **state)
{
    struct fixture *f = *state;

    put_boot(f, 0);
    assert_true(fabs(real(f, "SELECT cost FROM exit_costs WHERE operation = 'hypercall'") -
                     59.9) < 1e-9);
    assert_true(text_is(f, "SELECT unit FROM exit_costs WHERE operation = 'hypercall'",
                        "instructions"));
    /* cpuid was measured with another n, for which there is no empty loop */
    assert_int_equal(number(f, "SELECT count(*) FROM exit_costs WHERE operation = 'cpuid'"),
                     0);
    assert_int_equal(number(f, "SELECT count(*) FROM exit_costs WHERE operation = 'empty'"),
                     0);
    assert_int_equal(
        number(f,
               "SELECT count FROM exit_counts WHERE cause = 'hypercall' AND workload IS NULL"),
        1234);
}

static void raw_bytes(void **state)
{
    const size_t n = 3 * STORE_CHUNK_BYTES + 17;
    struct fixture *f = *state;
    uint8_t *data = malloc(n);
    int64_t boot;

    for (size_t i = 0; i < n; i++)
        data[i] = (uint8_t)(i * 31 + i / 251);
    assert_int_equal(begin_boot(f, 9, &boot), 0);
    assert_int_equal(store_add_frames(f->store, boot, data, n, &f->err), 0);
    assert_int_equal(store_add_console(f->store, boot, 1, data, STORE_CHUNK_BYTES, &f->err),
                     0);
    assert_int_equal(store_add_console(f->store, boot, 0, NULL, 0, &f->err), 0);
    assert_int_equal(store_commit_boot(f->store, &f->err), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM raw_frames"), 4);
    assert_int_equal(number(f, "SELECT sum(length(bytes)) FROM raw_frames"), (int64_t)n);
    assert_int_equal(number(f, "SELECT length(bytes) FROM raw_frames WHERE chunk = 3"), 17);
    assert_int_equal(number(f, "SELECT count(*) FROM raw_console"), 1);
    for (int chunk = 0; chunk < 4; chunk++)
        assert_true(blob_is(f, "SELECT bytes FROM raw_frames WHERE chunk = ?", chunk,
                            data + (size_t)chunk * STORE_CHUNK_BYTES,
                            chunk < 3 ? STORE_CHUNK_BYTES : 17));
    free(data);
}

static void derived(void **state)
{
    const struct store_summary rows[] = {
        {"bare", "", "spin", "n=1", "time", "ns", 50, 1.5, 1.5, 2, 3, NAN, NAN, 2, "", NAN,
         NAN, NAN, "exact"},
        {"vmm-bare", "svm", "spin", "n=1", "time", "ns", 50, 1.5, 1.5, 2, 3, NAN, NAN, 2,
         "bare", 1, 1, 1, "same"},
    };
    const struct store_clock clocks[] = {
        {0, "raw", 5, 0.25, -1, 1, 0, STORE_NONE, 3, "sound", ""}};
    struct fixture *f = *state;

    put_boot(f, 0);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(store_replace_summary(f->store, f->campaign, rows, 2, &f->err), 0);
        assert_int_equal(store_replace_clocks(f->store, f->campaign, clocks, 1, &f->err), 0);
        assert_int_equal(number(f, "SELECT count(*) FROM summary"), 2);
        assert_int_equal(
            number(f, "SELECT count(*) FROM summary WHERE ratio IS NULL AND baseline "
                      "= '' AND platform = 'bare'"),
            1);
        assert_int_equal(number(f, "SELECT count(*) FROM clocks WHERE skew_ppm = 0.25 AND "
                                   "backsteps IS NULL AND freezes = 3 AND platform = "
                                   "'bare'"),
                         1);
    }
    /* A clock of a boot that is not there: nothing of the replacement stays. */
    {
        const struct store_clock wrong[] = {{0, "x", 0, 0, 0, 0, 0, 0, 0, "sound", ""},
                                            {77, "y", 0, 0, 0, 0, 0, 0, 0, "sound", ""}};

        assert_int_equal(store_replace_clocks(f->store, f->campaign, wrong, 2, &f->err),
                         ERR_BUG);
        assert_int_equal(number(f, "SELECT count(*) FROM clocks WHERE clock = 'raw'"), 1);
    }
    assert_int_equal(store_replace_summary(f->store, f->campaign, NULL, 0, &f->err), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM summary"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(make_and_reopen, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(campaign_names, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(provenance, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(attempts, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(append_only, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(view_columns, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(durations_by_hand, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(counters_by_hand, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(uncertainty_by_hand, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(exit_costs_by_hand, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(raw_bytes, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(derived, fixture_open, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
