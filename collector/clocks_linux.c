/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/clocks_linux.c - the guest clocks a Linux process can read.
 *
 * The costliest and least precise stand furthest from the marker: getrusage() is a system
 * call of some 1,200 instructions, clock_gettime() some 80 where the vDSO serves it, RDTSC
 * one. user and sys come from one getrusage().
 */
#include <sys/resource.h>
#include <time.h>

#include "collector/collector.h"
#include "collector/tsc.h"

enum { USER, SYS, REAL, MONO, RAW, TSC, READINGS };

static const struct collector_reading readings[READINGS] = {
    [USER] = {"user", "ns"}, [SYS] = {"sys", "ns"}, [REAL] = {"real", "ns"},
    [MONO] = {"mono", "ns"}, [RAW] = {"raw", "ns"}, [TSC] = {"tsc", "ticks"},
};

/* A failure (it cannot happen for these clocks) reads as 0 and so as a broken clock. */
static inline uint64_t read_ns(clockid_t clock)
{
    struct timespec t = {0, 0};

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t timeval_ns(const struct timeval *t)
{
    return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_usec * 1000u;
}

static void read_usage(uint64_t *slot)
{
    struct rusage usage = {.ru_utime = {0, 0}};

    getrusage(RUSAGE_SELF, &usage);
    slot[USER] = timeval_ns(&usage.ru_utime);
    slot[SYS] = timeval_ns(&usage.ru_stime);
}

static void clocks_before(uint64_t *slot)
{
    read_usage(slot);
    slot[REAL] = read_ns(CLOCK_REALTIME);
    slot[MONO] = read_ns(CLOCK_MONOTONIC);
    slot[RAW] = read_ns(CLOCK_MONOTONIC_RAW);
    slot[TSC] = tsc_read();
}

static void clocks_after(uint64_t *slot)
{
    slot[TSC] = tsc_read();
    slot[RAW] = read_ns(CLOCK_MONOTONIC_RAW);
    slot[MONO] = read_ns(CLOCK_MONOTONIC);
    slot[REAL] = read_ns(CLOCK_REALTIME);
    read_usage(slot);
}

/* The first read of each clock resolves the vDSO and faults its pages in. */
static void clocks_prepare(uint64_t tsc_hz)
{
    uint64_t slot[READINGS];

    (void)tsc_hz;
    clocks_before(slot);
    clocks_after(slot);
}

static uint64_t clocks_elapsed_ns(const uint64_t *before, const uint64_t *after)
{
    return after[RAW] - before[RAW];
}

const struct collector collector_clocks = {
    .name = "clocks",
    .summary = "TSC, monotonic, raw monotonic and real time, user and system time",
    .prepare = clocks_prepare,
    .reading = readings,
    .readings = READINGS,
    .before = clocks_before,
    .after = clocks_after,
    .elapsed_ns = clocks_elapsed_ns,
};
