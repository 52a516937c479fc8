/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/golden/synthetic.h - a database made up for tests of the output side.
 *
 * Three platforms, a dozen runs, known figures: the true times of every run are in
 * synthetic_run[], so a test can say what a report must show. No clock, no randomness but the
 * generator below: two calls give the same database, and boots with the same seed are the
 * same boot.
 */
#ifndef ETALON_TESTS_GOLDEN_SYNTHETIC_H
#define ETALON_TESTS_GOLDEN_SYNTHETIC_H

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/store.h"

enum { SYNTHETIC_BARE, SYNTHETIC_NATIVE, SYNTHETIC_VMM, SYNTHETIC_PLATFORMS };

struct synthetic_run {
    const char *workload, *param, *metric, *unit, *form;
    double scale;
    uint64_t work, iterations;
    int64_t ticks[SYNTHETIC_PLATFORMS]; /* best time in ticks of 2 ns; 0: skipped there */
    const char *skip;                   /* why */
};

static const struct synthetic_run synthetic_run[] = {
    {"null", "", "time", "ns", "per", 1, 1, 200, {1, 1, 1}, ""},
    {"spin",
     "n=10000",
     "time",
     "ns/instruction",
     "per",
     1,
     10000,
     50,
     {10007, 10007, 10007},
     ""},
    {"spin",
     "n=20000",
     "time",
     "ns/instruction",
     "per",
     1,
     20000,
     50,
     {20007, 20007, 20007},
     ""},
    {"exits", "op=empty n=100", "time", "ns/op", "per", 1, 100, 20, {500, 500, 500}, ""},
    {"exits",
     "op=hypercall n=100",
     "time",
     "ns/op",
     "per",
     1,
     100,
     20,
     {0, 0, 6500},
     "no hypervisor answers a hypercall here"},
    {"exits", "op=cpuid n=100", "time", "ns/op", "per", 1, 100, 20, {600, 600, 8000}, ""},
    {"exits", "op=rdtsc n=100", "time", "ns/op", "per", 1, 100, 20, {600, 600, 600}, ""},
    {"exits",
     "op=port-out n=100",
     "time",
     "ns/op",
     "per",
     1,
     100,
     20,
     {600, 0, 7100},
     "a Linux process may not write to ports"},
    {"memory",
     "op=read size=1048576",
     "bandwidth",
     "MB/s",
     "rate",
     1e-6,
     1048576,
     20,
     {262150, 262190, 262150},
     ""},
    {"ub-cpu",
     "n=1000",
     "score",
     "points",
     "rate",
     1.0 / 50190,
     1000,
     20,
     {4000000, 4031000, 4000000},
     ""},
    {"superpi",
     "digits=1024",
     "time",
     "ms",
     "per",
     1e-6,
     1,
     3,
     {23456789, 23561234, 23456789},
     ""},
    {"lm-pipe",
     "",
     "latency",
     "\xC2\xB5s",
     "per",
     1e-3,
     1,
     60,
     {0, 5210, 0},
     "needs a Linux kernel"},
    {"clock", "", "time", "ns", "per", 1, 1, 100, {4, 80, 4}, ""},
    {"observe",
     "collector=none n=10",
     "observer-cost",
     "ns/sample",
     "per",
     1,
     10,
     20,
     {50, 50, 50},
     ""},
    {"observe",
     "collector=clocks n=10",
     "observer-cost",
     "ns/sample",
     "per",
     1,
     10,
     20,
     {90, 12350, 90},
     ""},
};
#define SYNTHETIC_RUNS (sizeof(synthetic_run) / sizeof(synthetic_run[0]))

struct synthetic {
    const char *name; /* of the campaign */
    int deterministic;
    int seeds_each;         /* every boot its own seed */
    unsigned boots;         /* of each platform */
    const char *extra_text; /* put into reasons, facts and answers: the malicious guest */
    const char *vmm_variant, *native_clock; /* names of its own; NULL: "svm+nested", "real" */
    const char
        *baseline[2];       /* platform and variant that others are compared with; NULL none */
    int crash;              /* one more boot of vmm-bare, which crashed */
    double native_skew_ppm; /* of the native clocks */
    double native_steal;    /* steal there, over true time; with native_cpu */
    double native_cpu;      /* user + sys there by the kernel's books, over true time: 1 is a
                               busy processor, more is a lie; 0: neither is read */
};

