/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The audit of time(1) against records with a known truth: honest ones with every delay that an
 * honest guest may have are sound, and each way of lying is caught at its threshold and not
 * before it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/times.h"

#define N 50
#define MS 1e6
#define TICK 4000000

static struct times_sample sample[N];
static struct times_limits limits;
static struct times_result result;

/* Intervals of 10 ms, 1 ms apart, of an honest guest on one processor that uses nine tenths in
 * user mode and a tenth in system mode; readings 1 to 5 us off the edges. */
static int honest(void **state)
{
    (void)state;
    limits = (struct times_limits){.step_ns = 2, .tick_ns = TICK, .cpus = 1};
    for (int i = 0; i < N; i++) {
        const int64_t start = i * 11000000, stop = start + 10000000;

        sample[i] = (struct times_sample){
            .start_ns = (double)start,
            .stop_ns = (double)stop,
            .before = {start - 1000, (start - 5000) / 10 * 9, (start - 5000) / 10, 0},
            .after = {stop + 1000, (stop + 5000) / 10 * 9, (stop + 5000) / 10, 0},
        };
    }
    return 0;
}

static void audit(size_t n)
{
    times_audit(sample, n, 0, n, &limits, &result);
}

/* From sample i on, clock k is later by ns: before[i] itself only if at_before. */
static void shift(int k, int from, int at_before, int64_t ns)
{
    for (int i = from; i < N; i++) {
        if (i > from || at_before)
            sample[i].before[k] += ns;
        sample[i].after[k] += ns;
    }
}

static void an_honest_guest_is_sound(void **state)
{
    (void)state;
    audit(N);
    assert_int_equal(result.verdict, TIMES_SOUND);
    assert_string_equal(result.reason, "");
    assert_int_equal(result.flagged, 0);
    assert_int_equal(result.first_flagged, N);
    assert_true(result.true_ns == N * 11 * MS - 1 * MS);
    assert_int_equal(result.spent[TIMES_REAL], 549002000);
    assert_int_equal(result.spent[TIMES_USER], 494109000);
    assert_int_equal(result.spent[TIMES_SYS], 54901000);
    assert_true(fabs(result.tolerance_ns - (TICK + 4)) < 1e-6);
    audit(1);
    assert_int_equal(result.verdict, TIMES_SOUND);
}

/* user > real: 3.9 ms too much in an interval of 10 ms are within a tick, 5.9 are not. */
static void user_larger_than_total(void **state)
{
    (void)state;
    shift(TIMES_USER, 7, 0, 3900000);
    audit(N);
    assert_int_equal(result.flagged, 0);
    shift(TIMES_USER, 7, 0, 2000000);
    audit(N);
    assert_int_equal(result.verdict, TIMES_ABERRANT);
    assert_int_equal(result.flagged, 1);
    assert_int_equal(result.first_flagged, 7);
    assert_non_null(strstr(result.reason, "user + sys"));
    /* the run has it, too: more than the tick in 528 ms */
    assert_non_null(strstr(result.reason, "whole run"));
}

/* Half a millisecond too much in each interval is no interval's fault, but the run's. */
static void a_little_in_each(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++)
        shift(TIMES_SYS, i, 0, 500000);
    audit(N);
    assert_int_equal(result.flagged, 0);
    assert_int_equal(result.first_flagged, N);
    assert_int_equal(result.verdict, TIMES_ABERRANT);
    assert_non_null(strstr(result.reason, "whole run: user + sys"));
    audit(7); /* 3 ms: a tick may have done that */
    assert_int_equal(result.verdict, TIMES_SOUND);
}

/* The guest was taken off the processor for 30 ms between its readings, and its kernel, which
 * cannot know, booked them as used: seen from outside nobody can say that it was not. */
static void a_delay_among_the_readings(void **state)
{
    (void)state;
    for (int i = 30; i < N; i++) {
        sample[i].start_ns += 30 * MS;
        sample[i].stop_ns += 30 * MS;
    }
    shift(TIMES_REAL, 30, 1, 30000000);
    shift(TIMES_USER, 30, 0, 30000000); /* user before the pause, real after it */
    audit(N);
    assert_int_equal(result.flagged, 0);
    assert_int_equal(result.verdict, TIMES_SOUND);
}

/* The neighbours of a run bound it: a run of one interval has evidence only through them. */
static void neighbours(void **state)
{
    (void)state;
    shift(TIMES_USER, 7, 0, 5900000);
    times_audit(sample, N, 7, 1, &limits, &result);
    assert_int_equal(result.verdict, TIMES_ABERRANT);
    assert_int_equal(result.flagged, 1);
    assert_int_equal(result.first_flagged, 0);
    assert_int_equal(result.spent[TIMES_USER], 9009000 + 5900000);
    times_audit(sample, N, 8, 4, &limits, &result);
    assert_int_equal(result.verdict, TIMES_SOUND);
    times_audit(sample + 7, 1, 0, 1, &limits, &result);
    assert_int_equal(result.verdict, TIMES_SOUND);
}

