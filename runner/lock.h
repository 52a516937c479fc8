/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/lock.h - one program at a time works on a database: a second runner would run the same
 * boots again, and who summarises must not do so while boots come in.
 *
 * The lock is flock(2) on DB.lock, which stays; it goes with the descriptor, so whatever ends its
 * owner ends it. Readers of the database do not take it.
 *
 * Not handled: file systems without flock(2), two names of one file.
 */
#ifndef ETALON_RUNNER_LOCK_H
#define ETALON_RUNNER_LOCK_H

#include "base/err.h"

struct store;

/* ERR_USAGE: somebody has it; ERR_IO: the lock file cannot be made. *fd is -1 then; else the
 * caller closes it. */
int lock_database(const char *db, int *fd, struct err *e);

struct locked_store {
    struct store *store;
    int version; /* of the file before it was opened, which migrates it */
    int fd;
};

/* A database that is there, locked and open for writing. What it is comes before the lock: beside
 * a letter to an aunt nobody wants a lock file. Errors as of collector/store.h and above; also
 * after one *out is to be closed. */
int lock_store(const char *db, struct locked_store *out, struct err *e);
void lock_close_store(struct locked_store *s);

#endif
