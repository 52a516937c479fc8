/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/interval.c - the grammar of a boot, as a machine over its tape.
 *
 * Markers behind the preamble are numbered s = 0, 1, …: START(n) is 2n, STOP(n) is 2n+1, and
 * the code shows s modulo 16. So a marker that does not continue the count says by how much it
 * is off, modulo 16. Where that leaves two readings (a hole that may have swallowed 16 markers,
 * a marker doubled by the target) the machine goes on with the smallest one, provisionally, and
 * believes it only if the total the target states comes out: all other readings differ from it
 * by a multiple of 16.
 */
#include "analysis/interval.h"

#include <stdlib.h>
#include <string.h>

#include "probe/marker/marker.h"
#include "probe/wire.h"

#define STROBE (1u << WIRE_CHANNEL_STROBE)
#define MARKER_PINS 0x1Fu   /* strobe and code */
#define PERIOD 16u          /* markers after which codes repeat */
#define MAX_FILL (1u << 22) /* rows made for intervals of which no edge exists */

struct machine {
    const struct interval_rules *rules;
    struct interval_result *r;
    size_t interval_room, fault_room;
    int no_memory;

    /* pins */
    uint8_t levels; /* after the last sample */
    int levels_known, time_known;
    uint64_t last_ticks;
    int bad_time;     /* the vector at hand has a time that cannot be right */
    unsigned samples; /* most samples an event was seen to carry; 0: none seen */

    /* a strobe whose code settles, and a code change that waits for its strobe */
    int settling, bare;
    uint64_t edge_ticks, edge_offset, bare_ticks, bare_offset;
    int edge_bad; /* bad_time of its vector */

    /* breaks since the last marker */
    enum interval_violation broken;
    uint64_t hidden; /* most markers they may hide */
    int resume_known;
    uint8_t resume_levels; /* just before the first sample behind them */

    /* grammar */
    unsigned preamble; /* markers of it seen */
    int preamble_bad;
    uint64_t next; /* s of the marker that is due */
    unsigned wrong_codes;
    int off_track;   /* numbers are lost for the rest of the boot */
    int provisional; /* from this interval on numbers await the total */
    uint64_t provisional_from;
    int anomalous; /* something was amiss from this interval on */
    uint64_t anomalous_from;
};

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
    return a > INTERVAL_UNKNOWN - b ? INTERVAL_UNKNOWN : a + b;
}

/* --- result ----------------------------------------------------------------------------- */

static struct interval *append(struct machine *m, uint64_t n, uint64_t offset)
{
    struct interval_result *r = m->r;
    struct interval *i;

    if (r->count == m->interval_room) {
        size_t room = m->interval_room ? 2 * m->interval_room : 256;
        struct interval *grown = realloc(r->interval, room * sizeof *grown);

        if (!grown) {
            m->no_memory = 1;
            return NULL;
        }
        r->interval = grown;
        m->interval_room = room;
    }
    i = &r->interval[r->count++];
    *i = (struct interval){
        .n = n,
        .start_tick = INTERVAL_UNKNOWN,
        .stop_tick = INTERVAL_UNKNOWN,
        .byte_offset = offset,
        .why = INTERVAL_FINE,
    };
    return i;
}

static void note_anomaly(struct machine *m)
{
    if (m->anomalous)
        return;
    m->anomalous = 1;
    m->anomalous_from = m->next / 2;
}

static void fault(struct machine *m, enum interval_violation kind, uint64_t t_ticks,
                  uint64_t offset, uint32_t code)
{
    struct interval_result *r = m->r;

    if (r->faults == m->fault_room) {
        size_t room = m->fault_room ? 2 * m->fault_room : 64;
        struct interval_fault *grown = realloc(r->fault, room * sizeof *grown);

        if (!grown) {
            m->no_memory = 1;
            return;
        }
        r->fault = grown;
        m->fault_room = room;
    }
    note_anomaly(m);
    r->fault[r->faults++] = (struct interval_fault){
        .kind = kind,
        .byte_offset = offset,
        .t_ticks = t_ticks,
        .n = m->preamble < MARKER_PREAMBLE_COUNT || m->off_track ? INTERVAL_UNKNOWN
                                                                 : m->next / 2,
        .code = code,
    };
}

