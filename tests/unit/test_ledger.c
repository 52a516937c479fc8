/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The overhead ledger on made intervals, whose every term is known: what is put in comes out, a
 * term that is left out, doctored or wrong leaves a residual of its size, and what lies beside an
 * interval is not booked to it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/ledger.h"

#define WORK 800000.0
#define TICK 5000.0 /* what an interrupt costs */
#define N 100
#define USUAL_GAP 300.0

static struct ledger_sample ruler_sample[N], sample[N];
static struct ledger_ruler ruler;
static struct ledger_result r;

/* Every fourth interval has an interrupt. */
static void make(struct ledger_sample *s, double work, double tick)
{
    for (size_t i = 0; i < N; i++)
        s[i] = (struct ledger_sample){.true_ns = work + (i % 4 == 0 ? tick : 0),
                                      .gap_ns = USUAL_GAP,
                                      .interrupts = i % 4 == 0};
}

static int set_up(void **state)
{
    (void)state;
    make(ruler_sample, WORK, TICK);
    make(sample, 2 * WORK, TICK);
    ruler = (struct ledger_ruler){0};
    return ledger_measure(&ruler, ruler_sample, N, WORK) || ledger_finish(&ruler);
}

static int tear_down(void **state)
{
    (void)state;
    ledger_release(&ruler);
    return 0;
}

static const struct ledger_terms plain = {.work_ns = 2 * WORK,
                                          .operation_ns = NAN,
                                          .hypervisor_saw = LEDGER_UNKNOWN,
                                          .boot_claims = LEDGER_UNKNOWN,
                                          .asked = 1,
                                          .why_not = ""};

static void close_it(const struct ledger_terms *t)
{
    ledger_close(sample, N, t, &ruler, 2, &r);
}

static void near(double have, double want)
{
    if (fabs(have - want) > 1e-6 * (1 + fabs(want)))
        fail_msg("%.9g, expected %.9g", have, want);
}

/* The terms are the whole, whatever they are. */
static void adds_up(void)
{
    near(r.work_ns + r.operations_ns + r.interrupts_ns + r.unseen_ns +
             (isnan(r.steal_ns) ? 0 : r.steal_ns) + r.residual_ns,
         r.true_ns);
}

static void what_was_put_in_comes_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i += 10) {
        sample[i].stolen_ns = 123456;
        sample[i].true_ns += 123456;
    }
    close_it(&plain);
    near(ruler.interrupt_ns, TICK);
    assert_int_equal(r.interrupts, N / 4);
    near(r.interrupts_ns, TICK * N / 4);
    near(r.steal_ns, 10 * 123456.0);
    near(r.residual_ns, 0);
    near(r.u_ns, 0);
    assert_int_equal(r.flagged, 0);
    assert_int_equal(r.verdict, LEDGER_CLOSED);
    assert_string_equal(r.reason, "");
    adds_up();
}

static void operations_are_booked(void **state)
{
    struct ledger_terms t = plain;

    (void)state;
    t.work_ns = 838;
    t.operations = 100;
    t.operation_ns = 820;
    make(sample, 838 + 100 * 820, 0);
    for (size_t i = 0; i < N; i++)
        sample[i].interrupts = 0;
    close_it(&t);
    assert_int_equal(r.operations, 100 * N);
    near(r.residual_ns, 0);
    assert_int_equal(r.verdict, LEDGER_CLOSED);
    /* One that costs 3 % more than the price list says. */
    make(sample, 838 + 100 * 820 * 1.03, 0);
    close_it(&t);
    near(r.residual_ns, N * 100 * 820 * 0.03);
    assert_int_equal(r.verdict, LEDGER_OVER);
    assert_non_null(strstr(r.reason, "not explained"));
    assert_int_equal(r.flagged, N);
    adds_up();
}

