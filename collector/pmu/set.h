/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/set.h - one event group as a collector (collector/collector.h).
 *
 * Readings are GROUP.EVENT in counts and GROUP.enabled, GROUP.running in ns, raw as the kernel
 * gives them, of the calling thread at user and kernel level. Read in user space where the
 * processor's counters can be (user.h), else by one read(2) of the whole group; a fact says which
 * way and why. A reading that fails, and a group that did not run all the time it was enabled,
 * end the boot with the sentence (pmu_set_failed()).
 */
#ifndef ETALON_COLLECTOR_PMU_SET_H
#define ETALON_COLLECTOR_PMU_SET_H

#include "collector/collector.h"
#include "collector/pmu/count.h"

#define PMU_SET_READINGS (PMU_GROUP_EVENTS + 2u)
#define PMU_SET_KEY_BYTES 40u
#define PMU_SET_FACT_BYTES 512u

struct pmu_set {
    const char *group; /* its name in the group files, and before the dot of each reading */
    int software;      /* in software.txt: no hardware is looked for */

    /* Filled by pmu_set_unavailable(). */
    struct pmu_group counting;
    struct collector here; /* what the seam is given: the readings this processor has */
    struct collector_reading reading[PMU_SET_READINGS];
    char name[PMU_SET_READINGS][PMU_SET_KEY_BYTES];
    char fact[PMU_SET_FACT_BYTES], key[PMU_SET_KEY_BYTES];
    struct err why;     /* unavailable: the sentence */
    struct err trouble; /* failed: the first one */
    int in_user_space;
    char way[PMU_SET_FACT_BYTES]; /* the fact */
};

/* Prove the group (present.h), open it on this thread and start it. NULL, or the sentence.
 * `as` is the collector that the set belongs to; its functions are kept. */
const char *pmu_set_unavailable(struct pmu_set *set, const struct collector *as);

void pmu_set_read(struct pmu_set *set, uint64_t *slot,
                  int after); /* after: in reverse order */
const char *pmu_set_failed(const struct pmu_set *set);

/* The last fact: key "read", how the group is read and, by read(2), why. Before it fact i: key
 * "event0" …, value the event as asked, as libpfm4 took it, and the whole attr as it
 * was opened: its 64-bit words in hexadecimal, from the first to the last that is not 0
 * (linux/perf_event.h, struct perf_event_attr). */
int pmu_set_fact(struct pmu_set *set, unsigned i, const char **key, const char **value);

#endif