static struct interval *last_interval(struct machine *m)
{
    return m->r->count ? &m->r->interval[m->r->count - 1] : NULL;
}

/* The first reason stays: it is the nearest to the cause. */
static void touch(struct interval *i, enum interval_violation why)
{
    if (i && i->why == INTERVAL_FINE)
        i->why = why;
}

static int interval_open(const struct machine *m)
{
    return m->preamble == MARKER_PREAMBLE_COUNT && !m->off_track && (m->next & 1u);
}

static void touch_open(struct machine *m, enum interval_violation why)
{
    if (interval_open(m))
        touch(last_interval(m), why);
}

static void leave_track(struct machine *m)
{
    touch_open(m, INTERVAL_NUMBER);
    m->off_track = 1;
}

static void doubt_from(struct machine *m, uint64_t n)
{
    if (!m->provisional) {
        m->provisional = 1;
        m->provisional_from = n;
    }
}

/* --- breaks ------------------------------------------------------------------------------ */

static void take_break(struct machine *m, enum interval_violation kind, uint64_t hidden)
{
    /* The code of a strobe that still settles may have gone with it: one marker more. */
    if (m->settling) {
        m->settling = 0;
        hidden = add_saturated(hidden, 1);
    }
    m->bare = 0;
    if (m->broken == INTERVAL_FINE || hidden > m->hidden)
        m->broken = kind;
    m->hidden = add_saturated(m->hidden, hidden);
    touch_open(m, kind);
    if (hidden) {
        note_anomaly(m);
        m->levels_known = 0;
        m->resume_known = 0;
    }
    if (kind == INTERVAL_BREAK_EPOCH)
        m->time_known = 0;
}

/* --- grammar ----------------------------------------------------------------------------- */

/* The due marker, good or (why) not. tick may be unknown: a marker known to be hidden. */
static void advance(struct machine *m, uint64_t tick, uint64_t offset,
                    enum interval_violation why)
{
    struct interval *i;

    if (m->next & 1u) {
        i = last_interval(m);
        if (i)
            i->stop_tick = tick;
    } else {
        i = append(m, m->next / 2, offset);
        if (i)
            i->start_tick = tick;
    }
    if (why != INTERVAL_FINE)
        touch(i, why);
    m->next++;
}

static uint32_t code_of(uint64_t s)
{
    return s & 1u ? marker_code_stop(s / 2) : marker_code_start(s / 2);
}

/* How many markers the code is ahead of the due one, modulo PERIOD. */
static unsigned ahead_of(const struct machine *m, uint32_t code)
{
    uint64_t shown = 2u * (code & 7u) + (code & MARKER_START_BIT ? 0 : 1);

    return (unsigned)((shown - m->next) % PERIOD);
}

/* First marker behind breaks. 1: it is accounted for; 0: the breaks do not explain it. */
static int bridge(struct machine *m, uint32_t code, uint64_t tick, uint64_t offset)
{
    const enum interval_violation kind = m->broken;
    const uint64_t hidden = m->hidden;
    const unsigned ahead = ahead_of(m, code);
    const uint64_t before = m->next + ahead;

    m->broken = INTERVAL_FINE;
    m->hidden = 0;
    if (ahead > hidden)
        return 0;
    if (hidden && m->resume_known && before && m->rules->settle_ticks == 0 &&
        (m->resume_levels >> WIRE_CHANNEL_CODE & 0xFu) != code_of(before - 1)) {
        fault(m, INTERVAL_NUMBER, tick, offset, code);
        leave_track(m);
        return 1;
    }
    for (unsigned k = 0; k < ahead; k++)
        advance(m, INTERVAL_UNKNOWN, offset, kind);
    if (hidden >= ahead + PERIOD)
        doubt_from(m, (m->next + 1) / 2);
    advance(m, tick, offset, m->bad_time ? INTERVAL_BREAK_TIME : INTERVAL_FINE);
    return 1;
}

