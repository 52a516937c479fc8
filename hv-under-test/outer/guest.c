/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/outer/guest.c - start the process that runs the guest; relay its console. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "hv-under-test/outer/outer.h"
#include "hv-under-test/outer/outer_private.h"

static void run_child(char *const argv[], int log)
{
    const struct rlimit limit = {OUTER_CONSOLE_MAX_BYTES, OUTER_CONSOLE_MAX_BYTES};

    /* Beyond it the child is ended by SIGXFSZ: a guest that floods its console fills no
     * memory of ours. */
    setrlimit(RLIMIT_FSIZE, &limit);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

const char *outer_start(char *const argv[], const char *log, pid_t *pid)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0)
        return outer_reason(log, errno);
    *pid = fork();
    if (*pid == 0)
        run_child(argv, fd);
    close(fd);
    return *pid < 0 ? outer_reason("fork", errno) : NULL;
}

const char *outer_relay(struct outer *o, const char *path)
{
    char buffer[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return outer_reason(path, errno);
    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        outer_write_all(o->console, buffer, (size_t)n);
    close(fd);
    tcdrain(o->console);
    return n < 0 ? outer_reason(path, errno) : NULL;
}

void outer_quote(const char *path, char *out, size_t size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;

    if (fd >= 0 && fstat(fd, &st) == 0) {
        if (st.st_size > (off_t)(size - 1))
            lseek(fd, st.st_size - (off_t)(size - 1), SEEK_SET);
        n = read(fd, out, size - 1);
    }
    if (fd >= 0)
        close(fd);
    if (n < 0)
        n = 0;
    while (n && (out[n - 1] == '\n' || out[n - 1] == ' '))
        n--;
    out[n] = '\0';
    for (ssize_t i = 0; i < n; i++) {
        if (out[i] == '\n')
            out[i] = ' ';
    }
}
