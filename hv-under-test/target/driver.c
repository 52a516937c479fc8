/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/driver.c - carries out a plan; see driver.h.
 */
#include "hv-under-test/target/driver_private.h"
#include "hv-under-test/target/interval.h"
#include "workloads/random.h"

/* A boot begins its markers somewhere within this many turns: 4 ms at 2 ns an instruction,
 * one period of a 250 Hz tick. */
#define START_PHASE_SPINS (1u << 20)

/* The gap of an iteration is longer by up to 1/8 of itself and this: enough to drift through
 * the phases of a tick within a run, too little to matter for the link. */
#define JITTER_SHIFT 3u
#define JITTER_MIN_SPINS 64u

#define PARAM_BYTES 512u

/* --- what the card tells ------------------------------------------------------------------ */

static const char *take_boot(struct target *t)
{
    uint32_t told;

    told = t->pins[CARD_REG_BOOT / 4];
    if (!(told & CARD_BOOT_VALID))
        return "etl.boot=card, but the card tells no plan index";
    t->plan.boot = told & 0xFFFFu;
    t->out.boot = t->plan.boot;
    return NULL;
}

static const char *take_runs(struct target *t)
{
    const uint32_t bytes = t->pins[CARD_REG_PLAN_BYTES / 4];

    if (!bytes || bytes > sizeof t->runs)
        return "etl.plan=card, but the card tells no plan";
    t->pins[CARD_REG_PLAN_AT / 4] = 0;
    for (uint32_t at = 0; at < bytes; at += 4) {
        const uint32_t word = t->pins[CARD_REG_PLAN / 4];

        for (uint32_t i = 0; i < 4 && at + i < bytes; i++)
            t->runs[at + i] = (char)(word >> (8 * i));
    }
    if (plan_set_runs(&t->plan, t->runs, bytes))
        return "the plan that the card tells has an empty run";
    return NULL;
}

const char *target_take_card(struct target *t)
{
    const char *reason = t->plan.boot_from_card ? take_boot(t) : NULL;

    if (!reason && t->plan.runs_from_card)
        reason = take_runs(t);
    return reason;
}

/* --- markers ----------------------------------------------------------------------------- */

static uint64_t gap(struct target *t)
{
    uint64_t spins = t->plan.gap_spins;

    return spins + random_below(&t->random, (spins >> JITTER_SHIFT) + JITTER_MIN_SPINS);
}

static void write_preamble(struct target *t)
{
    interval_spin(random_below(&t->random, START_PHASE_SPINS));
    t->marker = (struct marker){.pins = t->pins, .strobe = 0};
    t->pins_now = 0;
    marker_store(t->pins, 0);
    for (unsigned i = 0; i < MARKER_PREAMBLE_COUNT; i++) {
        interval_spin(t->plan.gap_spins);
        t->pins_now = marker_next(&t->marker, marker_code_preamble(t->plan.boot, i));
        marker_store(t->pins, t->pins_now);
    }
}

/* --- one run ------------------------------------------------------------------------------ */

struct ring {
    unsigned readings; /* of all collectors */
    unsigned words;    /* a slot: before, after, the workload's own reading */
    uint64_t capacity; /* slots */
    uint64_t first;    /* iteration in slot 0 */
};

static void write_intervals(struct target *t, const struct workload_run *run,
                            const struct ring *ring, unsigned w_index, uint64_t count)
{
    uint64_t n = t->intervals - count;

    for (uint64_t i = 0; i < count; i++) {
        const uint64_t *slot = t->ring + i * ring->words;
        struct record_writer *w = driver_begin(t, "iv");

        record_u64(w, "n", n + i);
        record_u64(w, "w", w_index);
        record_u64(w, "i", ring->first + i);
        for (unsigned c = 0; c < t->collection.count; c++) {
            const struct collector *k = t->collection.collector[c];

            for (unsigned r = 0; r < k->readings; r++, slot++)
                record_pair(w, k->reading[r].name, slot[0], slot[ring->readings]);
        }
        if (run->workload->has_reading)
            record_u64(w, "read", slot[ring->readings]); /* slot stands behind the befores */
        driver_end(t);
    }
}

static void iterate(struct target *t, struct workload_run *run, struct ring *ring,
                    unsigned w_index)
{
    void (*body)(struct workload_run *) = run->workload->run;
    void (*reset)(struct workload_run *) = run->workload->reset;
    uint64_t held = 0;

    for (uint64_t i = 0; i < run->iterations; i++) {
        uint64_t *slot;
        uint32_t start, stop;

        if (held == ring->capacity) {
            struct record_writer *w;

            write_intervals(t, run, ring, w_index, held);
            w = driver_begin(t, "fact");
            record_u64(w, "console_in_run", w_index);
            record_u64(w, "before_iteration", i);
            driver_end(t);
            driver_flush(t);
            ring->first = i;
            held = 0;
        }
        slot = t->ring + held * ring->words;
        start = marker_next(&t->marker, marker_code_start(t->intervals));
        stop = marker_next(&t->marker, marker_code_stop(t->intervals));
        if (reset)
            reset(run);
        interval_spin(gap(t));
        collection_before(&t->collection, slot);
        if (body)
            interval_run(t->pins, start, stop, body, run);
        else
            interval_null(t->pins, start, stop);
        collection_after(&t->collection, slot);
        slot[2 * ring->readings] = run->reading;
        run->guest_ns_total += collection_guest_ns(&t->collection, slot);
        t->intervals++;
        held++;
    }
    write_intervals(t, run, ring, w_index, held);
}

