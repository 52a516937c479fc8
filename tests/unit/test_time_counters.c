/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypothesis: what the processor counted stands beside the books of time(1), run by run and in
 * the report, only where it was read; and where the books hold more time than there was, the
 * counters show it. The records are doctored: a processor of 2 GHz, three quarters of it at user
 * level, beside a guest that books what it likes.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/query/query.h"
#include "analysis/summarise/summarise.h"
#include "base/file.h"
#include "base/paths.h"
#include "reports/report.h"
#include "tests/golden/synthetic.h"

/* The counter `name` goes `a_ns` a ns of true time, in the boots of native. */
static void count(const char *name, double a_ns)
{
    char sql[1024], *why = NULL;
    static int clock = 20;
    sqlite3 *db;

    clock++;
    assert_int_equal(sqlite3_open("t.db", &db), SQLITE_OK);
    snprintf(sql, sizeof sql,
             "INSERT INTO clock SELECT id, %d, '%s', 'count' FROM boot WHERE platform = "
             "'native'; "
             "INSERT INTO reading SELECT i.boot, i.n, %d, "
             "CAST(i.start_tick * 1e9 / b.tick_hz * %.9g AS INTEGER), "
             "CAST(i.stop_tick * 1e9 / b.tick_hz * %.9g AS INTEGER) "
             "FROM interval i JOIN boot b ON b.id = i.boot WHERE b.platform = 'native'",
             clock, name, clock, a_ns, a_ns);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    sqlite3_close(db);
}

static void fill(double books)
{
    const struct synthetic what = {
        .name = "times", .deterministic = 1, .boots = 1, .native_cpu = books};
    struct store *s;
    struct err e = {0};

    unlink("t.db");
    if (store_open("t.db", STORE_CREATE, &s, &e))
        fail_msg("%s", e.text);
    synthetic_fill(s, &what);
    if (summarise_campaign(s, what.name, &e))
        fail_msg("%s", e.text);
    store_close(s);
}

static void count_levels(void)
{
    count("split.instr_user", 0.9);
    count("split.instr_kernel", 0.1);
    count("split.cycles_user", 1.5);
    count("split.cycles_kernel", 0.5);
}

static void count_both(void)
{
    count("core.instr", 1.0);
    count("core.cycles", 2.0);
}

struct seen {
    size_t rows;
    struct query_time_counter last;
};

static int see(void *opaque, const struct query_time_counter *k)
{
    struct seen *s = opaque;

    assert_string_equal(k->platform, "native");
    s->rows++;
    s->last = *k;
    return 0;
}

static struct seen look(void)
{
    struct seen seen = {.rows = 0};
    struct query_campaign c;
    struct query *q;
    struct err e = {0};

    if (query_open("t.db", &q, &e) || query_find_campaign(q, "times", &c, &e) ||
        query_time_counters(q, &c, see, &seen, &e))
        fail_msg("%s", e.text);
    query_close(q);
    return seen;
}

static int near(double a, double b)
{
    return fabs(a - b) <= 1e-3 * fabs(b);
}

/* The row of the report's table, NULL if there is no table. Valid until the next call. */
static const char *row_of_report(const char *format, const char *file)
{
    static char row[512];
    struct report_request request = {.campaign = NULL, .out_dir = "out"};
    struct err e = {0};
    char path[64], *text, *at;
    size_t count_of, n;
    const struct report_format *const *table = report_table(&count_of);

    paths_remove_tree("out", NULL);
    assert_int_equal(mkdir("out", 0700), 0);
    assert_int_equal(query_open("t.db", &request.query, &e), 0);
    for (size_t i = 0; i < count_of; i++)
        if (!strcmp(table[i]->name, format) && table[i]->write(&request, &e))
            fail_msg("%s", e.text);
    query_close(request.query);
    snprintf(path, sizeof path, "out/%s", file);
    if (file_read(path, &text, &n, &e))
        fail_msg("%s", e.text);
    at = strstr(text, "cycles per booked ns");
    at = at ? strstr(at, "native") : NULL;
    snprintf(row, sizeof row, "%.*s", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
    free(text);
    return at ? row : NULL;
}

static void says(const char *format, const char *file, const char *text)
{
    const char *row = row_of_report(format, file);

    if (!row || !strstr(row, text))
        fail_msg("%s: no %s in: %s", file, text, row ? row : "(no row)");
}

static void honest_books_agree_with_the_processor(void **state)
{
    struct seen seen;

    (void)state;
    fill(1);
    count_levels();
    count_both();
    seen = look();
    assert_true(seen.rows > 5);
    assert_true(near(seen.last.user_cycles, 3 * seen.last.kernel_cycles));
    assert_true(near(seen.last.instructions,
                     seen.last.user_instructions + seen.last.kernel_instructions));
    assert_true(near(seen.last.cycles / (seen.last.user_ns + seen.last.sys_ns), 2) ||
                seen.last.user_ns < 1e6); /* readings lie 120 ns outside the markers */
    /* user by the books 90 %, of cycles 75 %; 2 cycles a ns */
    says("markdown", "report.md", "| 90.000 | 75.000 |");
    says("html", "index.html", "75.000");
}

static void booked_but_not_run(void **state)
{
    (void)state;
    fill(1);
    count_levels();
    says("markdown", "report.md", "| 2.0");
    fill(1.5); /* half as much again as there was */
    count_levels();
    says("markdown", "report.md", "| 1.33");
}

static void what_was_not_read_is_not_known(void **state)
{
    struct seen seen;

    (void)state;
    fill(1);
    assert_int_equal(look().rows, 0);
    assert_null(row_of_report("markdown", "report.md"));
    assert_null(row_of_report("html", "index.html"));
    count_both();
    seen = look();
    assert_true(seen.rows > 5);
    assert_true(isnan(seen.last.user_cycles) && isnan(seen.last.kernel_instructions));
    assert_true(seen.last.cycles > 0);
    says("markdown", "report.md", "| 2.0");
    count("split.cycles_user", 1.5); /* one of four is no split */
    says("markdown", "report.md", "| 2.0");
    assert_null(strstr(row_of_report("markdown", "report.md"), "75.000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_books_agree_with_the_processor),
        cmocka_unit_test(booked_but_not_run),
        cmocka_unit_test(what_was_not_read_is_not_known),
    };
    char dir[] = "/tmp/test_time_counters.XXXXXX";
    int rc;

    if (!mkdtemp(dir) || chdir(dir))
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    if (chdir("/"))
        return 1;
    paths_remove_tree(dir, NULL);
    return rc;
}
