/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr/events_names.h - the events of events.h by their libpfm4 names; for
 * events_gen.c only. A name that libpfm4 does not know stops the build.
 */
#ifndef ETALON_COLLECTOR_MSR_EVENTS_NAMES_H
#define ETALON_COLLECTOR_MSR_EVENTS_NAMES_H

#include "collector/msr/events.h"

struct msr_event_names {
    const char *pmu;
    const char *event[MSR_EVENTS];
};

#define AMD_COMMON                                                                            \
    [MSR_EVENT_CYCLES] = "CYCLES_NOT_IN_HALT",                                                \
    [MSR_EVENT_INSTRUCTIONS] = "RETIRED_INSTRUCTIONS",                                        \
    [MSR_EVENT_BRANCHES] = "RETIRED_BRANCH_INSTRUCTIONS",                                     \
    [MSR_EVENT_BRANCH_MISSES] = "RETIRED_BRANCH_INSTRUCTIONS_MISPREDICTED",                   \
    [MSR_EVENT_DTLB_MISSES] =                                                                 \
        "L1_DTLB_MISS:TLB_RELOAD_4K_L2_HIT:TLB_RELOAD_COALESCED_PAGE_HIT:"                    \
        "TLB_RELOAD_2M_L2_HIT:TLB_RELOAD_1G_L2_HIT",                                          \
    [MSR_EVENT_PAGE_WALKS] =                                                                  \
        "L1_DTLB_MISS:TLB_RELOAD_4K_L2_MISS:TLB_RELOAD_COALESCED_PAGE_MISS:"                  \
        "TLB_RELOAD_2M_L2_MISS:TLB_RELOAD_1G_L2_MISS"

#define INTEL_COMMON                                                                          \
    [MSR_EVENT_CYCLES] = "UNHALTED_CORE_CYCLES",                                              \
    [MSR_EVENT_INSTRUCTIONS] = "INSTRUCTION_RETIRED",                                         \
    [MSR_EVENT_BRANCHES] = "BR_INST_RETIRED:ALL_BRANCHES",                                    \
    [MSR_EVENT_BRANCH_MISSES] = "BR_MISP_RETIRED:ALL_BRANCHES",                               \
    [MSR_EVENT_DTLB_MISSES] = "DTLB_LOAD_MISSES:STLB_HIT",                                    \
    [MSR_EVENT_PAGE_WALKS] = "DTLB_LOAD_MISSES:WALK_COMPLETED",                               \
    [MSR_EVENT_LLC_MISSES] = "LONGEST_LAT_CACHE:MISS"

#define K8                                                                                    \
    {                                                                                         \
        [MSR_EVENT_CYCLES] = "CPU_CLK_UNHALTED",                                              \
        [MSR_EVENT_INSTRUCTIONS] = "RETIRED_INSTRUCTIONS",                                    \
        [MSR_EVENT_DTLB_MISSES] = "L1_DTLB_MISS_AND_L2_DTLB_HIT",                             \
        [MSR_EVENT_PAGE_WALKS] = "L1_DTLB_AND_L2_DTLB_MISS",                                  \
        [MSR_EVENT_LLC_MISSES] = "L2_CACHE_MISS:INSTRUCTIONS:DATA:TLB_WALK",                  \
        [MSR_EVENT_BRANCHES] = "RETIRED_BRANCH_INSTRUCTIONS",                                 \
        [MSR_EVENT_BRANCH_MISSES] = "RETIRED_MISPREDICTED_BRANCH_INSTRUCTIONS",               \
    }

static const struct msr_event_names msr_event_names[] = {
    {"amd64_k8_revf", K8}, /* the first with SVM; its second level is the last */
    {"amd64_k8_revg", K8},
    {"amd64_fam17h_zen1", {AMD_COMMON}}, /* libpfm4 has no demand fills for it */
    {"amd64_fam17h_zen2",
     {AMD_COMMON, [MSR_EVENT_LLC_MISSES] =
                      "DATA_CACHE_REFILLS_FROM_SYSTEM:LS_MABRESP_LCL_DRAM:"
                      "LS_MABRESP_RMT_DRAM"}},
    {"amd64_fam19h_zen3",
     {AMD_COMMON, [MSR_EVENT_LLC_MISSES] = "DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:MEM_IO_LCL:"
                                           "MEM_IO_RMT"}},
    {"amd64_fam19h_zen4",
     {AMD_COMMON, [MSR_EVENT_LLC_MISSES] = "DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:DRAM_IO_NEAR:"
                                           "DRAM_IO_FAR"}},
    /* Not Sandy Bridge: libpfm4 4.13 encodes its last-level misses as 0x012e, where the SDM has
     * 0x412e. It is left to what CPUID
     * leaf 0AH promises of every Intel processor (uarch.c). */
    {"ivb", {INTEL_COMMON}},
    {"ivb_ep", {INTEL_COMMON}},
    {"hsw", {INTEL_COMMON}},
    {"hsw_ep", {INTEL_COMMON}},
    {"bdw", {INTEL_COMMON}},
    {"bdw_ep", {INTEL_COMMON}},
    {"skl", {INTEL_COMMON}},
    {"skx", {INTEL_COMMON}},
    {"clx", {INTEL_COMMON}},
    {"icl", {INTEL_COMMON}},
    {"icx", {INTEL_COMMON}},
    {"spr", {INTEL_COMMON}},
};

#endif
