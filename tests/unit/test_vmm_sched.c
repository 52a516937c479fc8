/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Turns on one processor: by weight to the bounds that sched.h states, whoever yields, waits or runs
 * over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "hv-under-test/vmm/sched.c"
#include "workloads/random.h"

#define SLICE 1000

static const unsigned one_each[] = {1, 1, 1, 1};
static uint64_t randomness = 1; /* the seed: always the same draws */

static uint64_t up_to(uint64_t most)
{
    return random_below(&randomness, most + 1);
}

static void test_turns(void **state)
{
    static const unsigned weights[] = {1, 3};
    struct sched s;

    (void)state;
    sched_start(&s, 2, weights, SLICE);
    assert_int_equal(s.current, 0);
    assert_int_equal(sched_left(&s), SLICE);
    sched_charge(&s, 400);
    assert_int_equal(sched_left(&s), 600);
    sched_charge(&s, 600);
    assert_int_equal(sched_next(&s, SCHED_SPENT), 1);
    assert_int_equal(sched_left(&s), 3 * SLICE);
    sched_charge(&s, 3 * SLICE);
    assert_int_equal(sched_next(&s, SCHED_SPENT), 0);
    assert_int_equal(sched_left(&s), SLICE);
}

/* What is given up is lost; what was run over is taken off the next turn, over several of them. */
static void test_yields_and_debts(void **state)
{
    struct sched s;

    (void)state;
    sched_start(&s, 2, one_each, SLICE);
    sched_charge(&s, 1);
    assert_int_equal(sched_next(&s, SCHED_YIELDED), 1);
    sched_charge(&s, SLICE + 300);
    assert_int_equal(sched_left(&s), -300);
    assert_int_equal(sched_next(&s, SCHED_SPENT), 0);
    assert_int_equal(sched_left(&s), SLICE); /* not 1999 */
    sched_charge(&s, SLICE);
    assert_int_equal(sched_next(&s, SCHED_SPENT), 1);
    assert_int_equal(sched_left(&s), 700);
    sched_charge(&s, 700 + 2 * SLICE); /* two whole turns */
    assert_int_equal(sched_next(&s, SCHED_SPENT), 0);
    sched_charge(&s, SLICE);
    assert_int_equal(sched_next(&s, SCHED_SPENT), 0); /* the other's turn pays */
    sched_charge(&s, SLICE);
    assert_int_equal(sched_next(&s, SCHED_SPENT), 0);
    sched_charge(&s, SLICE);
    assert_int_equal(sched_next(&s, SCHED_SPENT), 1);
    assert_int_equal(sched_left(&s), SLICE);
    /* Nor is it forgiven who gives up the processor afterwards. */
    sched_charge(&s, SLICE + 10);
    assert_int_equal(sched_next(&s, SCHED_YIELDED), 0);
    sched_charge(&s, SLICE + 20);
    assert_int_equal(sched_next(&s, SCHED_BLOCKED), 1);
    assert_int_equal(sched_left(&s), SCHED_FOREVER);
    sched_wake(&s, 0);
    assert_int_equal(sched_left(&s), SLICE - 10);
    assert_int_equal(sched_next(&s, SCHED_BLOCKED), 0);
    sched_wake(&s, 1);
    assert_int_equal(sched_left(&s), SLICE - 20);
    /* All are in debt by more than a turn: the first to have paid goes on. */
    sched_charge(&s, 3 * SLICE - 20);
    assert_int_equal(sched_next(&s, SCHED_SPENT), 1);
    sched_charge(&s, 5 * SLICE);
    assert_int_equal(sched_next(&s, SCHED_SPENT), 0);
    assert_int_equal(sched_left(&s), SLICE);
}

static void test_who_is_alone(void **state)
{
    struct sched s;

    (void)state;
    sched_start(&s, 3, one_each, SLICE);
    assert_int_equal(sched_next(&s, SCHED_BLOCKED), 1);
    assert_int_equal(sched_next(&s, SCHED_BLOCKED), 2);
    assert_int_equal(sched_left(&s), SCHED_FOREVER);
    sched_charge(&s, 1000000300); /* nobody waits for it */
    assert_int_equal(sched_next(&s, SCHED_YIELDED), 2);
    sched_wake(&s, 1);
    assert_int_equal(sched_left(&s), SLICE);
    sched_wake(&s, 1); /* twice is once */
    assert_int_equal(sched_next(&s, SCHED_SPENT), 1);
    assert_int_equal(sched_next(&s, SCHED_BLOCKED), 2);
    assert_int_equal(sched_next(&s, SCHED_BLOCKED), SCHED_NOBODY);
    assert_int_equal(sched_next(&s, SCHED_YIELDED), SCHED_NOBODY);
    sched_wake(&s, 0);
    assert_int_equal(sched_next(&s, SCHED_YIELDED), 0);
    assert_int_equal(sched_next(&s, SCHED_BLOCKED), SCHED_NOBODY);
    sched_wake(&s, 0); /* who was the last one, too */
    assert_int_equal(sched_next(&s, SCHED_YIELDED), 0);
}

