/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/collectors.h - the collectors of event groups, in the order of the table. One
 * boot takes as many of them as fit on the processor's counters together; what does not fit is
 * for another boot (the second is refused while the first holds the counters).
 *
 *   X(identifier, name in campaigns, group in the files, software, summary)
 */
#ifndef ETALON_COLLECTOR_PMU_COLLECTORS_H
#define ETALON_COLLECTOR_PMU_COLLECTORS_H

#define PMU_COLLECTORS(X)                                                                     \
    X(pmu, "pmu", "core", 0, "hardware counters: instructions and cycles of the thread")      \
    X(pmu_split, "pmu-split", "split", 0,                                                     \
      "hardware counters: instructions and cycles apart at user and kernel level")            \
    X(pmu_tlb, "pmu-tlb", "tlb", 0, "hardware counters: TLB misses and page walks")           \
    X(pmu_branch, "pmu-branch", "branch", 0, "hardware counters: branches mispredicted")      \
    X(pmu_cache, "pmu-cache", "cache", 0, "hardware counters: cache misses")                  \
    X(pmu_stall, "pmu-stall", "stall", 0, "hardware counters: stalled cycles")                \
    X(soft, "soft", "soft", 1, "Linux's software events: switches, migrations, page faults")

#endif
