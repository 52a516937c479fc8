/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/count.h - a group of events that count together or not at all.
 *
 * A group is scheduled onto the PMU as a whole. If it did not run all of the time it was
 * enabled the kernel shared the counters out (multiplexing); such values are estimates, and
 * pmu_group_difference() refuses them. More events than counters: pmu_split() makes several
 * groups of them, each for a run of its own.
 *
 * Values are raw, never scaled; times are the kernel's, in ns.
 */
#ifndef ETALON_COLLECTOR_PMU_COUNT_H
#define ETALON_COLLECTOR_PMU_COUNT_H

#include <stdint.h>
#include <sys/types.h>

#include "collector/pmu/encode.h"

#define PMU_GROUP_EVENTS 8u

struct pmu_group {
    unsigned events;
    struct pmu_event event[PMU_GROUP_EVENTS]; /* the first leads; attrs as they were opened */
    int fd[PMU_GROUP_EVENTS];
    struct perf_event_mmap_page *page[PMU_GROUP_EVENTS]; /* user.h; NULL: not mapped */
};

struct pmu_reading {
    uint64_t raw[PMU_GROUP_EVENTS]; /* in the order of the group's events */
    uint64_t enabled_ns, running_ns;
};

/*
 * Open a group, stopped, on thread `tid` (0: the caller) wherever it runs, `cpu` -1, or on
 * everything on one CPU, `tid` -1. The leader is opened disabled and the others enabled, so
 * that the leader alone starts and stops all: a leader that is opened enabled leaves
 * tracepoints behind it at 0.
 * ERR_UNAVAILABLE if the kernel has no counter for it or not for all of them together (the
 * text says which event was refused).
 */
int pmu_group_open(struct pmu_group *g, const struct pmu_event *event, unsigned events,
                   pid_t tid, int cpu, struct err *e);
void pmu_group_close(struct pmu_group *g); /* fine with a group that failed to open */

int pmu_group_start(struct pmu_group *g, struct err *e); /* from 0 */
int pmu_group_stop(struct pmu_group *g, struct err *e);

/* By one read(2). May be called while the group runs. */
int pmu_group_read(const struct pmu_group *g, struct pmu_reading *r, struct err *e);

/* after - before. ERR_UNAVAILABLE with the sentence if the group was multiplexed in between or
 * a value went backwards; `out` then holds nothing. */
int pmu_group_difference(const struct pmu_group *g, const struct pmu_reading *before,
                         const struct pmu_reading *after, struct pmu_reading *out,
                         struct err *e);

/*
 * Run a freshly opened group for a moment: does it get onto the PMU, and stay? Opening proves
 * less than it seems: arm64's check leaves a disabled leader out of the sum, so that a group
 * with one event too many opens and never runs.
 */
int pmu_group_prove_fit(struct pmu_group *g, struct err *e);

/*
 * Cut `events` into the fewest consecutive groups that open and run, by trying. first[i]
 * is the index of the first event of group i; first[*groups] is `events`. `room` is the size
 * of first[]. ERR_UNAVAILABLE if an event is refused even alone.
 */
int pmu_split(const struct pmu_event *event, unsigned events, unsigned *first, unsigned room,
              unsigned *groups, struct err *e);

/*
 * One event three times on one thread, guest only, host only and both, as one group.
 * pmu_sides_check(): is guest + host the same as both, within `slack` counts and `ppm` of the
 * larger? ERR_DATA with the three numbers if not, or if both is 0.
 *
 * On arm64 where the hypervisor has a level of its own (no VHE) KVM exchanges the counters in
 * the middle of its switch: with PMU_LEVEL_HV the instructions of the switch that run between
 * the exchanges are in `both` alone, and the check says so. Without it the sum is exact.
 */
enum { PMU_SIDES_GUEST, PMU_SIDES_HOST, PMU_SIDES_BOTH, PMU_SIDES };

int pmu_sides_open(struct pmu_group *g, const char *event, unsigned levels, pid_t tid,
                   struct err *e);
int pmu_sides_check(const struct pmu_reading *r, uint64_t slack, uint64_t ppm, struct err *e);

#endif
