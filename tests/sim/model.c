/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/sim/model.c - see model.h. */

#include "tests/sim/model.h"

#include <string.h>

#include "bench/lab/timer_run.h"

size_t model_records(const struct change *changes, size_t n, uint8_t mask, struct record *out)
{
    uint8_t level = 0;
    size_t records = 0;

    for (size_t i = 0; i < n;) {
        const uint64_t clock = (TIMER_ANCHOR_TICKS + changes[i].t_ns / TIMER_TICK_NS) / 2;
        struct record r = {.t = 2 * clock, .before = level, .samples = {level, level}};

        for (; i < n; i++) {
            const uint64_t tick = TIMER_ANCHOR_TICKS + changes[i].t_ns / TIMER_TICK_NS;

            if (tick / 2 != clock)
                break;
            level = changes[i].pins;
            if (tick % 2 == 0)
                r.samples[0] = level;
            r.samples[1] = level;
        }
        if (((r.samples[0] ^ r.before) | (r.samples[1] ^ r.samples[0])) & mask)
            out[records++] = r;
    }
    return records;
}

static const char *compare_event(const struct frame *f, const struct record *r)
{
    if (f->payload_bytes != WIRE_EVENT_FIXED_BYTES + 2 || f->payload[1] != 2)
        return "EVENT of a wrong size";
    if (f->t != r->t)
        return "EVENT at a wrong time";
    if (f->payload[0] != r->before || memcmp(f->payload + 2, r->samples, 2) != 0)
        return "EVENT with wrong levels";
    return NULL;
}

static const char *compare_lost(const struct frame *f, const struct record *r, size_t left)
{
    const uint64_t count = frame_u64(f, 0, 4);

    if (f->payload_bytes != WIRE_LOST_BYTES)
        return "LOST of a wrong size";
    if (!count || count > left)
        return "LOST with a count that cannot be";
    if (frame_u64(f, 4, 8) != r[0].t || frame_u64(f, 12, 8) != r[count - 1].t)
        return "LOST with wrong times";
    return NULL;
}

int model_compare(const struct frames *f, const struct record *r, size_t n,
                  struct model_result *out)
{
    size_t at = 0;

    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < f->n && !out->wrong; i++) {
        const struct frame *g = &f->list[i];

        if (g->type == WIRE_EVENT) {
            out->wrong = at < n ? compare_event(g, r + at) : "an EVENT too many";
            out->events += !out->wrong;
            at++;
        } else if (g->type == WIRE_LOST) {
            out->wrong = compare_lost(g, r + at, n - at);
            if (!out->wrong) {
                at += frame_u64(g, 0, 4);
                out->lost += frame_u64(g, 0, 4);
                out->losses++;
            }
        }
    }
    if (!out->wrong && at != n)
        out->wrong = "records that were neither sent nor counted";
    return !out->wrong;
}

uint64_t model_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Dull;
}