static void a_missing_term_is_the_residual(void **state)
{
    (void)state;
    /* Steal that nobody tells. */
    for (size_t i = 0; i < N; i++) {
        sample[i].stolen_ns = LEDGER_UNKNOWN;
        sample[i].true_ns += i == 7 ? 4e6 : 0;
    }
    close_it(&plain);
    assert_true(isnan(r.steal_ns));
    near(r.residual_ns, 4e6);
    assert_int_equal(r.verdict, LEDGER_OVER);
    assert_int_equal(r.flagged, 1);
    adds_up();
}

/* … and where nobody was asked, that is what is wrong. */
static void nobody_asked_is_not_over_budget(void **state)
{
    struct ledger_terms t = plain;

    (void)state;
    t.asked = 0;
    close_it(&t);
    assert_int_equal(r.verdict, LEDGER_CLOSED);
    sample[7].true_ns += 4e6;
    close_it(&t);
    near(r.residual_ns, 4e6);
    assert_int_equal(r.verdict, LEDGER_INCOMPLETE);
    assert_non_null(strstr(r.reason, "were not read"));
    assert_int_equal(r.flagged, 1);
}

static void steal_that_was_not_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++)
        sample[i].stolen_ns = 50000; /* doctored: no such time passed */
    close_it(&plain);
    assert_true(r.residual_ns < 0);
    assert_int_equal(r.verdict, LEDGER_OVER);
    assert_non_null(strstr(r.reason, "explained twice"));
    adds_up();
}

static void wrong_work_is_found_both_ways(void **state)
{
    struct ledger_terms t = plain;

    (void)state;
    t.work_ns = 2 * WORK * 1.02;
    close_it(&t);
    assert_int_equal(r.verdict, LEDGER_OVER);
    assert_true(r.residual_ns < 0);
    t.work_ns = 2 * WORK * 0.98;
    close_it(&t);
    assert_int_equal(r.verdict, LEDGER_OVER);
    assert_true(r.residual_ns > 0);
    t.work_ns = 2 * WORK * 1.005; /* within the budget */
    close_it(&t);
    assert_int_equal(r.verdict, LEDGER_CLOSED);
}

/* The guest counts around a wider window than the interval. */
static void an_interrupt_beside_the_interval_is_not_booked(void **state)
{
    (void)state;
    ledger_release(&ruler);
    for (size_t i = 0; i < N;
         i++) { /* in the ruler too: every eighth counted and not inside */
        if (i % 8 == 1)
            ruler_sample[i].interrupts = 1;
        if (i % 8 == 2)
            sample[i].interrupts = 2;
    }
    assert_int_equal(ledger_measure(&ruler, ruler_sample, N, WORK), 0);
    assert_int_equal(ledger_finish(&ruler), 0);
    near(ruler.interrupt_ns, TICK);
    near(ruler.unseen_rate, 0);
    close_it(&plain);
    assert_int_equal(r.interrupts, N / 4);
    near(r.residual_ns, 0);
}

/* … and never more than were counted, however long the interval. */
static void no_more_are_booked_than_were_counted(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++)
        sample[i].true_ns += 10 * TICK;
    close_it(&plain);
    assert_int_equal(r.interrupts, N / 4);
    near(r.residual_ns, N * 10 * TICK);
    assert_int_equal(r.verdict, LEDGER_OVER);
}

static void what_the_guest_does_not_see_is_a_rate(void **state)
{
    (void)state;
    ledger_release(&ruler);
    for (size_t i = 0; i < N; i++) {
        ruler_sample[i].interrupts = LEDGER_UNKNOWN; /* nobody counts: all of it is unseen */
        sample[i].interrupts = LEDGER_UNKNOWN;
    }
    assert_int_equal(ledger_measure(&ruler, ruler_sample, N, WORK), 0);
    assert_int_equal(ledger_finish(&ruler), 0);
    assert_true(isnan(ruler.interrupt_ns));
    near(ruler.unseen_rate, TICK / 4 / (WORK + TICK / 4));
    make(sample, 2 * WORK, 2 * TICK); /* twice the time, twice the interrupts */
    for (size_t i = 0; i < N; i++)
        sample[i].interrupts = LEDGER_UNKNOWN;
    close_it(&plain);
    near(r.residual_ns, 0);
    assert_true(r.interrupts == LEDGER_UNKNOWN);
    assert_int_equal(r.verdict, LEDGER_CLOSED);
    adds_up();
}

