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
    .summary = "performance counters by their registers, where there is no operating system "
               "(payload); APERF and MPERF",
    .unavailable = msr_unavailable,
};
