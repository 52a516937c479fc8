/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/msr_linux.c - on Linux the counters belong to the kernel.
 */
#include "collector/collector.h"

static const char *msr_unavailable(void)
{
    return "under Linux the kernel owns the counters: they are read through perf_event_open, "
           "not by their registers; take this collector on a platform without an OS (bare, "
           "vmm-bare, kvm-bare, xen-pvh-bare)";
}

const struct collector collector_msr = {
    .name = "msr",
    .summary = "performance counters by their registers: not under Linux",
    .unavailable = msr_unavailable,
};
