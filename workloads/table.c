/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/table.c - every workload, in the order of reports. */
#include "workloads/list.h"
#include "workloads/text.h"

/* clang-format off */
static const struct workload *const table[] = {
    &workload_null,
    &workload_spin,
    &workload_superpi,
    &workload_exits,
    &workload_mem_bw,
    &workload_mem_lat,
    &workload_ub_cpu,
    &workload_ub_mem,
    &workload_clock,
    &workload_observe,
    &workload_lm_syscall,
    &workload_lm_ctx,
    &workload_lm_pipe_lat,
    &workload_lm_pipe_bw,
    &workload_net_lat,
    &workload_net_bw,
    &workload_exec,
};
/* clang-format on */

const struct workload *const *workload_table(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}

const struct workload *workload_find(const char *name)
{
    size_t length = 0;

    while (name[length])
        length++;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (text_equal(table[i]->name, name, length))
            return table[i];
    }
    return NULL;
}
