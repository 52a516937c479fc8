/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/busy.c - processes that keep dom0 busy while the guest runs, so that Xen's
 * scheduler takes the processor away from it: known steal, to look at what the guest's clocks
 * and accounts make of it.
 *
 * They yield to whatever else runs in dom0 (nice 19), so the launcher stays awake, and die with
 * it.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hv-under-test/agent/agent.h"
#include "hv-under-test/xen/launch.h"

#define NICEST 19

static pid_t child[LAUNCH_BUSY_MAX];
static unsigned children;

static void keep_busy(void) __attribute__((noreturn));
static void keep_busy(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (nice(NICEST) < 0)
        _exit(1);
    for (;;)
        __asm__ volatile("" : : : "memory");
}

const char *busy_begin(const struct launch *l)
{
    while (children < l->busy) {
        pid_t pid = fork();

        if (pid < 0)
            return outer_reason("fork for busy=", errno);
        if (pid == 0)
            keep_busy();
        child[children++] = pid;
    }
    return NULL;
}

void busy_end(void)
{
    while (children) {
        kill(child[--children], SIGKILL);
        waitpid(child[children], NULL, 0);
    }
}
