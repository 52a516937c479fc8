/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader of the store: what it refuses and how it says so, fixed orders, and that figures
 * come out as they were put in.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "analysis/query/query.h"
#include "analysis/summarise/summarise.h"
#include "base/paths.h"
#include "tests/golden/synthetic.h"

#define DB "test_query.db"

static struct query *q;
static struct query_campaign campaign;

static int setup(void **state)
{
    static const struct synthetic one = {
        .name = "one", .deterministic = 1, .boots = 2, .crash = 1};
    static const struct synthetic two = {.name = "two", .deterministic = 0, .boots = 1};
    struct err e = {0};
    struct store *s;

    (void)state;
    if (store_open(DB, STORE_CREATE, &s, &e))
        fail_msg("%s", e.text);
    synthetic_fill(s, &one);
    synthetic_fill(s, &two);
    assert_int_equal(summarise_campaign(s, "one", &e), 0);
    store_close(s);
    if (query_open(DB, &q, &e))
        fail_msg("%s", e.text);
    assert_int_equal(query_find_campaign(q, "one", &campaign, &e), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    query_close(q);
    unlink(DB);
    return 0;
}

static void campaigns_by_name(void **state)
{
    struct query_campaign c;
    struct err e = {0};

    (void)state;
    assert_true(campaign.deterministic && campaign.ns_per_instruction == 2);
    assert_int_equal(campaign.boots_planned, 6);
    assert_int_equal(campaign.boots_stored, 7);
    assert_int_equal(query_find_campaign(q, NULL, &c, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "one, two"));
    assert_int_equal(query_find_campaign(q, "three", &c, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "\"three\""));
    assert_non_null(strstr(e.text, "one, two"));
}

static void wrong_files_are_refused(void **state)
{
    struct query *other;
    struct err e = {0};
    FILE *f;

    (void)state;
    assert_true(query_open("no-such-file.db", &other, &e) < 0);
    assert_non_null(strstr(e.text, "no-such-file.db"));
    assert_int_not_equal(access("no-such-file.db", F_OK), 0); /* and none was made */
    f = fopen("text.db", "w");
    assert_non_null(f);
    for (int i = 0; i < 200; i++)
        fputs("this is no database, whatever its name says\n", f);
    fclose(f);
    assert_int_equal(query_open("text.db", &other, &e), ERR_DATA);
    unlink("text.db");
}

struct order {
    char last[400];
    size_t rows, skipped, usable;
    double first_true_ns, first_guest_ns;
};

static int check_order(void *opaque, const struct query_duration *d)
{
    struct order *o = opaque;
    char key[400];

    snprintf(key, sizeof(key), "%05" PRId64 " %s %s %05" PRId64 " %08" PRId64, d->w,
             d->platform, d->variant, d->boot, d->interval);
    if (strcmp(o->last, key) >= 0)
        fail_msg("\"%s\" after \"%s\"", key, o->last);
    strcpy(o->last, key);
    if (!o->rows++) {
        o->first_true_ns = d->true_ns;
        o->first_guest_ns = d->guest_ns;
    }
    assert_true(d->true_ns > 0 && d->u_ns == 2);
    return 0;
}

static void durations_in_order_and_filtered(void **state)
{
    const struct query_filter spin = {.platform = "bare", .workload = "spin", .only_ok = 1};
    const struct query_filter usable = {
        .platform = "vmm-bare", .workload = "null", .only_ok = 1};
    const struct query_filter all = {.platform = "vmm-bare", .workload = "null"};
    struct order o = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(query_durations(q, &campaign, NULL, check_order, &o, &e), 0);
    assert_true(o.rows > 3000);
    o = (struct order){0};
    assert_int_equal(query_durations(q, &campaign, &spin, check_order, &o, &e), 0);
    assert_int_equal(o.rows, 2 * 2 * 50);
    assert_true(o.first_true_ns == 20014 && o.first_guest_ns == 20014 + 12);
    /* the crashed boot's intervals are there, and are not used */
    o = (struct order){0};
    assert_int_equal(query_durations(q, &campaign, &usable, check_order, &o, &e), 0);
    assert_int_equal(o.rows, 2 * 200);
    o = (struct order){0};
    assert_int_equal(query_durations(q, &campaign, &all, check_order, &o, &e), 0);
    assert_int_equal(o.rows, 3 * 200);
}

/* What query_samples() says is what query_durations() says, in another order. */
struct matched {
    struct row {
        int64_t boot;
        char run[200], seed[32];
        double true_ns, u_ns, guest_ns;
        int seen;
    } * row;
    size_t rows, seen;
    int guest;
};

static int keep_duration(void *opaque, const struct query_duration *d)
{
    struct matched *m = opaque;
    struct row *r = &m->row[m->rows++];

    assert_true(m->rows < 6000);
    *r = (struct row){
        .boot = d->boot, .true_ns = d->true_ns, .u_ns = d->u_ns, .guest_ns = d->guest_ns};
    snprintf(r->run, sizeof(r->run), "%s %s %s %s", d->platform, d->variant, d->workload,
             d->param);
    snprintf(r->seed, sizeof(r->seed), "%s", d->seed);
    return 0;
}

static int match_sample(void *opaque, const struct query_sample *s)
{
    struct matched *m = opaque;
    char run[200];
    size_t i = 0;

    snprintf(run, sizeof(run), "%s %s %s %s", s->platform, s->variant, s->workload, s->param);
    while (i < m->rows &&
           (m->row[i].seen || m->row[i].boot != s->boot || strcmp(m->row[i].run, run)))
        i++;
    if (i == m->rows)
        fail_msg("boot %d, %s: no such duration is left", (int)s->boot, run);
    m->row[i].seen = 1;
    m->seen++;
    assert_string_equal(s->seed, m->row[i].seed);
    assert_true(s->true_ns == m->row[i].true_ns && s->u_ns == m->row[i].u_ns);
    if (m->guest)
        assert_true(s->guest_ns == m->row[i].guest_ns);
    else
        assert_true(isnan(s->guest_ns));
    return 0;
}

static void samples_are_durations(void **state)
{
    const struct query_filter usable = {.only_ok = 1};
    struct matched m = {.row = calloc(6000, sizeof(struct row))};

    (void)state;
    for (m.guest = 0; m.guest < 2; m.guest++) {
        m.rows = m.seen = 0;
        assert_int_equal(query_durations(q, &campaign, &usable, keep_duration, &m, NULL), 0);
        assert_true(m.rows > 3000);
        assert_int_equal(query_samples(q, &campaign, m.guest, match_sample, &m, NULL), 0);
        assert_int_equal(m.seen, m.rows);
    }
    free(m.row);
}

/* The uncertainty of a bench that is not deterministic, all its parts present. */
static void samples_know_their_uncertainty(void **state)
{
    static const struct synthetic host = {.name = "host", .boots = 1};
    struct matched m = {.row = calloc(6000, sizeof(struct row))};
    const struct query_filter usable = {.only_ok = 1};
    struct query_campaign c;
    struct query *was = q;
    struct store *s;

    (void)state;
    assert_int_equal(store_open("host.db", STORE_CREATE, &s, NULL), 0);
    synthetic_fill(s, &host);
    assert_int_equal(sqlite3_exec(store_handle(s),
                                  "DROP TRIGGER boot_keep; "
                                  "UPDATE boot SET timebase_ppb = 50000, path_u_ns = 3.25",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    store_close(s);
    assert_int_equal(query_open("host.db", &q, NULL), 0);
    assert_int_equal(query_find_campaign(q, "host", &c, NULL), 0);
    assert_int_equal(query_durations(q, &c, &usable, keep_duration, &m, NULL), 0);
    assert_true(m.rows > 1000 && m.row[0].u_ns > 6.5);
    assert_int_equal(query_samples(q, &c, 0, match_sample, &m, NULL), 0);
    assert_int_equal(m.seen, m.rows);
    query_close(q);
    unlink("host.db");
    q = was;
    free(m.row);
}

static int one_clock(void *opaque, const struct query_reading *r)
{
    assert_int_equal(r->boot, 1);
    assert_string_equal(r->clock, "real");
    ++*(size_t *)opaque;
    return 0;
}

static int count_clock(void *opaque, const struct query_reading *r)
{
    *(size_t *)opaque += r->boot == 1 && !strcmp(r->clock, "real");
    return 0;
}

static void readings_of_one_clock(void **state)
{
    size_t some = 0, all = 0;

    (void)state;
    assert_int_equal(query_boot_readings(q, &campaign, 1, "real", one_clock, &some, NULL), 0);
    assert_int_equal(query_readings(q, &campaign, count_clock, &all, NULL), 0);
    assert_true(some > 500 && some == all);
}

static int stop_at_third(void *opaque, const struct query_duration *d)
{
    (void)d;
    return ++*(int *)opaque == 3 ? 77 : 0;
}

static void callbacks_can_stop(void **state)
{
    int n = 0;

    (void)state;
    assert_int_equal(query_durations(q, &campaign, NULL, stop_at_third, &n, NULL), 77);
    assert_int_equal(n, 3);
}

static int cost_row(void *opaque, const struct query_exit_cost *x)
{
    if (!strcmp(x->operation, "cpuid") && !strcmp(x->platform, "vmm-bare")) {
        /* (8000 - 500) ticks of 2 ns over 100 operations of 2 ns an instruction */
        assert_true(x->cost == 75);
        assert_string_equal(x->unit, "instructions");
        ++*(int *)opaque;
    }
    return 0;
}

static void exit_costs_subtract_the_empty_loop(void **state)
{
    int seen = 0;

    (void)state;
    assert_int_equal(query_exit_costs(q, &campaign, cost_row, &seen, NULL), 0);
    assert_int_equal(seen, 2);
}

struct expected {
    sqlite3_stmt *s;
    size_t rows;
};

static int expect_columns(void *opaque, const char *const *names, size_t n)
{
    struct expected *x = opaque;

    assert_int_equal(n, sqlite3_column_count(x->s));
    for (size_t i = 0; i < n; i++)
        assert_string_equal(names[i], sqlite3_column_name(x->s, (int)i));
    return 0;
}

static int expect_row(void *opaque, const struct query_cell *cell, size_t n)
{
    struct expected *x = opaque;

    assert_int_equal(n, sqlite3_column_count(x->s));
    assert_int_equal(sqlite3_step(x->s), SQLITE_ROW);
    for (size_t i = 0; i < n; i++) {
        const int column = (int)i;

        switch (sqlite3_column_type(x->s, column)) {
        case SQLITE_TEXT:
            assert_int_equal(cell[i].type, QUERY_TEXT);
            assert_string_equal(cell[i].text, sqlite3_column_text(x->s, column));
            break;
        case SQLITE_INTEGER:
            assert_int_equal(cell[i].type, QUERY_INTEGER);
            assert_int_equal(cell[i].integer, sqlite3_column_int64(x->s, column));
            break;
        case SQLITE_FLOAT:
            assert_int_equal(cell[i].type, QUERY_REAL);
            assert_true(cell[i].real == sqlite3_column_double(x->s, column));
            break;
        default:
            assert_int_equal(cell[i].type, QUERY_NULL);
        }
    }
    x->rows++;
    return 0;
}

/* They are computed beside the view, and are its rows: of a crashed boot, too. */
static void exported_costs_are_the_views(void **state)
{
    sqlite3 *db;
    size_t of[2];

    (void)state;
    assert_int_equal(sqlite3_open(DB, &db), SQLITE_OK);
    for (int all = 0; all < 2; all++) {
        struct expected x = {NULL, 0};
        const struct query_table table = {expect_columns, expect_row, &x};
        struct err e = {0};

        assert_int_equal(
            sqlite3_prepare_v2(db,
                               "SELECT * FROM exit_costs WHERE ?1 OR campaign = 'one' "
                               "ORDER BY campaign, boot, operation, cost",
                               -1, &x.s, NULL),
            SQLITE_OK);
        sqlite3_bind_int(x.s, 1, all);
        assert_int_equal(query_view(q, "exit_costs", all ? NULL : &campaign, &table, &e), 0);
        assert_int_equal(sqlite3_step(x.s), SQLITE_DONE);
        sqlite3_finalize(x.s);
        of[all] = x.rows;
    }
    sqlite3_close(db);
    assert_true(of[0] > 4 && of[1] > of[0]);
}

static int count_boots(void *opaque, const struct query_boot *b)
{
    int *n = opaque;

    assert_int_equal(b->boot, *n);
    assert_true(b->step_ns == 2 && b->intervals == b->intervals_ok && b->intervals > 100);
    ++*n;
    return 0;
}

static void boots_and_verdicts(void **state)
{
    struct query_campaign two;
    enum verdict worst;
    int n = 0;

    (void)state;
    assert_int_equal(query_boots(q, &campaign, count_boots, &n, NULL), 0);
    assert_int_equal(n, 7);
    assert_int_equal(query_worst_verdict(q, &campaign, &worst, NULL), 0);
    assert_int_equal(worst, VERDICT_CRASH);
    assert_int_equal(query_find_campaign(q, "two", &two, NULL), 0);
    assert_int_equal(query_worst_verdict(q, &two, &worst, NULL), 0);
    assert_int_equal(worst, VERDICT_OK); /* its skips are no fault */
}

static int see_fact(void *opaque, const struct query_fact *f)
{
    char *seen = opaque;

    if (!strncmp(f->key, "boot.", 5) && !*seen)
        *seen = 1; /* facts of boots come last */
    else if (strncmp(f->key, "boot.", 5) && *seen)
        fail_msg("%s after the facts of boots", f->key);
    assert_null(strstr(f->value, "secret-host-name"));
    return 0;
}

static void facts_of_boots_come_last(void **state)
{
    char seen = 0;

    (void)state;
    assert_int_equal(query_facts(q, &campaign, see_fact, &seen, NULL), 0);
    assert_true(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(campaigns_by_name),
        cmocka_unit_test(wrong_files_are_refused),
        cmocka_unit_test(durations_in_order_and_filtered),
        cmocka_unit_test(samples_are_durations),
        cmocka_unit_test(samples_know_their_uncertainty),
        cmocka_unit_test(readings_of_one_clock),
        cmocka_unit_test(callbacks_can_stop),
        cmocka_unit_test(exit_costs_subtract_the_empty_loop),
        cmocka_unit_test(exported_costs_are_the_views),
        cmocka_unit_test(boots_and_verdicts),
        cmocka_unit_test(facts_of_boots_come_last),
    };
    char dir[] = "/tmp/test_query.XXXXXX";
    int rc;

    if (!mkdtemp(dir) || chdir(dir))
        return 1;
    rc = cmocka_run_group_tests(tests, setup, teardown);
    if (chdir("/"))
        return 1;
    paths_remove_tree(dir, NULL);
    return rc;
}
