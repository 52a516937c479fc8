/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen/self.c - the control domain as its own guest: the agent as a child of the
 * launcher, Xen tracing domain 0. The agent alone as PID 1 (hv-under-test/xen.c) is the same rung
 * without counts.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hv-under-test/xen/guest_files.h"
#include "hv-under-test/xen/launch.h"

#define DOMAIN 0
#define LOG "/run/agent.log"

static const char *start(struct outer *o, pid_t *pid, int *pidfd)
{
    static char words[OUTER_WORDS_BYTES + 32], console[64];
    char *argv[] = {GUEST_AGENT, "--command-line", words, "--console", console, NULL};
    const char *reason;

    snprintf(words, sizeof words, "%s etl.counter=trace", o->guest_words);
    snprintf(console, sizeof console, "/dev/%.50s", outer_setting(o, "console", "ttyS0"));
    reason = outer_start(argv, LOG, pid);
    if (reason)
        return reason;
    *pidfd = (int)syscall(SYS_pidfd_open, *pid, 0);
    return *pidfd < 0 ? outer_reason("pidfd_open", errno) : NULL;
}

/* Until the agent ends. */
static const char *attend(struct trace *t, int pidfd, int64_t end_ms)
{
    struct pollfd p[2] = {{.fd = pidfd, .events = POLLIN},
                          {.fd = trace_fd(t), .events = POLLIN}};
    const char *reason = NULL;

    while (!reason && !p[0].revents) {
        const int64_t left_ms = end_ms - outer_uptime_ms();

        if (left_ms <= 0)
            return "the agent was ended: it ran longer than it may";
        if (poll(p, 2, (int)left_ms) > 0 && p[1].revents)
            reason = trace_drain(t);
    }
    return reason;
}

static const char *judge(int status)
{
    char said[300];

    /* 1: it has told in its own records what is wrong. */
    if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
        return NULL;
    outer_quote(LOG, said, sizeof said);
    if (WIFSIGNALED(status))
        return outer_say("the agent was ended by signal %d. %s", WTERMSIG(status), said);
    return outer_say("the agent ended with status %d. %s", WEXITSTATUS(status), said);
}

const char *self_run(struct outer *o, const struct launch *l)
{
    const int64_t end_ms = l->limit_ms;
    struct trace *t = NULL;
    const char *reason = trace_begin(DOMAIN, &t), *later;
    int pidfd = -1, status = 0;
    pid_t pid = -1;

    if (!reason)
        reason = start(o, &pid, &pidfd);
    if (!reason)
        reason = attend(t, pidfd, end_ms);
    if (pid > 0) {
        if (reason)
            kill(pid, SIGKILL);
        if (waitpid(pid, &status, 0) == pid && !reason)
            reason = judge(status);
    }
    later = trace_stop(t);
    if (!reason)
        reason = later;
    if (!reason)
        reason = counts_tell(o, t, 1);
    if (pidfd >= 0)
        close(pidfd);
    trace_close(t);
    return reason;
}
