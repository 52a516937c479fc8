/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

int file_read(const char *path, char **data, size_t *size, struct err *e)
{
    size_t used = 0, room = 65536;
    char *buf = sys->malloc(room + 1), *grown;
    ssize_t n;
    int fd, rc;

    if (!buf)
        return err_set_errno(e, ERR_IO, ENOMEM, "cannot read %s", path);
    fd = sys->open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        rc = err_set_errno(e, ERR_IO, errno, "cannot open %s", path);
        free(buf);
        return rc;
    }
    for (;;) {
        n = sys->read(fd, buf + used, room - used);
        if (n == 0)
            break;
        if (n < 0) {
            if (errno == EINTR)
                continue;
            rc = err_set_errno(e, ERR_IO, errno, "cannot read %s", path);
            goto fail;
        }
        used += (size_t)n;
        if (used == room) {
            grown = realloc(buf, 2 * room + 1);
            if (!grown) {
                rc = err_set_errno(e, ERR_IO, ENOMEM, "cannot read %s", path);
                goto fail;
            }
            buf = grown;
            room *= 2;
        }
    }
    sys->close(fd);
    buf[used] = '\0';
    *data = buf;
    *size = used;
    return 0;
fail:
    sys->close(fd);
    free(buf);
    return rc;
}

int file_write_all(int fd, const void *data, size_t size, const char *name, struct err *e)
{
    const uint8_t *p = data;
    ssize_t n;

    while (size > 0) {
        n = sys->write(fd, p, size);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return err_set_errno(e, ERR_IO, errno, "cannot write %s", name);
        }
        p += n;
        size -= (size_t)n;
    }
    return 0;
}

int file_write(const char *path, const void *data, size_t size, struct err *e)
{
    char temporary[4096];
    int fd, rc;

    if (snprintf(temporary, sizeof(temporary), "%s.%d.new", path, (int)getpid()) >=
        (int)sizeof(temporary))
        return err_set(e, ERR_IO, "path too long: %s", path);
    fd = sys->open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot create %s", temporary);
    rc = file_write_all(fd, data, size, temporary, e);
    if (rc == 0 && sys->fsync(fd) != 0)
        rc = err_set_errno(e, ERR_IO, errno, "cannot write %s", temporary);
    if (sys->close(fd) != 0 && rc == 0)
        rc = err_set_errno(e, ERR_IO, errno, "cannot write %s", temporary);
    if (rc == 0 && sys->rename(temporary, path) != 0)
        rc = err_set_errno(e, ERR_IO, errno, "cannot rename %s to %s", temporary, path);
    if (rc != 0)
        unlink(temporary);
    return rc;
}
