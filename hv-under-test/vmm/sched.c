/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/sched.c - weighted round robin (vmm/sched.h). */
#include "hv-under-test/vmm/sched.h"

static int others_are_ready(const struct sched *s)
{
    for (unsigned i = 0; i < s->guests; i++)
        if (i != s->current && s->guest[i].ready)
            return 1;
    return 0;
}

static void begin_turn(struct sched *s)
{
    s->guest[s->current].left_ticks += s->guest[s->current].weight * s->slice_ticks;
}

void sched_start(struct sched *s, unsigned guests, const unsigned *weights,
                 uint64_t slice_ticks)
{
    *s = (struct sched){.guests = guests, .slice_ticks = (int64_t)slice_ticks};
    for (unsigned i = 0; i < guests; i++) {
        s->guest[i].weight = weights[i];
        s->guest[i].ready = 1;
    }
    begin_turn(s);
}

void sched_charge(struct sched *s, uint64_t ticks)
{
    if (others_are_ready(s))
        s->guest[s->current].left_ticks -= (int64_t)ticks;
}

unsigned sched_next(struct sched *s, enum sched_end why)
{
    unsigned at = s->current, passed = 0;

    /* What is left is lost; what was run over is not forgiven. */
    if (s->guest[at].left_ticks > 0)
        s->guest[at].left_ticks = 0;
    if (why == SCHED_BLOCKED)
        s->guest[at].ready = 0;
    while (passed < s->guests) {
        at = (at + 1) % s->guests;
        if (!s->guest[at].ready) {
            passed++;
            continue;
        }
        s->current = at;
        begin_turn(s);
        if (s->guest[at].left_ticks > 0)
            return at;
        passed = 0; /* its whole turn paid for what it ran over */
    }
    return SCHED_NOBODY;
}

void sched_wake(struct sched *s, unsigned guest)
{
    s->guest[guest].ready = 1;
}

int64_t sched_left(const struct sched *s)
{
    return others_are_ready(s) ? s->guest[s->current].left_ticks : SCHED_FOREVER;
}
