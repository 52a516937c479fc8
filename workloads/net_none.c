/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/net_none.c - stands in for net_linux.c where there is no Linux (no_linux.c). */
#include "workloads/linux_only.h"
#include "workloads/net.h"
#include "workloads/text.h"

const char *net_unavailable(const struct workload_run *run)
{
    return linux_only_unavailable(run);
}

static int refuse(struct workload_run *run)
{
    return text_refuse(run->reason, sizeof run->reason, linux_only_unavailable(run));
}

int net_lat_prepare(struct workload_run *run)
{
    return refuse(run);
}

void net_lat_run(struct workload_run *run)
{
    (void)run;
}

int net_lat_check(struct workload_run *run)
{
    return refuse(run);
}

int net_bw_prepare(struct workload_run *run)
{
    return refuse(run);
}

void net_bw_run(struct workload_run *run)
{
    (void)run;
}

int net_bw_check(struct workload_run *run)
{
    return refuse(run);
}

void net_cleanup(struct workload_run *run)
{
    (void)run;
}