/* Half of the time is stolen, the guest is told so, and yet books all of it as used. */
static void stolen_time_booked_as_used(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++)
        shift(TIMES_STEAL, i, 0, 5000000);
    audit(N);
    assert_int_equal(result.verdict, TIMES_SOUND); /* steal is of other processors as well */
    limits.has_steal = 1;
    audit(N);
    assert_int_equal(result.verdict, TIMES_ABERRANT);
    assert_int_equal(result.flagged, 0); /* 5 ms are less than the step of steal */
    assert_non_null(strstr(result.reason, "stolen time is booked as used"));
    for (int i = 0; i < N; i++) /* a guest that takes it off its books again */
        shift(TIMES_USER, i, 0, -5000000);
    audit(N);
    assert_int_equal(result.verdict, TIMES_SOUND);
}

/* On two processors twice the time may be used, and a tick of each may be wrong. */
static void more_processors(void **state)
{
    (void)state;
    limits.cpus = 2;
    for (int i = 0; i < N; i++)
        shift(TIMES_USER, i, 0, 10000000);
    audit(N);
    assert_int_equal(result.verdict, TIMES_SOUND);
    shift(TIMES_USER, 3, 0, 12100000);
    audit(N);
    assert_int_equal(result.flagged, 1);
    limits.cpus = 1;
    audit(N);
    assert_int_equal(result.flagged, N - 2); /* the outermost have no neighbours */
    limits.cpus = 0;                         /* not told: nothing is said of it */
    audit(N);
    assert_int_equal(result.flagged, 0);
    assert_int_equal(result.verdict, TIMES_UNKNOWN);
    assert_non_null(strstr(result.reason, "processors"));
}

/* A pause that disappears from the guest's clock. user + sys is then larger than the guest's
 * total as well, which is said first. */
static void a_pause_that_disappears(void **state)
{
    (void)state;
    shift(TIMES_REAL, 20, 0, -5000000);
    audit(N);
    assert_int_equal(result.verdict, TIMES_ABERRANT);
    assert_int_equal(result.flagged, 1);
    assert_int_equal(result.first_flagged, 20);
    shift(TIMES_USER, 20, 0, -5000000); /* no processor time went into it */
    audit(N);
    assert_int_equal(result.flagged, 1);
    assert_non_null(strstr(result.reason, "whole run: the guest's real time is 544.002 ms"));
}

/* Wrong frequency: 2 % fast and 2 % slow, of an idle guest. No interval of 10 ms shows it. */
static void wrong_frequency(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        memset(&sample[i].before[TIMES_USER], 0, 2 * sizeof(int64_t));
        memset(&sample[i].after[TIMES_USER], 0, 2 * sizeof(int64_t));
        sample[i].before[TIMES_REAL] = sample[i].before[TIMES_REAL] / 100 * 102;
        sample[i].after[TIMES_REAL] = sample[i].after[TIMES_REAL] / 100 * 102;
    }
    audit(N);
    assert_int_equal(result.flagged, 0);
    assert_int_equal(result.verdict, TIMES_ABERRANT);
    assert_non_null(strstr(result.reason, "only 529.000 ms passed outside"));
    for (int i = 0; i < N; i++) {
        sample[i].before[TIMES_REAL] = sample[i].before[TIMES_REAL] / 102 * 98;
        sample[i].after[TIMES_REAL] = sample[i].after[TIMES_REAL] / 102 * 98;
    }
    audit(N);
    assert_int_equal(result.verdict, TIMES_ABERRANT);
    /* a timer that may itself be so wrong proves nothing */
    limits.timebase_ppm = 20000;
    audit(N);
    assert_int_equal(result.verdict, TIMES_SOUND);
}

/* The guest stood still for 30 ms between a reading and its marker: no lie of its clock. */
static void a_delay_outside_the_markers(void **state)
{
    (void)state;
    for (int i = 30; i < N; i++) {
        sample[i].start_ns += 30 * MS;
        sample[i].stop_ns += 30 * MS;
    }
    shift(TIMES_REAL, 30, 0, 30000000);
    audit(N);
    assert_int_equal(result.flagged, 0);
    assert_int_equal(result.verdict, TIMES_SOUND);
}

/* A frozen clock; a clock that ran backwards; a tick that was not told. */
static void the_rest(void **state)
{
    (void)state;
    shift(TIMES_REAL, 9, 0, -20000000);
    audit(N);
    assert_int_equal(result.first_flagged, 9);
    honest(NULL);
    limits.tick_ns = 0;
    shift(TIMES_USER, 7, 0, 9900000);
    audit(N);
    assert_int_equal(result.flagged, 0);
    shift(TIMES_USER, 7, 0, 200000);
    audit(N);
    assert_int_equal(result.flagged, 1);
    audit(0);
    assert_int_equal(result.verdict, TIMES_UNKNOWN);
    assert_string_equal(times_verdict_name(TIMES_ABERRANT), "aberrant");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_honest_guest_is_sound, honest),
        cmocka_unit_test_setup(user_larger_than_total, honest),
        cmocka_unit_test_setup(a_little_in_each, honest),
        cmocka_unit_test_setup(a_delay_among_the_readings, honest),
        cmocka_unit_test_setup(neighbours, honest),
        cmocka_unit_test_setup(stolen_time_booked_as_used, honest),
        cmocka_unit_test_setup(more_processors, honest),
        cmocka_unit_test_setup(a_pause_that_disappears, honest),
        cmocka_unit_test_setup(wrong_frequency, honest),
        cmocka_unit_test_setup(a_delay_outside_the_markers, honest),
        cmocka_unit_test_setup(the_rest, honest),
    };

    return cmocka_run_group_tests_name("times", tests, NULL, NULL);
}
