/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/target/collection.h - the collectors of a boot, read one after the other.
 *
 * Freestanding. A slot holds the readings before START of all collectors, in the table's order
 * side by side, then those after STOP in the same layout: 2 * readings words.
 */
#ifndef ETALON_HV_UNDER_TEST_TARGET_COLLECTION_H
#define ETALON_HV_UNDER_TEST_TARGET_COLLECTION_H

#include <stdint.h>

#include "collector/collector.h"
#include "workloads/workload.h"

struct collection {
    const struct collector *collector[COLLECTOR_MAX]; /* those that read, in reading order */
    unsigned count;
    unsigned readings; /* of all of them together, at most COLLECTOR_MAX_READINGS */
    const char *why_not[COLLECTOR_MAX]; /* by the table's index: why asked in vain, or NULL */

    /* For the workload that measures the reading. */
    struct workload_observer observer;
    const struct collector *observed; /* NULL: none */
    uint64_t samples;
    uint64_t sample[2 * COLLECTOR_MAX_READINGS];
};

/*
 * Ask the collectors of a plan (bit i: collector_table()[i]) and prepare those that can read
 * here. NULL, or why the boot must not begin: `clocks` was wanted and cannot read, or there are
 * more readings than COLLECTOR_MAX_READINGS.
 */
const char *collection_choose(struct collection *c, uint32_t wanted, uint64_t tsc_hz);

/* What env->observer of the workloads is; valid as long as *c stays where it is. */
const struct workload_observer *collection_observer(struct collection *c);

/* Nothing else may stand between before() and START, STOP and after(). */
void collection_before(const struct collection *c, uint64_t *slot);
void collection_after(const struct collection *c, uint64_t *slot); /* the same slot */

/* NULL, or the first sentence of a collector whose readings failed meanwhile. */
const char *collection_failed(const struct collection *c);

/* By the collector that reads a clock a benchmark would use (elapsed_ns); 0: none does. */
int collection_has_guest_clock(const struct collection *c);
uint64_t collection_guest_ns(const struct collection *c, const uint64_t *slot);

#endif
