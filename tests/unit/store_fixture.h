/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/store_fixture.h - a fresh database in a directory of its own, a boot to put in,
 * and short ways to ask it.
 */
#ifndef ETALON_TESTS_STORE_FIXTURE_H
#define ETALON_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/store.h"

struct fixture {
    char dir[64], path[96];
    struct store *store;
    sqlite3 *db; /* a reader of its own */
    int64_t campaign;
    struct err err;
};

static const struct store_campaign fixture_campaign = {
    .name = "test",
    .hash = "00112233",
    .text = "canonical",
    .bench = "lab",
    .deterministic = 1,
    .ns_per_instruction = 2.0,
    .boots_planned = 4,
};

static int fixture_open(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->dir, sizeof f->dir, "/tmp/etalon-test-XXXXXX");
    if (!mkdtemp(f->dir))
        return -1;
    snprintf(f->path, sizeof f->path, "%s/test.db", f->dir);
    *state = f;
    if (store_open(f->path, STORE_CREATE, &f->store, &f->err) ||
        store_put_campaign(f->store, &fixture_campaign, &f->campaign, &f->err)) {
        print_message("# %s\n", f->err.text);
        return -1;
    }
    if (sqlite3_open(f->path, &f->db) != SQLITE_OK)
        return -1;
    sqlite3_exec(f->db, "PRAGMA recursive_triggers = ON", NULL, NULL, NULL);
    return 0;
}

static void fixture_remove(const struct fixture *f)
{
    static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
    char path[128];

    for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++) {
        snprintf(path, sizeof path, "%s%s", f->path, suffix[i]);
        unlink(path);
    }
    rmdir(f->dir);
}

static int fixture_close(void **state)
{
    struct fixture *f = *state;

    sqlite3_close(f->db);
    store_close(f->store);
    fixture_remove(f);
    free(f);
    return 0;
}

/* --- ask ------------------------------------------------------------------------------------- */

