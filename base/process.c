/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sys.h"

static void process_tie_to_parent(pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before prctl() took hold */
        _exit(127);
}

int process_fork(int (*child)(void *arg), void *arg, pid_t *pid, struct err *e)
{
    pid_t parent = getpid(), p;

    fflush(NULL);
    p = sys->fork();
    if (p < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot fork");
    if (p == 0) {
        process_tie_to_parent(parent);
        _exit(child(arg));
    }
    setpgid(p, p); /* both sides set it, so that it holds whoever runs first */
    *pid = p;
    return 0;
}

/* Runs in the child; why exec() failed is told to the parent as an errno through `tell`. `talk`: -1,
 * or what its standard input and output are. */
static void process_exec(char *const argv[], const char *log, int talk, int tell)
{
    int fd = talk < 0 ? open("/dev/null", O_RDONLY) : talk, why;

    if (fd >= 0)
        dup2(fd, 0);
    if (log) {
        fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (fd < 0)
            goto fail;
        dup2(talk < 0 ? fd : talk, 1);
        dup2(fd, 2);
        close(fd);
    }
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    execvp(argv[0], argv);
fail:
    why = errno;
    if (write(tell, &why, sizeof(why)) != sizeof(why))
        _exit(126);
    _exit(127);
}

static int process_spawn(char *const argv[], const char *log, int talk, pid_t *pid,
                         struct err *e)
{
    int tell[2], why = 0;
    pid_t parent = getpid(), p;
    ssize_t n;

    if (pipe2(tell, O_CLOEXEC) != 0)
        return err_set_errno(e, ERR_IO, errno, "cannot start %s", argv[0]);
    fflush(NULL);
    p = sys->fork();
    if (p < 0) {
        why = errno;
        close(tell[0]);
        close(tell[1]);
        return err_set_errno(e, ERR_IO, why, "cannot start %s", argv[0]);
    }
    if (p == 0) {
        process_tie_to_parent(parent);
        process_exec(argv, log, talk, tell[1]);
    }
    setpgid(p, p);
    close(tell[1]);
    do
        n = read(tell[0], &why, sizeof(why));
    while (n < 0 && errno == EINTR);
    close(tell[0]);
    if (n == (ssize_t)sizeof(why)) {
        waitpid(p, NULL, 0);
        return err_set_errno(e, why == ENOENT ? ERR_UNAVAILABLE : ERR_IO, why,
                             "cannot start %s", argv[0]);
    }
    *pid = p;
    return 0;
}

int process_start(char *const argv[], const char *log, pid_t *pid, struct err *e)
{
    return process_spawn(argv, log, -1, pid, e);
}

int process_start_talking(char *const argv[], const char *log, pid_t *pid, int *talk,
                          struct err *e)
{
    int end[2], rc;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end) != 0)
        return err_set_errno(e, ERR_IO, errno, "cannot start %s", argv[0]);
    rc = process_spawn(argv, log, end[1], pid, e);
    close(end[1]);
    if (rc == 0)
        *talk = end[0];
    else
        close(end[0]);
    return rc;
}

static long process_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

int process_wait(pid_t pid, int timeout_ms, int *status, struct err *e)
{
    long deadline = process_now_ms() + timeout_ms;
    struct timespec nap = {0, 2000000};
    pid_t p;

    for (;;) {
        p = waitpid(pid, status, timeout_ms < 0 ? 0 : WNOHANG);
        if (p == pid)
            return 1;
        if (p < 0 && errno != EINTR)
            return err_set_errno(e, ERR_IO, errno, "cannot wait for process %d", (int)pid);
        if (timeout_ms >= 0 && process_now_ms() >= deadline)
            return 0;
        if (p == 0)
            nanosleep(&nap, NULL);
    }
}

void process_stop(pid_t pid, int grace_ms)
{
    int status;

    if (pid <= 0)
        return;
    kill(-pid, SIGTERM);
    if (process_wait(pid, grace_ms, &status, NULL) == 0) {
        kill(-pid, SIGKILL);
        process_wait(pid, -1, &status, NULL);
        return;
    }
    kill(-pid, SIGKILL); /* whatever it left in its group */
}

void process_quote_log(const char *log, char *out, size_t size)
{
    char *data;
    size_t n, from, used = 0;

    out[0] = '\0';
    if (!log || file_read(log, &data, &n, NULL) != 0)
        return;
    from = n > 300 ? n - 300 : 0;
    for (size_t i = from; i < n && used + 1 < size; i++)
        out[used++] = data[i] == '\n' ? ' ' : data[i];
    out[used] = '\0';
    free(data);
}

int process_run(char *const argv[], const char *log, struct err *e)
{
    char tail[320];
    int status, rc;
    pid_t pid;

    rc = process_start(argv, log, &pid, e);
    if (rc != 0)
        return rc;
    rc = process_wait(pid, -1, &status, e);
    if (rc < 0)
        return rc;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    process_quote_log(log, tail, sizeof(tail));
    if (WIFSIGNALED(status))
        return err_set(e, ERR_IO, "%s was ended by signal %d: %s", argv[0], WTERMSIG(status),
                       tail);
    return err_set(e, ERR_IO, "%s failed with status %d: %s", argv[0], WEXITSTATUS(status),
                   tail);
}