static void take_preamble(struct machine *m, uint32_t code, uint64_t tick, uint64_t offset)
{
    const int hole = m->broken != INTERVAL_FINE && m->hidden && m->preamble;

    m->broken = INTERVAL_FINE;
    m->hidden = 0;
    if (hole || code != marker_code_preamble(m->rules->plan_index, m->preamble)) {
        fault(m, INTERVAL_BAD_PREAMBLE, tick, offset, code);
        m->preamble_bad = 1;
        return;
    }
    m->preamble++;
}

/* A marker that does not continue the count, though the wire reports nothing missing. */
static void take_misfit(struct machine *m, unsigned ahead, uint32_t code, uint64_t tick,
                        uint64_t offset)
{
    const int open = (int)(m->next & 1u);

    if (ahead == PERIOD - 1u && m->next) { /* the last one again */
        const enum interval_violation why = open ? INTERVAL_START_TWICE : INTERVAL_STOP_TWICE;

        fault(m, why, tick, offset, code);
        touch(last_interval(m), why);
        doubt_from(m, (m->next + 1) / 2);
    } else if (ahead == 1 && open) {
        fault(m, INTERVAL_NO_STOP, tick, offset, code);
        advance(m, INTERVAL_UNKNOWN, offset, INTERVAL_NO_STOP);
        doubt_from(m, m->next / 2);
        /* It may as well be that STOP with a wrong code, and this START be missing. */
        advance(m, tick, offset, INTERVAL_DOUBTFUL);
    } else if (ahead == 1) {
        fault(m, INTERVAL_NO_START, tick, offset, code);
        /* The STOP before may be this START with a wrong code, and itself be missing. */
        touch(last_interval(m), INTERVAL_DOUBTFUL);
        advance(m, INTERVAL_UNKNOWN, offset, INTERVAL_NO_START);
        advance(m, tick, offset, INTERVAL_NO_START);
        doubt_from(m, m->next / 2);
    } else {
        fault(m, INTERVAL_WRONG_CODE, tick, offset, code);
        if (++m->wrong_codes > 1) {
            leave_track(m);
            return;
        }
        advance(m, tick, offset, INTERVAL_WRONG_CODE);
        doubt_from(m, (m->next + 1) / 2);
    }
}

static void take_marker(struct machine *m, uint32_t code, uint64_t tick, uint64_t offset)
{
    unsigned ahead;

    m->r->markers++;
    if (m->preamble_bad || m->off_track)
        return;
    if (m->preamble < MARKER_PREAMBLE_COUNT) {
        take_preamble(m, code, tick, offset);
        return;
    }
    if (m->broken != INTERVAL_FINE && bridge(m, code, tick, offset))
        return;
    ahead = ahead_of(m, code);
    if (ahead) {
        take_misfit(m, ahead, code, tick, offset);
        return;
    }
    m->wrong_codes = 0;
    advance(m, tick, offset, m->bad_time ? INTERVAL_BREAK_TIME : INTERVAL_FINE);
}

/* --- pins -------------------------------------------------------------------------------- */

/* Everything that had to happen by `tick`: codes settled, bare codes without a strobe. */
static void settle(struct machine *m, uint64_t tick)
{
    const uint64_t wait = m->rules->settle_ticks;

    if (m->settling && tick - m->edge_ticks > wait) {
        m->settling = 0;
        /* Strobe and code low and no marker before: the store of 0, its pins not in step. */
        if (m->r->markers || (m->levels & MARKER_PINS)) {
            const int vector_bad = m->bad_time;

            m->bad_time = m->edge_bad;
            take_marker(m, m->levels >> WIRE_CHANNEL_CODE & 0xFu, m->edge_ticks,
                        m->edge_offset);
            m->bad_time = vector_bad;
        }
    }
    if (m->bare && tick - m->bare_ticks > wait) {
        m->bare = 0;
        fault(m, INTERVAL_BARE_CODE, m->bare_ticks, m->bare_offset,
              m->levels >> WIRE_CHANNEL_CODE & 0xFu);
        touch_open(m, INTERVAL_BARE_CODE);
    }
}

