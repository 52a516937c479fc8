/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

int lock_take(const char *path, int *waited, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644), rc;

    if (waited)
        *waited = 0;
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot create %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno == EWOULDBLOCK) {
        if (waited)
            *waited = 1;
        do
            rc = flock(fd, LOCK_EX);
        while (rc != 0 && errno == EINTR);
        if (rc == 0)
            return fd;
    }
    rc = err_set_errno(e, ERR_IO, errno, "cannot lock %s", path);
    close(fd);
    return rc;
}

void lock_release(int lock)
{
    if (lock >= 0)
        close(lock);
}
