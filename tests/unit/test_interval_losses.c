/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The grammar of a boot of which something is lost: breaks of every kind at every place, items that
 * vanish unsaid, a total that does not come out, and many faults at once. Whatever is done, it is
 * found, and an interval that stays good has the edges it had.
 */
#include "tests/unit/interval_fixture.h"

/* --- the wire loses something ------------------------------------------------------------------ */

static const enum interval_violation breaks[] = {INTERVAL_BREAK_HOLE, INTERVAL_BREAK_LOST,
                                                 INTERVAL_BREAK_EPOCH, INTERVAL_BREAK_DAMAGE};

/* `gone` items from `at` on are replaced by a break that says how many may be missing. */
static size_t cut_tape(const struct interval_item *tape, size_t items, size_t at, size_t gone,
                       enum interval_violation kind, uint64_t missing,
                       struct interval_item *out)
{
    memcpy(out, tape, at * sizeof *tape);
    out[at] = (struct interval_item){.break_kind = (uint8_t)kind, .missing = missing};
    memcpy(out + at + 1, tape + at + gone, (items - at - gone) * sizeof *tape);
    return items - gone + 1;
}

static void every_break(void **state)
{
    struct interval_item tape[MAX_MARKERS], cut[MAX_MARKERS + 1];
    struct interval_result r;
    struct script s;
    size_t items;

    (void)state;
    write_script(&s);
    items = make_tape(&s, tape);
    for (unsigned k = 0; k < 4; k++) {
        for (size_t at = 0; at <= items; at++) {
            for (size_t gone = 0; gone <= 40 && at + gone <= items; gone++) {
                for (int told = 0; told < 2; told++) {
                    const uint64_t missing = gone + at % 3;
                    size_t n = cut_tape(tape, items, at, gone, breaks[k], missing, cut);
                    const uint64_t first =
                        at < MARKER_PREAMBLE_COUNT ? 0 : (at - MARKER_PREAMBLE_COUNT) / 2;

                    derive(cut, n, told ? &rules_told : &rules_untold, &r);
                    check_fine(&r, UINT64_MAX - 1);
                    /* All that was torn is invalid, with the break as its reason. */
                    for (size_t i = 0; i < r.count; i++) {
                        const struct interval *v = &r.interval[i];
                        const size_t start = MARKER_PREAMBLE_COUNT + 2 * v->n;

                        if (r.preamble_ok && start + 1 >= at && start < at + gone)
                            assert_true(v->why != INTERVAL_FINE);
                        if (r.preamble_ok && v->n < first)
                            assert_int_equal(v->why, INTERVAL_FINE);
                    }
                    /* Nothing is thrown away that can be proven. */
                    if (told && at >= MARKER_PREAMBLE_COUNT && gone == 0 && missing == 0)
                        assert_int_equal(r.fine, INTERVALS - (at - MARKER_PREAMBLE_COUNT) % 2);
                    interval_free(&r);
                }
            }
        }
    }
}

/* Items vanish and nobody says so: the levels give it away. */
static void silent_loss(void **state)
{
    struct interval_item tape[MAX_MARKERS], cut[MAX_MARKERS];
    struct interval_result r;
    struct script s;
    size_t items;

    (void)state;
    write_script(&s);
    items = make_tape(&s, tape);
    for (size_t at = 0; at < items; at++) {
        memcpy(cut, tape, at * sizeof *tape);
        memcpy(cut + at, tape + at + 1, (items - at - 1) * sizeof *tape);
        derive(cut, items - 1, &rules_told, &r);
        assert_true(r.faults > 0);
        assert_true(r.fine < INTERVALS);
        check_fine(&r, UINT64_MAX - 1);
        interval_free(&r);
    }
}

static void time_backwards(void **state)
{
    struct interval_item tape[MAX_MARKERS];
    struct interval_result r;
    struct script s;
    size_t items;

    (void)state;
    for (size_t at = 1; at < MARKERS; at++) {
        write_script(&s);
        items = make_tape(&s, tape);
        tape[at].t_ticks = tape[at - 1].t_ticks;
        derive(tape, items, &rules_told, &r);
        assert_true(has_fault(&r, INTERVAL_BREAK_TIME));
        assert_true(r.fine < INTERVALS);
        if (at >= MARKER_PREAMBLE_COUNT && (at - MARKER_PREAMBLE_COUNT) % 2)
            assert_true(get(&r, (at - MARKER_PREAMBLE_COUNT) / 2)->why == INTERVAL_BREAK_TIME);
        interval_free(&r);
    }
}

/* --- the target's total --------------------------------------------------------------------------- */

