/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/exec_linux.c - a program of the user's own, run once in each interval: START, vfork,
 * exec, the program, its end, wait, STOP.
 *
 * Between the markers there is nothing of ours but what starts a program: prctl (the child dies
 * with the agent), three dup2 and execve in the child, vfork and wait4 in the agent. The program
 * runs on the processor the agent is pinned to, with an environment of PATH and HOME, in "/".
 *
 * Its standard input is empty. Its output goes into a memory file that is emptied before each
 * run, and is told only in part: how much it was and how it began, of a failed run how it ended.
 * Neither it nor any file it writes may grow beyond OUTPUT_MAX.
 *
 * Known answers: the program's own, by its exit status. Anything but 0 is a wrong answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/arena.h"
#include "workloads/child_linux.h"
#include "workloads/linux_only.h"
#include "workloads/text.h"

#define OUTPUT_MAX (16u << 20)
#define TOLD_BYTES 64 /* of the output, in an answer or a reason */
#define PATH_ROOM 256

static const char *exec_folder = EXEC_FOLDER; /* a test's own */

static char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/", NULL};

struct exec_state {
    int input, output; /* /dev/null, the memory file */
    struct rlimit file_limit;
    volatile int error; /* of execve, as the child left it */
    uint64_t runs;
    uint64_t failed; /* first run that was not content, from 1; 0: none */
    int status;      /* … and its status */
    char program[PATH_ROOM];
    char *argv[EXEC_MAX_ARGS + 1];
    char text[EXEC_ARGV_BYTES];
};

static int read_arguments(struct workload_run *run, struct exec_state *s)
{
    char path[PATH_ROOM];
    size_t used = 0, n = 0;
    ssize_t got;
    int fd;

    snprintf(path, sizeof path, "%s/%u/argv", exec_folder, (unsigned)run->arg[EXEC_PROGRAM]);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return child_refuse(run, path, errno);
    while (used < sizeof s->text &&
           (got = read(fd, s->text + used, sizeof s->text - used)) > 0)
        used += (size_t)got;
    close(fd);
    if (!used || s->text[used - 1])
        return text_refuse(run->reason, sizeof run->reason,
                           "exec: the arguments in the image are damaged");
    for (size_t at = 0; at < used && n < EXEC_MAX_ARGS; at += strlen(s->text + at) + 1)
        s->argv[n++] = s->text + at;
    s->argv[n] = NULL;
    return 0;
}

void exec_cleanup(struct workload_run *run)
{
    struct exec_state *s = run->state;

    if (!s)
        return;
    if (s->input >= 0)
        close(s->input);
    if (s->output >= 0)
        close(s->output);
    s->input = s->output = -1;
    setrlimit(RLIMIT_FSIZE, &s->file_limit);
}

int exec_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct exec_state *s = arena_take(&a, sizeof *s, 64);
    struct rlimit limit;

    if (!s)
        return arena_refuse(run, "the state");
    memset(s, 0, sizeof *s);
    if (getrlimit(RLIMIT_FSIZE, &s->file_limit) != 0)
        return child_refuse(run, "getrlimit", errno);
    s->input = s->output = -1;
    run->state = s;
    run->work = 1;
    if (read_arguments(run, s) != 0)
        return -1;
    snprintf(s->program, sizeof s->program, "%s/%u/program", exec_folder,
             (unsigned)run->arg[EXEC_PROGRAM]);
    s->input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (s->input < 0)
        return child_refuse(run, "/dev/null (is devtmpfs mounted?)", errno);
    s->output = memfd_create("output", MFD_CLOEXEC);
    if (s->output < 0)
        return child_refuse(run, "memfd_create", errno);
    limit = s->file_limit;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > OUTPUT_MAX)
        limit.rlim_cur = OUTPUT_MAX;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return child_refuse(run, "setrlimit", errno);
    return 0;
}

void exec_reset(struct workload_run *run)
{
    struct exec_state *s = run->state;

    /* A failure shows: the output would be longer than the run's. */
    if (ftruncate(s->output, 0) != 0)
        s->error = errno;
    lseek(s->output, 0, SEEK_SET);
}

