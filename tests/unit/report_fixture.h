/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/report_fixture.h - reports of made-up campaigns, in a folder of the test's own, which
 * is the current one. For tests that include it once.
 */
#ifndef ETALON_TESTS_UNIT_REPORT_FIXTURE_H
#define ETALON_TESTS_UNIT_REPORT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/query/query.h"
#include "analysis/summarise/summarise.h"
#include "base/file.h"
#include "base/paths.h"
#include "reports/gnuplot.h"
#include "reports/report.h"
#include "tests/golden/synthetic.h"

static const struct synthetic plain = {
    .name = "demo", .deterministic = 1, .boots = 2, .crash = 1, .native_skew_ppm = 3};

static void fill(const struct synthetic *what)
{
    struct err e = {0};
    struct store *s;

    unlink("r.db");
    if (store_open("r.db", STORE_CREATE, &s, &e))
        fail_msg("%s", e.text);
    synthetic_fill(s, what);
    if (summarise_campaign(s, what->name, &e))
        fail_msg("%s", e.text);
    store_close(s);
}

/* One format, or (NULL) all, into a fresh folder. */
static void write_report(const char *dir, const char *only)
{
    struct report_request request = {.campaign = NULL, .out_dir = dir};
    struct err e = {0};
    size_t count;
    const struct report_format *const *table = report_table(&count);

    paths_remove_tree(dir, NULL);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(query_open("r.db", &request.query, &e), 0);
    for (size_t i = 0; i < count; i++)
        if ((only ? !strcmp(only, table[i]->name) : !table[i]->asked_for) &&
            table[i]->write(&request, &e))
            fail_msg("%s: %s", table[i]->name, e.text);
    query_close(request.query);
}

static char *slurp(const char *dir, const char *file, size_t *size)
{
    char path[256], *text;
    struct err e = {0};
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", dir, file);
    if (file_read(path, &text, size ? size : &n, &e))
        fail_msg("%s", e.text);
    return text;
}

/* What most tests only read: every format of `plain` in folder "plain", written once. */
static void want_plain(void)
{
    static int written;

    if (written)
        return;
    fill(&plain);
    write_report("plain", NULL);
    written = 1;
}

/* Runs the group in a folder that is gone behind it. */
#define report_run(tests)                                                                     \
    (report_enter() ? 1 : report_leave(cmocka_run_group_tests(tests, NULL, NULL)))

static char report_folder[] = "/tmp/test_report.XXXXXX";

static int report_enter(void)
{
    return !mkdtemp(report_folder) || chdir(report_folder);
}

static int report_leave(int rc)
{
    if (chdir("/"))
        return 1;
    paths_remove_tree(report_folder, NULL);
    return rc;
}

#endif
