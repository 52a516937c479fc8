/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/arena.c - the one refusal of the arena. */
#include "workloads/arena.h"
#include "workloads/text.h"

int arena_refuse(struct workload_run *run, const char *what)
{
    struct text t = text_begin(run->reason, sizeof run->reason);

    text_put(&t, run->workload->name);
    text_put(&t, ": ");
    text_put(&t, what);
    text_put(&t, " does not fit into the arena of ");
    text_put_u64(&t, run->env->arena_bytes);
    text_put(&t, " bytes; choose a smaller one");
    return -1;
}
