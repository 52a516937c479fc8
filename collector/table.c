/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/table.c - all collectors, in the order in which they read before START.
 */
#include "collector/collector.h"

static const struct collector *const table[] = {
    &collector_accounting,
    &collector_soft,
    &collector_pmu_stall,
    &collector_pmu_cache,
    &collector_pmu_branch,
    &collector_pmu_tlb,
    &collector_pmu_split,
    &collector_pmu,
    &collector_msr,
    &collector_clocks,
    /* Last: what is stolen between its reading and the marker would be booked to an interval. */
    &collector_steal,
};

const struct collector *const *collector_table(size_t *count)
{
    *count = sizeof(table) / sizeof(table[0]);
    return table;
}

const struct collector *collector_find(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const char *have = table[i]->name;
        size_t n = 0;

        while (n < length && have[n] && have[n] == name[n])
            n++;
        if (n == length && !have[n])
            return table[i];
    }
    return NULL;
}