static sqlite3_stmt *ask(struct fixture *f, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(f->db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(f->db));
    if (sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: no row", sql);
    return statement;
}

static int64_t number(struct fixture *f, const char *sql)
{
    sqlite3_stmt *statement = ask(f, sql);
    const int64_t value = sqlite3_column_int64(statement, 0);

    sqlite3_finalize(statement);
    return value;
}

static double real(struct fixture *f, const char *sql)
{
    sqlite3_stmt *statement = ask(f, sql);
    const double value = sqlite3_column_double(statement, 0);

    sqlite3_finalize(statement);
    return value;
}

static void get_text(struct fixture *f, const char *sql, char *out, size_t size)
{
    sqlite3_stmt *statement = ask(f, sql);

    snprintf(out, size, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
}

static int text_is(struct fixture *f, const char *sql, const char *expected)
{
    char text[1024];

    get_text(f, sql, text, sizeof text);
    if (strcmp(text, expected) == 0)
        return 1;
    print_message("# %s: \"%s\", not \"%s\"\n", sql, text, expected);
    return 0;
}

static int blob_is(struct fixture *f, const char *sql, int argument, const void *data,
                   size_t n)
{
    sqlite3_stmt *statement = NULL;
    int same;

    if (sqlite3_prepare_v2(f->db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(f->db));
    sqlite3_bind_int(statement, 1, argument);
    same = sqlite3_step(statement) == SQLITE_ROW &&
           sqlite3_column_bytes(statement, 0) == (int)n &&
           memcmp(sqlite3_column_blob(statement, 0), data, n) == 0;
    sqlite3_finalize(statement);
    return same;
}

/* --- a boot ----------------------------------------------------------------------------------- */

static int begin_boot(struct fixture *f, uint32_t plan_index, int64_t *boot)
{
    const struct store_boot row = {
        .campaign = f->campaign,
        .plan_index = plan_index,
        .platform = "bare",
        .variant = "",
        .seed = UINT64_MAX,
        .plan = "null",
        .verdict = VERDICT_OK,
        .grade = 'A',
        .end = "powered-off",
        .machine_time_ns = 1000000,
        .tick_hz = 500000000,
        .step_ticks = 1,
        .fclk_hz = 250000000,
        .phases = 2,
        .source_id = 0x0123456789ABCDEFull,
        .timebase_ppb = 50000,
        .path_u_ns = 3.0,
        .guest_clock = "raw",
        .guest_clock_hz = 1000000000,
        .reference_first_tick = STORE_NONE,
        .reference_last_tick = STORE_NONE,
    };

    return store_begin_boot(f->store, &row, boot, &f->err);
}

/* Intervals of `ticks[]` as the iterations of run w. */
static int add_run(struct fixture *f, int64_t boot, uint32_t w, const char *workload,
                   const char *param, enum verdict verdict, const char *reason, uint64_t *n,
                   const uint64_t *ticks, size_t count)
{
    const struct store_run run = {
        .w = w,
        .workload = workload,
        .param = param,
        .metric = "time",
        .unit = "ns",
        .form = "per",
        .scale = 1.0,
        .work = 1,
        .iterations = count,
        .first_interval = *n,
        .verdict = verdict,
        .reason = reason,
    };
    int rc = store_add_run(f->store, boot, &run, &f->err);

    for (size_t i = 0; !rc && i < count; i++, ++*n) {
        const struct store_interval v = {
            .n = *n,
            .w = (int64_t)w,
            .iteration = (int64_t)i,
            .start_tick = (int64_t)(*n * 10000),
            .stop_tick = ticks[i] ? (int64_t)(*n * 10000 + ticks[i]) : STORE_NONE,
            .reading = STORE_NONE,
            .verdict = ticks[i] ? VERDICT_OK : VERDICT_ERROR,
            .reason = ticks[i] ? "" : "torn",
        };

        rc = store_add_interval(f->store, boot, &v, &f->err);
    }
    return rc;
}

static int fill_boot(struct fixture *f, int64_t boot)
{
    static const uint64_t nulls[] = {1, 1, 0, 1000}, empty[] = {46, 40, 44, 42};
    static const uint64_t hypercalls[] = {640, 1000, 642}, cpuids[] = {5000}, wrong[] = {7};
    const uint64_t ticks[3] = {5, 1, 4};
    struct store *s = f->store;
    uint64_t n = 0;
    int rc = store_add_frames(s, boot, "frames", 6, &f->err);

    rc = rc ? rc : store_add_console(s, boot, 0, "console", 7, &f->err);
    rc = rc ? rc : store_add_log(s, boot, "log", 3, &f->err);
    rc = rc ? rc : store_add_fact(s, boot, "kernel", "6.1", &f->err);
    rc = rc ? rc : store_add_fact(s, boot, "kernel", "6.2", &f->err);
    rc = rc ? rc : store_add_fact(s, boot, "kernel", "6.3", &f->err);
    rc = rc ? rc : add_run(f, boot, 0, "null", "", VERDICT_OK, "", &n, nulls, 4);
    rc = rc ? rc : add_run(f, boot, 1, "exits", "op=empty n=10", VERDICT_OK, "", &n, empty, 4);
    rc = rc ? rc
            : add_run(f, boot, 2, "exits", "op=hypercall n=10", VERDICT_OK, "", &n, hypercalls,
                      3);
    rc =
        rc ? rc : add_run(f, boot, 3, "exits", "op=cpuid n=20", VERDICT_OK, "", &n, cpuids, 1);
    rc = rc ? rc : add_run(f, boot, 4, "wrong", "", VERDICT_FAIL, "2 + 2 = 5", &n, wrong, 1);
    rc = rc ? rc : store_add_figure(s, boot, 0, "score", -5, &f->err);
    rc = rc ? rc : store_add_clock(s, boot, 0, "tsc", "ticks", &f->err);
    rc = rc ? rc : store_add_clock(s, boot, 1, "raw", "ns", &f->err);
    rc = rc ? rc : store_add_reading(s, boot, 0, 1, 100, 350, &f->err);
    rc = rc ? rc : store_add_reading(s, boot, 0, 0, 7, 9, &f->err);
    rc = rc ? rc : store_add_clock(s, boot, 2, "faults", "count", &f->err);
    rc = rc ? rc : store_add_reading(s, boot, 0, 2, 30, 37, &f->err);
    rc = rc ? rc : store_add_reading(s, boot, 2, 2, 40, 41, &f->err); /* torn */
    rc = rc ? rc : store_add_exit_count(s, boot, -1, "hypercall", 1234, ticks, &f->err);
    rc = rc ? rc : store_add_audit(s, boot, 0, "null", 10, 0, 0, &f->err);
    rc =
        rc ? rc : store_add_damage(s, boot, 0, "frames", "wrong CRC", 77, "24 bytes", &f->err);
    return rc;
}

/* A whole boot; 0 or the error, rolled back then. */
static int try_boot(struct fixture *f, uint32_t plan_index)
{
    int64_t boot;
    int rc = begin_boot(f, plan_index, &boot);

    if (!rc)
        rc = fill_boot(f, boot);
    if (!rc)
        rc = store_commit_boot(f->store, &f->err);
    if (rc)
        store_rollback_boot(f->store);
    return rc;
}

static void put_boot(struct fixture *f, uint32_t plan_index)
{
    if (try_boot(f, plan_index))
        fail_msg("%s", f->err.text);
}

#endif