/* A host's ticks in step with the guest's: they meet the intervals without an interrupt and hardly
 * ever one with. The ruler held against itself leaves nothing. */
static void nothing_of_the_ruler_is_booked_twice(void **state)
{
    struct ledger_terms t = plain;

    (void)state;
    ledger_release(&ruler);
    for (size_t i = 0; i < N; i++)
        ruler_sample[i].true_ns += i % 4 != 0 || i % 20 == 0 ? 1500 : 0;
    assert_int_equal(ledger_measure(&ruler, ruler_sample, N, WORK), 0);
    assert_int_equal(ledger_finish(&ruler), 0);
    near(ruler.interrupt_ns, TICK);
    memcpy(sample, ruler_sample, sizeof(sample));
    t.work_ns = WORK;
    close_it(&t);
    assert_int_equal(r.interrupts, N / 4);
    near(r.unseen_ns, 80 * 1500.0);
    near(r.residual_ns, 0);
    adds_up();
}

/* The price list is right even where more intervals are disturbed than not. */
static void prices_come_from_undisturbed_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++)
        sample[i] = (struct ledger_sample){.true_ns = 3 * WORK + (i % 3 ? TICK : 0) +
                                                      (i == 50 ? 7e5 : 0),
                                           .interrupts = i % 3 != 0,
                                           .stolen_ns = i == 50 ? 700000 : 0,
                                           .gap_ns = NAN};
    near(ledger_undisturbed_ns(sample, N, &ruler), 3 * WORK);
    assert_true(isnan(ledger_undisturbed_ns(sample, 0, &ruler)));
}

static void steal_beside_the_interval_is_not_in_it(void **state)
{
    (void)state;
    sample[3].stolen_ns = 4000000; /* between its reading and the marker */
    sample[3].gap_ns = USUAL_GAP + 4000000;
    sample[5].stolen_ns = 4000000; /* inside; coming back made the reading a little longer */
    sample[5].true_ns += 4000000;
    sample[5].gap_ns = USUAL_GAP + 1440;
    sample[6].stolen_ns = 4000000; /* inside, and no clock to tell */
    sample[6].true_ns += 4000000;
    sample[6].gap_ns = NAN;
    assert_int_equal(ledger_place_steal(sample, N), 0);
    assert_int_equal(sample[3].stolen_ns, 0);
    assert_int_equal(sample[5].stolen_ns, 4000000);
    assert_int_equal(sample[6].stolen_ns, 4000000);
    close_it(&plain);
    near(r.residual_ns, 0);
    assert_int_equal(r.verdict, LEDGER_CLOSED);
}

static void what_is_not_known_is_not_closed(void **state)
{
    const struct ledger_ruler none = {.interrupt_ns = NAN};
    struct ledger_terms t = plain;

    (void)state;
    t.work_ns = NAN;
    t.why_not = "the bare machine did not run this";
    close_it(&t);
    assert_int_equal(r.verdict, LEDGER_INCOMPLETE);
    assert_string_equal(r.reason, t.why_not);
    adds_up();
    t = plain;
    t.operations = 100;
    t.why_not = "no other n";
    close_it(&t);
    assert_int_equal(r.verdict, LEDGER_INCOMPLETE);
    assert_string_equal(r.reason, "no other n");
    ledger_close(sample, N, &plain, &none, 2, &r);
    assert_int_equal(r.verdict, LEDGER_INCOMPLETE);
    assert_non_null(strstr(r.reason, "another run of spin"));
}