struct synthetic_state {
    struct store *s;
    const struct synthetic *what;
    int64_t boot;
    int platform;
    uint64_t rng, tick, interval;
};

static inline uint64_t synthetic_random(struct synthetic_state *st, uint64_t below)
{
    st->rng ^= st->rng >> 12;
    st->rng ^= st->rng << 25;
    st->rng ^= st->rng >> 27;
    return (st->rng * 2685821657736338717u >> 33) % below;
}

#define SYNTHETIC_TRY(call)                                                                   \
    do {                                                                                      \
        struct err synthetic_err = {0};                                                       \
        struct err *e = &synthetic_err;                                                       \
        if ((call) < 0) {                                                                     \
            fprintf(stderr, "synthetic: %s\n", synthetic_err.text);                           \
            abort();                                                                          \
        }                                                                                     \
    } while (0)

/* On native a timer tick of 11,000 to 12,000 ns falls into every 4 ms or so. */
static inline int64_t synthetic_ticks(struct synthetic_state *st,
                                      const struct synthetic_run *r)
{
    int64_t ticks = r->ticks[st->platform];

    if (st->platform != SYNTHETIC_NATIVE)
        return ticks;
    for (int64_t left = ticks; left > 2000000; left -= 2000000)
        ticks += 5500 + (int64_t)synthetic_random(st, 500);
    if (synthetic_random(st, 2000000) < (uint64_t)r->ticks[st->platform] + 60000)
        ticks += 5500 + (int64_t)synthetic_random(st, 500);
    return ticks;
}

static inline int64_t synthetic_clock(const struct synthetic_state *st, uint64_t tick,
                                      int wall)
{
    double skew = st->platform == SYNTHETIC_NATIVE ? st->what->native_skew_ppm * 1e-6 : 0;
    int64_t ns = (int64_t)tick * 2;

    ns += (int64_t)floor((double)ns * skew);
    return wall ? ns + INT64_C(1735689600000000000) : ns;
}

/* Processor time at a tick: nine tenths of it user, a tenth sys. */
static inline int64_t synthetic_used(const struct synthetic_state *st, uint64_t tick, int user)
{
    return (int64_t)((double)(tick * 2) * st->what->native_cpu * (user ? 0.9 : 0.1));
}

static inline void synthetic_interval(struct synthetic_state *st, int64_t w, int64_t iteration,
                                      const struct synthetic_run *r)
{
    struct store_interval i = {.n = st->interval,
                               .w = w,
                               .iteration = iteration,
                               .reading = STORE_NONE,
                               .verdict = VERDICT_OK,
                               .reason = ""};
    int64_t duration = synthetic_ticks(st, r);

    i.start_tick = (int64_t)st->tick;
    i.stop_tick = i.start_tick + duration;
    if (!strcmp(r->workload, "clock"))
        i.reading = synthetic_clock(st, st->tick + (uint64_t)duration / 2, 0);
    SYNTHETIC_TRY(store_add_interval(st->s, st->boot, &i, e));
    SYNTHETIC_TRY(store_add_reading(st->s, st->boot, i.n, 0,
                                    synthetic_clock(st, (uint64_t)i.start_tick - 3, 0),
                                    synthetic_clock(st, (uint64_t)i.stop_tick + 3, 0), e));
    if (st->platform == SYNTHETIC_NATIVE) {
        SYNTHETIC_TRY(store_add_reading(
            st->s, st->boot, i.n, 1, synthetic_clock(st, (uint64_t)i.start_tick - 40, 1),
            synthetic_clock(st, (uint64_t)i.stop_tick + 40, 1), e));
        SYNTHETIC_TRY(store_add_reading(st->s, st->boot, i.n, 2, (int64_t)i.n * 3,
                                        (int64_t)i.n * 3 + 2, e));
    }
    for (uint32_t k = 0; k < 2 && st->platform == SYNTHETIC_NATIVE && st->what->native_cpu > 0;
         k++)
        SYNTHETIC_TRY(store_add_reading(
            st->s, st->boot, i.n, 3 + k, synthetic_used(st, (uint64_t)i.start_tick - 60, !k),
            synthetic_used(st, (uint64_t)i.stop_tick + 60, !k), e));
    if (st->platform == SYNTHETIC_NATIVE && st->what->native_steal > 0)
        SYNTHETIC_TRY(
            store_add_reading(st->s, st->boot, i.n, 5,
                              (int64_t)((double)i.start_tick * 2 * st->what->native_steal),
                              (int64_t)((double)i.stop_tick * 2 * st->what->native_steal), e));
    st->interval++;
    st->tick = (uint64_t)i.stop_tick + 25000 + synthetic_random(st, 1000);
}

