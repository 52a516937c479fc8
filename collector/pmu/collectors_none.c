/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/pmu/collectors_none.c - no perf events: in the payload, and in the controller, which
 * lists collectors and runs none. Freestanding.
 */
#include "collector/collector.h"
#include "collector/pmu/collectors.h"

static const char *unavailable(void)
{
    return "counted through perf_event_open(2), by the agent on Linux; here is no Linux";
}

#define DEFINE(id, name_, group_, software_, summary_)                                        \
    const struct collector collector_##id = {                                                 \
        .name = name_,                                                                        \
        .summary = summary_,                                                                  \
        .runs_on = COLLECTOR_ON_LINUX,                                                        \
        .needs = (software_) ? "a kernel that lets perf_event_open(2) count"                  \
                             : "a processor, or a hypervisor, that shows its counters",       \
        .unavailable = unavailable,                                                           \
    };

PMU_COLLECTORS(DEFINE)
