/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The grammar of a boot: every marker removed, doubled and changed in turn, singly and in
 * numbers; breaks of every kind at every place. Whatever is done, it is found, and an interval
 * that stays good has the edges it had.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/interval.h"
#include "probe/marker/marker.h"
#include "wire_stream.h"

#define PLAN 0x2B7Du
#define INTERVALS 40u
#define MARKERS (MARKER_PREAMBLE_COUNT + 2u * INTERVALS)
#define MAX_MARKERS 512u

/* What the target does: codes at times. `strobe` 0: the store changes the code only. */
struct act {
    uint32_t code;
    uint64_t t;
    int strobe;
};

struct script {
    struct act act[MAX_MARKERS];
    size_t n;
};

static struct stream_interval truth[INTERVALS];

static void write_script(struct script *s)
{
    uint64_t t = 1000;

    s->n = 0;
    for (unsigned i = 0; i < MARKER_PREAMBLE_COUNT; i++)
        s->act[s->n++] = (struct act){marker_code_preamble(PLAN, i), t += 50, 1};
    for (unsigned n = 0; n < INTERVALS; n++) {
        truth[n].start = t += 60;
        s->act[s->n++] = (struct act){marker_code_start(n), t, 1};
        truth[n].stop = t += 1 + n % 7;
        s->act[s->n++] = (struct act){marker_code_stop(n), t, 1};
    }
}

static void remove_act(struct script *s, size_t at)
{
    memmove(&s->act[at], &s->act[at + 1], (s->n - at - 1) * sizeof s->act[0]);
    s->n--;
}

/* The same code once more, in between this marker and the next. */
static void double_act(struct script *s, size_t at)
{
    memmove(&s->act[at + 1], &s->act[at], (s->n - at) * sizeof s->act[0]);
    s->n++;
    for (size_t i = at + 1; i < s->n; i++)
        s->act[i].t++; /* keep times rising; truth of later ones shifts, see shift below */
}

/* One item per marker, one sample each. */
static size_t make_tape(const struct script *s, struct interval_item *tape)
{
    uint8_t levels = 0;
    size_t items = 0;

    for (size_t i = 0; i < s->n; i++) {
        const uint8_t strobe = (uint8_t)(levels & 1u) ^ (uint8_t)s->act[i].strobe;
        const uint8_t after = (uint8_t)(strobe | s->act[i].code << 1);

        if (after == levels)
            continue; /* no pin changed: nothing to stamp */
        tape[items] = (struct interval_item){
            .t_ticks = s->act[i].t,
            .byte_offset = 100 + items,
            .levels_before = levels,
            .n = 1,
            .samples = {after},
        };
        levels = after;
        items++;
    }
    return items;
}

static const struct interval_rules rules_told = {
    .plan_index = PLAN, .step_ticks = 1, .expected = INTERVALS};
static const struct interval_rules rules_untold = {
    .plan_index = PLAN, .step_ticks = 1, .expected = INTERVAL_UNKNOWN};

static void derive(const struct interval_item *tape, size_t items,
                   const struct interval_rules *rules, struct interval_result *r)
{
    assert_int_equal(interval_derive(tape, items, rules, r), 0);
    for (size_t i = 1; i < r->count; i++)
        assert_true(r->interval[i].n > r->interval[i - 1].n);
}

/* A good interval starts and stops when it did; `after`: edges from there on came 1 later. */
static void check_fine(const struct interval_result *r, uint64_t after)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct interval *v = &r->interval[i];

        if (v->why != INTERVAL_FINE)
            continue;
        assert_true(v->n < INTERVALS);
        assert_true(v->start_tick == truth[v->n].start + (truth[v->n].start > after));
        assert_true(v->stop_tick == truth[v->n].stop + (truth[v->n].stop > after));
    }
}

static const struct interval *get(const struct interval_result *r, uint64_t n)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->interval[i].n == n)
            return &r->interval[i];
    }
    return NULL;
}

static int has_fault(const struct interval_result *r, enum interval_violation kind)
{
    for (size_t i = 0; i < r->faults; i++) {
        if (r->fault[i].kind == kind)
            return 1;
    }
    return 0;
}

static void undisturbed(void **state)
{
    struct interval_item tape[MAX_MARKERS];
    struct interval_result r;
    struct script s;
    size_t items;

    (void)state;
    write_script(&s);
    items = make_tape(&s, tape);
    for (int told = 0; told < 2; told++) {
        derive(tape, items, told ? &rules_told : &rules_untold, &r);
        assert_int_equal(r.count, INTERVALS);
        assert_int_equal(r.fine, INTERVALS);
        assert_int_equal(r.faults, 0);
        assert_int_equal(r.markers, MARKERS);
        assert_true(r.preamble_ok);
        check_fine(&r, UINT64_MAX - 1);
        interval_free(&r);
    }
}

/* --- the target skips or repeats a marker ------------------------------------------------------ */

