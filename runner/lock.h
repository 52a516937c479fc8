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

/* ERR_USAGE: somebody has it; ERR_IO: the lock file cannot be made. *fd is -1 then; else the
 * caller closes it. */
int lock_database(const char *db, int *fd, struct err *e);

#endif
