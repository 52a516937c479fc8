/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/lock.h - one process at a time prepares the same thing in the cache.
 *
 * An flock(2) on a file: it vanishes with its holder, however that ends.
 */
#ifndef ETALON_BENCH_LAB_LOCK_H
#define ETALON_BENCH_LAB_LOCK_H

#include "base/err.h"

/* Wait for the lock `path` (created if missing). Returns a descriptor >= 0 for lock_release(),
 * or a negative error. *waited (may be NULL) tells whether somebody else held it. */
int lock_take(const char *path, int *waited, struct err *e);
void lock_release(int lock);

#endif