static double difference(double a, double b)
{
    return a > b ? a - b : b - a;
}

/* T / w of each pair, from `from` on. */
static void check_shares(const struct sched *s, const uint64_t *ran, const uint64_t *from,
                         const unsigned *w, double times, unsigned over)
{
    for (unsigned i = 0; i < s->guests; i++)
        for (unsigned j = 0; j < i; j++) {
            const double a = (double)(ran[i] - from[i]) / w[i];
            const double b = (double)(ran[j] - from[j]) / w[j];

            assert_true(difference(a, b) < times * (SLICE + over * (1.0 / w[i] + 1.0 / w[j])));
        }
}

/* All busy, each turn over by anything below `over`. */
static void run_busy(unsigned guests, const unsigned *w, unsigned over)
{
    uint64_t ran[SCHED_MOST] = {0}, from[SCHED_MOST] = {0}, waited[SCHED_MOST] = {0};
    struct sched s;

    sched_start(&s, guests, w, SLICE);
    for (unsigned turn = 0; turn < 2000; turn++) {
        const unsigned at = s.current;
        const uint64_t ticks = (uint64_t)sched_left(&s) + up_to(over);
        uint64_t most = 0;

        assert_true(sched_left(&s) > 0);
        /* Looked at in the midst of it as well. */
        ran[at] += ticks / 2;
        check_shares(&s, ran, (uint64_t[SCHED_MOST]){0}, w, 1, over + 1);
        ran[at] += ticks - ticks / 2;
        check_shares(&s, ran, (uint64_t[SCHED_MOST]){0}, w, 1, over + 1);
        check_shares(&s, ran, from, w, 2, over + 1);
        waited[at] = 0;
        for (unsigned i = 0; i < guests; i++) {
            most = 0;
            for (unsigned j = 0; j < guests; j++)
                most += j == i ? 0 : w[j] * SLICE + over;
            waited[i] += i == at ? 0 : ticks;
            assert_true(waited[i] <= most);
        }
        sched_charge(&s, ticks);
        sched_next(&s, SCHED_SPENT);
        if (up_to(9) == 0)
            for (unsigned i = 0; i < guests; i++)
                from[i] = ran[i];
    }
}

static void test_shares(void **state)
{
    static const unsigned most_over[] = {0, 1, 300, SLICE - 1};

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        unsigned w[SCHED_MOST];

        for (unsigned j = 0; j < SCHED_MOST; j++)
            w[j] = 1 + (unsigned)up_to(i % 2 ? 3 : 99);
        run_busy(2 + i % 3, w, most_over[i % 4]);
    }
}

/* Whatever the others do, who is always ready has its share of what it competes for: of any two
 * turns of somebody else's one of its own lies between. */
static void test_nobody_starves(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        unsigned turns[SCHED_MOST] = {0};
        struct sched s;

        sched_start(&s, SCHED_MOST, one_each, SLICE);
        for (unsigned i = 0; i < 1000; i++) {
            const unsigned at = s.current;

            /* Guest 3 is always ready and on time. */
            sched_charge(&s, at == 3 && sched_left(&s) != SCHED_FOREVER
                                 ? (uint64_t)sched_left(&s)
                                 : up_to(SLICE - 1));
            if (at == 3)
                turns[0] = turns[1] = turns[2] = 0;
            else
                assert_true(++turns[at] < 2);
            for (unsigned g = 0; g < 3; g++)
                if (up_to(2) == 0)
                    sched_wake(&s, g);
            assert_true(sched_next(&s, at == 3 ? SCHED_SPENT : (enum sched_end)up_to(2)) <
                        SCHED_MOST);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turns),          cmocka_unit_test(test_yields_and_debts),
        cmocka_unit_test(test_who_is_alone),   cmocka_unit_test(test_shares),
        cmocka_unit_test(test_nobody_starves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
