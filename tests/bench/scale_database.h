/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A database of so many samples as analysis and report shall bear, of a bench that is not
 * deterministic: three platforms, ten boots of each, five workloads, every duration another one,
 * and the guest's clock around every interval. The same number gives the same database.
 *
 * A program of its own includes it (tests/bench, tests/system); what goes wrong ends it.
 */
#ifndef ETALON_TESTS_SCALE_DATABASE_H
#define ETALON_TESTS_SCALE_DATABASE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collector/store.h"

#define SCALE_PLATFORMS 3
#define SCALE_BOOTS 10 /* of each platform */
#define SCALE_BATCH 512

static const struct {
    const char *workload, *param, *metric, *unit, *form;
    double scale;
    uint64_t work;
    int64_t ticks; /* of 2 ns, at least */
} scale_load[] = {
    {"null", "", "time", "ns", "per", 1, 1, 20},
    {"spin", "n=10000", "time", "ns/instruction", "per", 1, 10000, 5200},
    {"exits", "op=empty n=100", "time", "ns/op", "per", 1, 100, 60},
    {"exits", "op=cpuid n=100", "time", "ns/op", "per", 1, 100, 9000},
    {"memory", "op=read size=65536", "bandwidth", "MB/s", "rate", 1e-6, 65536, 3300},
};
#define SCALE_LOADS (sizeof(scale_load) / sizeof(scale_load[0]))

static void scale_check(int rc, const struct err *e)
{
    if (rc) {
        fprintf(stderr, "scale database: %s\n", e->text);
        exit(1);
    }
}

static uint64_t scale_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}

/* A floor, a spread of a tenth, and in one of a hundred a long tail: no two alike. */
static int64_t scale_duration(uint64_t *rng, int64_t floor_ticks)
{
    const uint64_t r = scale_random(rng) >> 33;
    int64_t ticks = floor_ticks + (int64_t)(r % (uint64_t)(floor_ticks / 10 + 3));

    if (r % 100 == 0)
        ticks += (int64_t)(scale_random(rng) >> 33) % (40 * floor_ticks);
    return ticks;
}

struct scale_filling {
    struct store *store;
    int64_t boot;
    uint64_t rng, n;
    int64_t tick;
    struct store_interval interval[SCALE_BATCH];
    struct store_reading reading[SCALE_BATCH];
};

static void scale_fill_run(struct scale_filling *f, uint32_t w, uint64_t samples, int platform)
{
    struct err e = {0};
    const struct store_run run = {.w = w,
                                  .workload = scale_load[w].workload,
                                  .param = scale_load[w].param,
                                  .metric = scale_load[w].metric,
                                  .unit = scale_load[w].unit,
                                  .form = scale_load[w].form,
                                  .scale = scale_load[w].scale,
                                  .work = scale_load[w].work,
                                  .iterations = samples,
                                  .first_interval = f->n,
                                  .verdict = VERDICT_OK,
                                  .reason = "",
                                  .answer = ""};

    scale_check(store_add_run(f->store, f->boot, &run, &e), &e);
    for (uint64_t done = 0; done < samples;) {
        size_t n = 0;

        for (; n < SCALE_BATCH && done < samples; n++, done++, f->n++) {
            const int64_t stop =
                f->tick + scale_duration(&f->rng, scale_load[w].ticks) + 7 * platform;

            f->interval[n] = (struct store_interval){.n = f->n,
                                                     .w = w,
                                                     .iteration = (int64_t)done,
                                                     .start_tick = f->tick,
                                                     .stop_tick = stop,
                                                     .reading = STORE_NONE,
                                                     .verdict = VERDICT_OK,
                                                     .reason = ""};
            f->reading[n] = (struct store_reading){
                .n = f->n, .clock = 0, .before = 2 * f->tick - 60, .after = 2 * stop + 60};
            f->tick = stop + 20000;
        }
        scale_check(store_add_intervals(f->store, f->boot, f->interval, n, &e), &e);
        scale_check(store_add_readings(f->store, f->boot, f->reading, n, &e), &e);
    }
}

static void scale_make_database(const char *path, uint64_t samples)
{
    static const char *const name[SCALE_PLATFORMS][2] = {
        {"bare", "default"}, {"native", "default"}, {"vmm", "svm+nested"}};
    static struct scale_filling f;
    const struct store_campaign campaign = {.name = "scale",
                                            .hash = "scale",
                                            .text = "",
                                            .bench = "host",
                                            .boots_planned = SCALE_PLATFORMS * SCALE_BOOTS};
    struct err e = {0};
    int64_t id;

    f = (struct scale_filling){.rng = 20110915};
    unlink(path);
    scale_check(store_open(path, STORE_CREATE, &f.store, &e), &e);
    scale_check(store_put_campaign(f.store, &campaign, &id, &e), &e);
    for (uint32_t i = 0; i < SCALE_PLATFORMS * SCALE_BOOTS; i++) {
        const struct store_boot boot = {.campaign = id,
                                        .plan_index = i,
                                        .platform = name[i % SCALE_PLATFORMS][0],
                                        .variant = name[i % SCALE_PLATFORMS][1],
                                        .block = i / SCALE_PLATFORMS,
                                        .position = i % SCALE_PLATFORMS,
                                        .seed = 1 + i,
                                        .plan = "",
                                        .verdict = VERDICT_OK,
                                        .reason = "",
                                        .grade = 'A',
                                        .end = "powered-off",
                                        .tick_hz = 500000000,
                                        .step_ticks = 1,
                                        .fclk_hz = 250000000,
                                        .phases = 2,
                                        .guest_clock = "raw",
                                        .guest_clock_hz = 1000000000,
                                        .reference_first_tick = STORE_NONE,
                                        .reference_last_tick = STORE_NONE};

        f.n = 0;
        f.tick = 1000000;
        scale_check(store_begin_boot(f.store, &boot, &f.boot, &e), &e);
        scale_check(store_add_clock(f.store, f.boot, 0, "raw", "ns", &e), &e);
        for (uint32_t w = 0; w < SCALE_LOADS; w++)
            scale_fill_run(&f, w, samples / (SCALE_PLATFORMS * SCALE_BOOTS * SCALE_LOADS),
                           (int)(i % SCALE_PLATFORMS));
        scale_check(store_commit_boot(f.store, &e), &e);
    }
    store_close(f.store);
}

#endif
