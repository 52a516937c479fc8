/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/driver.c - carries out a plan; see driver.h.
 */
#include "hv-under-test/target/driver.h"
#include "hv-under-test/target/interval.h"
#include "hv-under-test/target/sentinel.h"
#include "workloads/random.h"
#include "workloads/text.h"

/* A boot begins its markers somewhere within this many turns: 4 ms at 2 ns an instruction,
 * one period of a 250 Hz tick. */
#define START_PHASE_SPINS (1u << 20)

/* The gap of an iteration is longer by up to 1/8 of itself and this: enough to drift through
 * the phases of a tick within a run, too little to matter for the link. */
#define JITTER_SHIFT 3u
#define JITTER_MIN_SPINS 64u

#define PARAM_BYTES 512u

/* --- records ----------------------------------------------------------------------------- */

static void flush(struct target *t)
{
    size_t n = t->out.used;

    /* Emptied first: a fault inside write() must not send the same records again. */
    t->out.used = 0;
    t->out.start = 0;
    if (n)
        t->ops->write(t->text, n);
}

static struct record_writer *begin(struct target *t, const char *type)
{
    if (t->out.size - t->out.used <= RECORD_MAX_BYTES)
        flush(t);
    record_begin(&t->out, type);
    return &t->out;
}

static void end(struct target *t)
{
    if (record_end(&t->out) == 0)
        return;
    /* Too long for a record. It took no seq, so its loss must be said, not found. */
    record_begin(&t->out, "error");
    record_text(&t->out, "reason", "a record was longer than a record may be");
    record_end(&t->out);
}

void target_begin(struct target *t, const struct target_ops *ops, uint32_t boot)
{
    t->ops = ops;
    t->out.buf = t->text;
    t->out.size = sizeof t->text;
    t->out.boot = boot;
}

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

static void write_end(struct target *t, const char *status)
{
    struct record_writer *w = begin(t, "end");

    record_u64(w, "intervals", t->intervals);
    record_text(w, "status", status);
    end(t);
    flush(t);
}

