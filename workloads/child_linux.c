/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/child_linux.c - children that cannot outlive us. */
#include "workloads/child_linux.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/linux_only.h"
#include "workloads/text.h"

const char *linux_only_unavailable(const struct workload_run *run)
{
    (void)run;
    return NULL;
}

int pipe_read_all(int fd, void *data, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        long got = raw_syscall(SYS_read, fd, (long)((char *)data + at), (long)(bytes - at));

        if (got <= 0 && got != -EINTR)
            return -1;
        if (got > 0)
            at += (size_t)got;
    }
    return 0;
}

int pipe_write_all(int fd, const void *data, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        long put =
            raw_syscall(SYS_write, fd, (long)((const char *)data + at), (long)(bytes - at));

        if (put <= 0 && put != -EINTR)
            return -1;
        if (put > 0)
            at += (size_t)put;
    }
    return 0;
}

pid_t child_spawn(void (*body)(void *argument), void *argument)
{
    pid_t parent = getpid(), child = fork();

    if (child != 0)
        return child;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(1); /* the parent died before the request took hold */
    body(argument);
    _exit(0);
}

void child_end(pid_t child)
{
    if (child <= 0)
        return;
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}

int child_refuse(struct workload_run *run, const char *what, int error)
{
    struct text t = text_begin(run->reason, sizeof run->reason);

    text_put(&t, run->workload->name);
    text_put(&t, ": ");
    text_put(&t, what);
    text_put(&t, ": ");
    text_put(&t, strerror(error));
    return -1;
}
