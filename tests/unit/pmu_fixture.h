/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/unit/pmu_fixture.h - a false kernel (collector/pmu/perf.h) whose counters do what a test
 * says: set_up() puts it in place, `fake` is what it does and what it saw.
 */
#ifndef ETALON_TESTS_PMU_FIXTURE_H
#define ETALON_TESTS_PMU_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "collector/pmu/count.h"
#include "collector/pmu/perf.h"

#define FD0 100

static struct fake {
    struct perf_event_attr attr[64];
    int opened, closed, starts, running, resets;
    int leader[64];
    unsigned counters;    /* hardware counters a group may take; 0: no limit */
    unsigned schedulable; /* events a group may have and still run; 0: no limit */
    int refuse_errno;     /* of every open */
    int refuse_ioctl, refuse_read, short_read;
    uint64_t value[4];            /* of every event, by the number of the start */
    uint64_t step;                /* added for each further event of the group */
    uint64_t enabled_ns, lost_ns; /* each start adds enabled_ns and runs lost_ns less */
    /* User space: event i of a group has page i and, lent(), counter i + 1. */
    struct perf_event_mmap_page page[PMU_GROUP_EVENTS];
    int no_page, mapped, unmapped;
    uint64_t counter[PMU_GROUP_EVENTS + 1];
    unsigned order[64]; /* counters as they were read, 0: the clock */
    unsigned reads;
    void (*between)(void);
} fake;

static unsigned fake_size(int leader)
{
    unsigned n = 0;

    for (int i = 0; i < fake.opened; i++)
        n += fake.leader[i] == leader || i == leader;
    return n;
}

static int fake_open(struct perf_event_attr *attr, pid_t tid, int cpu, int group_fd)
{
    int i = fake.opened;

    (void)tid;
    (void)cpu;
    if (fake.refuse_errno) {
        errno = fake.refuse_errno;
        return -1;
    }
    if (group_fd >= 0 && fake.counters && fake_size(group_fd - FD0) >= fake.counters) {
        errno = EINVAL; /* as the kernel's validate_group() */
        return -1;
    }
    fake.attr[i] = *attr;
    fake.leader[i] = group_fd < 0 ? -1 : group_fd - FD0;
    fake.opened++;
    return FD0 + i;
}

static int fake_ioctl(int fd, unsigned long request, unsigned long arg)
{
    (void)fd;
    if (fake.refuse_ioctl) {
        errno = EIO;
        return -1;
    }
    assert_int_equal(arg, PERF_IOC_FLAG_GROUP);
    fake.starts += request == PERF_EVENT_IOC_ENABLE;
    fake.resets += request == PERF_EVENT_IOC_RESET;
    if (request == PERF_EVENT_IOC_ENABLE)
        fake.running = 1;
    if (request == PERF_EVENT_IOC_DISABLE)
        fake.running = 0;
    return 0;
}

static ssize_t fake_read(int fd, void *buf, size_t n)
{
    uint64_t out[3 + PMU_GROUP_EVENTS] = {fake_size(fd - FD0)};

    int start = fake.starts == 0 ? 0 : fake.starts > 4 ? 3 : fake.starts - 1;

    if (fake.refuse_read) {
        errno = EIO;
        return -1;
    }
    out[1] = (uint64_t)fake.starts * fake.enabled_ns;
    out[2] = out[1] - (uint64_t)fake.starts * fake.lost_ns;
    if (fake.schedulable && out[0] > fake.schedulable)
        out[2] = 0;
    for (unsigned i = 0; i < out[0] && i < PMU_GROUP_EVENTS; i++)
        out[3 + i] = fake.value[start] + i * fake.step;
    n = (3 + out[0]) * sizeof(uint64_t) - (fake.short_read ? 8 : 0);
    memcpy(buf, out, n);
    return (ssize_t)n;
}

static int fake_close(int fd)
{
    (void)fd;
    fake.closed++;
    return 0;
}

static void *fake_map(int fd, size_t n)
{
    (void)fd;
    (void)n;
    return fake.no_page ? NULL : &fake.page[fake.mapped++ % PMU_GROUP_EVENTS];
}

static void fake_unmap(void *at, size_t n)
{
    (void)at;
    (void)n;
    fake.unmapped++;
}

static void fake_note(unsigned what)
{
    if (fake.reads < sizeof(fake.order) / sizeof(fake.order[0]))
        fake.order[fake.reads] = what;
    fake.reads++;
    if (fake.between)
        fake.between();
}

static uint64_t fake_counter(uint32_t index)
{
    uint64_t v = fake.counter[index];

    fake_note(index);
    return v;
}

/* One count a ns, and what the kernel has as the group's time. */
static uint64_t fake_cycles(void)
{
    fake_note(0);
    return (uint64_t)fake.starts * fake.enabled_ns;
}

static const struct pmu_perf perf_fake = {
    .open = fake_open,
    .ioctl = fake_ioctl,
    .read = fake_read,
    .close = fake_close,
    .map = fake_map,
    .unmap = fake_unmap,
    .read_counter = fake_counter,
    .read_cycles = fake_cycles,
};

static int set_up(void **state)
{
    (void)state;
    fake = (struct fake){.enabled_ns = 1000};
    pmu_perf = &perf_fake;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pmu_perf = &pmu_perf_real;
    return 0;
}

static struct pmu_event instructions(void)
{
    struct pmu_event event;

    assert_int_equal(
        pmu_encode("skl::INST_RETIRED:ANY_P", PMU_LEVEL_USER, PMU_SIDE_BOTH, &event, NULL), 0);
    return event;
}

#endif
