/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock_series.h - the clocks of a campaign, one series of brackets after another.
 *
 * Every clock of every boot that may be used, in the order of boots and readings; user + sys as
 * `user+sys` behind sys; then the readings inside the workload `clock`, named after the clock with
 * ".read" added. What makes the view `clocks`, and what `etalon drift` shows.
 */
#ifndef ETALON_ANALYSIS_CLOCK_SERIES_H
#define ETALON_ANALYSIS_CLOCK_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/clock.h"
#include "base/err.h"

struct query;
struct query_campaign;

#define CLOCK_NAME_BYTES 64
#define CLOCK_PLATFORM_BYTES 128

struct clock_series { /* one clock of one boot */
    int64_t boot;
    char platform[CLOCK_PLATFORM_BYTES], variant[CLOCK_PLATFORM_BYTES], name[CLOCK_NAME_BYTES];
    double unit_ns; /* NaN: ticks of no stated frequency */
    double step_ns, timebase_ppm;
    struct clock_bracket *bracket;
    size_t n, capacity;
};

/* Of one boot, or (QUERY_NONE) of all. `take` borrows the series; what it returns other than 0 ends
 * the reading and is returned. */
int clock_series_read(struct query *q, const struct query_campaign *c, int64_t boot,
                      int (*take)(void *opaque, const struct clock_series *series),
                      void *opaque, struct err *e);

int clock_series_is_processor(const char *name);

/* What is asked of it: kind by name, the rest as read, SUMMARY_CONFIDENCE. */
struct clock_question clock_series_question(const struct clock_series *series);

/* clock_assess(), and of ticks of no stated frequency that they are `unknown`. -1: no memory. */
int clock_series_assess(const struct clock_series *series, struct clock_assessment *out);

#endif
