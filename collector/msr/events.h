/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr/events.h - what is counted, and its code on each micro-architecture.
 *
 * The codes come from libpfm4: events_gen.c, run at build, asks it for the names of
 * events_names.h and writes build/gen/msr_events.c. No code is typed by hand.
 */
#ifndef ETALON_COLLECTOR_MSR_EVENTS_H
#define ETALON_COLLECTOR_MSR_EVENTS_H

#include <stdint.h>

/* In the order of importance: what a processor with few counters cannot hold falls off the
 * end. Those that Intel ties to the first four counters come before those that fit any. */
enum msr_event {
    MSR_EVENT_CYCLES,
    MSR_EVENT_INSTRUCTIONS,
    MSR_EVENT_DTLB_MISSES,   /* in the first level, found in the second */
    MSR_EVENT_PAGE_WALKS,    /* in neither level: a walk, for data */
    MSR_EVENT_LLC_MISSES,    /* Zen: demand fills from memory; no core counter sees its L3 */
    MSR_EVENT_BRANCH_MISSES, /* retired */
    MSR_EVENT_BRANCHES,      /* retired */
    MSR_EVENTS
};

#define MSR_EVENT_NAMES                                                                       \
    {                                                                                         \
        "cycles", "instructions", "dtlb_misses", "page_walks", "llc_misses", "branch_misses", \
            "branches"                                                                        \
    }

struct msr_event_code {
    const char *name; /* libpfm4's, with unit masks; NULL: it names no such event */
    uint64_t select;  /* bits of SELECT_OF_EVENT (registers.h) */
};

struct msr_uarch {
    const char *name; /* libpfm4's name of the PMU */
    struct msr_event_code event[MSR_EVENTS];
};

/* Generated. */
extern const char msr_events_source[]; /* "libpfm4, interface 4.0" */
extern const struct msr_uarch msr_uarches[];
extern const unsigned msr_uarch_count;

/* The table of a processor by CPUID family and model; NULL: libpfm4 knew none (uarch.c). */
const struct msr_uarch *msr_uarch_find(int amd, unsigned family, unsigned model,
                                       unsigned stepping);
/* By libpfm4's name. */
const struct msr_uarch *msr_uarch_named(const char *name);

#endif
