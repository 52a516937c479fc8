/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/encode.h - from an event's name to what perf_event_open(2) takes.
 *
 * An event is named PMU::EVENT[:UMASK…] as libpfm4 knows it ("skl::INST_RETIRED:ANY_P",
 * "perf::PAGE-FAULTS"), or tracepoint::SYSTEM:NAME. The PMU is always named, so that
 * one name means one encoding on every machine, whether that PMU is present or not.
 *
 * Which privilege levels count, and whether guest, host or both count, is never part of the
 * name: it is asked for by argument, set on the attr and checked there. libpfm4's modifiers
 * mislead (":mg=1:mh=0" counts both) and its default differs between PMUs.
 *
 * libpfm4 needs no PMU for this, and what it calls present is the processor's model, not a
 * PMU that counts: see present.h.
 */
#ifndef ETALON_COLLECTOR_PMU_ENCODE_H
#define ETALON_COLLECTOR_PMU_ENCODE_H

#include <linux/perf_event.h>

#include "base/err.h"

#define PMU_NAME_BYTES 160u

enum pmu_level { /* bits; at least one */
                 PMU_LEVEL_USER = 1,
                 PMU_LEVEL_KERNEL = 2,
                 PMU_LEVEL_HV =
                     4, /* the hypervisor's own level where the PMU tells it apart (Power, Arm) */
};

enum pmu_side { PMU_SIDE_BOTH, PMU_SIDE_GUEST, PMU_SIDE_HOST };

struct pmu_event {
    char name[PMU_NAME_BYTES]; /* as asked */
    char full[PMU_NAME_BYTES]; /* as libpfm4 understood it, with all modifiers */
    unsigned levels;
    enum pmu_side side;
    struct perf_event_attr attr; /* disabled is 0, read_format is 0: count.c's business */
};

/* Once per process; later calls cost nothing and return the same. ERR_USAGE if the environment
 * forces a PMU (LIBPFM_FORCE_PMU) that libpfm4 does not know: it would go on without a word. */
int pmu_encode_init(struct err *e);

/* The processors that one could meet and libpfm4, as it is linked, has no table of: their names
 * as text, ", " between them, "" if none. Of the processor kind of this build. */
const char *pmu_encode_lacks(void);

/* ERR_USAGE: no such event, or its name carries what is asked for by argument. */
int pmu_encode(const char *name, unsigned levels, enum pmu_side side, struct pmu_event *out,
               struct err *e);

/* Are the exclude bits of the attr what the event says? 0 or ERR_BUG with the bit's name. */
int pmu_encode_check(const struct pmu_event *event, struct err *e);

/* As pmu_encode() for "tracepoint::SYSTEM:NAME"; `tracefs` is where that file system is
 * mounted. ERR_UNAVAILABLE if it is not mounted there. */
int pmu_encode_tracepoint(const char *tracefs, const char *name, struct pmu_event *out,
                          struct err *e);

#endif
