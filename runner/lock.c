/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/lock.c - DB.lock; see lock.h.
 */
#include "runner/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "collector/store.h"

int lock_database(const char *db, int *fd, struct err *e)
{
    char path[PATH_MAX];

    *fd = -1;
    if ((size_t)snprintf(path, sizeof(path), "%s.lock", db) >= sizeof(path))
        return err_set(e, ERR_USAGE, "the database's path is too long: %s", db);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (*fd < 0)
        return err_set_errno(e, ERR_IO, errno, "cannot create %s", path);
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    close(*fd);
    *fd = -1;
    return err_set(e, ERR_USAGE,
                   "another etalon works on %s (run or summarise); wait for it or use another "
                   "--db",
                   db);
}

int lock_store(const char *db, struct locked_store *out, struct err *e)
{
    int rc;

    *out = (struct locked_store){.fd = -1};
    rc = store_read_version(db, &out->version, e);
    if (!rc)
        rc = lock_database(db, &out->fd, e);
    return rc ? rc : store_open(db, STORE_WRITE, &out->store, e);
}

void lock_close_store(struct locked_store *s)
{
    store_close(s->store);
    if (s->fd >= 0)
        close(s->fd);
}
