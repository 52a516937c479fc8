/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/present.h - what this machine can count, each part proved before it is said.
 *
 * Three questions are kept apart: which processor it is (libpfm4 reads CPUID or MIDR and calls
 * its tables "present" even where there is no PMU), whether Linux drives a PMU
 * (/sys/bus/event_source/devices), and whether that PMU counts (the self-test).
 */
#ifndef ETALON_COLLECTOR_PMU_PRESENT_H
#define ETALON_COLLECTOR_PMU_PRESENT_H

#include "collector/pmu/group.h"
#include "collector/pmu/selftest.h"

struct pmu_present {
    char device[64]; /* Linux's name of the core PMU, "" if it drives none */
    char pmu[64];    /* libpfm4's name of the processor, "" if it knows none */
};

/* `sysfs` is where that file system is mounted, "/sys". ERR_UNAVAILABLE, with the mend, if
 * Linux drives no core PMU or libpfm4 does not know the processor; *out is filled as far as it
 * is known either way. */
int pmu_present_look(const char *sysfs, struct pmu_present *out, struct err *e);

/* Encode a group's events for `pmu`, all with this side, each at those of these levels that the
 * file gives it (at these, if it has none of them: the self-test's loop runs at user level). */
int pmu_group_encode(const char *pmu, const struct group *g, unsigned levels,
                     enum pmu_side side, struct pmu_event event[PMU_GROUP_EVENTS],
                     struct err *e);

/*
 * Is the group to be believed: its events open together, run all of the time, and those whose
 * number is known (events called instr and branch, or instr_… and
 * branch_…; cycles within a range) pass the self-test,
 * and those that the file says must move do. What is left may still be wrong: nobody knows what
 * else an event should count.
 */
int pmu_group_prove(const char *pmu, const struct group *g,
                    const struct pmu_tolerance *tolerance, struct err *e);

/* 1000 system calls through the tracepoint raw_syscalls:sys_enter, and 1000 first touches of
 * fresh pages through the software event, counted as exactly 1000 each. `tracefs` as in
 * pmu_encode_tracepoint(). */
int pmu_prove_syscalls(const char *tracefs, struct err *e);
int pmu_prove_faults(struct err *e);

/* Everything above on this machine, one call of say() for libpfm4's tables, for each group, and
 * for syscalls and faults. `text` says why it does not work, or what to know where it does. */
typedef void pmu_say(void *arg, const char *name, int works, const char *text);
void pmu_examine(pmu_say *say, void *arg);

#endif
