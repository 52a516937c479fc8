/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypothesis: several collectors read in mirrored order around each interval; one that cannot, or
 * that fails, is told and never silently absent.
 */
#include "tests/unit/target_fixture.h"

static void no_clocks(void **state)
{
    (void)state;
    fake_collector_reason = "no clock here";
    assert_int_equal(run_plan("good:5", 1), -1);
    expect(find_record("error", 0), "reason", "no clock here");
}

/* Table order before START, reverse after STOP; the slots stand side by side. */
static void collectors_are_mirrored(void **state)
{
    static const enum what order[] = {COUNT_BEFORE, BEFORE, STORE,      RUN,
                                      STORE,        AFTER,  COUNT_AFTER};
    struct record *r;
    size_t i = 0;

    (void)state;
    wanted = TAKE_COUNTS | TAKE_CLOCKS;
    assert_int_equal(run_plan("reads:2", 1), 0);
    assert_int_equal(count_prepared, 1);
    while (i < event_count && events[i].what != COUNT_BEFORE)
        i++;
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++)
        assert_int_equal(events[i + k].what, order[k]);
    r = find_record("boot", 0);
    expect(r, "clock.a", "count");
    expect(r, "clock.c", "accounted_ns");
    expect(r, "clock.near", "ticks");
    /* now runs 1 2 3 (counts) 4 5 (clocks) | 6 7 (clocks) 8 9 10 (counts) */
    r = find_record("iv", 0);
    expect(r, "a", "1:10");
    expect(r, "b", "2:9");
    expect(r, "c", "3:8");
    expect(r, "far", "4:7");
    expect(r, "near", "5:6");
    expect(r, "read", "1005");
    r = find_record("iv", 1);
    expect(r, "a", "11:20");
    expect(r, "near", "15:16");
    expect(find_record("answer", 0), "guest_ns_total", "2");
}

/* A guest's clock that goes back is a figure like any other, not a number beyond all. */
static void clock_goes_back(void **state)
{
    (void)state;
    fake_backwards = 1;
    assert_int_equal(run_plan("reads:3", 1), 0);
    expect(find_record("answer", 0), "guest_ns_total", "-3");
    expect(find_record("end", 0), "status", "ok");
}

static void expect_fact(const char *key, const char *value)
{
    unsigned n = count_records("fact");

    for (unsigned i = 0; i < n; i++) {
        const char *got = record_get(find_record("fact", i), key);

        if (got) {
            assert_string_equal(got, value);
            return;
        }
    }
    fail_msg("no fact %s", key);
}

/* What cannot be read is told, and the rest of the boot is as if it had not been asked for. */
static void one_collector_is_unavailable(void **state)
{
    (void)state;
    wanted = TAKE_COUNTS | TAKE_CLOCKS;
    count_reason = "no counters here";
    assert_int_equal(run_plan("good:3", 1), 0);
    expect_fact("collector.counts", "unavailable: no counters here");
    expect_fact("collector.clocks", "read");
    assert_int_equal(count_prepared, 0);
    for (size_t i = 0; i < event_count; i++)
        assert_true(events[i].what != COUNT_BEFORE && events[i].what != COUNT_AFTER);
    expect(find_record("iv", 0), "near", "2:3");
    assert_null(record_get(find_record("iv", 0), "a"));
    assert_null(record_get(find_record("boot", 0), "clock.a"));
    expect(find_record("end", 0), "status", "ok");
}

/* Numbers that stand for nothing must not look like a boot that went well. */
static void a_reading_failed(void **state)
{
    (void)state;
    wanted = TAKE_COUNTS | TAKE_CLOCKS;
    count_fault = "the file went away";
    assert_int_equal(run_plan("good:3", 1), -1);
    assert_int_equal(count_records("iv"), 3);
    expect(find_record("error", 0), "reason", "the file went away");
    expect(find_record("end", 0), "status", "error");
    expect(find_record("end", 0), "intervals", "3");
}

static void no_collector_at_all(void **state)
{
    (void)state;
    wanted = 0;
    assert_int_equal(run_plan("good:3", 1), 0);
    for (size_t i = 0; i < event_count; i++)
        assert_true(events[i].what < BEFORE || events[i].what == RESET);
    assert_int_equal(count_records("iv"), 3);
    assert_null(record_get(find_record("answer", 0), "guest_ns_total"));
    for (unsigned i = 0; i < count_records("fact"); i++)
        assert_null(record_get(find_record("fact", i), "collector.clocks"));
}

/* What the workload `observe` asks of the driver. */
static void observer(void **state)
{
    const struct workload_observer *o;

    (void)state;
    wanted = TAKE_COUNTS | TAKE_CLOCKS;
    count_reason = "no counters here";
    assert_int_equal(run_plan("good:1", 1), 0);
    o = target.env.observer;
    assert_null(o->unavailable(o->place, "none"));
    assert_null(o->unavailable(o->place, "clocks"));
    assert_string_equal(o->unavailable(o->place, "counts"), "no counters here");
    assert_non_null(strstr(o->unavailable(o->place, "many"), "name it in the campaign"));
    event_count = 0;
    o->choose(o->place, "none");
    o->sample(o->place);
    assert_int_equal(event_count, 0);
    o->choose(o->place, "clocks");
    o->sample(o->place);
    assert_int_equal(event_count, 2);
    assert_int_equal(events[0].what, BEFORE);
    assert_int_equal(events[1].what, AFTER);
    assert_int_equal(o->samples(o->place), 2);
}

static void too_many_readings(void **state)
{
    (void)state;
    wanted = TAKE_MANY | TAKE_CLOCKS;
    assert_int_equal(run_plan("good:3", 1), -1);
    assert_non_null(strstr(record_get(find_record("error", 0), "reason"), "take fewer"));
    expect(find_record("end", 0), "intervals", "0");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_clocks, reset),
        cmocka_unit_test_setup(collectors_are_mirrored, reset),
        cmocka_unit_test_setup(clock_goes_back, reset),
        cmocka_unit_test_setup(one_collector_is_unavailable, reset),
        cmocka_unit_test_setup(a_reading_failed, reset),
        cmocka_unit_test_setup(no_collector_at_all, reset),
        cmocka_unit_test_setup(observer, reset),
        cmocka_unit_test_setup(too_many_readings, reset),
    };

    return cmocka_run_group_tests_name("target_collection", tests, NULL, NULL);
}