static void a_ruler_without_interrupts_explains_none(void **state)
{
    (void)state;
    ledger_release(&ruler);
    make(ruler_sample, WORK, 0);
    for (size_t i = 0; i < N; i++)
        ruler_sample[i].interrupts = 0;
    assert_int_equal(ledger_measure(&ruler, ruler_sample, N, WORK), 0);
    assert_int_equal(ledger_finish(&ruler), 0);
    close_it(&plain);
    assert_int_equal(r.verdict, LEDGER_INCOMPLETE);
    assert_non_null(strstr(r.reason, "met no interrupt"));
}

/* More operations than the hypervisor saw: one of the two counts is wrong. */
static void counts_that_contradict_are_found(void **state)
{
    struct ledger_terms t = plain;

    (void)state;
    t.hypervisor_saw = 1999;
    t.boot_claims = 2000;
    close_it(&t);
    assert_int_equal(r.verdict, LEDGER_OVER);
    assert_non_null(strstr(r.reason, "2000"));
    assert_non_null(strstr(r.reason, "1999"));
    t.hypervisor_saw = 5001; /* it sees audits and consoles too */
    close_it(&t);
    assert_int_equal(r.verdict, LEDGER_CLOSED);
}

/* The bound of the residual holds it: interrupts of unequal cost, the run's own drawn anew. */
static void the_bound_covers_what_interrupts_scatter(void **state)
{
    unsigned covered = 0;
    const unsigned trials = 10000;

    (void)state;
    srand(20261126);
    for (unsigned k = 0; k < trials; k++) {
        ledger_release(&ruler);
        make(ruler_sample, WORK, 0);
        make(sample, 2 * WORK, 0);
        for (size_t i = 0; i < N; i += 4) {
            ruler_sample[i].true_ns += TICK * (0.8 + 0.4 * rand() / RAND_MAX);
            /* Twice the time, twice the interrupts. */
            sample[i].true_ns += TICK * (0.8 + 0.4 * rand() / RAND_MAX);
            sample[i + 1].true_ns += TICK * (0.8 + 0.4 * rand() / RAND_MAX);
            sample[i + 1].interrupts = 1;
        }
        assert_int_equal(ledger_measure(&ruler, ruler_sample, N, WORK), 0);
        assert_int_equal(ledger_finish(&ruler), 0);
        close_it(&plain);
        covered += fabs(r.residual_ns) <= r.u_ns;
    }
    if (covered < 9350 || covered > 9500) /* Student, 24 degrees of freedom: 94.3 % */
        fail_msg("%u of %u within k = 2", covered, trials);
}

static void an_empty_run_is_no_crash(void **state)
{
    (void)state;
    ledger_close(sample, 0, &plain, &ruler, 2, &r);
    near(r.true_ns, 0);
    assert_int_equal(r.flagged, 0);
    assert_int_equal(ledger_place_steal(sample, 0), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_in_comes_out),
        TEST(operations_are_booked),
        TEST(a_missing_term_is_the_residual),
        TEST(nobody_asked_is_not_over_budget),
        TEST(steal_that_was_not_is_found),
        TEST(wrong_work_is_found_both_ways),
        TEST(an_interrupt_beside_the_interval_is_not_booked),
        TEST(no_more_are_booked_than_were_counted),
        TEST(what_the_guest_does_not_see_is_a_rate),
        TEST(nothing_of_the_ruler_is_booked_twice),
        TEST(prices_come_from_undisturbed_time),
        TEST(steal_beside_the_interval_is_not_in_it),
        TEST(what_is_not_known_is_not_closed),
        TEST(a_ruler_without_interrupts_explains_none),
        TEST(counts_that_contradict_are_found),
        TEST(the_bound_covers_what_interrupts_scatter),
        TEST(an_empty_run_is_no_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
