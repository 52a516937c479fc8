/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/seen.h - is a file of the cache what its hash says?
 *
 * Hashing 40 MB for each boot would cost more than some boots: once a process has seen a file
 * to be sound (its children inherit that), an unchanged size, inode and time are enough.
 */
#ifndef ETALON_BENCH_LAB_SEEN_H
#define ETALON_BENCH_LAB_SEEN_H

#include "base/hash.h"

/* SHA-256 of a file, read once for as long as it does not change. */
int seen_hash(const char *path, char hex[HASH_HEX_BYTES], struct err *e);

/* 1 if `path` is there with that SHA-256 (64 hex digits). */
int seen_is_sound(const char *path, const char *sha256);

#endif
