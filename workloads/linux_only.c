/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/linux_only.c - descriptors of the workloads that need Linux, the same on every side:
 * the controller must know names, parameters and units of what only the agent can run.
 */
#include "workloads/linux_only.h"
#include "workloads/list.h"

static const char *const lm_syscall_ops[] = {
    [LM_SYSCALL_NULL] = "null",        [LM_SYSCALL_READ] = "read",
    [LM_SYSCALL_WRITE] = "write",      [LM_SYSCALL_STAT] = "stat",
    [LM_SYSCALL_FSTAT] = "fstat",      [LM_SYSCALL_OPEN_CLOSE] = "open-close",
    [LM_SYSCALL_OPEN_CLOSE + 1] = NULL};

static const struct workload_param lm_syscall_params[] = {
    [LM_SYSCALL_OP] = {.name = "op",
                       .summary = "system call; null is getppid",
                       .kind = WORKLOAD_CHOICE,
                       .choices = lm_syscall_ops},
    [LM_SYSCALL_N] = {.name = "n",
                      .summary = "calls in one interval",
                      .kind = WORKLOAD_NUMBER,
                      .initial = 20,
                      .min = 1,
                      .max = 1000000},
    {.name = NULL},
};

const struct workload workload_lm_syscall = {
    .name = "lm-syscall",
    .summary = "system calls of Linux (LMbench-style)",
    .metric = "latency",
    .unit = "ns/call",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = lm_syscall_params,
    .default_iterations = 20,
    .linux_only = 1,
    .unavailable = linux_only_unavailable,
    .prepare = lm_syscall_prepare,
    .run = lm_syscall_run,
    .check = lm_syscall_check,
    .cleanup = lm_syscall_cleanup,
};

static const char *const lm_ctx_ops[] = {
    [LM_CTX_RING] = "ring", [LM_CTX_OVERHEAD] = "overhead", [LM_CTX_OVERHEAD + 1] = NULL};

static const struct workload_param lm_ctx_params[] = {
    [LM_CTX_OP] = {.name = "op",
                   .summary = "overhead: the same pipes and sums by one process, the baseline",
                   .kind = WORKLOAD_CHOICE,
                   .choices = lm_ctx_ops},
    [LM_CTX_PROCS] = {.name = "procs",
                      .summary = "processes in the ring",
                      .kind = WORKLOAD_NUMBER,
                      .initial = 2,
                      .min = 2,
                      .max = LM_CTX_MAX_PROCS},
    [LM_CTX_SIZE] = {.name = "size",
                     .summary = "bytes each process sums up when it has the token",
                     .kind = WORKLOAD_NUMBER,
                     .initial = 0,
                     .min = 0,
                     .max = 1048576,
                     .multiple_of = 1024},
    [LM_CTX_ROUNDS] = {.name = "rounds",
                       .summary = "times round the ring in one interval",
                       .kind = WORKLOAD_NUMBER,
                       .initial = 5,
                       .min = 1,
                       .max = 100000},
    {.name = NULL},
};

const struct workload workload_lm_ctx = {
    .name = "lm-ctx",
    .summary = "context switch in a ring of processes that pass a token (LMbench-style)",
    .metric = "latency",
    .unit = "ns/switch",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = lm_ctx_params,
    .default_iterations = 20,
    .linux_only = 1,
    .unavailable = linux_only_unavailable,
    .prepare = lm_ctx_prepare,
    .run = lm_ctx_run,
    .check = lm_ctx_check,
    .cleanup = lm_ctx_cleanup,
};

static const struct workload_param lm_pipe_lat_params[] = {
    [LM_PIPE_LAT_N] = {.name = "n",
                       .summary = "round trips in one interval",
                       .kind = WORKLOAD_NUMBER,
                       .initial = 5,
                       .min = 1,
                       .max = 1000000},
    {.name = NULL},
};

const struct workload workload_lm_pipe_lat = {
    .name = "lm-pipe-lat",
    .summary = "round trip of a byte to another process over two pipes (LMbench-style)",
    .metric = "latency",
    .unit = "ns/round-trip",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = lm_pipe_lat_params,
    .default_iterations = 20,
    .linux_only = 1,
    .unavailable = linux_only_unavailable,
    .prepare = lm_pipe_lat_prepare,
    .run = lm_pipe_lat_run,
    .check = lm_pipe_lat_check,
    .cleanup = lm_pipe_lat_cleanup,
};

static const struct workload_param lm_pipe_bw_params[] = {
    [LM_PIPE_BW_CHUNK] = {.name = "chunk",
                          .summary = "bytes of one write",
                          .kind = WORKLOAD_NUMBER,
                          .initial = 65536,
                          .min = 64,
                          .max = 1048576,
                          .power_of_two = 1},
    [LM_PIPE_BW_CHUNKS] = {.name = "chunks",
                           .summary = "writes in one interval",
                           .kind = WORKLOAD_NUMBER,
                           .initial = 4,
                           .min = 1,
                           .max = 100000},
    {.name = NULL},
};

const struct workload workload_lm_pipe_bw = {
    .name = "lm-pipe-bw",
    .summary = "bytes from another process over a pipe (LMbench-style)",
    .metric = "bandwidth",
    .unit = "MB/s",
    .form = WORKLOAD_RATE,
    .scale = 1e-6,
    .params = lm_pipe_bw_params,
    .default_iterations = 20,
    .linux_only = 1,
    .unavailable = linux_only_unavailable,
    .prepare = lm_pipe_bw_prepare,
    .run = lm_pipe_bw_run,
    .check = lm_pipe_bw_check,
    .cleanup = lm_pipe_bw_cleanup,
};

static const struct workload_param exec_params[] = {
    [EXEC_PROGRAM] = {.name = "program",
                      .summary = "number of the program in the campaign, which writes it as "
                                 "exec = [ \"/path\", \"argument\", ... ]",
                      .kind = WORKLOAD_NUMBER,
                      .initial = 0,
                      .min = 0,
                      .max = EXEC_MAX_PROGRAMS - 1},
    {.name = NULL},
};

const struct workload workload_exec = {
    .name = "exec",
    .summary = "a program of your own, from its start to its end",
    .metric = "time",
    .unit = "ns/run",
    .form = WORKLOAD_PER,
    .scale = 1.0,
    .params = exec_params,
    .default_iterations = 20,
    .linux_only = 1,
    .unavailable = linux_only_unavailable,
    .prepare = exec_prepare,
    .reset = exec_reset,
    .run = exec_run,
    .check = exec_check,
    .cleanup = exec_cleanup,
};
