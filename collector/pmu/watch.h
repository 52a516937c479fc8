/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/watch.h - the instructions of a guest's processors, seen from the host: guest
 * only, host only and both on each processor's thread, checked against each other.
 *
 * Order of calls: begin before the guest starts (it runs the self-test), thread for each of its
 * processors, value for each of them after the guest has ended.
 */
#ifndef ETALON_COLLECTOR_PMU_WATCH_H
#define ETALON_COLLECTOR_PMU_WATCH_H

#include "collector/pmu/count.h"

#define PMU_WATCH_THREADS 8u

struct pmu_watch {
    char event[PMU_NAME_BYTES]; /* "" before begin, and where it failed */
    unsigned threads;
    struct pmu_group group[PMU_WATCH_THREADS];
};

/* ERR_UNAVAILABLE with the reason: no PMU, one that lies, or one that cannot tell sides. */
int pmu_watch_begin(struct pmu_watch *w, const char *sysfs, struct err *e);
int pmu_watch_thread(struct pmu_watch *w, pid_t tid, struct err *e);

/*
 * Stop, and give the raw counts of thread i, at user and kernel level. ERR_UNAVAILABLE if the three
 * counters did not run all of the time, ERR_DATA if guest + host is not both within 0.1 % and
 * 1000 counts: then there is no number.
 */
int pmu_watch_value(struct pmu_watch *w, unsigned i, struct pmu_reading *out, struct err *e);
void pmu_watch_end(struct pmu_watch *w);

#endif