static void take_change(struct machine *m, uint8_t before, uint8_t after, uint64_t tick,
                        uint64_t offset)
{
    const uint8_t changed = (before ^ after) & MARKER_PINS;
    const uint64_t wait = m->rules->settle_ticks;

    if (!changed)
        return;
    /* The store of 0 that precedes the first marker, where the pins came up otherwise. */
    if (!m->r->markers && !m->settling && !(after & MARKER_PINS)) {
        m->bare = 0;
        return;
    }
    if (!(changed & STROBE)) {
        if (m->settling)
            return; /* within the settling time, or settle() would have ended it */
        if (!m->bare) {
            m->bare = 1;
            m->bare_ticks = tick;
            m->bare_offset = offset;
        }
        return;
    }
    m->bare = 0; /* its strobe came */
    if (m->settling) {
        fault(m, INTERVAL_CROWDED, tick, offset, after >> WIRE_CHANNEL_CODE & 0xFu);
        take_break(m, INTERVAL_CROWDED, 1);
        m->levels_known = 1;
        return;
    }
    if (wait == 0) {
        take_marker(m, after >> WIRE_CHANNEL_CODE & 0xFu, tick, offset);
        return;
    }
    m->settling = 1;
    m->edge_ticks = tick;
    m->edge_bad = m->bad_time;
    m->edge_offset = offset;
}

static void take_samples(struct machine *m, const struct interval_item *item)
{
    uint8_t before = item->levels_before;

    if (item->n > m->samples)
        m->samples = item->n;
    m->bad_time = m->time_known && item->t_ticks <= m->last_ticks;
    if (m->bad_time) {
        fault(m, INTERVAL_BREAK_TIME, item->t_ticks, item->byte_offset, 0);
        take_break(m, INTERVAL_BREAK_TIME, INTERVAL_UNKNOWN);
        /* Either of the two times may be the wrong one. */
        touch(last_interval(m), INTERVAL_BREAK_TIME);
    } else if (m->levels_known && ((m->levels ^ before) & MARKER_PINS)) {
        fault(m, INTERVAL_BREAK_LEVELS, item->t_ticks, item->byte_offset,
              before >> WIRE_CHANNEL_CODE & 0xFu);
        take_break(m, INTERVAL_BREAK_LEVELS, INTERVAL_UNKNOWN);
    }
    if (!m->levels_known) {
        m->resume_known = 1;
        m->resume_levels = before;
    }
    m->levels = before;
    for (unsigned i = 0; i < item->n && i < INTERVAL_MAX_SAMPLES; i++) {
        const uint64_t tick = item->t_ticks + (uint64_t)i * m->rules->step_ticks;

        settle(m, tick);
        take_change(m, before, item->samples[i], tick, item->byte_offset);
        before = item->samples[i];
        m->levels = before;
        m->last_ticks = tick;
        if (m->rules->settle_ticks == 0)
            settle(m, tick + 1);
    }
    m->levels_known = 1;
    m->time_known = 1;
}

/* --- the end ----------------------------------------------------------------------------- */

static void fill_missing(struct machine *m, enum interval_violation why)
{
    const uint64_t have = m->r->count ? last_interval(m)->n + 1 : 0;
    const uint64_t expected = m->rules->expected;

    if (expected == INTERVAL_UNKNOWN || expected > have + MAX_FILL)
        return; /* nothing sensible to list; the violation is on record */
    for (uint64_t n = have; n < expected; n++) {
        struct interval *i = append(m, n, 0);

        if (!i)
            return;
        i->why = why;
    }
}

static void touch_from(struct machine *m, uint64_t n, enum interval_violation why)
{
    for (size_t i = 0; i < m->r->count; i++) {
        if (m->r->interval[i].n >= n)
            touch(&m->r->interval[i], why);
    }
}