void target_fail(struct target *t, const char *reason)
{
    struct record_writer *w;

    t->out.used = t->out.start; /* what follows is unfinished … */
    t->out.overflow = 0;
    w = begin(t, "error");
    record_text(w, "reason", reason);
    end(t);
    write_end(t, "error");
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

/* --- "no exit between markers", shown by differences -------------------------------------- */

static void do_nulls(struct target *t, unsigned count)
{
    /* The value that is on the pins already: the same two instructions as an interval, but
     * no edge, so the grammar of the markers does not see them. */
    for (unsigned i = 0; i < count; i++)
        interval_null(t->pins, t->pins_now, t->pins_now);
}

static void do_hypercalls(struct target *t, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        t->ops->hypercall_nop();
}

static void do_cpuids(struct target *t, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        t->ops->cpuid_nop();
}

static uint64_t exits_of(struct target *t, void (*group)(struct target *, unsigned),
                         unsigned count)
{
    uint64_t before = t->ops->exits_total();

    group(t, count);
    return t->ops->exits_total() - before;
}

/* Somebody else counts. */
static void audit_traced(struct target *t, enum sentinel_audit what,
                         void (*group)(struct target *, unsigned))
{
    for (unsigned i = 0; i < TARGET_AUDIT_ROUNDS; i++) {
        for (unsigned twice = 0; twice < 2; twice++) {
            t->ops->sentinel(sentinel_begin_site(what, (int)twice));
            group(t, TARGET_AUDIT_K << twice);
            t->ops->sentinel(SENTINEL_END);
        }
    }
}

static void audit_counted(struct target *t, enum sentinel_audit what,
                          void (*group)(struct target *, unsigned))
{
    static const char *const names[] = SENTINEL_AUDIT_NAMES;
    uint64_t best_k = UINT64_MAX, best_2k = UINT64_MAX;
    struct record_writer *w;

    /* The fewest of several rounds: an exit that the machine itself causes (a host interrupt)
     * falls into some rounds, an exit caused by the store into all of them. */
    for (unsigned i = 0; i < TARGET_AUDIT_ROUNDS; i++) {
        uint64_t k = exits_of(t, group, TARGET_AUDIT_K);
        uint64_t k2 = exits_of(t, group, 2 * TARGET_AUDIT_K);

        best_k = k < best_k ? k : best_k;
        best_2k = k2 < best_2k ? k2 : best_2k;
    }
    w = begin(t, "audit");
    record_text(w, "what", names[what]);
    record_u64(w, "k", TARGET_AUDIT_K);
    record_u64(w, "exits_k", best_k);
    record_u64(w, "exits_2k", best_2k);
    end(t);
}

static void audit_all(struct target *t)
{
    void (*audit)(struct target *, enum sentinel_audit, void (*)(struct target *, unsigned)) =
        t->ops->exits_total ? audit_counted : audit_traced;

    if (!t->ops->exits_total && !t->ops->sentinel)
        return;
    audit(t, SENTINEL_NULL, do_nulls);
    if (t->ops->hypercall_nop)
        audit(t, SENTINEL_HYPERCALL, do_hypercalls);
    else if (t->ops->cpuid_nop)
        audit(t, SENTINEL_CPUID, do_cpuids);
    flush(t);
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
        struct record_writer *w = begin(t, "iv");

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
        end(t);
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
            w = begin(t, "fact");
            record_u64(w, "console_in_run", w_index);
            record_u64(w, "before_iteration", i);
            end(t);
            flush(t);
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
    struct record_writer *w = begin(t, "run");
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
    end(t);
}

static void write_answer(struct target *t, const struct workload_run *run, unsigned w_index,
                         int wrong)
{
    struct record_writer *w = begin(t, "answer");

    record_u64(w, "w", w_index);
    record_text(w, "verdict", wrong ? "fail" : "ok");
    if (wrong)
        record_text(w, "reason", run->reason);
    record_text(w, "answer", run->answer);
    if (collection_has_guest_clock(&t->collection))
        record_s64(w, "guest_ns_total", (int64_t)run->guest_ns_total);
    for (unsigned i = 0; i < WORKLOAD_MAX_FIGURES && run->figure[i].key; i++)
        record_u64(w, run->figure[i].key, run->figure[i].value);
    end(t);
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
        flush(t);
        return;
    }
    ring.capacity = TARGET_RING_WORDS / ring.words;
    if (k->prepare && k->prepare(run))
        reason = run->reason;
    else if (!run->work)
        reason = "the workload did not say how much work it does";
    write_run(t, run, w_index, "error", reason);
    flush(t); /* a boot that dies in the run has told which one it was */
    if (!reason) {
        iterate(t, run, &ring, w_index);
        wrong = k->check(run);
        write_answer(t, run, w_index, wrong);
    }
    if (k->cleanup)
        k->cleanup(run);
    flush(t);
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

/* Room for "collector." and a name, "clock." and a name. */
#define COLLECTOR_KEY_BYTES 48u

static void write_clock_names(struct record_writer *w, const struct collector *c)
{
    for (unsigned i = 0; i < c->readings; i++) {
        char key[COLLECTOR_KEY_BYTES];
        struct text name = text_begin(key, sizeof key);

        text_put(&name, "clock.");
        text_put(&name, c->reading[i].name);
        record_text(w, key, c->reading[i].unit);
    }
}

static void write_collector_facts(struct target *t, const struct collector *c)
{
    const char *key, *value;

    for (unsigned i = 0; c->fact && c->fact(i, &key, &value); i++) {
        char name[COLLECTOR_KEY_BYTES];
        struct text k = text_begin(name, sizeof name);

        text_put(&k, "collector.");
        text_put(&k, c->name);
        text_put(&k, ".");
        text_put(&k, key);
        record_text(begin(t, "fact"), name, value);
        end(t);
    }
}

static void write_collectors(struct target *t)
{
    size_t count;
    const struct collector *const *table = collector_table(&count);

    for (size_t i = 0; i < count; i++) {
        char key[COLLECTOR_KEY_BYTES], value[WORKLOAD_REASON_BYTES];
        struct text k = text_begin(key, sizeof key), v = text_begin(value, sizeof value);
        const char *why = t->collection.why_not[i];

        if (!(t->plan.collectors & (1u << i)))
            continue;
        text_put(&k, "collector.");
        text_put(&k, table[i]->name);
        text_put(&v, why ? "unavailable: " : "read");
        text_put(&v, why ? why : "");
        record_text(begin(t, "fact"), key, value);
        end(t);
        write_collector_facts(t, table[i]);
    }
}

static void write_boot(struct target *t)
{
    struct record_writer *w = begin(t, "boot");

    record_text(w, "env", t->ops->env);
    record_hex(w, "card", t->card);
    record_u64(w, "tsc_hz", t->plan.tsc_hz);
    t->ops->describe_boot(w);
    for (unsigned i = 0; i < t->collection.count; i++)
        write_clock_names(w, t->collection.collector[i]);
    end(t);
    w = begin(t, "fact");
    record_u64(w, "seed", t->plan.seed);
    record_u64(w, "gap_spins", t->plan.gap_spins);
    record_u64(w, "arena_bytes", t->env.arena_bytes);
    record_text(w, "exits_counted",
                t->ops->exits_total ? "yes"
                : t->ops->sentinel  ? "traced"
                                    : "no");
    end(t);
    if (t->ops->describe) {
        t->ops->describe(begin(t, "fact"));
        end(t);
    }
    write_collectors(t);
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
    write_boot(t);
    flush(t);
    write_preamble(t);
    audit_all(t);
    at = 0;
    checkpoint(t, &at, &w_index);
    for (; next_run(t, &at, &run, reason) > 0; w_index++, checkpoint(t, &at, &w_index))
        run_one(t, &run, w_index);
    failed = collection_failed(&t->collection);
    if (failed) {
        target_fail(t, failed);
        return -1;
    }
    write_end(t, "ok");
    return 0;
}
