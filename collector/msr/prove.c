/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr/prove.c - a counter is believed after it was seen to count.
 *
 * A loop whose instructions and branches are known is run N and 2N times; the counts and their
 * difference must be what is known, from 0 and through an overflow of the counter's width. An
 * event that the loop does not determine (cycles, misses) is held to bounds, and its register
 * is first proven with the instruction event, so that a 0 of it means something.
 */
#include "collector/msr/pmu_private.h"
#include "collector/msr/registers.h"
#include "collector/tolerance.h"
#include "workloads/text.h"

#define TURNS 20000ull

/* Instructions around the loop, between switching the counter on and off: the same ones each
 * time, so they are no part of a difference. */
#define AROUND 256u

/* A loop of two instructions takes a quarter of a cycle to 64 cycles a turn, also in a machine
 * that shares its core. */
#define CYCLES_LOW(turns) ((turns) / 4)
#define CYCLES_HIGH(turns) ((turns)*64 + 4096)

/* It touches no memory, and its jump goes the same way each time. */
#define MISSES_HIGH(turns) ((turns) / 8 + 1024)

#define HALF_WAY_ROUND (1ull << 31)

static int measure(const struct pmu *p, const struct pmu_counter *c, uint64_t from,
                   uint64_t turns, uint64_t *delta, char *reason)
{
    const uint64_t on = p->kind == PMU_INTEL && c->scope == PMU_GUEST ? 0 : c->global_bit;
    uint64_t count, later;

    if (counter_program(p, c, from, reason) || counter_run(p, c, reason))
        return -1;
    if (p->global_msr)
        p->access->write(p->access->place, p->global_msr, on);
    p->access->loop(p->access->place, turns);
    if (p->global_msr)
        p->access->write(p->access->place, p->global_msr, 0);
    if (counter_stop(p, c, reason) || counter_read(p, c, &count, reason) ||
        counter_read(p, c, &later, reason))
        return -1;
    if (later != count) {
        text_set(reason, PMU_REASON_BYTES, "the counter goes on after it was stopped");
        return -1;
    }
    *delta = pmu_difference(from, count, c->bits);
    return 0;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static int refuse_count(char *reason, uint64_t count, uint64_t known)
{
    struct text t = text_begin(reason, PMU_REASON_BYTES);

    if (distance(distance(count, known), HALF_WAY_ROUND) <=
        AROUND + tolerance_of(tolerance_now(), known))
        text_put(&t, "the counter is off by 2^31: it counts ");
    else
        text_put(&t, "the counter counts ");
    text_put_u64(&t, count);
    text_put(&t, " where ");
    text_put_u64(&t, known);
    text_put(&t, " is known");
    return -1;
}

/* What no counter may do, whatever it counts. */
static int judge_moves(uint64_t once, uint64_t twice, char *reason)
{
    if (!once && !twice) {
        text_set(reason, PMU_REASON_BYTES,
                 "the counter opens and reads 0 whatever is executed");
        return -1;
    }
    if (once == twice) {
        text_set(reason, PMU_REASON_BYTES,
                 "the counter sticks: it reads the same after N and after 2N turns of a loop");
        return -1;
    }
    return 0;
}

static int prove_exact(const struct pmu *p, const struct pmu_counter *c, uint64_t a_turn,
                       char *reason)
{
    const uint64_t known = TURNS * a_turn, may = tolerance_of(tolerance_now(), known);
    /* The second time the counter goes over its width in the middle. */
    const uint64_t from[] = {0, (1ull << c->bits) - known / 2};
    uint64_t once, twice;

    for (unsigned i = 0; i < 2; i++) {
        if (measure(p, c, from[i], TURNS, &once, reason) ||
            measure(p, c, from[i], 2 * TURNS, &twice, reason) ||
            judge_moves(once, twice, reason))
            return -1;
        if (distance(once, known) > AROUND + may)
            return refuse_count(reason, once, known);
        if (twice > once + known + may || twice < once + known - may)
            return refuse_count(reason, twice, once + known);
    }
    return 0;
}

static int prove_between(const struct pmu *p, const struct pmu_counter *c, uint64_t low,
                         uint64_t high, char *reason)
{
    uint64_t once, twice;

    if (measure(p, c, 0, TURNS, &once, reason) ||
        measure(p, c, 0, 2 * TURNS, &twice, reason) ||
        (low && judge_moves(once, twice, reason)))
        return -1;
    if (once < low || once > high)
        return refuse_count(reason, once, once < low ? low : high);
    if (twice < 2 * low || twice > 2 * high)
        return refuse_count(reason, twice, twice < 2 * low ? 2 * low : 2 * high);
    return 0;
}

static int prove_event(const struct pmu *p, const struct pmu_counter *c, char *reason)
{
    switch (c->event) {
    case MSR_EVENT_INSTRUCTIONS:
        return prove_exact(p, c, 2, reason);
    case MSR_EVENT_BRANCHES:
        return prove_exact(p, c, 1, reason);
    case MSR_EVENT_CYCLES:
        return prove_between(p, c, CYCLES_LOW(TURNS), CYCLES_HIGH(TURNS), reason);
    default:
        return prove_between(p, c, 0, MISSES_HIGH(TURNS), reason);
    }
}

/* The register by itself: made to count instructions. */
static int prove_register(const struct pmu *p, struct pmu_counter slot, char *reason)
{
    const struct msr_event_code *code = pmu_event_code(p, MSR_EVENT_INSTRUCTIONS, reason);

    if (!code)
        return -1;
    slot.event = MSR_EVENT_INSTRUCTIONS;
    slot.select = pmu_select(p, code->select, slot.scope);
    return prove_exact(p, &slot, 2, reason);
}

static int prove_silent_in_host(const struct pmu *p, const struct pmu_counter *c, char *reason)
{
    struct pmu_counter slot = *c;
    uint64_t count;
    struct text t;

    if (!slot.fixed) {
        const struct msr_event_code *code = pmu_event_code(p, MSR_EVENT_INSTRUCTIONS, reason);

        if (!code)
            return -1;
        slot.select = pmu_select(p, code->select, PMU_GUEST);
    }
    if (measure(p, &slot, 0, TURNS, &count, reason))
        return -1;
    if (!count)
        return 0;
    t = text_begin(reason, PMU_REASON_BYTES);
    text_put(&t, "the counter is guest-only and counts ");
    text_put_u64(&t, count);
    text_put(&t, " in the host");
    return -1;
}

/* RDPMC is the faster way if it tells the same. */
static int rdpmc_agrees(const struct pmu *p, const struct pmu_counter *c, uint64_t count)
{
    uint64_t other;

    return !p->access->rdpmc(p->access->place, c->rdpmc_index, &other) && other == count;
}

int counter_prove(const struct pmu *p, struct pmu_counter *c, char *reason)
{
    struct pmu_counter seen = *c;
    uint64_t mark = (1ull << c->bits) - 12345;

    /* The proof runs in the host. */
    if (c->scope == PMU_GUEST) {
        seen.scope = PMU_BOTH;
        seen.select &= ~AMD_SELECT_GUEST_ONLY; /* Intel has no bit there */
    }
    if (!c->fixed && prove_register(p, seen, reason))
        return -1;
    if (prove_event(p, &seen, reason))
        return -1;
    if (c->scope == PMU_GUEST && prove_silent_in_host(p, c, reason))
        return -1;
    if (counter_program(p, c, mark, reason))
        return -1;
    c->by_rdpmc = rdpmc_agrees(p, c, mark);
    return counter_program(p, c, 0, reason);
}
