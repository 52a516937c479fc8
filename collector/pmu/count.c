/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/pmu/count.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "collector/pmu/perf.h"
#include "collector/pmu/selftest.h"

#define READ_FORMAT                                                                           \
    (PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING)

#define FIT_ITERATIONS 10000u

/* What read(2) gives with READ_FORMAT (perf_event_open(2), "Reading results"). */
struct group_layout {
    uint64_t events, enabled_ns, running_ns, value[PMU_GROUP_EVENTS];
};

static const char *open_reason(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return "the kernel forbids it; as root: sysctl kernel.perf_event_paranoid=-1";
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
        return "no PMU here counts it";
    case EINVAL:
    case ENOSPC:
        return "the PMU has no counter left for it, or does not know it";
    case ENOSYS:
        return "this kernel was built without perf events";
    default:
        return "perf_event_open(2) failed";
    }
}

int pmu_group_open(struct pmu_group *g, const struct pmu_event *event, unsigned events,
                   pid_t tid, int cpu, struct err *e)
{
    memset(g, 0, sizeof(*g));
    if (events == 0 || events > PMU_GROUP_EVENTS)
        return err_set(e, ERR_USAGE, "a group has 1 to %u events, not %u", PMU_GROUP_EVENTS,
                       events);
    for (unsigned i = 0; i < events; i++) {
        struct pmu_event *own = &g->event[i];
        int fd, error;

        *own = event[i];
        own->attr.disabled = i == 0;
        own->attr.read_format = READ_FORMAT;
        fd = pmu_perf->open(&own->attr, tid, cpu, i == 0 ? -1 : g->fd[0]);
        error = errno;
        if (fd < 0) {
            pmu_group_close(g);
            return err_set_errno(e, ERR_UNAVAILABLE, error, "%s cannot be counted%s: %s",
                                 event[i].name, i ? " together with those before it" : "",
                                 open_reason(error));
        }
        g->fd[g->events++] = fd;
    }
    return 0;
}

void pmu_group_close(struct pmu_group *g)
{
    /* The leader last: a sibling without its leader would count alone for a moment. */
    while (g->events > 0) {
        unsigned i = --g->events;

        if (g->page[i])
            pmu_perf->unmap(g->page[i], (size_t)sysconf(_SC_PAGESIZE));
        g->page[i] = NULL;
        pmu_perf->close(g->fd[i]);
    }
}

static int group_ioctl(struct pmu_group *g, unsigned long request, const char *what,
                       struct err *e)
{
    if (pmu_perf->ioctl(g->fd[0], request, PERF_IOC_FLAG_GROUP) == 0)
        return 0;
    return err_set_errno(e, ERR_IO, errno, "cannot %s the group of %s", what,
                         g->event[0].name);
}

int pmu_group_start(struct pmu_group *g, struct err *e)
{
    int rc = group_ioctl(g, PERF_EVENT_IOC_RESET, "reset", e);

    return rc == 0 ? group_ioctl(g, PERF_EVENT_IOC_ENABLE, "start", e) : rc;
}

int pmu_group_stop(struct pmu_group *g, struct err *e)
{
    return group_ioctl(g, PERF_EVENT_IOC_DISABLE, "stop", e);
}

int pmu_group_read(const struct pmu_group *g, struct pmu_reading *r, struct err *e)
{
    struct group_layout got;
    size_t wanted = offsetof(struct group_layout, value) + g->events * sizeof(uint64_t);
    ssize_t n = pmu_perf->read(g->fd[0], &got, sizeof(got));

    if (n < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot read the group of %s",
                             g->event[0].name);
    if ((size_t)n != wanted || got.events != g->events)
        return err_set(e, ERR_IO, "the group of %s reads %zd bytes for %u events, not %zu",
                       g->event[0].name, n, g->events, wanted);
    memcpy(r->raw, got.value, g->events * sizeof(uint64_t));
    r->enabled_ns = got.enabled_ns;
    r->running_ns = got.running_ns;
    return 0;
}

int pmu_group_difference(const struct pmu_group *g, const struct pmu_reading *before,
                         const struct pmu_reading *after, struct pmu_reading *out,
                         struct err *e)
{
    struct pmu_reading d = {.enabled_ns = after->enabled_ns - before->enabled_ns,
                            .running_ns = after->running_ns - before->running_ns};

