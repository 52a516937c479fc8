/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/lm_syscall_linux.c - latency of system calls, n in a row:
 *
 *   null        getppid: enters the kernel and reads one number
 *   read        one byte of /dev/zero
 *   write       one byte to /dev/null
 *   stat, fstat a small file of ours, by name and by descriptor
 *   open-close  the same file, opened read-only and closed: one operation
 *
 * Known answers: every single result is compared with what it must be (without a branch), and
 * stat's with the size of the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workloads/arena.h"
#include "workloads/linux_only.h"
#include "workloads/child_linux.h"
#include "workloads/text.h"

static const char file_contents[] = "etalon\n";
#define FILE_BYTES ((long)sizeof file_contents - 1)

struct lm_syscall_state {
    int fd;            /* of /dev/zero, /dev/null or the file; -1 if none */
    char path[64];     /* of the file; "" if none */
    long expected;     /* result of each call */
    uint64_t wrong;    /* bits in which any result differed */
    uint64_t calls;    /* made so far */
    char byte;         /* read into, written from */
    struct stat about; /* of the file */
};

/* The file lies in /tmp or, in an initramfs without one, in the root. */
static int make_file(struct lm_syscall_state *s)
{
    static const char *const places[] = {"/tmp", ""};

    for (unsigned i = 0; i < 2; i++) {
        int fd;

        snprintf(s->path, sizeof s->path, "%s/etalon-lm.%d", places[i], (int)getpid());
        fd = open(s->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0)
            continue;
        if (write(fd, file_contents, (size_t)FILE_BYTES) == FILE_BYTES) {
            s->fd = fd;
            return 0;
        }
        close(fd);
        unlink(s->path);
    }
    s->path[0] = '\0';
    return -1;
}

void lm_syscall_cleanup(struct workload_run *run)
{
    struct lm_syscall_state *s = run->state;

    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    if (s->path[0])
        unlink(s->path);
    s->fd = -1;
    s->path[0] = '\0';
}

int lm_syscall_prepare(struct workload_run *run)
{
    struct arena a = arena_begin(run->env);
    struct lm_syscall_state *s = arena_take(&a, sizeof *s, 64);

    if (!s)
        return arena_refuse(run, "the state");
    memset(s, 0, sizeof *s);
    s->fd = -1;
    run->state = s;
    run->work = run->arg[LM_SYSCALL_N];
    switch (run->arg[LM_SYSCALL_OP]) {
    case LM_SYSCALL_NULL:
        s->expected = getppid();
        break;
    case LM_SYSCALL_READ:
        s->fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
        if (s->fd < 0)
            return child_refuse(run, "/dev/zero (is devtmpfs mounted?)", errno);
        s->byte = 1; /* what is read must be another */
        s->expected = 1;
        break;
    case LM_SYSCALL_WRITE:
        s->fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (s->fd < 0)
            return child_refuse(run, "/dev/null (is devtmpfs mounted?)", errno);
        s->expected = 1;
        break;
    default:
        if (make_file(s) < 0)
            return child_refuse(run, "a file in /tmp or /", errno);
        break;
    }
    if (run->arg[LM_SYSCALL_OP] == LM_SYSCALL_OPEN_CLOSE) {
        /* The lowest free descriptor, the same each time. */
        s->expected = raw_syscall(SYS_open, (long)s->path, O_RDONLY, 0);
        if (s->expected < 0) {
            int error = (int)-s->expected;

            lm_syscall_cleanup(run);
            return child_refuse(run, "open of our own file", error);
        }
        raw_syscall(SYS_close, s->expected, 0, 0);
    }
    return 0;
}

void lm_syscall_run(struct workload_run *run)
{
    struct lm_syscall_state *s = run->state;
    uint64_t n = run->arg[LM_SYSCALL_N], wrong = 0;
    long expected = s->expected, fd = s->fd;

    switch (run->arg[LM_SYSCALL_OP]) {
    case LM_SYSCALL_NULL:
        for (uint64_t i = 0; i < n; i++)
            wrong |= (uint64_t)(raw_syscall(SYS_getppid, 0, 0, 0) ^ expected);
        break;
    case LM_SYSCALL_READ:
        for (uint64_t i = 0; i < n; i++)
            wrong |= (uint64_t)(raw_syscall(SYS_read, fd, (long)&s->byte, 1) ^ expected);
        break;
    case LM_SYSCALL_WRITE:
        for (uint64_t i = 0; i < n; i++)
            wrong |= (uint64_t)(raw_syscall(SYS_write, fd, (long)&s->byte, 1) ^ expected);
        break;
    case LM_SYSCALL_STAT:
        for (uint64_t i = 0; i < n; i++)
            wrong |= (uint64_t)raw_syscall(SYS_stat, (long)s->path, (long)&s->about, 0);
        break;
    case LM_SYSCALL_FSTAT:
        for (uint64_t i = 0; i < n; i++)
            wrong |= (uint64_t)raw_syscall(SYS_fstat, fd, (long)&s->about, 0);
        break;
    default:
        for (uint64_t i = 0; i < n; i++) {
            long opened = raw_syscall(SYS_open, (long)s->path, O_RDONLY, 0);

            wrong |= (uint64_t)(opened ^ expected);
            wrong |= (uint64_t)raw_syscall(SYS_close, opened, 0, 0);
        }
        break;
    }
    s->wrong |= wrong;
    s->calls += n;
}

int lm_syscall_check(struct workload_run *run)
{
    const struct lm_syscall_state *s = run->state;
    uint64_t op = run->arg[LM_SYSCALL_OP];
    struct text t = text_begin(run->answer, sizeof run->answer);

    text_put(&t, "calls=");
    text_put_u64(&t, s->calls);
    if (s->calls == 0 || s->calls != run->iterations * run->arg[LM_SYSCALL_N])
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-syscall: not every call was made");
    if (s->wrong)
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-syscall: a call did not return what it must");
    if (op == LM_SYSCALL_READ && s->byte != 0)
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-syscall: /dev/zero gave something else");
    if ((op == LM_SYSCALL_STAT || op == LM_SYSCALL_FSTAT) && s->about.st_size != FILE_BYTES)
        return text_refuse(run->reason, sizeof run->reason,
                           "lm-syscall: the file has another size");
    return 0;
}
