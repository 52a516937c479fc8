/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time that a guest lost, found in intervals and readings: steal, other guests' turns, pauses and
 * restores, alone and together, at the edges of intervals and below what can be found; a ledger that
 * says something else than was done is caught.
 */
#include "tests/unit/recover_fixture.h"

/* Other guests' turns, told one by one or several in an entry. */
static void gather(size_t events, size_t several)
{
    size_t n = 0;

    for (size_t i = 0; i < events; i += several, n++) {
        struct recover_entry all = entry[i];

        all.kind = "guests";
        for (size_t j = i + 1; j < i + several; j++) {
            all.end = entry[j].end;
            all.delivered += entry[j].delivered;
            all.visible += entry[j].visible;
            all.count++;
        }
        entry[n] = all;
    }
}

static void test_guests(void **state)
{
    struct event e[100];
    const struct model m = {.event = e, .events = 100, .unknown_work = 1};
    struct recover_truth truth[RECOVER_KINDS];
    const struct recover_truth *t = &truth[RECOVER_STEAL];
    struct recover_gaps gaps;
    struct recover_found f;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        e[i] = (struct event){6000000 + i * 290000.0, STEAL, 150000 + i};
    f = find(&m);
    write_ledger(&m);
    gather(100, 1);
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 100, truth, &gaps),
                     0);
    assert_true(t->injected > 20 && t->missed > 20 && !t->partly && !t->small);
    assert_int_equal(t->times, t->injected);
    assert_true(gaps.least_ns >= GAP_NS - 2 && gaps.most_ns <= GAP_NS + 2);
    assert_true(gaps.least_ns == gaps.short_ns && gaps.most_ns == gaps.unexplained_ns);

    write_ledger(&m);
    gather(100, 5);
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 20, truth, &gaps),
                     0);
    assert_int_equal(t->injected + t->missed + t->partly, 20);
    assert_true(t->partly >= 2 && t->partly_ns > 150000 * 5.0 * 2);
    assert_true(t->times == 5 * t->injected);
    /* What is open neither hides too little … */
    assert_true(gaps.short_ns >= 0 && gaps.unexplained_ns <= GAP_NS + 2);
    /* … nor too much. */
    for (unsigned i = 0; i < 20; i++)
        entry[i].delivered *= 3;
    recover_place(sample, SAMPLES, &f, &question, entry, 20, truth, &gaps);
    assert_true(gaps.short_ns < 0);
    for (unsigned i = 0; i < 20; i++)
        entry[i].delivered /= 30;
    recover_place(sample, SAMPLES, &f, &question, entry, 20, truth, &gaps);
    assert_true(gaps.unexplained_ns > RECOVER_GAP_NS);
    recover_free(&f);
}

/* Too little in each interval: none is said to be found, none to be overlooked. */
static void test_small(void **state)
{
    struct event e[100];
    const struct model m = {.event = e, .events = 100};
    struct recover_truth truth[RECOVER_KINDS];
    const struct recover_truth *t = &truth[RECOVER_STEAL];
    struct recover_gaps gaps;
    struct recover_found f;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        e[i] = (struct event){6000000 + i * 5000000.0, STEAL, 1800};
    e[50].size_ns = 90000;
    f = find(&m);
    assert_int_equal(f.taken, 1);
    write_ledger(&m);
    gather(100, 1);
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 100, truth, &gaps),
                     0);
    assert_int_equal(t->injected, 1);
    assert_true(t->small > 20);
    assert_int_equal(t->small + t->missed, 99);
    assert_true(t->small_ns == 1800.0 * (double)t->small && t->delivered == 90000);
    assert_true(gaps.most_ns <= GAP_NS + 2);
    recover_free(&f);
}

