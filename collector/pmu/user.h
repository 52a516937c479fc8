/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/user.h - a group read by the processor's own instructions (RDPMC and its kind)
 * instead of read(2): no system call between a reading and its marker.
 *
 * The kernel lends each event a page (linux/perf_event.h, struct perf_event_mmap_page) that says
 * on which counter the event is now, what to add to it, and how to carry the group's times on
 * from when it was scheduled by the processor's time stamp counter. A sequence number tells
 * whether the page changed meanwhile. Only the thread that is counted may read so.
 */
#ifndef ETALON_COLLECTOR_PMU_USER_H
#define ETALON_COLLECTOR_PMU_USER_H

#include "collector/pmu/count.h"

/* What an event must ask for when it is opened, so that the kernel lends its counter; set
 * before pmu_group_open(). Nothing on x86; on arm64 bit 1 of config1, and it is lent only where
 * the sysctl kernel.perf_user_access is 1 (Documentation/arm64/perf.rst of Linux). */
void pmu_user_ask(struct pmu_event *event);

/*
 * Map the pages of a running group, and hold one reading against a read(2) before and one
 * after it: each value and time must lie between theirs. ERR_UNAVAILABLE with the sentence if
 * this processor or kernel keeps its counters, a page tells no time, or a value lies outside;
 * use pmu_group_read() then.
 */
int pmu_user_prove(struct pmu_group *g, struct err *e);

/*
 * What pmu_group_read() gives, of a group that was proved so. The events are read one after
 * the other, `backwards` from the last: for the reading after STOP. ERR_UNAVAILABLE if one is
 * not on a counter now; *r then holds nothing.
 */
int pmu_user_read(const struct pmu_group *g, int backwards, struct pmu_reading *r,
                  struct err *e);

/* One event by its page, and the times of its group by it; ERR_UNAVAILABLE as above. */
int pmu_user_value(const struct perf_event_mmap_page *page, uint64_t *value, struct err *e);
int pmu_user_times(const struct perf_event_mmap_page *page, uint64_t *enabled_ns,
                   uint64_t *running_ns, struct err *e);

#endif
