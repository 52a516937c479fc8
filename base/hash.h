/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base/hash.h - SHA-256 (FIPS 180-4, by nettle) as 64 lower-case hex digits. */
#ifndef ETALON_BASE_HASH_H
#define ETALON_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HASH_HEX_BYTES 65 /* with NUL */

void hash_bytes(const void *data, size_t n, char hex[HASH_HEX_BYTES]);
int hash_file(const char *path, char hex[HASH_HEX_BYTES], struct err *e);
/* The first 8 bytes, big-endian reading of the hex digits: short identity of a hash. */
uint64_t hash_short(const char hex[HASH_HEX_BYTES]);

#endif
