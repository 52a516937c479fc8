/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can go wrong with a database file: it is somebody else's, damaged, of another version,
 * read-only, locked; the disk is full; the process dies in the middle of a boot. Each time: a
 * sentence that says so, the right code, and the boots stored before are all there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_fixture.h"

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void expect_refusal(struct fixture *f, enum store_mode mode, int code, const char *word)
{
    struct store *s = NULL;

    f->err.text[0] = '\0';
    assert_int_equal(store_open(f->path, mode, &s, &f->err), code);
    assert_null(s);
    if (!strstr(f->err.text, word) || !strstr(f->err.text, f->path))
        fail_msg("\"%s\" names neither %s nor \"%s\"", f->err.text, f->path, word);
}

static void close_all(struct fixture *f)
{
    sqlite3_close(f->db);
    f->db = NULL;
    store_close(f->store);
    f->store = NULL;
}

static void reopen(struct fixture *f)
{
    if (store_open(f->path, STORE_WRITE, &f->store, &f->err))
        fail_msg("%s", f->err.text);
    assert_int_equal(sqlite3_open(f->path, &f->db), SQLITE_OK);
}

/* Boots 0 … boots-1 are whole, and nothing else is there. */
static void expect_intact(struct fixture *f, int64_t boots)
{
    static const char *const tables[] = {"raw_frames", "raw_console", "damage",
                                         "audit",      "exit_count",  "host_log"};

    assert_true(text_is(f, "PRAGMA integrity_check", "ok"));
    assert_int_equal(number(f, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM boot"), boots);
    assert_int_equal(number(f, "SELECT count(*) FROM interval"), 13 * boots);
    assert_int_equal(number(f, "SELECT count(*) FROM reading"), 4 * boots);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[128];

        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
        assert_int_equal(number(f, sql), boots);
    }
}

/* --- whose file is it? ------------------------------------------------------------------------- */

static void not_ours(void **state)
{
    struct fixture *f = *state;
    struct stat before, after;

    close_all(f);
    fixture_remove(f);
    assert_int_equal(mkdir(f->dir, 0755), 0);
    expect_refusal(f, STORE_READ, ERR_IO, "No such file");
    expect_refusal(f, STORE_WRITE, ERR_IO, "No such file");
    write_file(f->path,
               "This is a letter to my aunt, and it is longer than a hundred bytes, which is "
               "what the header of a database takes, so that it can be looked at.");
    stat(f->path, &before);
    expect_refusal(f, STORE_READ, ERR_DATA, "not a database");
    expect_refusal(f, STORE_CREATE, ERR_DATA, "not a database");
    stat(f->path, &after);
    assert_true(before.st_size == after.st_size);
    /* Empty: only who may create may use it. */
    write_file(f->path, "");
    expect_refusal(f, STORE_READ, ERR_DATA, "empty");
    expect_refusal(f, STORE_WRITE, ERR_DATA, "empty");
    /* Another program's: looked at, not touched. */
    assert_int_equal(sqlite3_open(f->path, &f->db), SQLITE_OK);
    sqlite3_exec(f->db, "CREATE TABLE recipes (cake); PRAGMA user_version = 1", NULL, NULL,
                 NULL);
    expect_refusal(f, STORE_CREATE, ERR_DATA, "another program");
    assert_true(text_is(f, "PRAGMA journal_mode", "delete"));
    assert_int_equal(number(f, "SELECT count(*) FROM sqlite_master"), 1);
}

static void other_versions(void **state)
{
    struct fixture *f = *state;
    char pragma[64], newer[64];
    int version = -1;

    put_boot(f, 0);
    assert_int_equal(store_read_version(f->path, &version, &f->err), 0);
    assert_int_equal(version, STORE_VERSION);
    snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", STORE_VERSION + 1);
    snprintf(newer, sizeof(newer), "version %d", STORE_VERSION + 1);
    sqlite3_exec(f->db, pragma, NULL, NULL, NULL);
    close_all(f);
    assert_int_equal(store_read_version(f->path, &version, &f->err), ERR_DATA);
    expect_refusal(f, STORE_CREATE, ERR_DATA, "newer");
    expect_refusal(f, STORE_READ, ERR_DATA, newer);
    assert_int_equal(sqlite3_open(f->path, &f->db), SQLITE_OK);
    sqlite3_exec(f->db, "PRAGMA user_version = 0", NULL, NULL, NULL);
    expect_refusal(f, STORE_WRITE, ERR_DATA, "version 0");
    expect_refusal(f, STORE_READ, ERR_DATA, "version 0");
    snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %d", STORE_VERSION);
    sqlite3_exec(f->db, pragma, NULL, NULL, NULL);
    sqlite3_close(f->db);
    reopen(f);
    expect_intact(f, 1);
}

/* Everything the file is made of, as one text. */
static void get_objects(struct fixture *f, char *out, size_t size)
{
    get_text(f,
             "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_master WHERE sql IS "
             "NOT NULL ORDER BY type, name)",
             out, size);
}

/* What each version added, taken away again; of the view `clocks` of before 7 only that there is one. */
#define DROP_7                                                                                \
    "DROP VIEW clocks; ALTER TABLE derived_clock DROP COLUMN freezes; "                       \
    "CREATE VIEW clocks AS SELECT clock FROM derived_clock; "
#define DROP_6 "DROP VIEW scores; DROP TABLE derived_score; "
#define DROP_5                                                                                \
    "DROP VIEW seals; DROP TABLE seal; DROP VIEW recoveries; DROP VIEW distortion_requests; " \
    "DROP VIEW distortions; DROP TABLE derived_recovery; DROP TABLE distortion_request; "     \
    "DROP TABLE distortion; "
#define DROP_4 "DROP VIEW time_counters; "
#define DROP_3 "DROP VIEW overhead; DROP TABLE derived_overhead; "
#define DROP_2                                                                                \
    "DROP VIEW counters; DROP VIEW time_audits; DROP VIEW times; DROP VIEW observer_costs; "  \
    "DROP TABLE derived_times; "

/* A file of an older version becomes one of this version: the same objects, all data. */
static void older_version_is_migrated(void **state)
{
    static const char *const drop[] = {
        DROP_7 "PRAGMA user_version = 6",
        DROP_7 DROP_6 "PRAGMA user_version = 5",
        DROP_7 DROP_6 DROP_5 "PRAGMA user_version = 4",
        DROP_7 DROP_6 DROP_5 DROP_4 "PRAGMA user_version = 3",
        DROP_7 DROP_6 DROP_5 DROP_4 DROP_3 "PRAGMA user_version = 2",
        DROP_7 DROP_6 DROP_5 DROP_4 DROP_3 DROP_2 "PRAGMA user_version = 1"};
    static char fresh[65536], migrated[65536];
    struct fixture *f = *state;
    int version = -1;

    put_boot(f, 0);
    get_objects(f, fresh, sizeof fresh);
    assert_true(strlen(fresh) < sizeof fresh - 1);
    for (size_t i = 0; i < sizeof drop / sizeof drop[0]; i++) {
        assert_int_equal(sqlite3_exec(f->db, drop[i], NULL, NULL, NULL), SQLITE_OK);
        get_objects(f, migrated, sizeof migrated);
        assert_string_not_equal(fresh, migrated);
        close_all(f);
        expect_refusal(f, STORE_READ, ERR_DATA, "must be migrated");
        assert_int_equal(store_read_version(f->path, &version, &f->err), 0);
        assert_int_equal(version, STORE_VERSION - 1 - (int)i);
        reopen(f);
        get_objects(f, migrated, sizeof migrated);
        assert_string_equal(fresh, migrated);
        assert_int_equal(number(f, "PRAGMA user_version"), STORE_VERSION);
        expect_intact(f, 1);
    }
}

static void damaged_file(void **state)
{
    struct fixture *f = *state;
    int fd, rc;

    put_boot(f, 0);
    put_boot(f, 1);
    close_all(f);
    fd = open(f->path, O_WRONLY);
    assert_true(fd >= 0);
    for (off_t page = 4096; page < 40 * 4096; page += 4096)
        assert_int_equal(pwrite(fd, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, page), 8);
    close(fd);
    rc = store_open(f->path, STORE_WRITE, &f->store, &f->err);
    if (!rc)
        rc = try_boot(f, 2);
    assert_int_equal(rc, ERR_DATA);
    assert_non_null(strstr(f->err.text, "damaged"));
}

/* --- may we write? ------------------------------------------------------------------------------- */

/* In a child without root's rights, for which mode bits mean something. */
static void read_only(void **state)
{
    struct fixture *f = *state;
    int status;
    pid_t pid;

    put_boot(f, 0);
    close_all(f);
    assert_int_equal(chmod(f->path, 0444), 0);
    assert_int_equal(chmod(f->dir, 0555), 0);
    pid = fork();
    if (pid == 0) {
        struct store *s = NULL;
        struct err e = {.code = 0};
        int ok;

        if (geteuid() == 0 && setresuid(65534, 65534, 65534))
            _exit(9);
        ok = store_open(f->path, STORE_WRITE, &s, &e) == ERR_IO && !s &&
             strstr(e.text, "read-only");
        ok = ok && store_open(f->path, STORE_CREATE, &s, &e) == ERR_IO;
        /* Reading works all the same. */
        ok = ok && store_open(f->path, STORE_READ, &s, &e) == 0;
        ok = ok && sqlite3_exec(store_handle(s), "SELECT * FROM durations", NULL, NULL,
                                NULL) == SQLITE_OK;
        store_close(s);
        if (!ok)
            fprintf(stderr, "# %s\n", e.text);
        _exit(ok ? 0 : 1);
    }
    assert_true(pid > 0);
    waitpid(pid, &status, 0);
    assert_int_equal(chmod(f->dir, 0755), 0);
    assert_int_equal(chmod(f->path, 0644), 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    reopen(f);
    expect_intact(f, 1);
}

static void opened_for_reading(void **state)
{
    struct fixture *f = *state;

    put_boot(f, 0);
    store_close(f->store);
    assert_int_equal(store_open(f->path, STORE_READ, &f->store, &f->err), 0);
    assert_int_equal(try_boot(f, 1), ERR_IO);
    assert_non_null(strstr(f->err.text, "read-only"));
    expect_intact(f, 1);
}

static void locked(void **state)
{
    struct fixture *f = *state;

    put_boot(f, 0);
    sqlite3_busy_timeout(store_handle(f->store), 20);
    assert_int_equal(sqlite3_exec(f->db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(try_boot(f, 1), ERR_IO);
    assert_non_null(strstr(f->err.text, "locked"));
    assert_int_equal(sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    put_boot(f, 1);
    expect_intact(f, 2);
}

/* --- full ------------------------------------------------------------------------------------------ */

/* Put boots until one fails; the failure is `word`; all before it are intact. */
static uint32_t fill_up(struct fixture *f, const char *word)
{
    uint32_t boots = 1;
    int rc;

    while ((rc = try_boot(f, boots)) == 0 && boots < 10000)
        boots++;
    assert_int_equal(rc, ERR_IO);
    if (!strstr(f->err.text, word))
        fail_msg("\"%s\" does not say \"%s\"", f->err.text, word);
    return boots;
}

static void quota_reached(void **state)
{
    struct fixture *f = *state;
    uint32_t boots;

    put_boot(f, 0);
    sqlite3_exec(store_handle(f->store), "PRAGMA max_page_count = 90", NULL, NULL, NULL);
    boots = fill_up(f, "full");
    expect_intact(f, boots);
    /* Space was found: the same boot goes in. */
    sqlite3_exec(store_handle(f->store), "PRAGMA max_page_count = 100000", NULL, NULL, NULL);
    put_boot(f, boots);
    expect_intact(f, boots + 1);
}

/* The kernel refuses to let the log grow: EFBIG, which SQLite reports as an I/O error. */
static void file_size_limit(void **state)
{
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    const struct rlimit small = {200000, RLIM_INFINITY};
    struct fixture *f = *state;
    uint32_t boots;

    put_boot(f, 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    boots = fill_up(f, "cannot store a boot");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    signal(SIGXFSZ, SIG_DFL);
    print_message("# %u boots, then: %s\n", boots, f->err.text);
    close_all(f);
    reopen(f);
    expect_intact(f, boots);
    put_boot(f, boots);
    expect_intact(f, boots + 1);
}

/* A file system that is really full. Needs the right to mount one. */
static void full_disk(void **state)
{
    struct fixture *f = *state;
    uint32_t boots;
    FILE *ballast;
    char path[128];

    close_all(f);
    fixture_remove(f);
    assert_int_equal(mkdir(f->dir, 0755), 0);
    if (mount("tmpfs", f->dir, "tmpfs", 0, "size=600k")) {
        print_message("# no right to mount a small file system: %s\n", strerror(errno));
        skip();
    }
    if (store_open(f->path, STORE_CREATE, &f->store, &f->err) ||
        store_put_campaign(f->store, &fixture_campaign, &f->campaign, &f->err))
        print_message("# %s\n", f->err.text);
    sqlite3_open(f->path, &f->db);
    put_boot(f, 0);
    snprintf(path, sizeof path, "%s/ballast", f->dir);
    ballast = fopen(path, "w");
    assert_non_null(ballast);
    setvbuf(ballast, NULL, _IONBF, 0);
    while (fwrite("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 1, 64,
                  ballast) == 64)
        ;
    fclose(ballast);
    boots = fill_up(f, "full");
    unlink(path);
    close_all(f);
    reopen(f);
    expect_intact(f, boots);
    put_boot(f, boots);
    expect_intact(f, boots + 1);
    close_all(f);
    umount2(f->dir, MNT_DETACH);
}

/* --- the process dies ------------------------------------------------------------------------------- */

static void killed_in_a_boot(void **state)
{
    struct fixture *f = *state;

    put_boot(f, 0);
    close_all(f);
    for (int round = 0; round < 6; round++) {
        int status;
        pid_t pid = fork();

        if (pid == 0) {
            int64_t boot;

            if (store_open(f->path, STORE_WRITE, &f->store, &f->err) ||
                begin_boot(f, 1, &boot))
                _exit(1);
            if (round >= 2) { /* enough for the log to reach the disk before the end */
                char *bytes = calloc(1, 8u << 20);

                sqlite3_exec(store_handle(f->store), "PRAGMA cache_size = 10", NULL, NULL,
                             NULL);
                store_add_frames(f->store, boot, bytes, (size_t)round << 20, &f->err);
            }
            if (round >= 1 && fill_boot(f, boot) && round < 2)
                _exit(1);
            raise(SIGKILL);
        }
        assert_true(pid > 0);
        waitpid(pid, &status, 0);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        reopen(f);
        expect_intact(f, 1);
        close_all(f);
    }
    reopen(f);
    put_boot(f, 1);
    expect_intact(f, 2);
}

/* An error in the middle of a boot, then a rollback: as if it had never begun. */
static void rolled_back(void **state)
{
    struct fixture *f = *state;
    int64_t boot;

    put_boot(f, 0);
    assert_int_equal(begin_boot(f, 1, &boot), 0);
    assert_int_equal(fill_boot(f, boot), 0);
    assert_int_equal(
        store_add_run(f->store, boot,
                      &(struct store_run){.w = 0, .workload = "null", .form = "per"}, &f->err),
        ERR_BUG);
    store_rollback_boot(f->store);
    store_rollback_boot(f->store); /* twice is nothing */
    expect_intact(f, 1);
    put_boot(f, 1);
    expect_intact(f, 2);
}

/* Two processes create the same file at the same time. */
static void created_twice(void **state)
{
    struct fixture *f = *state;
    pid_t pid[4];

    close_all(f);
    fixture_remove(f);
    assert_int_equal(mkdir(f->dir, 0755), 0);
    for (int i = 0; i < 4; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            int64_t id;
            int rc = store_open(f->path, STORE_CREATE, &f->store, &f->err);

            if (!rc)
                rc = store_put_campaign(f->store, &fixture_campaign, &id, &f->err);
            if (rc)
                fprintf(stderr, "# %s\n", f->err.text);
            _exit(rc ? 1 : 0);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status;

        waitpid(pid[i], &status, 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    reopen(f);
    assert_int_equal(number(f, "SELECT count(*) FROM campaign"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(not_ours, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(other_versions, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(older_version_is_migrated, fixture_open,
                                        fixture_close),
        cmocka_unit_test_setup_teardown(damaged_file, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(read_only, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(opened_for_reading, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(locked, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(quota_reached, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(file_size_limit, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(full_disk, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(killed_in_a_boot, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(rolled_back, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(created_twice, fixture_open, fixture_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
