/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypothesis: an event group as a collector gives raw values or a sentence, by read(2) or in user
 * space and says by which; and what is read in user space is what the page of the kernel says,
 * whatever happens to the page meanwhile. The kernel is a false one (pmu_fixture.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/pmu/group.h"
#include "collector/pmu/user.h"
#include "collector/pmu/watch.h"
#include "pmu_fixture.h"

#include "collector/pmu/set.c" /* NOLINT: set_open(), for hardware that is not here */

/* ---- one event's page ----------------------------------------------------------------------- */

static struct perf_event_mmap_page page_of(unsigned width, int64_t offset)
{
    return (struct perf_event_mmap_page){
        .cap_user_rdpmc = 1, .index = 3, .pmc_width = (uint16_t)width, .offset = offset};
}

/* The counter's sign, at every width there is, and what lies above the width. */
static void the_counter_has_a_sign_and_a_width(void **state)
{
    static const struct {
        unsigned width;
        uint64_t counter;
        int64_t offset;
        uint64_t value;
    } rows[] = {
        /* Started at -2^47 and 77 counts later; started at -5 and 2 counts later. */
        {48, ((uint64_t)1 << 47) + 77, ((int64_t)1 << 47) + 1000, 1077},
        {48, 0xfffffffffffd, 5, 2},
        {48, 12, 5, 17},
        {48, 0xabcd00000000000c, 5, 17}, /* bits above the width are nobody's */
        {40, 0xfffffffffd, 5, 2},
        {40, (uint64_t)1 << 39, (int64_t)1 << 39, 0},
        {32, 0xffffffff, 1, 0},
        {32, 0x7fffffff, 1, (uint64_t)1 << 31},
        {64, UINT64_MAX, 8, 7},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct perf_event_mmap_page page = page_of(rows[i].width, rows[i].offset);
        uint64_t v = 0;

        fake.counter[2] = rows[i].counter;
        assert_int_equal(pmu_user_value(&page, &v, NULL), 0);
        if (v != rows[i].value)
            fail_msg("row %zu: %llu and not %llu", i, (unsigned long long)v,
                     (unsigned long long)rows[i].value);
    }
}

static struct perf_event_mmap_page moving;

/* The kernel took the counter off and put it on another one. */
static void move_once(void)
{
    fake.between = NULL;
    moving.lock++;
    moving.offset += 10;
    moving.index = 5;
    moving.time_enabled += 1000;
    moving.time_running += 900;
}

static void a_page_that_changes_is_read_again(void **state)
{
    uint64_t v = 0, enabled = 0, running = 0;

    (void)state;
    moving = page_of(48, 1000);
    moving.cap_user_time = 1;
    moving.time_mult = 1;
    fake.counter[2] = 77;
    fake.counter[4] = 70;
    fake.between = move_once;
    assert_int_equal(pmu_user_value(&moving, &v, NULL), 0);
    assert_int_equal(v, 1080);
    assert_int_equal(fake.reads, 2);
    assert_int_equal(fake.order[1], 4);
    fake.between = move_once;
    assert_int_equal(pmu_user_times(&moving, &enabled, &running, NULL), 0);
    assert_int_equal(enabled, 2000);
    assert_int_equal(running, 1800);
    assert_int_equal(fake.reads, 4);
}

static void what_is_on_no_counter_is_not_read(void **state)
{
    struct perf_event_mmap_page page = page_of(48, 0);
    uint64_t v = 4711, w = 4712;
    struct err e;

    (void)state;
    page.index = 0;
    assert_int_equal(pmu_user_value(&page, &v, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "on no counter"));
    page = page_of(48, 0);
    page.cap_user_rdpmc = 0;
    assert_int_equal(pmu_user_value(&page, &v, &e), ERR_UNAVAILABLE);
    page = page_of(0, 0);
    assert_int_equal(pmu_user_value(&page, &v, &e), ERR_UNAVAILABLE);
    page = page_of(65, 0);
    assert_int_equal(pmu_user_value(&page, &v, &e), ERR_UNAVAILABLE);
    assert_int_equal(pmu_user_times(&page, &v, &w, &e), ERR_UNAVAILABLE); /* tells no time */
    page.cap_user_time = 1;
    page.index = 0;
    assert_int_equal(pmu_user_times(&page, &v, &w, &e), ERR_UNAVAILABLE);
    assert_int_equal(v, 4711);
    assert_int_equal(w, 4712);
    assert_int_equal(fake.reads, 0); /* the instruction would fault */
}

/* linux/perf_event.h, "cap_user_time" and "cap_user_time_short". */
static void times_are_carried_on_by_the_clock(void **state)
{
    struct perf_event_mmap_page page = page_of(48, 0);
    uint64_t enabled, running;

    (void)state;
    page.cap_user_time = 1;
    page.time_shift = 3;
    page.time_mult = 5;
    page.time_offset = (uint64_t)-400; /* below 0: since the kernel's last look */
    page.time_enabled = 7000;
    page.time_running = 6000;
    fake.starts = 1;
    fake.enabled_ns = 1003; /* the clock: 125 * 8 + 3 */
    assert_int_equal(pmu_user_times(&page, &enabled, &running, NULL), 0);
    assert_int_equal(enabled, 7000 - 400 + 125 * 5 + 1); /* 3 * 5 >> 3 is 1 */
    assert_int_equal(running, 6000 - 400 + 125 * 5 + 1);
    /* A clock of ten bits that has wrapped since the kernel looked at it at 2044. */
    page.cap_user_time_short = 1;
    page.time_mask = 1023;
    page.time_cycles = 2044;
    page.time_shift = 0;
    page.time_mult = 1;
    fake.enabled_ns = 16;
    assert_int_equal(pmu_user_times(&page, &enabled, &running, NULL), 0);
    assert_int_equal(enabled, 7000 - 400 + 2048 + 16);
}

/* ---- a group --------------------------------------------------------------------------------- */

/* What an honest kernel lends: each event's counter stands where read(2) says. */
static void lend(unsigned events, uint64_t value)
{
    for (unsigned i = 0; i < events; i++) {
        fake.page[i] = page_of(48, 0);
        fake.page[i].index = i + 1;
        fake.page[i].cap_user_time = 1;
        fake.page[i].time_mult = 1;
        fake.counter[i] = value + i * fake.step;
    }
}

static struct pmu_group group_of(unsigned events)
{
    struct pmu_event event[PMU_GROUP_EVENTS];
    struct pmu_group g;

    for (unsigned i = 0; i < events; i++)
        assert_int_equal(pmu_encode("skl::INST_RETIRED:ANY_P", PMU_LEVEL_USER, PMU_SIDE_BOTH,
                                    &event[i], NULL),
                         0);
    assert_int_equal(pmu_group_open(&g, event, events, 0, -1, NULL), 0);
    assert_int_equal(pmu_group_start(&g, NULL), 0);
    return g;
}

static void a_group_is_read_towards_its_marker(void **state)
{
    static const unsigned before[] = {0, 0, 1, 2}, after[] = {2, 1, 0, 0};
    struct pmu_group g = group_of(3);
    struct pmu_reading r;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        fake.value[i] = 500;
    fake.step = 7;
    lend(3, 500);
    assert_int_equal(pmu_user_prove(&g, NULL), 0);
    for (int backwards = 0; backwards < 2; backwards++) {
        fake.reads = 0;
        assert_int_equal(pmu_user_read(&g, backwards, &r, NULL), 0);
        assert_int_equal(fake.reads, 4); /* the clock, which notes itself as 0, and three */
        assert_memory_equal(fake.order, backwards ? after : before, sizeof(before));
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(r.raw[i], 500 + 7 * i);
        assert_int_equal(r.enabled_ns, 1000);
        assert_int_equal(r.running_ns, 1000);
    }
    pmu_group_close(&g);
    assert_int_equal(fake.unmapped, 3);
}

/* Held against read(2): what lies outside is not believed. */
static void a_page_that_lies_is_not_believed(void **state)
{
    static const struct {
        const char *says;
        uint64_t counter;
        int no_page, no_counter, no_time, index;
        uint64_t late_ns, off_ns;
    } rows[] = {
        {"INST_RETIRED:ANY_P is 501, not between 500 and 500", 501, 0, 0, 0, 1, 0, 0},
        {"INST_RETIRED:ANY_P is 499, not", 499, 0, 0, 0, 1, 0, 0},
        {"is 4294967796, not between", 500 + ((uint64_t)1 << 32), 0, 0, 0, 1, 0, 0},
        {"does not map the page", 500, 1, 0, 0, 1, 0, 0},
        {"cap_user_rdpmc is 0", 500, 0, 1, 0, 1, 0, 0},
        {"cap_user_time is 0", 500, 0, 0, 1, 1, 0, 0},
        {"from user space (index is 0", 500, 0, 0, 0, 0, 0, 0},
        {"the time of the group is 1001, not", 500, 0, 0, 0, 1, 1, 0},
        {"its time on the counters is 999, not", 500, 0, 0, 0, 1, 0, 1},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pmu_group g;

        set_up(NULL);
        fake.value[0] = 500;
        g = group_of(1);
        lend(1, rows[i].counter);
        fake.no_page = rows[i].no_page;
        fake.page[0].cap_user_rdpmc = !rows[i].no_counter;
        fake.page[0].cap_user_time = !rows[i].no_time;
        fake.page[0].index = (unsigned)rows[i].index;
        fake.page[0].time_enabled = rows[i].late_ns;
        fake.page[0].time_running = -rows[i].off_ns;
        assert_int_equal(pmu_user_prove(&g, &e), ERR_UNAVAILABLE);
        if (!strstr(e.text, rows[i].says))
            fail_msg("row %zu: %s", i, e.text);
        pmu_group_close(&g);
    }
}

/* A guest's processor seen from the host: raw counts, or a sentence. */
static void a_watch_gives_what_adds_up(void **state)
{
    struct pmu_watch w = {.event = "skl::INST_RETIRED:ANY_P"};
    struct pmu_reading r = {.enabled_ns = 77};
    struct err e;

    (void)state;
    fake.value[0] = 1000000;
    assert_int_equal(pmu_watch_value(&w, 0, &r, &e), ERR_BUG);
    assert_int_equal(pmu_watch_thread(&w, 4711, NULL), 0);
    assert_int_equal(w.threads, 1);
    assert_int_equal(fake.attr[PMU_SIDES_GUEST].exclude_host, 1);
    assert_int_equal(fake.attr[PMU_SIDES_HOST].exclude_guest, 1);
    assert_int_equal(fake.attr[PMU_SIDES_BOTH].exclude_hv, 1);
    /* 1000000 + 1000000 is not 1000000: a PMU that does not tell sides apart. */
    assert_int_equal(pmu_watch_value(&w, 0, &r, &e), ERR_DATA);
    assert_int_equal(r.enabled_ns, 77);
    fake.value[0] = 1000; /* 1000 + 1500 against 2000: within the slack */
    fake.step = 500;
    assert_int_equal(pmu_watch_value(&w, 0, &r, &e), 0);
    assert_int_equal(r.raw[PMU_SIDES_GUEST], 1000);
    assert_int_equal(r.raw[PMU_SIDES_BOTH], 2000);
    fake.lost_ns = 1;
    assert_int_equal(pmu_watch_value(&w, 0, &r, &e), ERR_UNAVAILABLE);
    pmu_watch_end(&w);
    assert_int_equal(fake.closed, 3);
    assert_int_equal(pmu_watch_thread(&w, 4711, &e), ERR_BUG);
    assert_int_equal(pmu_watch_begin(&w, "/nonexistent", &e), ERR_UNAVAILABLE);
    assert_string_equal(w.event, "");
}

static struct pmu_set soft = {.group = "soft", .software = 1};
static const struct collector soft_collector = {.name = "soft"};

/* The collector: raw values and both times in the slot; a shared counter ends the boot. */
static void a_set_reads_raw_and_tells_of_sharing(void **state)
{
    uint64_t slot[PMU_SET_READINGS] = {0};
    const char *key, *value;

    (void)state;
    fake.value[0] = fake.value[1] = fake.value[2] = 500;
    fake.step = 7;
    assert_null(pmu_set_unavailable(&soft, &soft_collector));
    assert_string_equal(soft.here.name, "soft");
    assert_int_equal(soft.here.readings, 7); /* five events, enabled, running */
    assert_string_equal(soft.here.reading[2].name, "soft.minor");
    assert_string_equal(soft.here.reading[2].unit, "count");
    assert_string_equal(soft.here.reading[6].name, "soft.running");
    assert_string_equal(soft.here.reading[6].unit, "accounted_ns");
    pmu_set_read(&soft, slot, 0);
    assert_int_equal(slot[0], 500);
    assert_int_equal(slot[4], 528);
    assert_int_equal(slot[5], slot[6]);
    assert_null(pmu_set_failed(&soft));
    assert_int_equal(pmu_set_fact(&soft, 2, &key, &value), 1);
    assert_string_equal(key, "event2");
    /* size and type; config; no period, no sample type; group, enabled and running; exclude_hv */
    assert_non_null(strstr(value, "attr 8000000001 5 0 0 b 40"));
    assert_int_equal(pmu_set_fact(&soft, 5, &key, &value), 1);
    assert_string_equal(key, "read");
    assert_string_equal(value, "read(2): software events are on no counter of the processor");
    assert_int_equal(pmu_set_fact(&soft, 6, &key, &value), 0);
    fake.lost_ns = 1;
    pmu_set_read(&soft, slot, 0);
    assert_true(slot[5] > slot[6]); /* told as it is */
    assert_non_null(strstr(pmu_set_failed(&soft), "shared (multiplexed)"));
}

static void a_set_that_cannot_read_fails(void **state)
{
    uint64_t slot[PMU_SET_READINGS];

    (void)state;
    fake.value[0] = fake.value[1] = fake.value[2] = 500;
    assert_null(pmu_set_unavailable(&soft, &soft_collector));
    fake.refuse_read = 1;
    pmu_set_read(&soft, slot, 0);
    assert_non_null(strstr(pmu_set_failed(&soft), "cannot read the group"));
    set_up(NULL);
    fake.refuse_errno = EACCES;
    assert_non_null(
        strstr(pmu_set_unavailable(&soft, &soft_collector), "perf_event_paranoid"));
}

/* ---- the collector of a hardware group -------------------------------------------------------- */

static struct pmu_set core = {.group = "core"};

/* As on a Skylake whose counters do what the self-test's loop does; then all stand at 4000000. */
static void open_core(void)
{
    struct group_family *f;

    core = (struct pmu_set){.group = "core"};
    fake.value[0] = 2000000; /* instructions of N and 2N, then cycles of N and 2N */
    fake.value[1] = 4000000;
    fake.value[2] = 2000000;
    fake.value[3] = 4000000;
    assert_int_equal(group_for_pmu("skl", &f, NULL), 0);
    assert_string_equal(f->group[0].name, "core");
    if (set_open(&core, "skl", &f->group[0]) != 0)
        fail_msg("%s", core.why.text);
    group_release(f);
}

static const char *way_of(struct pmu_set *set)
{
    const char *key = "", *value = "";
    unsigned n = 0;

    while (pmu_set_fact(set, n, &key, &value))
        n++;
    assert_int_equal(n, set->counting.events + 1);
    assert_string_equal(key, "read");
    return value;
}

static void a_hardware_group_is_read_in_user_space(void **state)
{
    uint64_t slot[PMU_SET_READINGS] = {0};

    (void)state;
    lend(2, 4000000);
    open_core();
    assert_string_equal(way_of(&core), "in user space, without a system call");
    fake.refuse_read = 1; /* no read(2) from here on */
    fake.counter[0] += 11;
    fake.counter[1] += 12;
    fake.reads = 0;
    pmu_set_read(&core, slot, 0);
    assert_int_equal(slot[0], 4000011);
    assert_int_equal(slot[1], 4000012);
    assert_int_equal(slot[2], slot[3]);
    assert_int_equal(fake.order[fake.reads - 1], 1); /* towards START: the last event last */
    fake.reads = 0;
    pmu_set_read(&core, slot, 1);
    assert_int_equal(fake.order[0], 1);
    assert_null(pmu_set_failed(&core));
    pmu_group_close(&core.counting);
}

static void a_group_that_leaves_its_counters_is_told(void **state)
{
    uint64_t slot[PMU_SET_READINGS];

    (void)state;
    lend(2, 4000000);
    open_core();
    fake.page[1].index = 0;
    pmu_set_read(&core, slot, 0);
    assert_string_equal(pmu_set_failed(&core),
                        "the group core left its counters between two readings");
    pmu_group_close(&core.counting);
    set_up(NULL);
    lend(2, 4000000);
    open_core();
    fake.page[0].time_enabled = 5; /* it waited for a counter */
    pmu_set_read(&core, slot, 0);
    assert_non_null(strstr(pmu_set_failed(&core), "shared (multiplexed)"));
    pmu_group_close(&core.counting);
}

static void the_fall_back_is_told(void **state)
{
    uint64_t slot[PMU_SET_READINGS];

    (void)state;
    lend(2, 4000000);
    fake.page[1].cap_user_rdpmc = 0;
    open_core();
    assert_non_null(strstr(way_of(&core), "read(2): the kernel keeps "));
    assert_non_null(strstr(way_of(&core), "cap_user_rdpmc is 0"));
    fake.reads = 0;
    pmu_set_read(&core, slot, 0);
    assert_int_equal(slot[0], 4000000);
    assert_int_equal(fake.reads, 0);
    assert_null(pmu_set_failed(&core));
    pmu_group_close(&core.counting);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(the_counter_has_a_sign_and_a_width),
        T(a_page_that_changes_is_read_again),
        T(what_is_on_no_counter_is_not_read),
        T(times_are_carried_on_by_the_clock),
        T(a_group_is_read_towards_its_marker),
        T(a_page_that_lies_is_not_believed),
        T(a_watch_gives_what_adds_up),
        T(a_set_reads_raw_and_tells_of_sharing),
        T(a_set_that_cannot_read_fails),
        T(a_hardware_group_is_read_in_user_space),
        T(a_group_that_leaves_its_counters_is_told),
        T(the_fall_back_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
