/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/linux_only.h - operations of the workloads that need a Linux kernel.
 *
 * linux_only.c holds their descriptors, the same everywhere. Which operations stand behind
 * them the linker decides: *_linux.c in the agent, no_linux.c in payload and controller, where
 * linux_only_unavailable() says why nothing can run.
 */
#ifndef ETALON_WORKLOADS_LINUX_ONLY_H
#define ETALON_WORKLOADS_LINUX_ONLY_H

#include "workloads/workload.h"

/* Arguments, in the order of the descriptors' params. */
enum { LM_SYSCALL_OP, LM_SYSCALL_N };
enum {
    LM_SYSCALL_NULL,
    LM_SYSCALL_READ,
    LM_SYSCALL_WRITE,
    LM_SYSCALL_STAT,
    LM_SYSCALL_FSTAT,
    LM_SYSCALL_OPEN_CLOSE
};
enum { LM_CTX_OP, LM_CTX_PROCS, LM_CTX_SIZE, LM_CTX_ROUNDS };
enum { LM_CTX_RING, LM_CTX_OVERHEAD };
#define LM_CTX_MAX_PROCS 96
enum { LM_PIPE_LAT_N };
enum { LM_PIPE_BW_CHUNK, LM_PIPE_BW_CHUNKS };
enum { EXEC_PROGRAM };
#define EXEC_MAX_PROGRAMS 16
/* What an image holds for program N of a campaign: EXEC_FOLDER "/N/program", and
 * EXEC_FOLDER "/N/argv", its arguments, each ended by a NUL. */
#define EXEC_FOLDER "/etalon/exec"
#define EXEC_ARGV_BYTES 4096 /* of all arguments together */
#define EXEC_MAX_ARGS 64

const char *linux_only_unavailable(const struct workload_run *run);

int lm_syscall_prepare(struct workload_run *run);
void lm_syscall_run(struct workload_run *run);
int lm_syscall_check(struct workload_run *run);
void lm_syscall_cleanup(struct workload_run *run);

int lm_ctx_prepare(struct workload_run *run);
void lm_ctx_run(struct workload_run *run);
int lm_ctx_check(struct workload_run *run);
void lm_ctx_cleanup(struct workload_run *run);

int lm_pipe_lat_prepare(struct workload_run *run);
void lm_pipe_lat_run(struct workload_run *run);
int lm_pipe_lat_check(struct workload_run *run);
void lm_pipe_lat_cleanup(struct workload_run *run);

int lm_pipe_bw_prepare(struct workload_run *run);
void lm_pipe_bw_run(struct workload_run *run);
int lm_pipe_bw_check(struct workload_run *run);
void lm_pipe_bw_cleanup(struct workload_run *run);

int exec_prepare(struct workload_run *run);
void exec_reset(struct workload_run *run);
void exec_run(struct workload_run *run);
int exec_check(struct workload_run *run);
void exec_cleanup(struct workload_run *run);

#endif
