/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long analysis and reports take, how much memory, and whether both grow as the samples do.
 *
 *   report_bench [SAMPLES …]    else those of BENCH_SAMPLES, else 1e5 1e6 1e7; ascending
 *
 * One database of each size (scale_database.h), one after the other. Each part runs in a process
 * of its own, which has its own peak (getrusage) and may map no more than ADDRESS_MIB: what needs
 * more dies of it. Of two sizes the time of a processor per sample is compared, within one run: 1
 * is linear. The bench fails if a peak is above PEAK_MIB or a ratio above RATIO_MOST. Seconds are
 * printed beside their aims and judged by nobody: they depend on what else the computer does.
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
#include "reports/export.h"
#include "reports/report.h"
#include "tests/bench/scale_database.h"

#define PEAK_MIB 1024.0
#define ADDRESS_MIB 1536.0 /* libraries and what is mapped and never touched, too */
#define RATIO_MOST 2.0     /* caches that hold the small database do not hold the large one */
#define SIZES_MAX 8

static void check(int rc, const struct err *e)
{
    if (rc) {
        fprintf(stderr, "report_bench: %s\n", e->text);
        exit(1);
    }
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
    const struct rlimit limit = {(rlim_t)(ADDRESS_MIB * 1048576),
                                 (rlim_t)(ADDRESS_MIB * 1048576)};
    struct timespec a, b;
    struct rusage usage;
    int status;
    pid_t child;

    fflush(stdout);
    clock_gettime(CLOCK_MONOTONIC, &a);
    child = fork();
    if (child == 0) {
        if (setrlimit(RLIMIT_AS, &limit))
            _exit(1);
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

static void export_rows(const char *db, const char *view)
{
    struct query *query;
    struct err e = {0};
    FILE *f = fopen("/dev/null", "we");

    if (!f)
        exit(1);
    check(query_open(db, &query, &e), &e);
    check(export_view(query, view, NULL, EXPORT_CSV, f, &e), &e);
    query_close(query);
    fclose(f);
}

static const struct aim {
    double samples, seconds; /* of an analysis or a report */
} aim[] = {{1e6, 5}, {1e7, 60}};

static const struct {
    const char *name;
    void (*work)(const char *db, const char *argument);
    const char *argument;
    int aimed; /* what writes every duration is not */
} part[] = {{"analysis", analyse, NULL, 1},
            {"html", report, "html", 1},
            {"markdown", report, "markdown", 1},
            {"json", report, "json", 1},
            {"durations", export_rows, "durations", 0}};
#define PARTS (sizeof(part) / sizeof(part[0]))

struct size {
    double samples;
    struct cost cost[PARTS];
};

/* What of it is out of bounds. */
static int print_part(const struct size *now, const struct size *before, size_t p)
{
    const struct cost *c = &now->cost[p];
    int bad = c->mib > PEAK_MIB;

    printf("  %-10s %8.2f s, %7.2f s of a processor, peak %5.0f MiB%s", part[p].name,
           c->seconds, c->cpu, c->mib, bad ? " (ABOVE THE BOUND)" : "");
    if (before) {
        const double ratio = c->cpu / now->samples / (before->cost[p].cpu / before->samples);

        printf(", a sample %.2f of before%s", ratio,
               ratio > RATIO_MOST ? " (ABOVE THE BOUND)" : "");
        bad += ratio > RATIO_MOST;
    }
    for (size_t i = 0; i < sizeof(aim) / sizeof(aim[0]); i++)
        if (part[p].aimed && aim[i].samples == now->samples)
            printf("  (aim %.0f s: %s)", aim[i].seconds,
                   c->seconds < aim[i].seconds ? "reached"
                   : c->cpu < aim[i].seconds   ? "reached by the processor's time"
                                               : "not reached");
    putchar('\n');
    return bad;
}

static int measure_size(const char *db, struct size *now, const struct size *before)
{
    struct stat st;
    int bad = 0;

    scale_make_database(db, (uint64_t)now->samples);
    if (stat(db, &st))
        exit(1);
    printf("%.0e samples (%.0f MiB database)\n", now->samples, (double)st.st_size / 1048576);
    for (size_t p = 0; p < PARTS; p++) {
        now->cost[p] = measure(part[p].work, db, part[p].argument);
        bad += print_part(now, before, p);
    }
    return bad;
}

static size_t read_sizes(int argc, char **argv, struct size *out)
{
    const char *list = argc > 1 ? NULL : getenv("BENCH_SAMPLES");
    char *end;
    size_t n = 0;

    for (int i = 1; i < argc && n < SIZES_MAX; i++)
        out[n++].samples = strtod(argv[i], NULL);
    if (argc == 1 && !(list && *list))
        list = "1e5 1e6 1e7";
    for (; list && n < SIZES_MAX; list = end) {
        const double samples = strtod(list, &end);

        if (end == list)
            break;
        out[n++].samples = samples;
    }
    for (size_t i = 0; i < n; i++)
        if (out[i].samples < 1000 || (i && out[i].samples <= out[i - 1].samples)) {
            fprintf(stderr, "report_bench: numbers of samples ascend, from 1000 on\n");
            exit(2);
        }
    return n;
}

int main(int argc, char **argv)
{
    struct size size[SIZES_MAX] = {{0}};
    const size_t sizes = read_sizes(argc, argv, size);
    char dir[] = "/tmp/etalon-bench-XXXXXX", db[64];
    int bad = 0;

    if (!mkdtemp(dir))
        return 1;
    snprintf(db, sizeof(db), "%s/scale.db", dir);
    printf("analysis and report: peak at most %.0f MiB (and %.0f MiB of addresses), the time "
           "of a "
           "sample at most %.1f times that of the size before\n",
           PEAK_MIB, ADDRESS_MIB, RATIO_MOST);
    for (size_t i = 0; i < sizes; i++)
        bad += measure_size(db, &size[i], i ? &size[i - 1] : NULL);
    paths_remove_tree(dir, NULL);
    if (bad)
        printf("%d figures are out of bounds\n", bad);
    else
        puts("all within bounds");
    return bad != 0;
}