static void each_marker_removed(void **state)
{
    struct interval_item tape[MAX_MARKERS];
    struct interval_result r;
    struct script s;

    (void)state;
    for (size_t at = 0; at < MARKERS; at++) {
        for (int told = 0; told < 2; told++) {
            write_script(&s);
            remove_act(&s, at);
            derive(tape, make_tape(&s, tape), told ? &rules_told : &rules_untold, &r);
            assert_true(r.faults > 0);
            check_fine(&r, UINT64_MAX - 1);
            if (at < MARKER_PREAMBLE_COUNT) {
                assert_int_equal(r.fine, 0);
                assert_int_equal(r.fault[0].kind, INTERVAL_BAD_PREAMBLE);
            } else {
                const uint64_t n = (at - MARKER_PREAMBLE_COUNT) / 2;
                const int start = (at - MARKER_PREAMBLE_COUNT) % 2 == 0;
                const struct interval *v = get(&r, n);

                assert_non_null(v);
                assert_int_equal(v->why, start ? INTERVAL_NO_START : INTERVAL_NO_STOP);
                /* The total proves that nothing else is missing; the neighbour is doubtful. */
                assert_int_equal(
                    r.fine,
                    told ? INTERVALS -
                               (at == MARKER_PREAMBLE_COUNT || at == MARKERS - 1 ? 1 : 2)
                         : n - (start && n));
            }
            interval_free(&r);
        }
    }
}

static void each_marker_doubled(void **state)
{
    struct interval_item tape[MAX_MARKERS];
    struct interval_result r;
    struct script s;

    (void)state;
    for (size_t at = 0; at < MARKERS; at++) {
        write_script(&s);
        double_act(&s, at);
        derive(tape, make_tape(&s, tape), &rules_told, &r);
        assert_true(r.faults > 0);
        check_fine(&r, s.act[at].t);
        if (at < MARKER_PREAMBLE_COUNT - 1) {
            assert_int_equal(r.fine, 0);
            assert_true(has_fault(&r, INTERVAL_BAD_PREAMBLE));
        } else if (at >= MARKER_PREAMBLE_COUNT) {
            const uint64_t n = (at - MARKER_PREAMBLE_COUNT) / 2;
            const int start = (at - MARKER_PREAMBLE_COUNT) % 2 == 0;

            assert_int_equal(get(&r, n)->why,
                             start ? INTERVAL_START_TWICE : INTERVAL_STOP_TWICE);
            assert_int_equal(r.fine, INTERVALS - 1);
        }
        interval_free(&r);
    }
}

/* The strobe does not toggle: a code changes and no marker is there. */
static void each_strobe_missing(void **state)
{
    struct interval_item tape[MAX_MARKERS];
    struct interval_result r;
    struct script s;

    (void)state;
    for (size_t at = 0; at < MARKERS; at++) {
        write_script(&s);
        s.act[at].strobe = 0;
        derive(tape, make_tape(&s, tape), &rules_told, &r);
        assert_true(has_fault(&r, INTERVAL_BARE_CODE) || has_fault(&r, INTERVAL_BAD_PREAMBLE));
        check_fine(&r, UINT64_MAX - 1);
        assert_true(r.fine < INTERVALS);
        interval_free(&r);
    }
}

static void each_code_wrong(void **state)
{
    struct interval_item tape[MAX_MARKERS];
    struct interval_result r;
    struct script s;

    (void)state;
    for (size_t at = 0; at < MARKERS; at++) {
        for (uint32_t flip = 1; flip < 16; flip++) {
            write_script(&s);
            s.act[at].code ^= flip;
            derive(tape, make_tape(&s, tape), &rules_told, &r);
            assert_true(r.faults > 0);
            check_fine(&r, UINT64_MAX - 1);
            assert_true(r.fine < INTERVALS);
            if (at >= MARKER_PREAMBLE_COUNT) {
                const struct interval *v = get(&r, (at - MARKER_PREAMBLE_COUNT) / 2);

                assert_true(!v || v->why != INTERVAL_FINE);
            }
            interval_free(&r);
        }
    }
}

static void preamble_of_another_boot(void **state)
{
    struct interval_item tape[MAX_MARKERS];
    struct interval_rules rules = rules_told;
    struct interval_result r;
    struct script s;

    (void)state;
    write_script(&s);
    for (unsigned bit = 0; bit < 16; bit++) {
        rules.plan_index = PLAN ^ 1u << bit;
        derive(tape, make_tape(&s, tape), &rules, &r);
        assert_true(!r.preamble_ok && r.fine == 0 && r.count == INTERVALS);
        assert_int_equal(r.interval[0].why, INTERVAL_BAD_PREAMBLE);
        interval_free(&r);
    }
    derive(tape, 0, &rules_told, &r);
    assert_true(!r.preamble_ok && r.count == INTERVALS && r.fine == 0);
    interval_free(&r);
}

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

/* --- real pins: skew, settling, two markers in a clock -------------------------------------------- */

