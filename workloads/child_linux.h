/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/child_linux.h - children and pipes of the Linux workloads.
 *
 * System calls inside intervals go straight to the kernel: glibc's wrappers test for
 * cancellation, which is not what is measured.
 */
#ifndef ETALON_WORKLOADS_CHILD_LINUX_H
#define ETALON_WORKLOADS_CHILD_LINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "workloads/workload.h"

/* rax = number, up to three arguments; the result as the kernel gives it (-errno). */
static inline long raw_syscall(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

/* Whole or not at all: 0, or -1 on end of file or error. Pipes may split what is larger than
 * PIPE_BUF. */
int pipe_read_all(int fd, void *data, size_t bytes);
int pipe_write_all(int fd, const void *data, size_t bytes);

/*
 * Fork a child that runs body(argument) and then ends; it dies with this process (SIGKILL), so
 * that an agent that is killed leaves nothing behind. The child inherits the processor the
 * agent is pinned to. Returns its id, or -1 with errno.
 */
pid_t child_spawn(void (*body)(void *argument), void *argument);
void child_end(pid_t child); /* SIGKILL, then wait */

/* Leave "<workload>: <what>: <strerror(error)>" in run->reason; returns -1. */
int child_refuse(struct workload_run *run, const char *what, int error);

#endif
