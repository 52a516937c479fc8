/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr_none.c - the controller lists collectors and runs none.
 */
#include "collector/collector.h"

static const char *msr_unavailable(void)
{
    return "the registers of counters are read on the machine under test, not by the "
           "controller";
}

const struct collector collector_msr = {
    .name = "msr",
    .summary = "performance counters by their registers; APERF and MPERF",
    .runs_on = COLLECTOR_ON_PAYLOAD,
    .needs = "a processor, or a hypervisor, that shows its counters",
    .unavailable = msr_unavailable,
};
