/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base/sys.h - system calls through a table, so that tests inject faults.
 *
 * Production code calls sys->read(…). A test replaces entries of its own copy and points `sys`
 * at it. Semantics and errno are those of the system call.
 */
#ifndef ETALON_BASE_SYS_H
#define ETALON_BASE_SYS_H

#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct sys {
    int (*open)(const char *path, int flags, mode_t mode);
    ssize_t (*read)(int fd, void *buf, size_t n);
    ssize_t (*write)(int fd, const void *buf, size_t n);
    int (*close)(int fd);
    int (*poll)(struct pollfd *fds, nfds_t n, int timeout_ms);
    int (*fsync)(int fd);
    int (*rename)(const char *from, const char *to);
    pid_t (*fork)(void);
    void *(*malloc)(size_t n);
};

extern const struct sys sys_real;
extern const struct sys *sys; /* &sys_real unless a test says otherwise */

#endif
