/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypothesis: a counter that lies does not become a number. The kernel is a false one here
 * (collector/pmu/perf.h) whose counters do what a test says; the last tests ask the real one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "collector/pmu/present.h"
#include "collector/pmu/selftest.h"
#include "pmu_fixture.h"

#define N 1000u

static const struct pmu_known two_each = {2000, 2000};

/* Self-test with counts `one` after N and `two` after 2N. */
static int judge(uint64_t one, uint64_t two, const struct pmu_tolerance *t, struct err *e)
{
    struct pmu_event event = instructions();
    struct pmu_selftest seen;

    fake.value[0] = one;
    fake.value[1] = two;
    return pmu_selftest(&event, &two_each, t, N, &seen, e);
}

static void selftest_believes_what_is_right(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(judge(2 * N + 14, 4 * N + 14, &pmu_tolerance_exact, &e), 0);
    assert_int_equal(fake.opened, 1);
    assert_int_equal(fake.closed, 1);
    assert_int_equal(fake.resets, 2); /* both runs begin at 0 */
    assert_int_equal(fake.attr[0].disabled, 1);
}

#define REFUSED(one, two, tolerance, says)                                                    \
    do {                                                                                      \
        struct err e_ = {0};                                                                  \
        set_up(NULL);                                                                         \
        assert_int_equal(judge(one, two, tolerance, &e_), ERR_UNAVAILABLE);                   \
        if (!strstr(e_.text, says))                                                           \
            fail_msg("%s", e_.text);                                                          \
    } while (0)

static void selftest_catches_each_lie(void **state)
{
    const uint64_t wrap = (uint64_t)1 << 31;
    const struct pmu_tolerance *exact = &pmu_tolerance_exact;

    (void)state;
    REFUSED(0, 0, exact, "says that it ran 100 % of the time and reads 0");
    REFUSED(4711, 4711, exact, "sticks at 4711");
    REFUSED(2 * N + wrap, 4 * N + wrap, exact,
            "off by 2^31"); /* both: their difference is right */
    REFUSED(2 * N, 4 * N + wrap, exact, "off by 2^31");
    REFUSED(2 * N + wrap, 4 * N, exact, "off by 2^31");
    REFUSED(2 * N, 4 * N + 2 * wrap, exact, "off by 2^32");
    REFUSED(2 * N, 4 * N + 1, exact, "2001 more instead of 2000 to 2000");
    REFUSED(2 * N, 4 * N - 1, exact, "1999 more instead of 2000 to 2000");
    REFUSED(4 * N, 2 * N, exact, "-2000 more");
    REFUSED(N, 2 * N, exact, "1000 more"); /* counts every second one */
    REFUSED(2 * N, 4 * N + 201, &pmu_tolerance_metal, "2201 more instead of 1800 to 2200");
    set_up(NULL);
    assert_int_equal(judge(2 * N, 4 * N + 200, &pmu_tolerance_metal, NULL), 0);
}

static void selftest_refuses_shared_counters(void **state)
{
    struct err e;

    (void)state;
    fake.lost_ns = 1;
    assert_int_equal(judge(2 * N, 4 * N, &pmu_tolerance_exact, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "multiplexed"));
    assert_non_null(strstr(e.text, "999 ns of the 1000 ns"));
    set_up(NULL);
    fake.enabled_ns = 0; /* claims never to have been enabled */
    assert_int_equal(judge(2 * N, 4 * N, &pmu_tolerance_exact, &e), ERR_UNAVAILABLE);
}

static void faults_of_the_system_calls(void **state)
{
    static const struct {
        int error;
        const char *says;
    } opens[] = {{EACCES, "perf_event_paranoid"},
                 {ENOENT, "no PMU here counts it"},
                 {EINVAL, "no counter left"},
                 {ENOSYS, "without perf events"},
                 {EMFILE, "perf_event_open(2) failed"}};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
        set_up(NULL);
        fake.refuse_errno = opens[i].error;
        assert_int_equal(judge(2 * N, 4 * N, &pmu_tolerance_exact, &e), ERR_UNAVAILABLE);
        assert_non_null(strstr(e.text, opens[i].says));
        assert_non_null(strstr(e.text, strerror(opens[i].error)));
        assert_int_equal(fake.closed, 0);
    }
    set_up(NULL);
    fake.refuse_ioctl = 1;
    assert_int_equal(judge(2 * N, 4 * N, &pmu_tolerance_exact, &e), ERR_IO);
    assert_int_equal(fake.closed, 1);
    set_up(NULL);
    fake.refuse_read = 1;
    assert_int_equal(judge(2 * N, 4 * N, &pmu_tolerance_exact, &e), ERR_IO);
    assert_int_equal(fake.closed, 1);
    set_up(NULL);
    fake.short_read = 1;
    assert_int_equal(judge(2 * N, 4 * N, &pmu_tolerance_exact, &e), ERR_IO);
    assert_int_equal(fake.closed, 1);
}

