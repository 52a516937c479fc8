/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/list.h - the descriptors that table.c lists; private to workloads/ and its tests. */
#ifndef ETALON_WORKLOADS_LIST_H
#define ETALON_WORKLOADS_LIST_H

#include "workloads/workload.h"

extern const struct workload workload_null;
extern const struct workload workload_spin;
extern const struct workload workload_superpi;
extern const struct workload workload_exits;
extern const struct workload workload_mem_bw;
extern const struct workload workload_mem_lat;
extern const struct workload workload_ub_cpu;
extern const struct workload workload_ub_mem;
extern const struct workload workload_clock;
extern const struct workload workload_observe;
extern const struct workload workload_lm_syscall;
extern const struct workload workload_lm_ctx;
extern const struct workload workload_lm_pipe_lat;
extern const struct workload workload_lm_pipe_bw;
extern const struct workload workload_net_lat;
extern const struct workload workload_net_bw;
extern const struct workload workload_exec;

#endif
