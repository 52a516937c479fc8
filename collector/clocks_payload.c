/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/clocks_payload.c - without an operating system the TSC is the only clock. Its
 * frequency is what the bench stated (etl.tsc_hz), for lack of another clock to measure it by.
 */
#include "collector/collector.h"
#include "collector/tsc.h"

static const struct collector_reading readings[] = {{"tsc", "ticks"}};

static uint64_t stated_hz;

static void clocks_prepare(uint64_t tsc_hz)
{
    stated_hz = tsc_hz;
}

static void clocks_read(uint64_t *slot)
{
    slot[0] = tsc_read();
}

static uint64_t clocks_elapsed_ns(const uint64_t *before, const uint64_t *after)
{
    const uint64_t ticks = after[0] - before[0];

    if (!stated_hz)
        return 0;
    return (int64_t)ticks < 0 ? -tsc_to_ns(-ticks, stated_hz) : tsc_to_ns(ticks, stated_hz);
}

const struct collector collector_clocks = {
    .name = "clocks",
    .summary = "TSC",
    .prepare = clocks_prepare,
    .reading = readings,
    .readings = 1,
    .before = clocks_read,
    .after = clocks_read,
    .elapsed_ns = clocks_elapsed_ns,
};