/* A leader opened enabled leaves tracepoints behind it at 0. */
static void the_leader_alone_is_disabled(void **state)
{
    struct pmu_event event[3] = {instructions(), instructions(), instructions()};
    struct pmu_group g;

    (void)state;
    assert_int_equal(pmu_group_open(&g, event, 3, 0, -1, NULL), 0);
    assert_int_equal(fake.attr[0].disabled, 1);
    assert_int_equal(fake.attr[1].disabled, 0);
    assert_int_equal(fake.attr[2].disabled, 0);
    assert_int_equal(fake.leader[0], -1);
    assert_int_equal(fake.leader[2], 0);
    /* The attr that is kept is the one that was opened. */
    assert_memory_equal(&g.event[1].attr, &fake.attr[1], sizeof(fake.attr[1]));
    assert_int_equal(g.event[0].attr.read_format, PERF_FORMAT_GROUP |
                                                      PERF_FORMAT_TOTAL_TIME_ENABLED |
                                                      PERF_FORMAT_TOTAL_TIME_RUNNING);
    pmu_group_close(&g);
    assert_int_equal(fake.closed, 3);
    assert_int_equal(pmu_group_open(&g, event, 0, 0, -1, NULL), ERR_USAGE);
    assert_int_equal(pmu_group_open(&g, event, PMU_GROUP_EVENTS + 1, 0, -1, NULL), ERR_USAGE);
}

static void a_group_too_large_is_refused_whole(void **state)
{
    struct pmu_event event[4] = {instructions(), instructions(), instructions(),
                                 instructions()};
    struct pmu_group g;
    struct err e;

    (void)state;
    fake.counters = 3;
    assert_int_equal(pmu_group_open(&g, event, 4, 0, -1, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "together with those before it"));
    assert_int_equal(fake.closed, 3);
    assert_int_equal(g.events, 0);
}

static void split_fills_each_run(void **state)
{
    struct pmu_event event[11];
    unsigned first[8], groups;

    (void)state;
    for (unsigned i = 0; i < 11; i++)
        event[i] = instructions();
    fake.counters = 4;
    assert_int_equal(pmu_split(event, 11, first, 8, &groups, NULL), 0);
    assert_int_equal(groups, 3);
    assert_int_equal(first[0], 0);
    assert_int_equal(first[1], 4);
    assert_int_equal(first[2], 8);
    assert_int_equal(first[3], 11);
    assert_int_equal(fake.closed, fake.opened);
    set_up(NULL);
    fake.counters = 4;
    assert_int_equal(pmu_split(event, 11, first, 3, &groups, NULL), ERR_USAGE);
    set_up(NULL);
    fake.refuse_errno = ENOENT;
    assert_int_equal(pmu_split(event, 11, first, 8, &groups, NULL), ERR_UNAVAILABLE);
}

/* The kernel may open a group that never gets onto the PMU (arm64, a disabled leader). */
static void split_lets_each_group_run(void **state)
{
    struct pmu_event event[5];
    unsigned first[8], groups;
    struct err e;

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        event[i] = instructions();
    fake.schedulable = 2; /* opens whole, runs only with at most two events */
    assert_int_equal(pmu_split(event, 5, first, 8, &groups, NULL), 0);
    assert_int_equal(groups, 3);
    assert_int_equal(first[1], 2);
    assert_int_equal(first[2], 4);
    assert_int_equal(fake.closed, fake.opened);
    set_up(NULL);
    fake.lost_ns = 1000;
    assert_int_equal(pmu_split(event, 5, first, 8, &groups, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "ran 0 ns of the"));
}