static void test_steals(void **state)
{
    struct event e[100];
    const struct model m = {.event = e, .events = 100, .unknown_work = 1};
    struct recover_truth truth[RECOVER_KINDS];
    struct recover_gaps gaps;
    struct recover_found f;

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        e[i] = (struct event){6000000 + i * 5000000.0, STEAL, 150000 + i};
    f = find(&m);
    write_ledger(&m);
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 100, truth, &gaps),
                     0);
    assert_int_equal(f.steps, 0);
    assert_true(truth[RECOVER_STEAL].injected > 20);
    assert_true(truth[RECOVER_STEAL].missed > 20);
    assert_int_equal(truth[RECOVER_STEAL].injected + truth[RECOVER_STEAL].missed, 100);
    assert_true(fabs(f.taken_ns - truth[RECOVER_STEAL].delivered -
                     GAP_NS * (double)truth[RECOVER_STEAL].injected) <
                2.0 * (double)truth[RECOVER_STEAL].injected);
    assert_true(gaps.least_ns >= GAP_NS - 2 && gaps.most_ns <= GAP_NS + 2);
    assert_true(truth[RECOVER_STEAL].requested < truth[RECOVER_STEAL].delivered);
    recover_free(&f);

    /* A ledger that claims more, or less, is not what was found. */
    f = find(&m);
    for (unsigned i = 0; i < 100; i++)
        entry[i].delivered += i == 60 ? 500 : 0;
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 100, truth, &gaps),
                     0);
    if (gaps.least_ns >= 0) { /* entry 60 lies in work that is not known */
        for (unsigned i = 0; i < 100; i++)
            entry[i].delivered += 500;
        recover_place(sample, SAMPLES, &f, &question, entry, 100, truth, &gaps);
    }
    assert_true(gaps.least_ns < 0);
    recover_free(&f);
}

/* The ledger's time is tied to the samples' no better than the way between a reading and its marker:
 * a steal at an interval's edge is placed by what the interval took, not by chance. */
static void test_steals_at_the_edges(void **state)
{
    enum { END = (int)(WORK_NS + 70000 + GAP_NS) };
    static const double from_begin[] = {20, END - 20, -20, END + 20};

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        const double begin = 5000000 + 50 * (WORK_NS + PAUSE_NS),
                     at = begin + from_begin[i / 2];
        const struct event e[] = {{at, STEAL, 500000}, {begin + WORK_NS / 2, STEAL, 70000}};
        /* In the order of time, whichever that is. */
        const struct event turned[] = {e[1], e[0]};
        const struct model m = {.event = e[0].at_ns < e[1].at_ns ? e : turned, .events = 2};
        struct recover_truth truth[RECOVER_KINDS];
        struct recover_gaps gaps;
        struct recover_found f = find(&m);
        size_t seen;

        write_ledger(&m);
        for (unsigned k = 0; k < 2; k++)
            entry[k].guest += i % 2 ? 35 : -35;
        assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 2, truth, &gaps),
                         0);
        seen = f.taken_ns > 500000 ? 2 : 1;
        assert_int_equal(truth[RECOVER_STEAL].injected, seen);
        assert_int_equal(truth[RECOVER_STEAL].injected + truth[RECOVER_STEAL].missed, 2);
        assert_true(gaps.least_ns >= GAP_NS - 2 && gaps.most_ns <= GAP_NS + 2);
        recover_free(&f);
    }
}

/* In known work a hidden pause is one; elsewhere it is a step back to everybody outside. */
static void test_hidden_pauses(void **state)
{
    unsigned paused = 0, back = 0;

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        const struct event e = {20000000 + i * 3000017.0, HIDDEN, 700000};
        const struct model m = {.event = &e, .events = 1, .unknown_work = 1};
        struct recover_truth truth[RECOVER_KINDS];
        struct recover_gaps gaps;
        struct recover_found f = find(&m);

        write_ledger(&m);
        assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 1, truth, &gaps),
                         0);
        assert_int_equal(f.steps, 1);
        assert_true(fabs(f.step[0].size_ns + 700000) <= 3);
        assert_int_equal(f.taken, 0);
        assert_int_equal(f.step[0].paused, truth[RECOVER_PAUSE].injected);
        if (f.step[0].paused) {
            assert_true(truth[RECOVER_PAUSE].delivered == 700000);
            paused++;
        } else {
            assert_true(truth[RECOVER_BACK].delivered == -700000);
            back++;
        }
        recover_free(&f);
    }
    assert_true(paused > 10 && back > 10);
}

