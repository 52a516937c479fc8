/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/collector.h - the seam of what the target reads around each interval.
 *
 * A collector reads guest clocks or counters, each a 64-bit number, immediately before START
 * and immediately after STOP. Collectors come in the order of collector_table() before START
 * and in the reverse order after STOP, and a collector mirrors its own readings likewise, so
 * that the reading nearest to one marker is the nearest to the other as well.
 *
 * before() and after() run between intervals, but close to the markers: they must not
 * allocate, print or lock, and must take the same path each time.
 *
 * The table is one (collector/table.c); which implementation a name stands for is decided at
 * link time: *_linux.c in the agent, *_payload.c in the payload, *_none.c in the controller.
 */
#ifndef ETALON_COLLECTOR_COLLECTOR_H
#define ETALON_COLLECTOR_COLLECTOR_H

#include <stddef.h>
#include <stdint.h>

#define COLLECTOR_MAX_READINGS 32u /* of all collectors of a boot together */
#define COLLECTOR_MAX 16u          /* collectors in the table */

/* What a target may be; where a collector can read. */
#define COLLECTOR_ON_LINUX 1u   /* the agent, on any platform whose target is a Linux */
#define COLLECTOR_ON_PAYLOAD 2u /* the payload: no operating system */

/*
 * What a reading is follows from its unit. Clocks, which analysis holds against true time:
 *     ns, ticks
 * Counters, of which only the difference over an interval is looked at (view `counters`):
 *     count          events
 *     accounted_ns   time that somebody's books say was spent on something
 */
struct collector_reading {
    const char *name; /* as in iv records: tsc, mono, raw, real, user, sys; no two collectors
                         of a table may share one */
    const char *unit;
};

struct collector {
    const char *name;    /* as in campaign files and in etl.collectors */
    const char *summary; /* what it reads or counts */
    /* For whom a campaign is written, so told by the controller's table (*_none.c) alone: on
     * which targets it can read, COLLECTOR_ON_*; and what must be there besides, NULL: nothing.
     * Whether it is there in a boot, unavailable() finds out. */
    unsigned runs_on;
    const char *needs;

    /* NULL, or a sentence on why it cannot read anything here; asked once, before prepare().
     * The boot goes on without the collector, and a fact tells the sentence; without `clocks`
     * it does not go on. May be NULL: always available. */
    const char *(*unavailable)(void);
    /* Once, before the first reading: warm what the first reading would fault in. tsc_hz as
     * stated by the plan, 0 if unknown. May be NULL. */
    void (*prepare)(uint64_t tsc_hz);

    /* The collector as it is on this machine, asked after prepare(): for one whose readings
     * only the processor decides on. May be NULL: as it stands. */
    const struct collector *(*here)(void);
    /* Provenance beyond "read" or the reason: the i-th key and value, stored as the fact
     * collector.NAME.KEY; 0 after the last. Asked also where the collector is unavailable. May
     * be NULL. */
    int (*fact)(unsigned i, const char **key, const char **value);

    const struct collector_reading *reading; /* in the order of reading before START */
    unsigned readings;

    /* Fill slot[0 .. readings-1], in the order of `reading` both times; the order in which
     * the clocks are *read* is mirrored in after(). */
    void (*before)(uint64_t *slot);
    void (*after)(uint64_t *slot);

    /* Asked once after the last interval: NULL, or a sentence on a reading that failed, whose
     * numbers stand for nothing; the boot ends with that error. NULL: readings cannot fail. */
    const char *(*failed)(void);

    /* Guest time in ns between two slots, by the clock a benchmark in the guest would use.
     * NULL: this collector has none. Returns 0 if the frequency is not known; of a clock that
     * went back 2^64 less what it went back by, so that sums and differences are right. */
    uint64_t (*elapsed_ns)(const uint64_t *before, const uint64_t *after);
};

extern const struct collector collector_accounting; /* collector/accounting.h */
extern const struct collector collector_clocks;
extern const struct collector collector_pmu, collector_pmu_split, collector_pmu_tlb,
    collector_pmu_branch, collector_pmu_cache, collector_pmu_stall,
    collector_soft; /* collector/pmu/collectors.h */
extern const struct collector collector_msr;
extern const struct collector collector_steal; /* collector/steal.h */

const struct collector *const *collector_table(size_t *count);
const struct collector *collector_find(const char *name, size_t length); /* NULL: unknown */

#endif
