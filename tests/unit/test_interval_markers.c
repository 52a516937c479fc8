/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The grammar of a boot: every marker removed, doubled and changed in turn, and pins that change
 * one after the other or twice in a clock. What is wrong is found, and an interval that stays good
 * has the edges it had.
 */
#include "tests/unit/interval_fixture.h"

/* Of a marker behind the preamble: which interval it belongs to, and whether it starts it. */
static uint64_t interval_of(size_t at)
{
    return (at - MARKER_PREAMBLE_COUNT) / 2;
}

static int is_start(size_t at)
{
    return (at - MARKER_PREAMBLE_COUNT) % 2 == 0;
}

/* A boot with something wrong in it: that is found, and what stays good has its edges; `after` as
 * in check_fine(). */
static void derive_wrong(const struct script *s, const struct interval_rules *rules,
                         uint64_t after, struct interval_result *r)
{
    struct interval_item tape[MAX_MARKERS];

    derive(tape, make_tape(s, tape), rules, r);
    assert_true(r->faults > 0);
    check_fine(r, after);
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
    struct interval_result r;
    struct script s;

    (void)state;
    for (size_t at = 0; at < MARKERS; at++) {
        for (int told = 0; told < 2; told++) {
            write_script(&s);
            remove_act(&s, at);
            derive_wrong(&s, told ? &rules_told : &rules_untold, UINT64_MAX - 1, &r);
            if (at < MARKER_PREAMBLE_COUNT) {
                assert_int_equal(r.fine, 0);
                assert_int_equal(r.fault[0].kind, INTERVAL_BAD_PREAMBLE);
            } else {
                const uint64_t n = interval_of(at);
                const int start = is_start(at);
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
    struct interval_result r;
    struct script s;

    (void)state;
    for (size_t at = 0; at < MARKERS; at++) {
        write_script(&s);
        double_act(&s, at);
        derive_wrong(&s, &rules_told, s.act[at].t, &r);
        if (at < MARKER_PREAMBLE_COUNT - 1) {
            assert_int_equal(r.fine, 0);
            assert_true(has_fault(&r, INTERVAL_BAD_PREAMBLE));
        } else if (at >= MARKER_PREAMBLE_COUNT) {
            assert_int_equal(get(&r, interval_of(at))->why,
                             is_start(at) ? INTERVAL_START_TWICE : INTERVAL_STOP_TWICE);
            assert_int_equal(r.fine, INTERVALS - 1);
        }
        interval_free(&r);
    }
}

/* The strobe does not toggle: a code changes and no marker is there. */
static void each_strobe_missing(void **state)
{
    struct interval_result r;
    struct script s;

    (void)state;
    for (size_t at = 0; at < MARKERS; at++) {
        write_script(&s);
        s.act[at].strobe = 0;
        derive_wrong(&s, &rules_told, UINT64_MAX - 1, &r);
        assert_true(has_fault(&r, INTERVAL_BARE_CODE) || has_fault(&r, INTERVAL_BAD_PREAMBLE));
        assert_true(r.fine < INTERVALS);
        interval_free(&r);
    }
}

static void each_code_wrong(void **state)
{
    struct interval_result r;
    struct script s;

    (void)state;
    for (size_t at = 0; at < MARKERS; at++) {
        for (uint32_t flip = 1; flip < 16; flip++) {
            write_script(&s);
            s.act[at].code ^= flip;
            derive_wrong(&s, &rules_told, UINT64_MAX - 1, &r);
            assert_true(r.fine < INTERVALS);
            if (at >= MARKER_PREAMBLE_COUNT) {
                const struct interval *v = get(&r, interval_of(at));

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
        cmocka_unit_test(undisturbed),
        cmocka_unit_test(each_marker_removed),
        cmocka_unit_test(each_marker_doubled),
        cmocka_unit_test(each_strobe_missing),
        cmocka_unit_test(each_code_wrong),
        cmocka_unit_test(preamble_of_another_boot),
        cmocka_unit_test(settling),
        cmocka_unit_test(one_clock),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