    if (d.running_ns != d.enabled_ns)
        return err_set(e, ERR_UNAVAILABLE,
                       "the group of %s ran %llu ns of the %llu ns it was enabled: its "
                       "counters were shared (multiplexed), so the counts are no counts; "
                       "close what else counts, or take fewer events a run",
                       g->event[0].name, (unsigned long long)d.running_ns,
                       (unsigned long long)d.enabled_ns);
    for (unsigned i = 0; i < g->events; i++) {
        if (after->raw[i] < before->raw[i])
            return err_set(e, ERR_UNAVAILABLE, "%s went backwards, from %llu to %llu",
                           g->event[i].name, (unsigned long long)before->raw[i],
                           (unsigned long long)after->raw[i]);
        d.raw[i] = after->raw[i] - before->raw[i];
    }
    *out = d;
    return 0;
}

int pmu_group_prove_fit(struct pmu_group *g, struct err *e)
{
    struct pmu_reading zero = {.enabled_ns = 0}, r, d;
    int rc = pmu_group_start(g, e);

    if (rc == 0) {
        pmu_loop(FIT_ITERATIONS);
        rc = pmu_group_stop(g, e);
    }
    if (rc == 0)
        rc = pmu_group_read(g, &r, e);
    return rc == 0 ? pmu_group_difference(g, &zero, &r, &d, e) : rc;
}

/* Open and let run: both must go well. */
static int split_try(const struct pmu_event *event, unsigned events, struct err *e)
{
    struct pmu_group g;
    int rc = pmu_group_open(&g, event, events, 0, -1, e);

    if (rc == 0)
        rc = pmu_group_prove_fit(&g, e);
    pmu_group_close(&g);
    return rc;
}

int pmu_split(const struct pmu_event *event, unsigned events, unsigned *first, unsigned room,
              unsigned *groups, struct err *e)
{
    unsigned at = 0;

    *groups = 0;
    while (at < events) {
        unsigned n = events - at < PMU_GROUP_EVENTS ? events - at : PMU_GROUP_EVENTS;
        int rc;

        while ((rc = split_try(event + at, n, e)) != 0 && n > 1)
            n--;
        if (rc != 0)
            return rc;
        if (*groups + 1 >= room)
            return err_set(e, ERR_USAGE, "%u events make more than %u groups", events,
                           room - 1);
        first[(*groups)++] = at;
        at += n;
    }
    first[*groups] = events;
    return 0;
}

int pmu_sides_open(struct pmu_group *g, const char *event, unsigned levels, pid_t tid,
                   struct err *e)
{
    static const enum pmu_side sides[PMU_SIDES] = {[PMU_SIDES_GUEST] = PMU_SIDE_GUEST,
                                                   [PMU_SIDES_HOST] = PMU_SIDE_HOST,
                                                   [PMU_SIDES_BOTH] = PMU_SIDE_BOTH};
    struct pmu_event three[PMU_SIDES];

    for (unsigned i = 0; i < PMU_SIDES; i++) {
        int rc = pmu_encode(event, levels, sides[i], &three[i], e);

        if (rc != 0)
            return rc;
    }
    return pmu_group_open(g, three, PMU_SIDES, tid, -1, e);
}

int pmu_sides_check(const struct pmu_reading *r, uint64_t slack, uint64_t ppm, struct err *e)
{
    uint64_t sum = r->raw[PMU_SIDES_GUEST] + r->raw[PMU_SIDES_HOST];
    uint64_t both = r->raw[PMU_SIDES_BOTH];
    uint64_t larger = sum > both ? sum : both, off = sum > both ? sum - both : both - sum;

    if (both == 0)
        return err_set(e, ERR_DATA,
                       "guest, host or both: nothing at all was counted, though the vCPU ran");
    if (off <= slack || (double)off <= (double)larger * (double)ppm / 1e6)
        return 0;
    return err_set(e, ERR_DATA,
                   "guest %llu + host %llu is not both, %llu (off by %llu): the PMU does not "
                   "tell guest from host here, or loses counts at the switch",
                   (unsigned long long)r->raw[PMU_SIDES_GUEST],
                   (unsigned long long)r->raw[PMU_SIDES_HOST], (unsigned long long)both,
                   (unsigned long long)off);
}
