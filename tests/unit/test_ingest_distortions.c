/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger of distortions on its way into the store: whole, or a fault that says why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runner/ingest_private.h"
#include "store_fixture.h"

static char text[65536];

struct flaw {
    int skip_entry, twice_entry, wrong_sum, no_ledger, short_ledger, wrong_dropped, bad_number,
        long_kind, on_target, entry_after, lie_after, second_ledger, dropped, no_request;
};

static void put_entry(struct record_writer *w, const struct flaw *x, unsigned seq)
{
    record_begin(w, "distortion");
    record_u64(w, "seq", seq);
    record_u64(w, "lie", seq % 2);
    record_text(w, "kind", x->long_kind ? "a kind with a name beyond all bounds" : "steal");
    record_text(w, "unit", "ticks");
    record_u64(w, "begin", 1000 + seq);
    record_u64(w, "end", 1100 + seq);
    record_u64(w, "guest", 900 + seq);
    if (x->bad_number)
        record_text(w, "requested", "12x");
    else
        record_s64(w, "requested", seq % 2 ? -50 : 100);
    record_s64(w, "delivered", 101);
    record_s64(w, "visible", seq % 2 ? 0 : 101);
    record_u64(w, "count", 1);
    assert_int_equal(record_end(w), 0);
}

static void put_request(struct record_writer *w, const struct flaw *x, unsigned n)
{
    const unsigned entries = 2 + (x->dropped && n == 0 ? 5 : 0);

    record_begin(w, "lie");
    record_u64(w, "n", n);
    record_text(w, "kind", "steal");
    record_text(w, "unit", "ticks");
    record_text(w, "form", "steal:periodic:100000:100");
    record_u64(w, "entries", entries);
    record_u64(w, "count", entries);
    record_s64(w, "requested", n ? -50 * 2 : 100 * (int)entries);
    record_s64(w, "delivered", 101 * (int)entries + x->wrong_sum);
    record_s64(w, "visible", n ? 0 : 101 * (int)entries);
    assert_int_equal(record_end(w), 0);
}

static void put_ledger(struct record_writer *w, const struct flaw *x)
{
    record_begin(w, "ledger");
    record_u64(w, "lies", 2);
    record_u64(w, "entries", x->short_ledger ? 3 : 4);
    record_u64(w, "dropped", (x->dropped ? 5 : 0) + (unsigned)x->wrong_dropped);
    record_u64(w, "seed", 7);
    record_text(w, "build", "abc");
    assert_int_equal(record_end(w), 0);
}

static size_t write_log(const struct flaw *x)
{
    struct record_writer w = {.buf = text, .size = sizeof text, .boot = 3};

    for (unsigned seq = 0; seq < 4; seq++) {
        if (x->skip_entry && seq == 2)
            continue;
        put_entry(&w, x, seq);
        if (x->twice_entry && seq == 2)
            put_entry(&w, x, seq);
    }
    for (unsigned n = 0; n < 2; n++)
        if (!x->no_request || n)
            put_request(&w, x, n);
    if (!x->no_ledger)
        put_ledger(&w, x);
    if (x->second_ledger)
        put_ledger(&w, x);
    if (x->entry_after)
        put_entry(&w, x, 4);
    if (x->lie_after)
        put_request(&w, x, 2);
    return w.used;
}

static void read_log(const struct flaw *x, struct ingest_console *c, struct ingest_faults *f)
{
    memset(c, 0, sizeof *c);
    memset(f, 0, sizeof *f);
    ingest_read_console(c, text, write_log(x), !x->on_target, 3, f);
}

static void whole_ledger_is_stored(void **state)
{
    const struct flaw none = {.dropped = 0}, full = {.dropped = 1};
    struct ingest_faults faults;
    struct ingest_console c;
    struct fixture *f = *state;
    int64_t boot;

    read_log(&none, &c, &faults);
    assert_int_equal(faults.count, 0);
    assert_true(c.have_ledger);
    put_boot(f, 0);
    boot = number(f, "SELECT id FROM boot");
    assert_int_equal(ingest_put_distortions(f->store, boot, &c, &f->err), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM distortions"), 4);
    assert_int_equal(number(f, "SELECT requested FROM distortions WHERE seq = 3"), -50);
    assert_int_equal(number(f, "SELECT guest FROM distortions WHERE seq = 1"), 901);
    assert_int_equal(number(f, "SELECT sum(delivered) FROM distortion_requests"), 404);
    /* No second ledger for a boot, and none of its rows is ever changed. */
    assert_int_equal(ingest_put_distortions(f->store, boot, &c, &f->err), ERR_BUG);
    assert_int_not_equal(
        sqlite3_exec(f->db, "UPDATE distortion SET delivered = 0", NULL, NULL, NULL), 0);
    assert_int_not_equal(
        sqlite3_exec(f->db, "DELETE FROM distortion_request", NULL, NULL, NULL), 0);
    ingest_free_console(&c);
    free(faults.fault);

    /* A full ledger is told, and no fault of the boot. */
    read_log(&full, &c, &faults);
    assert_int_equal(faults.count, 1);
    assert_int_equal(faults.worst, VERDICT_OK);
    assert_non_null(strstr(faults.fault[0].detail, "5 entries found no room"));
    ingest_free_console(&c);
    free(faults.fault);
}

static void every_flaw_is_found(void **state)
{
    static const struct {
        struct flaw x;
        const char *word;
    } cases[] = {
        {{.skip_entry = 1}, "an entry of the ledger is missing"},
        {{.twice_entry = 1}, "or it comes twice"},
        {{.wrong_sum = 1}, "the sums of a request are not those of its entries"},
        {{.short_ledger = 1}, "the ledger is not as long as it says"},
        {{.wrong_dropped = 1}, "do not add up"},
        {{.dropped = 1, .wrong_dropped = 1}, "do not add up"},
        {{.bad_number = 1}, "a field of the entry is missing or senseless"},
        {{.long_kind = 1}, "a field of the entry is missing or senseless"},
        {{.on_target = 1}, "unknown type"}, /* a guest cannot write into the ledger */
        {{.entry_after = 1}, "an entry behind the ledger's end"},
        {{.lie_after = 1}, "a request is missing, or it comes twice"},
        {{.no_request = 1}, "a request is missing, or it comes twice"},
        {{.second_ledger = 1}, "a second end of the ledger"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ingest_faults faults;
        struct ingest_console c;

        read_log(&cases[i].x, &c, &faults);
        assert_int_equal(faults.worst, VERDICT_ERROR);
        if (!strstr(faults.fault[0].detail, cases[i].word))
            fail_msg("case %zu: %s", i, faults.fault[0].detail);
        ingest_free_console(&c);
        free(faults.fault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_ledger_is_stored, fixture_open, fixture_close),
        cmocka_unit_test(every_flaw_is_found),
    };

    return cmocka_run_group_tests_name("ingest_distortions", tests, NULL, NULL);
}