static void total_differs(void **state)
{
    struct interval_item tape[MAX_MARKERS];
    struct interval_rules rules = rules_told;
    struct interval_result r;
    struct script s;
    size_t items;

    (void)state;
    write_script(&s);
    items = make_tape(&s, tape);
    rules.expected = INTERVALS + 2;
    derive(tape, items, &rules, &r);
    assert_true(has_fault(&r, INTERVAL_MISSING));
    assert_int_equal(r.count, INTERVALS + 2);
    assert_int_equal(r.fine, INTERVALS);
    assert_int_equal(r.interval[INTERVALS].why, INTERVAL_MISSING);
    assert_true(r.interval[INTERVALS].start_tick == INTERVAL_UNKNOWN);
    interval_free(&r);
    rules.expected = INTERVALS - 3;
    derive(tape, items, &rules, &r);
    assert_true(has_fault(&r, INTERVAL_SURPLUS));
    assert_int_equal(r.fine, INTERVALS - 3);
    assert_int_equal(r.interval[INTERVALS - 1].why, INTERVAL_SURPLUS);
    interval_free(&r);
    /* Eight intervals are a whole period of codes: which ones are missing is not known. */
    for (int sign = -1; sign <= 1; sign += 2) {
        rules.expected = INTERVALS + (uint64_t)(8 * sign);
        derive(tape, items, &rules, &r);
        assert_int_equal(r.fine, 0);
        interval_free(&r);
    }
    for (size_t at = MARKER_PREAMBLE_COUNT; at + 16 <= MARKERS; at++) {
        write_script(&s);
        for (int i = 0; i < 16; i++)
            remove_act(&s, at);
        derive(tape, make_tape(&s, tape), &rules_told, &r);
        assert_int_equal(r.fine, 0);
        interval_free(&r);
    }
}

/* --- many faults at once ----------------------------------------------------------------------- */

static void many_faults(void **state)
{
    uint64_t random = 77, wrong = 0, good = 0;
    struct interval_item whole[MAX_MARKERS];
    size_t whole_items;
    struct interval_item tape[MAX_MARKERS], cut[MAX_MARKERS + 1];
    struct interval_result r;
    struct script s;

    (void)state;
    print_message("# seed 77\n");
    write_script(&s);
    whole_items = make_tape(&s, whole);
    for (unsigned round = 0; round < 60000; round++) {
        const unsigned faults = 1 + stream_random(&random) % 4;
        size_t items;
        int broken, undone;

        write_script(&s);
        for (unsigned i = 0; i < faults; i++) {
            const size_t at =
                MARKER_PREAMBLE_COUNT + stream_random(&random) % (s.n - MARKER_PREAMBLE_COUNT);
            const uint64_t r64 = stream_random(&random);

            if (r64 % 3 == 0) {
                remove_act(&s, at);
            } else if (r64 % 3 == 1) {
                /* Not beside another fault: a removal would turn the copy into a marker
                 * that simply came later. */
                if (i || faults > 1)
                    continue;
                memmove(&s.act[at + 1], &s.act[at], (s.n - at) * sizeof s.act[0]);
                s.n++;
                /* the copy comes later, but before the next one (or with it: then it is
                 * caught as time standing still) */
                s.act[at + 1].t++;
            } else {
                s.act[at].code ^= 1 + (r64 >> 8) % 15;
            }
        }
        items = make_tape(&s, tape);
        broken = stream_random(&random) & 1u;
        if (broken) {
            const size_t at = stream_random(&random) % items;
            const size_t gone = stream_random(&random) % 20 % (items - at);

            items = cut_tape(tape, items, at, gone, INTERVAL_BREAK_HOLE,
                             gone + (stream_random(&random) & 3u), cut);
            memcpy(tape, cut, items * sizeof *cut);
        }
        derive(tape, items, &rules_told, &r);
        /* Faults can undo each other; where they do not, they are found. */
        undone = items == whole_items;
        for (size_t i = 0; undone && i < items; i++)
            undone = tape[i].samples[0] == whole[i].samples[0];
        if (undone) {
            interval_free(&r);
            continue;
        }
        if (!broken)
            assert_true(r.faults > 0);
        for (size_t i = 0; i < r.count; i++) {
            const struct interval *v = &r.interval[i];

            if (v->why != INTERVAL_FINE)
                continue;
            good++;
            wrong += v->start_tick != truth[v->n].start || v->stop_tick != truth[v->n].stop;
        }
        interval_free(&r);
    }
    print_message("# %llu intervals stayed good, %llu of them wrong\n",
                  (unsigned long long)good, (unsigned long long)wrong);
    assert_true(good > 10000);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_break),    cmocka_unit_test(silent_loss),
        cmocka_unit_test(time_backwards), cmocka_unit_test(total_differs),
        cmocka_unit_test(many_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