/* Strobe and code do not change together: the code comes `late` ticks after (or before). */
static size_t make_skewed(const struct script *s, int late, struct interval_item *tape)
{
    uint8_t levels = 0;
    size_t items = 0;

    for (size_t i = 0; i < s->n; i++) {
        const uint8_t strobe = (uint8_t)(levels & 1u) ^ 1u;
        const uint8_t code = (uint8_t)(s->act[i].code << 1);
        const uint8_t steps[2] = {late >= 0 ? (uint8_t)(strobe | (levels & 0x1Eu))
                                            : (uint8_t)((levels & 1u) | code),
                                  (uint8_t)(strobe | code)};

        for (int k = 0; k < 2; k++) {
            const int64_t shift = late >= 0 ? k * late : k == 0 ? late : 0;

            if (steps[k] == levels)
                continue;
            tape[items++] = (struct interval_item){
                .t_ticks = (uint64_t)((int64_t)(s->act[i].t * 100) + shift),
                .levels_before = levels,
                .n = 1,
                .samples = {steps[k]},
            };
            levels = steps[k];
        }
    }
    return items;
}

static void settling(void **state)
{
    struct interval_item tape[2 * MAX_MARKERS];
    struct interval_rules rules = rules_told;
    struct interval_result r;
    struct script s;

    (void)state;
    write_script(&s);
    rules.settle_ticks = 40;
    for (int late = -45; late <= 45; late++) {
        if (!late)
            continue; /* together: what all other tests do */
        derive(tape, make_skewed(&s, late, tape), &rules, &r);
        if (late >= -40 && late <= 40) {
            assert_int_equal(r.faults, 0);
            assert_int_equal(r.fine, INTERVALS);
            for (size_t i = 0; i < r.count; i++) {
                assert_true(r.interval[i].start_tick == truth[i].start * 100);
                assert_true(r.interval[i].stop_tick == truth[i].stop * 100);
            }
        } else {
            assert_true(r.faults > 0 && r.fine == 0);
        }
        interval_free(&r);
    }
    /* Markers closer than the code needs. */
    rules.settle_ticks = 150;
    derive(tape, make_skewed(&s, 10, tape), &rules, &r);
    assert_true(has_fault(&r, INTERVAL_CROWDED));
    for (size_t i = 0; i < r.count; i++)
        assert_true(r.interval[i].why != INTERVAL_FINE ||
                    truth[i].stop * 100 - truth[i].start * 100 > 150);
    interval_free(&r);
}

/* START and STOP in neighbouring samples of one clock, and pins that do not come up low. */
static void one_clock(void **state)
{
    struct interval_item tape[MARKER_PREAMBLE_COUNT + 2];
    const uint32_t start = marker_code_start(0), stop = marker_code_stop(0);
    struct interval_rules rules = {.plan_index = PLAN, .step_ticks = 2, .expected = 1};
    struct interval_result r;
    uint8_t levels = 0x16;
    size_t items = 0;

    (void)state;
    tape[items++] = (struct interval_item){
        .t_ticks = 10, .levels_before = levels, .n = 2, .samples = {levels, 0}};
    levels = 0;
    for (unsigned i = 0; i < MARKER_PREAMBLE_COUNT; i++) {
        const uint8_t after = (uint8_t)((~levels & 1u) | marker_code_preamble(PLAN, i) << 1);

        tape[items++] = (struct interval_item){.t_ticks = 100 + 10 * i,
                                               .levels_before = levels,
                                               .n = 2,
                                               .samples = {levels, after}};
        levels = after;
    }
    tape[items++] = (struct interval_item){
        .t_ticks = 1000,
        .levels_before = levels,
        .n = 2,
        .samples = {(uint8_t)(start << 1), (uint8_t)(stop << 1 | 1)},
    };
    derive(tape, items, &rules, &r);
    assert_int_equal(r.faults, 0);
    assert_int_equal(r.fine, 1);
    assert_int_equal(r.interval[0].start_tick, 1000);
    assert_int_equal(r.interval[0].stop_tick, 1002);
    interval_free(&r);
}

static void names(void **state)
{
    (void)state;
    for (int v = 0; v < INTERVAL_VIOLATIONS; v++) {
        assert_non_null(interval_violation_name((enum interval_violation)v));
        assert_non_null(interval_violation_text((enum interval_violation)v));
        for (int u = 0; u < v; u++)
            assert_string_not_equal(interval_violation_name((enum interval_violation)v),
                                    interval_violation_name((enum interval_violation)u));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undisturbed),         cmocka_unit_test(each_marker_removed),
        cmocka_unit_test(each_marker_doubled), cmocka_unit_test(each_strobe_missing),
        cmocka_unit_test(each_code_wrong),     cmocka_unit_test(preamble_of_another_boot),
        cmocka_unit_test(every_break),         cmocka_unit_test(silent_loss),
        cmocka_unit_test(time_backwards),      cmocka_unit_test(total_differs),
        cmocka_unit_test(many_faults),         cmocka_unit_test(settling),
        cmocka_unit_test(one_clock),           cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