/* reason NULL: it runs. */
static void write_run(struct target *t, const struct workload_run *run, unsigned w_index,
                      const char *verdict, const char *reason)
{
    const struct workload *k = run->workload;
    struct record_writer *w = driver_begin(t, "run");
    char param[PARAM_BYTES];

    workload_format(run, param, sizeof param);
    record_u64(w, "w", w_index);
    record_text(w, "name", k->name);
    record_text(w, "param", param);
    record_u64(w, "iters", reason ? 0 : run->iterations);
    record_u64(w, "first", t->intervals);
    record_text(w, "metric", k->metric);
    record_text(w, "unit", k->unit);
    record_u64(w, "work", reason ? 0 : run->work);
    record_text(w, "form", k->form == WORKLOAD_RATE ? "rate" : "per");
    if (reason) {
        record_text(w, "verdict", verdict);
        record_text(w, "reason", reason);
    }
    driver_end(t);
}

static void write_answer(struct target *t, const struct workload_run *run, unsigned w_index,
                         int wrong)
{
    struct record_writer *w = driver_begin(t, "answer");

    record_u64(w, "w", w_index);
    record_text(w, "verdict", wrong ? "fail" : "ok");
    if (wrong)
        record_text(w, "reason", run->reason);
    record_text(w, "answer", run->answer);
    if (collection_has_guest_clock(&t->collection))
        record_s64(w, "guest_ns_total", (int64_t)run->guest_ns_total);
    for (unsigned i = 0; i < WORKLOAD_MAX_FIGURES && run->figure[i].key; i++)
        record_u64(w, run->figure[i].key, run->figure[i].value);
    driver_end(t);
}

static void run_one(struct target *t, struct workload_run *run, unsigned w_index)
{
    const struct workload *k = run->workload;
    const char *reason = k->unavailable ? k->unavailable(run) : NULL;
    struct ring ring = {.readings = t->collection.readings,
                        .words = 2 * t->collection.readings + 1};
    int wrong;

    if (reason) {
        write_run(t, run, w_index, "skip", reason);
        driver_flush(t);
        return;
    }
    ring.capacity = TARGET_RING_WORDS / ring.words;
    if (k->prepare && k->prepare(run))
        reason = run->reason;
    else if (!run->work)
        reason = "the workload did not say how much work it does";
    write_run(t, run, w_index, "error", reason);
    driver_flush(t); /* a boot that dies in the run has told which one it was */
    if (!reason) {
        iterate(t, run, &ring, w_index);
        wrong = k->check(run);
        write_answer(t, run, w_index, wrong);
    }
    if (k->cleanup)
        k->cleanup(run);
    driver_flush(t);
}

/* --- the whole plan ------------------------------------------------------------------------ */

/*
 * Take the next run off the plan. 1 with *run filled, 0 at the end, -1 with reason. All of the
 * plan is read once before anything is marked: a boot does what was asked or nothing.
 */
static int next_run(struct target *t, size_t *at, struct workload_run *run, char *reason)
{
    const char *text = t->plan.runs + *at;
    size_t length = 0;
    uint32_t iterations;

    if (*at >= t->plan.runs_length)
        return 0;
    while (*at + length < t->plan.runs_length && text[length] != '/')
        length++;
    *at += length + 1;
    *run = (struct workload_run){.env = &t->env};
    if (workload_parse(text, length, run, &iterations, reason))
        return -1;
    run->env = &t->env;
    run->iterations = iterations;
    return 1;
}

/* `at` and `w_index` are where the plan goes on. */
static void checkpoint(struct target *t, size_t *at, unsigned *w_index)
{
    struct target_carried *c = &t->carried;

    if (!t->ops->checkpoint)
        return;
    *c = (struct target_carried){.intervals = t->intervals,
                                 .random = t->random,
                                 .seq = t->out.seq,
                                 .at = *at,
                                 .strobe = t->marker.strobe,
                                 .w_index = *w_index};
    t->ops->checkpoint(c, sizeof *c);
    t->intervals = c->intervals;
    t->random = c->random;
    t->out.seq = c->seq;
    t->marker.strobe = c->strobe;
    *at = (size_t)c->at;
    *w_index = c->w_index;
}

/* A collector that cannot read here is told and left out; without the guest's clocks there is
 * nothing to hold against true time, and the boot does not begin. */
static int choose_collectors(struct target *t)
{
    const char *reason;

    tolerance_set(&t->plan.tolerance);
    reason = collection_choose(&t->collection, t->plan.collectors, t->plan.tsc_hz);

    if (!reason)
        return 0;
    target_fail(t, reason);
    return -1;
}

int target_run(struct target *t)
{
    char reason[WORKLOAD_REASON_BYTES];
    struct workload_run run;
    const char *failed;
    unsigned w_index = 0;
    size_t at = 0;
    int got;

    t->random = t->plan.seed;
    t->env.seed = t->plan.seed;
    t->intervals = 0;
    while ((got = next_run(t, &at, &run, reason)) > 0)
        ;
    if (got < 0) {
        target_fail(t, reason);
        return -1;
    }
    if (choose_collectors(t))
        return -1;
    t->env.observer = collection_observer(&t->collection);
    driver_write_boot(t);
    driver_flush(t);
    write_preamble(t);
    driver_audit(t);
    at = 0;
    checkpoint(t, &at, &w_index);
    for (; next_run(t, &at, &run, reason) > 0; w_index++, checkpoint(t, &at, &w_index))
        run_one(t, &run, w_index);
    failed = collection_failed(&t->collection);
    if (failed) {
        target_fail(t, failed);
        return -1;
    }
    driver_write_end(t, "ok");
    return 0;
}
