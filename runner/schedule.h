/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/schedule.h - the order of boots.
 *
 * Boots come in blocks that hold each platform once. ABBA turns every second block round, so
 * that a linear drift of the host cancels out of each comparison (ORACLES: bias 0.002 % against
 * 1.0 % of AAAA…BBBB).
 */
#ifndef ETALON_RUNNER_SCHEDULE_H
#define ETALON_RUNNER_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

struct campaign;

struct schedule_boot {
    uint32_t plan_index;
    unsigned platform; /* index into campaign->platform */
    unsigned block;
    uint64_t seed;
};

/* Number of boots of a campaign, and its i-th one. */
size_t schedule_count(const struct campaign *c);
struct schedule_boot schedule_get(const struct campaign *c, size_t i);

#endif
