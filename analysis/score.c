/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/score.c - benchmarks' own formulas; see score.h.
 */
#include "analysis/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats.h"

#define LMBENCH_REPETITIONS 11
#define UNIXBENCH_PASSES 10
#define UNIXBENCH_DROPPED 3 /* one in three */

const char *score_style_name(enum score_style s)
{
    static const char *const name[SCORE_STYLES] = {"lmbench", "ubench", "unixbench"};

    return name[s];
}

const char *score_verdict_name(enum score_verdict v)
{
    static const char *const name[] = {"true", "wrong", "unknown"};

    return name[v];
}

/* Time per iteration of `parts` groups of neighbours; NaN, and no figure, if a group took none. */
static int in_groups(const double *ns, size_t n, double overhead_ns, size_t parts,
                     double *each)
{
    for (size_t k = 0; k < parts; k++) {
        const size_t from = n * k / parts, to = n * (k + 1) / parts;
        double sum = 0;

        for (size_t i = from; i < to; i++)
            sum += ns[i] - overhead_ns;
        each[k] = sum / (double)(to - from);
        if (!(each[k] > 0))
            return -1;
    }
    return 0;
}

static double lmbench(const double *each, size_t parts, const struct score_work *w)
{
    const double ns = stats_median(each, parts);

    return w->rate ? w->work * 1e9 / ns * w->scale : ns / w->work * w->scale;
}

static double unixbench(double *each, size_t parts, const struct score_work *w)
{
    const size_t kept = parts - parts / UNIXBENCH_DROPPED;
    double rate[UNIXBENCH_PASSES];

    stats_sort(each, parts); /* the slowest passes come last */
    for (size_t k = 0; k < kept; k++)
        rate[k] = w->work * 1e9 / each[k];
    return stats_geometric_mean(rate, kept);
}

double score_print(enum score_style style, const double *ns, size_t n, double overhead_ns,
                   const struct score_work *work)
{
    static const size_t most[SCORE_STYLES] = {LMBENCH_REPETITIONS, 1, UNIXBENCH_PASSES};
    const size_t parts = n < most[style] ? n : most[style];
    double each[LMBENCH_REPETITIONS];

    if (!n || !(work->work > 0) || in_groups(ns, n, overhead_ns, parts, each))
        return NAN;
    if (style == SCORE_LMBENCH)
        return lmbench(each, parts, work);
    if (style == SCORE_UNIXBENCH)
        return unixbench(each, parts, work);
    return work->work * 1e9 / each[0] * work->scale;
}

unsigned score_styles(const char *workload)
{
    static const char *const none[] = {"null", "clock", "observe"};

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        if (!strcmp(workload, none[i]))
            return 0;
    if (!strcmp(workload, "ub-cpu") || !strcmp(workload, "ub-mem"))
        return 1u << SCORE_UBENCH;
    return 1u << SCORE_LMBENCH | 1u << SCORE_UNIXBENCH;
}

/* A loop of the original makes five system calls, passes a token to the other process and back,
 * or writes and reads 512 bytes. */
static const struct score_test tests[] = {
    {"System Call Overhead", "lm-syscall", "op=null ", 5, 15000},
    {"Pipe-based Context Switching", "lm-ctx", "op=ring procs=2 size=0 ", 2, 4000},
    {"Pipe Throughput", "lm-pipe-bw", "chunk=512 ", 512, 12440},
};

const struct score_test *score_find_test(const char *workload, const char *param)
{
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        if (!strcmp(tests[i].workload, workload) &&
            !strncmp(tests[i].param, param, strlen(tests[i].param)))
            return &tests[i];
    return NULL;
}

enum score_verdict score_judge(double guest, double truth, double u_ppm, double *error_ppm)
{
    *error_ppm = (guest / truth - 1) * 1e6;
    if (isnan(*error_ppm))
        return SCORE_WRONG;
    if (isnan(u_ppm))
        return SCORE_UNKNOWN;
    return fabs(*error_ppm) <= u_ppm ? SCORE_TRUE : SCORE_WRONG;
}