/* In the child, which shares our memory and stands on our stack: system calls and nothing else. */
static void start_program(struct exec_state *s) __attribute__((noreturn));
static void start_program(struct exec_state *s)
{
    raw_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0);
    raw_syscall(SYS_dup2, s->input, STDIN_FILENO, 0);
    raw_syscall(SYS_dup2, s->output, STDOUT_FILENO, 0);
    raw_syscall(SYS_dup2, s->output, STDERR_FILENO, 0);
    s->error =
        (int)-raw_syscall(SYS_execve, (long)s->program, (long)s->argv, (long)environment);
    for (;;)
        raw_syscall(SYS_exit_group, 127, 0, 0);
}

void exec_run(struct workload_run *run)
{
    struct exec_state *s = run->state;
    int status = 0;
    pid_t child = vfork();

    if (child == 0)
        start_program(s);
    if (child < 0)
        s->error = errno;
    else
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    s->runs++;
    if ((status || s->error) && !s->failed) {
        s->failed = s->runs;
        s->status = status;
    }
}

/* A printable part of the output: from its beginning, or the end of it. */
static void put_output(struct text *t, const struct exec_state *s, int at_end)
{
    char part[TOLD_BYTES];
    off_t size = lseek(s->output, 0, SEEK_END);
    off_t from = at_end && size > TOLD_BYTES ? size - TOLD_BYTES : 0;
    ssize_t n = size > 0 ? pread(s->output, part, sizeof part, from) : 0;

    while (n > 0 && part[n - 1] == '\n')
        n--;
    for (ssize_t i = 0; i < n; i++)
        if (part[i] < ' ' || part[i] > '~')
            part[i] = part[i] == '\n' ? '|' : '.';
    if (n > 0) {
        text_put(t, at_end ? ", the last output ends: " : " output: ");
        text_put_bytes(t, part, (size_t)n);
    }
}

static void put_failure(struct text *t, const struct exec_state *s)
{
    if (s->error) {
        text_put(t, "cannot be started: ");
        text_put(t, strerror(s->error));
        if (s->error == ENOENT)
            text_put(t, " (the program, or the interpreter it names)");
        return;
    }
    if (WIFSIGNALED(s->status)) {
        text_put(t, "ended by signal ");
        text_put_u64(t, (uint64_t)WTERMSIG(s->status));
        text_put(t, WTERMSIG(s->status) == SIGXFSZ
                        ? " (SIGXFSZ: its output or a file of its grew beyond 16 MiB)"
                        : "");
        if (WTERMSIG(s->status) != SIGXFSZ && sigabbrev_np(WTERMSIG(s->status))) {
            text_put(t, " (SIG");
            text_put(t, sigabbrev_np(WTERMSIG(s->status)));
            text_put(t, ")");
        }
        return;
    }
    text_put(t, "ended with status ");
    text_put_u64(t, (uint64_t)WEXITSTATUS(s->status));
}

int exec_check(struct workload_run *run)
{
    struct exec_state *s = run->state;
    const char *name = strrchr(s->argv[0], '/');
    struct text t = text_begin(run->answer, sizeof run->answer);
    off_t size = lseek(s->output, 0, SEEK_END);

    text_put(&t, "runs=");
    text_put_u64(&t, s->runs);
    text_put(&t, " output_bytes=");
    text_put_u64(&t, size > 0 ? (uint64_t)size : 0);
    put_output(&t, s, 0);
    if (!s->runs || s->runs != run->iterations)
        return text_refuse(run->reason, sizeof run->reason, "exec: not every run was made");
    if (!s->failed)
        return 0;
    t = text_begin(run->reason, sizeof run->reason);
    text_put(&t, "exec: ");
    text_put(&t, name ? name + 1 : s->argv[0]);
    text_put(&t, ": run ");
    text_put_u64(&t, s->failed);
    text_put(&t, " ");
    put_failure(&t, s);
    put_output(&t, s, 1);
    return -1;
}
