/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a report takes and how much memory, and whether both grow as the samples do.
 *
 *   report_bench [SAMPLES …]            databases of so many samples (10^5, 10^6 and 10^7), one
 *                                       after the other; analysis and report of each
 *   report_bench make FILE SAMPLES      only the database, kept
 *
 * The database is one of a bench that is not deterministic: three platforms, ten boots of each,
 * four workloads, every duration another one, and the guest's clock around every interval.
 * Analysis and report run in processes of their own, so that each has its own peak. The figures
 * of one run are compared with one another. Aims are of a processor's time, which does not depend
 * on what else the computer does.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analysis/query.h"
#include "analysis/summarise.h"
#include "base/paths.h"
#include "collector/store.h"
#include "reports/report.h"

#define PLATFORMS 3
#define BOOTS 10 /* of each platform */
#define BATCH 512

static const struct {
    const char *workload, *param, *metric, *unit, *form;
    double scale;
    uint64_t work;
    int64_t ticks; /* of 2 ns, at least */
} load[] = {
    {"null", "", "time", "ns", "per", 1, 1, 20},
    {"spin", "n=10000", "time", "ns/instruction", "per", 1, 10000, 5200},
    {"exits", "op=cpuid n=100", "time", "ns/op", "per", 1, 100, 9000},
    {"memory", "op=read size=65536", "bandwidth", "MB/s", "rate", 1e-6, 65536, 3300},
};
#define LOADS (sizeof(load) / sizeof(load[0]))

