/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/pmu/perf.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int perf_open(struct perf_event_attr *attr, pid_t tid, int cpu, int group_fd)
{
    return (int)syscall(SYS_perf_event_open, attr, tid, cpu, group_fd, PERF_FLAG_FD_CLOEXEC);
}

static int perf_ioctl(int fd, unsigned long request, unsigned long arg)
{
    return ioctl(fd, request, arg);
}

static void *perf_map(int fd, size_t n)
{
    void *at = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);

    return at == MAP_FAILED ? NULL : at;
}

static void perf_unmap(void *at, size_t n)
{
    munmap(at, n);
}

const struct pmu_perf pmu_perf_real = {
    .open = perf_open,
    .ioctl = perf_ioctl,
    .read = read,
    .close = close,
    .map = perf_map,
    .unmap = perf_unmap,
    .read_counter = pmu_user_counter,
    .read_cycles = pmu_user_cycles,
};

const struct pmu_perf *pmu_perf = &pmu_perf_real;