static void a_difference_is_raw_or_nothing(void **state)
{
    struct pmu_event event[2] = {instructions(), instructions()};
    struct pmu_reading a, b, d = {.enabled_ns = 77};
    struct pmu_group g;
    struct err e;

    (void)state;
    fake.step = 5;
    fake.value[0] = 100;
    fake.value[1] = 350;
    assert_int_equal(pmu_group_open(&g, event, 2, 0, -1, NULL), 0);
    assert_int_equal(pmu_group_start(&g, NULL), 0);
    assert_int_equal(pmu_group_read(&g, &a, NULL), 0);
    assert_int_equal(a.raw[1], 105);
    assert_int_equal(pmu_group_start(&g, NULL), 0);
    assert_int_equal(pmu_group_read(&g, &b, NULL), 0);
    assert_int_equal(pmu_group_difference(&g, &a, &b, &d, NULL), 0);
    assert_int_equal(d.raw[0], 250);
    assert_int_equal(d.raw[1], 250);
    assert_int_equal(d.enabled_ns, 1000);
    assert_int_equal(d.running_ns, 1000);
    /* Ran 1 ns less than it was enabled: no estimate, no number. */
    b.running_ns--;
    d = (struct pmu_reading){.enabled_ns = 77};
    assert_int_equal(pmu_group_difference(&g, &a, &b, &d, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "multiplexed"));
    assert_int_equal(d.enabled_ns, 77);
    b.running_ns++;
    b.raw[1] = 104;
    assert_int_equal(pmu_group_difference(&g, &a, &b, &d, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "went backwards, from 105 to 104"));
    pmu_group_close(&g);
}

static void guest_and_host_make_both(void **state)
{
    struct pmu_reading r = {.raw = {1000, 500, 1500}};
    struct pmu_group g;
    struct err e;

    (void)state;
    assert_int_equal(pmu_sides_check(&r, 0, 0, &e), 0);
    r.raw[PMU_SIDES_BOTH] = 1501;
    assert_int_equal(pmu_sides_check(&r, 0, 0, &e), ERR_DATA);
    assert_non_null(strstr(e.text, "guest 1000 + host 500 is not both, 1501 (off by 1)"));
    assert_int_equal(pmu_sides_check(&r, 1, 0, &e), 0);
    assert_int_equal(pmu_sides_check(&r, 0, 1000, &e), 0);
    /* A PMU that ignores the bits: guest-only and host-only both count everything. */
    r = (struct pmu_reading){.raw = {1500, 1500, 1500}};
    assert_int_equal(pmu_sides_check(&r, 100, 1000, &e), ERR_DATA);
    assert_int_equal(pmu_sides_open(&g, "skl::INST_RETIRED:ANY_P",
                                    PMU_LEVEL_USER | PMU_LEVEL_KERNEL, 0, &e),
                     0);
    assert_int_equal(fake.attr[PMU_SIDES_GUEST].exclude_host, 1);
    assert_int_equal(fake.attr[PMU_SIDES_GUEST].exclude_guest, 0);
    assert_int_equal(fake.attr[PMU_SIDES_HOST].exclude_host, 0);
    assert_int_equal(fake.attr[PMU_SIDES_HOST].exclude_guest, 1);
    assert_int_equal(fake.attr[PMU_SIDES_BOTH].exclude_host, 0);
    assert_int_equal(fake.attr[PMU_SIDES_BOTH].exclude_guest, 0);
    pmu_group_close(&g);
}

static void a_machine_without_a_pmu_says_so(void **state)
{
    struct pmu_present here;
    struct err e;

    (void)state;
    assert_int_equal(pmu_present_look("/nonexistent", &here, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "/nonexistent/bus/event_source/devices"));
    assert_string_equal(here.device, "");
}

/* ---- the real kernel ------------------------------------------------------------------------ */

static void real_page_faults_are_exact(void **state)
{
    struct err e = {0};

    (void)state;
    if (access("/proc/sys/kernel/perf_event_paranoid", F_OK) != 0) {
        print_message("# skipped: this kernel has no perf events\n");
        skip();
    }
    if (pmu_prove_faults(&e) != 0)
        fail_msg("%s", e.text);
}

static void real_system_calls_are_exact(void **state)
{
    struct err e = {0};
    int rc = pmu_prove_syscalls("/sys/kernel/tracing", &e);

    (void)state;
    if (rc == ERR_UNAVAILABLE && strstr(e.text, "tracefs")) {
        print_message("# skipped: %s\n", e.text);
        skip();
    }
    if (rc != 0)
        fail_msg("%s", e.text);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(selftest_believes_what_is_right),
        T(selftest_catches_each_lie),
        T(selftest_refuses_shared_counters),
        T(faults_of_the_system_calls),
        T(the_leader_alone_is_disabled),
        T(a_group_too_large_is_refused_whole),
        T(split_fills_each_run),
        T(split_lets_each_group_run),
        T(a_difference_is_raw_or_nothing),
        T(guest_and_host_make_both),
        T(a_machine_without_a_pmu_says_so),
        cmocka_unit_test(real_page_faults_are_exact),
        cmocka_unit_test(real_system_calls_are_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