static inline void synthetic_one_run(struct synthetic_state *st, uint32_t w,
                                     const struct synthetic_run *r)
{
    int skipped = !r->ticks[st->platform];
    struct store_run run = {.w = w,
                            .workload = r->workload,
                            .param = r->param,
                            .metric = r->metric,
                            .unit = r->unit,
                            .form = r->form,
                            .scale = r->scale,
                            .work = skipped ? 0 : r->work,
                            .iterations = skipped ? 0 : r->iterations,
                            .first_interval = st->interval,
                            .verdict = skipped ? VERDICT_SKIP : VERDICT_OK,
                            .reason = skipped ? r->skip : "",
                            .answer =
                                st->what->extra_text ? st->what->extra_text : "as expected"};

    SYNTHETIC_TRY(store_add_run(st->s, st->boot, &run, e));
    for (uint64_t i = 0; !skipped && i < r->iterations; i++)
        synthetic_interval(st, w, (int64_t)i, r);
    if (!strcmp(r->workload, "ub-cpu"))
        SYNTHETIC_TRY(
            store_add_figure(st->s, st->boot, w, "guest_score_milli", 2490 + st->platform, e));
}

static inline void synthetic_boot(struct store *s, const struct synthetic *what,
                                  int64_t campaign, uint32_t plan_index, int platform,
                                  uint64_t seed, enum verdict verdict)
{
    static const char *const names[] = {"bare", "native", "vmm-bare"};
    static const char *const variants[] = {"default", "default", "svm+nested"};
    struct synthetic_state st = {.s = s,
                                 .what = what,
                                 .platform = platform,
                                 .rng = seed * 2654435769u + 1,
                                 .tick = 500000};
    struct store_boot b = {
        .campaign = campaign,
        .plan_index = plan_index,
        .platform = names[platform],
        .variant = platform == SYNTHETIC_VMM && what->vmm_variant ? what->vmm_variant
                                                                  : variants[platform],
        .block = plan_index / 3,
        .position = plan_index % 3,
        .seed = seed,
        .plan = "null/spin",
        .verdict = verdict,
        .reason =
            verdict == VERDICT_OK ? "" : "the machine died before the target's last word",
        .grade = 'A',
        .end = verdict == VERDICT_OK ? "powered-off" : "died",
        .machine_time_ns = 4000000000u,
        .tick_hz = 500000000,
        .step_ticks = 1,
        .fclk_hz = 250000000,
        .baud = 12000000,
        .phases = 2,
        .source_id = 0x1122334455667788,
        .path_u_ns = 0,
        .guest_clock = platform == SYNTHETIC_NATIVE ? "raw" : "tsc",
        .guest_clock_hz = 1000000000,
        .frames = 5432,
        .events = 4321,
        .heartbeats = 40,
        .high_water = 12,
        .markers = 2200,
        .reference_edges = 4,
        .reference_first_tick = 500000000,
        .reference_last_tick = 2000000000,
        .records = 1100};

    SYNTHETIC_TRY(store_begin_boot(s, &b, &st.boot, e));
    SYNTHETIC_TRY(store_add_frames(s, st.boot, "\xC0\x01\xC0", 3, e));
    SYNTHETIC_TRY(store_add_console(s, st.boot, 0, "hello\n", 6, e));
    SYNTHETIC_TRY(store_add_log(s, st.boot, "host says\n", 10, e));
    SYNTHETIC_TRY(store_add_fact(s, st.boot, "tsc_hz", "1000000000", e));
    SYNTHETIC_TRY(store_add_fact(s, st.boot, "env",
                                 platform == SYNTHETIC_NATIVE ? "linux" : "payload", e));
    SYNTHETIC_TRY(store_add_clock(s, st.boot, 0, platform == SYNTHETIC_NATIVE ? "raw" : "tsc",
                                  platform == SYNTHETIC_NATIVE ? "ns" : "ticks", e));
    if (platform == SYNTHETIC_NATIVE) {
        SYNTHETIC_TRY(store_add_clock(
            s, st.boot, 1, what->native_clock ? what->native_clock : "real", "ns", e));
        SYNTHETIC_TRY(store_add_clock(s, st.boot, 2, "faults", "count", e));
    }
    if (platform == SYNTHETIC_NATIVE && what->native_cpu > 0) {
        SYNTHETIC_TRY(store_add_clock(s, st.boot, 3, "user", "ns", e));
        SYNTHETIC_TRY(store_add_clock(s, st.boot, 4, "sys", "ns", e));
        if (what->native_steal > 0)
            SYNTHETIC_TRY(store_add_clock(s, st.boot, 5, "steal", "accounted_ns", e));
        SYNTHETIC_TRY(store_add_fact(s, st.boot, "process_cpus", "1", e));
        SYNTHETIC_TRY(store_add_fact(s, st.boot, "online_cpus", "1", e));
        SYNTHETIC_TRY(store_add_fact(s, st.boot, "tick_ns", "4000000", e));
    }
    for (uint32_t w = 0; w < SYNTHETIC_RUNS; w++)
        synthetic_one_run(&st, w, &synthetic_run[w]);
    if (platform == SYNTHETIC_VMM) {
        static const struct {
            const char *cause;
            uint64_t count, ticks[3];
        } exits[] = {{"hypercall", 2000, {236000, 118, 118}},
                     {"cpuid", 2050, {291100, 142, 142}},
                     {"port-out", 9034, {1156352, 128, 128}},
                     {"nested-fault", 41, {90000, 1400, 5200}}};

        for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
            SYNTHETIC_TRY(store_add_exit_count(s, st.boot, -1, exits[i].cause, exits[i].count,
                                               exits[i].ticks, e));
        SYNTHETIC_TRY(store_add_audit(s, st.boot, 0, "null", 1000, 3, 3, e));
        SYNTHETIC_TRY(store_add_audit(s, st.boot, 1, "hypercall", 1000, 1003, 2003, e));
    }
    if (verdict != VERDICT_OK)
        SYNTHETIC_TRY(store_add_damage(s, st.boot, 0, "frames", "sequence hole", 4711,
                                       what->extra_text ? what->extra_text : "12 missing", e));
    SYNTHETIC_TRY(store_commit_boot(s, e));
}

