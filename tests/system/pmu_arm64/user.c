/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/pmu_arm64/user.c - instructions and cycles read in user space, no system call
 * between two readings: first as the machine starts, where the kernel keeps its counters, then
 * with kernel.perf_user_access, by whose leave the counts must be exact.
 */
#include <stdio.h>

#include "collector/pmu/selftest.h"
#include "collector/pmu/user.h"
#include "init.h"

#define ACCESS "/proc/sys/kernel/perf_user_access"

/* Not inlined, so that each N has the same instructions around the loop. */
static __attribute__((noinline)) int read_around(const struct pmu_group *g, unsigned long n,
                                                 struct pmu_reading *before,
                                                 struct pmu_reading *after, struct err *e)
{
    int rc = pmu_user_read(g, 0, before, e);

    pmu_loop(n);
    return rc == 0 ? pmu_user_read(g, 1, after, e) : rc;
}

static int open_lent(struct pmu_group *g, struct err *e)
{
    static const char *const name[] = {"arm_ac57::INST_RETIRED", "arm_ac57::CPU_CYCLES"};
    struct pmu_event event[2];
    int rc = 0;

    for (int i = 0; rc == 0 && i < 2; i++) {
        rc = pmu_encode(name[i], PMU_LEVEL_USER, PMU_SIDE_BOTH, &event[i], e);
        if (rc == 0)
            pmu_user_ask(&event[i]);
    }
    if (rc == 0)
        rc = pmu_group_open(g, event, 2, 0, -1, e);
    if (rc == 0)
        rc = pmu_group_start(g, e);
    return rc == 0 ? pmu_user_prove(g, e) : rc;
}

static void allow(int yes)
{
    FILE *f = fopen(ACCESS, "w");

    if (!f || fprintf(f, "%d\n", yes) < 0 || fclose(f) != 0)
        printf("user verdict=" ACCESS " cannot be written\n");
}

void read_in_user_space(void)
{
    struct pmu_group g;
    struct err e = {0};

    printf("user kept verdict=%s\n", open_lent(&g, &e) == 0 ? "ok" : e.text);
    pmu_group_close(&g);
    allow(1);
    e.text[0] = '\0';
    printf("user lent width=%u verdict=%s\n",
           open_lent(&g, &e) == 0 ? (unsigned)g.page[0]->pmc_width : 0,
           e.text[0] ? e.text : "ok");
    for (unsigned long n = 1; !e.text[0] && n <= 10000000; n *= 10) {
        struct pmu_reading before, after, d;

        if (read_around(&g, n, &before, &after, &e) ||
            pmu_group_difference(&g, &before, &after, &d, &e))
            printf("user verdict=%s\n", e.text);
        else
            printf("user n=%lu instructions=%llu cycles=%llu\n", n,
                   (unsigned long long)d.raw[0], (unsigned long long)d.raw[1]);
    }
    pmu_group_close(&g);
    allow(0);
}