static void check(int rc, const struct err *e)
{
    if (rc) {
        fprintf(stderr, "report_bench: %s\n", e->text);
        exit(1);
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}

/* A floor, a spread of a tenth, and in one of a hundred a long tail: no two alike. */
static int64_t duration(uint64_t *rng, int64_t floor_ticks)
{
    const uint64_t r = next_random(rng) >> 33;
    int64_t ticks = floor_ticks + (int64_t)(r % (uint64_t)(floor_ticks / 10 + 3));

    if (r % 100 == 0)
        ticks += (int64_t)(next_random(rng) >> 33) % (40 * floor_ticks);
    return ticks;
}

struct filling {
    struct store *store;
    int64_t boot;
    uint64_t rng, n;
    int64_t tick;
    struct store_interval interval[BATCH];
    struct store_reading reading[BATCH];
};

static void fill_run(struct filling *f, uint32_t w, uint64_t samples, int platform)
{
    struct err e = {0};
    const struct store_run run = {.w = w,
                                  .workload = load[w].workload,
                                  .param = load[w].param,
                                  .metric = load[w].metric,
                                  .unit = load[w].unit,
                                  .form = load[w].form,
                                  .scale = load[w].scale,
                                  .work = load[w].work,
                                  .iterations = samples,
                                  .first_interval = f->n,
                                  .verdict = VERDICT_OK,
                                  .reason = "",
                                  .answer = ""};

    check(store_add_run(f->store, f->boot, &run, &e), &e);
    for (uint64_t done = 0; done < samples;) {
        size_t n = 0;

        for (; n < BATCH && done < samples; n++, done++, f->n++) {
            const int64_t stop = f->tick + duration(&f->rng, load[w].ticks) + 7 * platform;

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
        check(store_add_intervals(f->store, f->boot, f->interval, n, &e), &e);
        check(store_add_readings(f->store, f->boot, f->reading, n, &e), &e);
    }
}

static void make_database(const char *path, uint64_t samples)
{
    static const char *const name[PLATFORMS][2] = {
        {"bare", "default"}, {"native", "default"}, {"vmm", "svm+nested"}};
    static struct filling f;
    const struct store_campaign campaign = {.name = "scale",
                                            .hash = "scale",
                                            .text = "",
                                            .bench = "host",
                                            .boots_planned = PLATFORMS * BOOTS};
    struct err e = {0};
    int64_t id;

    f = (struct filling){.rng = 20110915};
    unlink(path);
    check(store_open(path, STORE_CREATE, &f.store, &e), &e);
    check(store_put_campaign(f.store, &campaign, &id, &e), &e);
    for (uint32_t i = 0; i < PLATFORMS * BOOTS; i++) {
        const struct store_boot boot = {.campaign = id,
                                        .plan_index = i,
                                        .platform = name[i % PLATFORMS][0],
                                        .variant = name[i % PLATFORMS][1],
                                        .block = i / PLATFORMS,
                                        .position = i % PLATFORMS,
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
        check(store_begin_boot(f.store, &boot, &f.boot, &e), &e);
        check(store_add_clock(f.store, f.boot, 0, "raw", "ns", &e), &e);
        for (uint32_t w = 0; w < LOADS; w++)
            fill_run(&f, w, samples / (PLATFORMS * BOOTS * LOADS), (int)(i % PLATFORMS));
        check(store_commit_boot(f.store, &e), &e);
    }
    store_close(f.store);
}

struct cost {
    double seconds, cpu, mib; /* cpu: with that of its gnuplots */
};

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + 1e-6 * (double)t->tv_usec;
}

/* In a process of its own: only so has each its own peak. */
static struct cost measure(void (*work)(const char *db, const char *argument), const char *db,
                           const char *argument)
{
    struct timespec a, b;
    struct rusage usage;
    int status;
    pid_t child;

    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &a);
    child = fork();
    if (child == 0) {
        work(db, argument);
        _exit(0);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
        fprintf(stderr, "report_bench: the measured process failed\n");
        exit(1);
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (struct cost){(double)(b.tv_sec - a.tv_sec) +
                             1e-9 * (double)(b.tv_nsec - a.tv_nsec),
                         seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime),
                         (double)usage.ru_maxrss / 1024};
}

static void analyse(const char *db, const char *unused)
{
    struct store *store;
    struct err e = {0};

    (void)unused;
    check(store_open(db, STORE_WRITE, &store, &e), &e);
    check(summarise_campaign(store, "scale", &e), &e);
    store_close(store);
}

static void report(const char *db, const char *format)
{
    struct report_request request = {.campaign = "scale"};
    const struct report_format *f = report_find(format);
    struct err e = {0};
    char dir[] = "/tmp/etalon-bench-report-XXXXXX";

    if (!mkdtemp(dir))
        exit(1);
    request.out_dir = dir;
    check(query_open(db, &request.query, &e), &e);
    check(f->write(&request, &e), &e);
    query_close(request.query);
    paths_remove_tree(dir, NULL);
}

static const struct aim {
    double samples, seconds, mib; /* of analysis and of a report; NAN: none */
} aim[] = {{1e5, NAN, NAN}, {1e6, 5, NAN}, {1e7, 60, 1024}};
#define AIMS (sizeof(aim) / sizeof(aim[0]))

static const struct {
    const char *name, *format; /* NULL: the analysis */
    int aimed;                 /* csv holds every duration: no aim */
} part[] = {{"analysis", NULL, 1},
            {"html", "html", 1},
            {"markdown", "markdown", 1},
            {"json", "json", 1},
            {"csv", "csv", 0}};
#define PARTS (sizeof(part) / sizeof(part[0]))

static void print_row(const char *name, const struct cost *c, const struct cost *before,
                      const struct aim *a)
{
    printf("  %-10s %8.2f s, %7.2f s of a processor, %5.0f MiB", name, c->seconds, c->cpu,
           c->mib);
    if (before)
        printf("  %5.1f times the work, %4.1f times the memory", c->cpu / before->cpu,
               c->mib / before->mib);
    if (a && !isnan(a->seconds))
        printf("  (aim %.0f s: %s)", a->seconds,
               c->cpu < a->seconds ? "reached" : "not reached");
    if (a && !isnan(a->mib))
        printf("  (aim %.0f MiB: %s)", a->mib, c->mib <= a->mib ? "reached" : "not reached");
    putchar('\n');
}

static void measure_size(const char *db, double samples, struct cost *cost, int first)
{
    const struct aim *a = NULL;
    struct stat st;

    make_database(db, (uint64_t)samples);
    if (stat(db, &st))
        exit(1);
    for (size_t i = 0; i < AIMS; i++)
        if (aim[i].samples == samples)
            a = &aim[i];
    printf("report of %.0e samples (%.0f MiB database)\n", samples,
           (double)st.st_size / 1048576);
    for (size_t p = 0; p < PARTS; p++) {
        const struct cost before = cost[p];

        cost[p] =
            part[p].format ? measure(report, db, part[p].format) : measure(analyse, db, NULL);
        print_row(part[p].name, &cost[p], first ? NULL : &before, part[p].aimed ? a : NULL);
    }
}

int main(int argc, char **argv)
{
    struct cost cost[PARTS];
    char dir[] = "/tmp/etalon-bench-XXXXXX", db[64];

    if (argc == 4 && !strcmp(argv[1], "make")) {
        make_database(argv[2], strtoull(argv[3], NULL, 10));
        return 0;
    }
    if (!mkdtemp(dir))
        return 1;
    snprintf(db, sizeof(db), "%s/scale.db", dir);
    if (argc > 1)
        for (int i = 1; i < argc; i++)
            measure_size(db, strtod(argv[i], NULL), cost, i == 1);
    else
        for (size_t i = 0; i < AIMS; i++)
            measure_size(db, aim[i].samples, cost, i == 0);
    paths_remove_tree(dir, NULL);
    return 0;
}