static inline int64_t synthetic_fill(struct store *s, const struct synthetic *what)
{
    struct store_campaign c = {
        .name = what->name,
        .bench = what->deterministic ? "lab" : "host",
        .hash = "6bff0e3c2f5d0a6a4f0cf2ee6e6f3c7b8c52e3f1f2c61d9f4b1c0d0e0f101112",
        .text = "name = \"demo\";\nseed = 1;\n",
        .deterministic = what->deterministic,
        .ns_per_instruction = what->deterministic ? 2 : 0,
        .boots_planned = what->boots * 3};
    int64_t id;
    uint32_t plan = 0;

    SYNTHETIC_TRY(store_put_campaign(s, &c, &id, e));
    SYNTHETIC_TRY(store_put_fact(s, id, "etalon.version", "0.1", e));
    if (what->baseline[0]) {
        SYNTHETIC_TRY(store_put_fact(s, id, "baseline.platform", what->baseline[0], e));
        SYNTHETIC_TRY(store_put_fact(s, id, "baseline.variant", what->baseline[1], e));
    }
    SYNTHETIC_TRY(store_put_fact(s, id, "bench.qemu.version", "7.2.22", e));
    SYNTHETIC_TRY(store_put_fact(
        s, id, "bench.machine.options",
        what->extra_text ? what->extra_text : "-accel tcg -icount shift=1,sleep=off", e));
    SYNTHETIC_TRY(store_put_host_fact(s, id, "host.name", "secret-host-name", e));
    for (unsigned b = 0; b < what->boots; b++) {
        for (int p = 0; p < SYNTHETIC_PLATFORMS; p++) {
            uint64_t seed = what->seeds_each ? 100 + plan : 100;
            int64_t attempt;

            SYNTHETIC_TRY(store_begin_attempt(s, id, plan, 1234567890123, &attempt, e));
            synthetic_boot(s, what, id, plan++, p, seed, VERDICT_OK);
            SYNTHETIC_TRY(store_end_attempt(s, attempt, 1234567890999, "complete", e));
        }
    }
    if (what->crash)
        synthetic_boot(s, what, id, plan, SYNTHETIC_VMM, 999, VERDICT_CRASH);
    return id;
}

#endif
