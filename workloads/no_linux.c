/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/no_linux.c - stands in for the *_linux.c where there is no Linux under us: in the
 * payload, and in the controller, which plans runs but never makes them. Nothing here is
 * called after unavailable() was heeded; a caller that goes on all the same gets an error.
 */
#include "workloads/exits_kernel.h"
#include "workloads/linux_only.h"
#include "workloads/text.h"

static const char sentence[] = "needs a Linux kernel under the workload; there is none here";

const char *linux_only_unavailable(const struct workload_run *run)
{
    (void)run;
    return sentence;
}

static int refuse(struct workload_run *run)
{
    return text_refuse(run->reason, sizeof run->reason, sentence);
}

int lm_syscall_prepare(struct workload_run *run)
{
    return refuse(run);
}

void lm_syscall_run(struct workload_run *run)
{
    (void)run;
}

int lm_syscall_check(struct workload_run *run)
{
    return refuse(run);
}

void lm_syscall_cleanup(struct workload_run *run)
{
    (void)run;
}

int lm_ctx_prepare(struct workload_run *run)
{
    return refuse(run);
}

void lm_ctx_run(struct workload_run *run)
{
    (void)run;
}

int lm_ctx_check(struct workload_run *run)
{
    return refuse(run);
}

void lm_ctx_cleanup(struct workload_run *run)
{
    (void)run;
}

int lm_pipe_lat_prepare(struct workload_run *run)
{
    return refuse(run);
}

void lm_pipe_lat_run(struct workload_run *run)
{
    (void)run;
}

int lm_pipe_lat_check(struct workload_run *run)
{
    return refuse(run);
}

void lm_pipe_lat_cleanup(struct workload_run *run)
{
    (void)run;
}

int lm_pipe_bw_prepare(struct workload_run *run)
{
    return refuse(run);
}

void lm_pipe_bw_run(struct workload_run *run)
{
    (void)run;
}

int lm_pipe_bw_check(struct workload_run *run)
{
    return refuse(run);
}

void lm_pipe_bw_cleanup(struct workload_run *run)
{
    (void)run;
}

const char *exits_kernel_unavailable(const struct workload_run *run)
{
    (void)run;
    return sentence;
}

int exits_kernel_prepare(struct workload_run *run, int hypercall, uint64_t n)
{
    (void)hypercall;
    (void)n;
    return refuse(run);
}

int exits_kernel_check(struct workload_run *run)
{
    return refuse(run);
}
int exec_prepare(struct workload_run *run)
{
    return refuse(run);
}

void exec_reset(struct workload_run *run)
{
    (void)run;
}

void exec_run(struct workload_run *run)
{
    (void)run;
}

int exec_check(struct workload_run *run)
{
    return refuse(run);
}

void exec_cleanup(struct workload_run *run)
{
    (void)run;
}