/* Hold the count against what the target states. */
static void check_total(struct machine *m)
{
    const uint64_t expected = m->rules->expected;
    const uint64_t due = 2 * expected;
    const uint64_t tail = m->broken != INTERVAL_FINE ? m->hidden : 0;

    if (m->off_track) {
        if (m->provisional)
            touch_from(m, m->provisional_from, INTERVAL_NUMBER);
        touch_from(m, expected, INTERVAL_SURPLUS);
        fill_missing(m, INTERVAL_NUMBER);
        return;
    }
    if (expected == INTERVAL_UNKNOWN || expected > UINT64_MAX / 4) {
        if (m->provisional)
            touch_from(m, m->provisional_from, INTERVAL_NUMBER);
        return;
    }
    if (due >= m->next && due - m->next <= tail) {
        /* What is missing is at the end, where the wire says so. A total that differs by
         * less than a period proves every number before. */
        if (m->provisional && due - m->next >= PERIOD)
            touch_from(m, m->provisional_from, INTERVAL_NUMBER);
        fill_missing(m, due == m->next ? INTERVAL_MISSING : m->broken);
        return;
    }
    /* The total contradicts what was seen. Where nothing was amiss before, a difference of
     * less than a period leaves the numbers as they are; more may be missing anywhere. */
    if (m->anomalous)
        touch_from(m, m->anomalous_from, INTERVAL_NUMBER);
    else if ((due > m->next ? due - m->next : m->next - due) >= PERIOD)
        touch_from(m, 0, INTERVAL_NUMBER);
    if (due > m->next) {
        fault(m, INTERVAL_MISSING, m->last_ticks, 0, 0);
        fill_missing(m, INTERVAL_MISSING);
    } else {
        fault(m, INTERVAL_SURPLUS, m->last_ticks, 0, 0);
        touch_from(m, expected, INTERVAL_SURPLUS);
    }
}

static void finish(struct machine *m)
{
    /* No further change came: whatever settles has settled. */
    settle(m, m->last_ticks + m->rules->settle_ticks + 1);
    if (m->preamble_bad || m->preamble < MARKER_PREAMBLE_COUNT) {
        if (!m->preamble_bad)
            fault(m, INTERVAL_BAD_PREAMBLE, m->last_ticks, 0, 0);
        fill_missing(m, INTERVAL_BAD_PREAMBLE);
        return;
    }
    m->r->preamble_ok = 1;
    if (interval_open(m)) {
        if (m->broken == INTERVAL_FINE)
            fault(m, INTERVAL_NO_STOP, m->last_ticks, last_interval(m)->byte_offset, 0);
        touch_open(m, INTERVAL_NO_STOP);
    }
    check_total(m);
}

/* A sample vector can hold as many strobe edges as it has samples. */
static uint64_t most_markers(const struct machine *m, uint64_t events)
{
    const unsigned each = m->samples ? m->samples : INTERVAL_MAX_SAMPLES;

    return events > INTERVAL_UNKNOWN / each ? INTERVAL_UNKNOWN : events * each;
}

int interval_derive(const struct interval_item *tape, size_t items,
                    const struct interval_rules *rules, struct interval_result *r)
{
    struct machine m = {.rules = rules, .r = r};

    memset(r, 0, sizeof *r);
    for (size_t i = 0; i < items && !m.no_memory; i++) {
        const struct interval_item *item = &tape[i];

        if (item->break_kind == INTERVAL_FINE) {
            take_samples(&m, item);
        } else {
            take_break(&m, (enum interval_violation)item->break_kind,
                       most_markers(&m, item->missing));
        }
    }
    if (!m.no_memory)
        finish(&m);
    if (m.no_memory) {
        interval_free(r);
        return -1;
    }
    for (size_t i = 0; i < r->count; i++)
        r->fine += r->interval[i].why == INTERVAL_FINE;
    return 0;
}

void interval_free(struct interval_result *r)
{
    free(r->interval);
    free(r->fault);
    memset(r, 0, sizeof *r);
}
