/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/pmu/user.h"

#include <unistd.h>

#include "collector/pmu/perf.h"

/* The page changes only by what runs on this processor in between, so that the compiler's
 * order is the order. */
#define ORDER() __asm__ volatile("" ::: "memory")

void pmu_user_ask(struct pmu_event *event)
{
    event->attr.config1 |= pmu_user_request;
}

static int user_map(struct pmu_group *g, struct err *e)
{
    for (unsigned i = 0; i < g->events; i++) {
        if (!g->page[i])
            g->page[i] = pmu_perf->map(g->fd[i], (size_t)sysconf(_SC_PAGESIZE));
        if (!g->page[i])
            return err_set(e, ERR_UNAVAILABLE, "the kernel does not map the page of %s",
                           g->event[i].name);
        /* arm64 says by index 0 what x86 says by the other. The group runs. */
        if (!g->page[i]->cap_user_rdpmc || g->page[i]->index == 0)
            return err_set(e, ERR_UNAVAILABLE,
                           "the kernel keeps %s from user space (%s; x86: "
                           "/sys/bus/event_source/devices/cpu/rdpmc, arm64: sysctl "
                           "kernel.perf_user_access)",
                           g->event[i].name,
                           g->page[i]->cap_user_rdpmc ? "index is 0" : "cap_user_rdpmc is 0");
        if (!g->page[i]->cap_user_time)
            return err_set(e, ERR_UNAVAILABLE,
                           "the page of %s tells no time (cap_user_time is 0: the kernel does "
                           "not trust the time stamp counter)",
                           g->event[i].name);
    }
    return 0;
}

int pmu_user_value(const struct perf_event_mmap_page *page, uint64_t *value, struct err *e)
{
    const volatile struct perf_event_mmap_page *p = page;
    uint64_t total;
    uint32_t seq;

    do {
        uint32_t index;
        unsigned unused;

        seq = p->lock;
        ORDER();
        index = p->index;
        if (!p->cap_user_rdpmc || index == 0 || p->pmc_width == 0 || p->pmc_width > 64)
            return err_set(e, ERR_UNAVAILABLE, "the event is on no counter that may be read");
        unused = 64u - p->pmc_width;
        /* The counter's sign counts: the kernel starts it below zero so that it overflows in
         * time. */
        total = (uint64_t)p->offset +
                (uint64_t)((int64_t)(pmu_perf->read_counter(index - 1) << unused) >> unused);
        ORDER();
    } while (p->lock != seq);
    *value = total;
    return 0;
}

int pmu_user_times(const struct perf_event_mmap_page *page, uint64_t *enabled_ns,
                   uint64_t *running_ns, struct err *e)
{
    const volatile struct perf_event_mmap_page *p = page;
    uint64_t enabled, running;
    uint32_t seq;

    do {
        uint64_t cycles, passed;

        seq = p->lock;
        ORDER();
        if (!p->cap_user_time || p->index == 0)
            return err_set(e, ERR_UNAVAILABLE, "the event is on no counter, or has no time");
        cycles = pmu_perf->read_cycles();
        if (p->cap_user_time_short) /* a counter of fewer bits: since time_cycles */
            cycles = p->time_cycles + ((cycles - p->time_cycles) & p->time_mask);
        passed = p->time_offset + (cycles >> p->time_shift) * p->time_mult +
                 (((cycles & (((uint64_t)1 << p->time_shift) - 1)) * p->time_mult) >>
                  p->time_shift);
        enabled = p->time_enabled + passed;
        running = p->time_running + passed;
        ORDER();
    } while (p->lock != seq);
    *enabled_ns = enabled;
    *running_ns = running;
    return 0;
}

int pmu_user_read(const struct pmu_group *g, int backwards, struct pmu_reading *r,
                  struct err *e)
{
    struct pmu_reading now;
    int rc = 0;

    if (!backwards)
        rc = pmu_user_times(g->page[0], &now.enabled_ns, &now.running_ns, e);
    for (unsigned i = 0; rc == 0 && i < g->events; i++) {
        unsigned k = backwards ? g->events - 1 - i : i;

        rc = pmu_user_value(g->page[k], &now.raw[k], e);
    }
    if (rc == 0 && backwards)
        rc = pmu_user_times(g->page[0], &now.enabled_ns, &now.running_ns, e);
    if (rc == 0)
        *r = now;
    return rc;
}

static int user_between(const char *what, uint64_t low, uint64_t seen, uint64_t high,
                        struct err *e)
{
    if (seen >= low && seen <= high)
        return 0;
    return err_set(
        e, ERR_UNAVAILABLE,
        "read in user space %s is %llu, not between %llu and %llu as read(2) has it", what,
        (unsigned long long)seen, (unsigned long long)low, (unsigned long long)high);
}

int pmu_user_prove(struct pmu_group *g, struct err *e)
{
    struct pmu_reading low = {.enabled_ns = 0}, seen = low, high = low;
    int rc = user_map(g, e);

    if (rc == 0)
        rc = pmu_group_read(g, &low, e);
    if (rc == 0)
        rc = pmu_user_read(g, 0, &seen, e);
    if (rc == 0)
        rc = pmu_group_read(g, &high, e);
    if (rc == 0)
        rc = user_between("the time of the group", low.enabled_ns, seen.enabled_ns,
                          high.enabled_ns, e);
    if (rc == 0)
        rc = user_between("its time on the counters", low.running_ns, seen.running_ns,
                          high.running_ns, e);
    for (unsigned i = 0; rc == 0 && i < g->events; i++)
        rc = user_between(g->event[i].name, low.raw[i], seen.raw[i], high.raw[i], e);
    return rc;
}
