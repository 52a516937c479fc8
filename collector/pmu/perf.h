/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/perf.h - the system calls of counting, through a table, so that tests put a
 * counter that lies in the kernel's place (as base/sys.h does for files).
 *
 * Semantics and errno are those of perf_event_open(2), ioctl(2), read(2), mmap(2), munmap(2)
 * and close(2). read_counter reads counter `index` from user space (RDPMC) and must be called
 * only while the event's page says that it may.
 */
#ifndef ETALON_COLLECTOR_PMU_PERF_H
#define ETALON_COLLECTOR_PMU_PERF_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct pmu_perf {
    int (*open)(struct perf_event_attr *attr, pid_t tid, int cpu, int group_fd);
    int (*ioctl)(int fd, unsigned long request, unsigned long arg);
    ssize_t (*read)(int fd, void *buf, size_t n);
    int (*close)(int fd);
    void *(*map)(int fd, size_t n); /* read-only; NULL if refused */
    void (*unmap)(void *at, size_t n);
    uint64_t (*read_counter)(uint32_t index);
    /* The counter by which a page's times are carried on. */
    uint64_t (*read_cycles)(void);
};

extern const struct pmu_perf pmu_perf_real;
extern const struct pmu_perf *pmu_perf; /* &pmu_perf_real unless a test says otherwise */

/* Of this processor (user_x86.c, user_arm64.c). What an event must have in config1 to be lent. */
extern const uint64_t pmu_user_request;
uint64_t pmu_user_counter(uint32_t index);
uint64_t pmu_user_cycles(void);

#endif
