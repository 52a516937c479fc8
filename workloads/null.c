/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/null.c - nothing: STOP follows START at once.
 *
 * Calibrates the marker path. It runs in every boot and its distribution is the instrument
 * function of that boot.
 */
#include "workloads/list.h"
#include "workloads/text.h"

static const struct workload_param null_params[] = {{.name = NULL}};

/* There is no work to be wrong; what can be wrong is a caller that ran something. */
static int null_prepare(struct workload_run *run)
{
    run->work = 1;
    run->state = NULL;
    return 0;
}

static int null_check(struct workload_run *run)
{
    if (run->state)
        return text_refuse(run->reason, sizeof run->reason,
                           "null has no state, yet it was set");
    text_set(run->answer, sizeof run->answer, "nothing");
    return 0;
}

const struct workload workload_null = {
    .name = "null",
    .summary = "nothing between the markers: the cost of marking itself",
    .metric = "time",
    .unit = "ns",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = null_params,
    .default_iterations = 100,
    .prepare = null_prepare,
    .run = NULL,
    .check = null_check,
};
