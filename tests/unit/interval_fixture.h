/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/interval_fixture.h - the markers of a boot as a script that a test may change, the
 * tape that the timer makes of it, and the check that an interval which stays good has the edges
 * it had.
 */
#ifndef ETALON_TESTS_INTERVAL_FIXTURE_H
#define ETALON_TESTS_INTERVAL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/interval.h"
#include "probe/marker/marker.h"
#include "tests/unit/wire_stream.h"

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

#endif
