/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/group.h - event groups as data: collector/pmu/groups/NAME.txt, one file per
 * family of processors, built into the program.
 *
 * A line is a word and what belongs to it; # begins a comment; a line that begins with a blank
 * continues the text above it. Order matters only in that a group begins with its line:
 *
 *   family  TEXT                  which processors
 *   pmu     NAME…                 libpfm4's names of them; an event without PMU:: is tried on each
 *   source  TEXT                  where the events' meaning is published
 *   group   NAME TITLE            begins a group: one run's worth of counters
 *   event   NAME EVENT            the name in formulas, then libpfm4's EVENT[:UMASK] or PMU::EVENT
 *   metric  NAME UNIT = FORMULA   formula.h; the names are the group's events, and enabled_ns
 *   levels  user|kernel NAME…     events that count at this level only (both, if no line says so)
 *   moves   NAME…                 events that pages touched for the first time and branches at
 *                                 random must move: 0 is then no count but a fault
 *   explain TEXT                  what is counted
 *   why     TEXT                  why it matters under a hypervisor
 *
 * Every group needs at least one event and one metric, explain and why.
 */
#ifndef ETALON_COLLECTOR_PMU_GROUP_H
#define ETALON_COLLECTOR_PMU_GROUP_H

#include <stddef.h>

#include "base/err.h"
#include "collector/pmu/count.h"

#define GROUP_PMUS 6u
#define GROUP_METRICS 6u
#define GROUP_MAX 16u
#define GROUP_TIME "enabled_ns" /* in formulas: how long the group was enabled */

struct group_metric {
    char *name, *unit, *formula;
};

struct group {
    char *name, *title, *explain, *why;
    unsigned events, metrics;
    struct {
        char *name, *event;
        unsigned levels; /* enum pmu_level; 0: all that are asked for */
        int moves;
    } event[PMU_GROUP_EVENTS];
    struct group_metric metric[GROUP_METRICS];
};

struct group_family {
    char *family, *source;
    unsigned pmus, groups;
    char *pmu[GROUP_PMUS];
    struct group group[GROUP_MAX];
};

/* `file` is for error texts, "FILE:LINE: …" (ERR_DATA). On success the caller releases *out. */
int group_parse(const char *file, const char *text, size_t size, struct group_family **out,
                struct err *e);
void group_release(struct group_family *f); /* NULL is fine */

/* The name to encode: EVENT itself if it names its PMU, else PMU::EVENT. */
void group_event_name(const char *pmu, const char *event, char out[PMU_NAME_BYTES]);

/* The files built in. `text` is not terminated. */
struct group_file {
    const char *name; /* "amd-zen4.txt" */
    const char *text, *end;
};

extern const struct group_file group_files[];
extern const unsigned group_file_count;

/* The built-in family that has this PMU, parsed; ERR_UNAVAILABLE if none has. */
int group_for_pmu(const char *pmu, struct group_family **out, struct err *e);

#endif