/* What comes together in one interval: a step back and a steal are no pause; a pause and a steal
 * look like that, too. A pause is what explains the interval alone. */
static void test_together(void **state)
{
    static const struct {
        enum what what;
        double size_ns, taken_ns, step_ns;
    } cases[] = {
        {SHIFT, -20000, 100000, -20000}, /* with the steal of 100000 */
        {SHIFT, -80000, 100000, -80000}, {SHIFT, -150000, 100000, -150000},
        {HIDDEN, 20000, 120000, -20000}, {HIDDEN, 700000, 800000, -700000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const double at = 5000000 + 50 * (WORK_NS + PAUSE_NS);
        const struct event e[] = {{at + 500000, STEAL, 100000},
                                  {at + 900000, cases[i].what, cases[i].size_ns}};
        const struct model m = {.event = e, .events = 2};
        struct recover_truth truth[RECOVER_KINDS];
        struct recover_gaps gaps;
        struct recover_found f = find(&m);

        write_ledger(&m);
        assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 2, truth, &gaps),
                         0);
        assert_int_equal(f.steps, 1);
        assert_false(f.step[0].paused);
        assert_true(fabs(f.step[0].size_ns - cases[i].step_ns) <= 3);
        assert_int_equal(f.taken, 1);
        assert_true(f.taken_ns >= cases[i].taken_ns && f.taken_ns <= cases[i].taken_ns + 500);
        assert_int_equal(truth[RECOVER_PAUSE].injected + truth[RECOVER_PAUSE].missed, 0);
        assert_true(truth[RECOVER_BACK].delivered == cases[i].step_ns);
        assert_true(truth[RECOVER_STEAL].delivered == cases[i].taken_ns);
        assert_true(gaps.least_ns >= GAP_NS - 2 && gaps.most_ns <= GAP_NS + 2);
        recover_free(&f);
    }
}

/* A restore that is hidden is a step back, between intervals, to everybody outside; of one that is
 * told the clock shows nothing, and nothing is found. */
static void test_restores(void **state)
{
    struct event e[6];
    struct model m = {.event = e, .events = 6};
    struct recover_truth truth[RECOVER_KINDS];
    struct recover_gaps gaps;
    struct recover_found f;

    (void)state;
    for (unsigned i = 0; i < 6; i++)
        e[i] = (struct event){5000000 + (i * 30 + 10) * (WORK_NS + PAUSE_NS) - 150000, SHIFT,
                              -60000000};
    f = find(&m);
    write_ledger(&m);
    for (unsigned i = 0; i < 6; i++)
        entry[i].kind = "restore";
    assert_int_equal(f.steps, 6);
    for (unsigned i = 0; i < 6; i++)
        assert_float_equal(f.step[i].size_ns, -60000000, 3);
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 6, truth, &gaps), 0);
    assert_int_equal(truth[RECOVER_BACK].injected, 6);
    assert_int_equal(truth[RECOVER_BACK].missed, 0);
    assert_true(truth[RECOVER_BACK].delivered == -360000000);
    recover_free(&f);

    m.events = 0;
    f = find(&m);
    assert_int_equal(f.steps, 0);
    for (unsigned i = 0; i < 6; i++) {
        entry[i].guest = entry[i].begin;
        entry[i].visible = 0;
    }
    assert_int_equal(recover_place(sample, SAMPLES, &f, &question, entry, 6, truth, &gaps), 0);
    assert_int_equal(truth[RECOVER_BACK].injected, 0);
    assert_int_equal(truth[RECOVER_BACK].missed, 6);
    recover_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guests),        cmocka_unit_test(test_small),
        cmocka_unit_test(test_steals),        cmocka_unit_test(test_steals_at_the_edges),
        cmocka_unit_test(test_hidden_pauses), cmocka_unit_test(test_together),
        cmocka_unit_test(test_restores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
