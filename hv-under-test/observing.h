/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/observing.h - what a sample of a collector costs on this computer, in ns.
 *
 * In the lab the workload `observe` tells it in instructions, by the timer. Here the agent runs
 * as a process on this computer, without card and timer, and the time is the computer's own
 * CLOCK_MONOTONIC_RAW: grade C. A sample is what is read before START and after STOP together.
 *
 * The agent (agent/observing.c) takes batches of n samples, each beside a batch of the same loop
 * and call with nothing to read, in either order by turns; a batch with the collector lasts at
 * least OBSERVING_BATCH_NS. One figure of a pair is (batch - empty batch) / n. One process for
 * each collector, so that none holds the counters of another.
 */
#ifndef ETALON_HV_UNDER_TEST_OBSERVING_H
#define ETALON_HV_UNDER_TEST_OBSERVING_H

#include "base/err.h"

#define OBSERVING_PAIRS 200u
#define OBSERVING_BATCH_NS 100000u
#define OBSERVING_BATCH_MAX 65536u /* samples in a batch */
/* Fixed points of the OBSERVING_PAIRS figures in ascending order, counted from 0. */
#define OBSERVING_LOW (OBSERVING_PAIRS / 20)
#define OBSERVING_HIGH (OBSERVING_PAIRS - 1 - OBSERVING_LOW)

/* What the agent prints for controller: one line, printf's and scanf's format. Where the
 * collector cannot read it prints OBSERVING_NONE and the sentence. */
#define OBSERVING_ARGUMENT "--observing"
#define OBSERVING_LINE "n=%u least=%lf low=%lf median=%lf high=%lf\n"
#define OBSERVING_NONE "none: "

struct observing {                   /* ns a sample */
    unsigned n;                      /* samples in a batch */
    double least, low, median, high; /* low and high hold nine tenths of the pairs */
};

/*
 * Run the agent for one collector of collector_table(). ERR_UNAVAILABLE with the sentence if it
 * reads nothing here or the agent is not built; ERR_IO, ERR_DATA if the agent failed.
 */
int observing_measure(const char *collector, struct observing *out, struct err *e);

#endif
