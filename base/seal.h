/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base/seal.h - what is sealed with a key, cannot be read without it, and cannot be changed with
 * it either (docs/adr/0023): authenticated encryption (ChaCha20-Poly1305, RFC 8439) beside a
 * commitment (HMAC-SHA-256, RFC 2104), both by nettle.
 *
 * A key is a file of 64 hex digits. Everything is a function of key, number and bytes alone, so
 * that a repetition with the same key gives the same seals. The nonce is derived from key, number
 * and content: equal nonces mean equal texts.
 */
#ifndef ETALON_BASE_SEAL_H
#define ETALON_BASE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

#define SEAL_KEY_BYTES 32
#define SEAL_EXTRA_BYTES (12 + 16) /* a seal is so much longer than what is in it */

struct seal_key {
    uint8_t bytes[SEAL_KEY_BYTES];
};

/* A new key, readable by its owner only; the file must not be there yet. */
int seal_make_key(const char *path, struct err *e);
int seal_read_key(const char *path, struct seal_key *key, struct err *e);
/* Tells keys apart and tells nothing of the key. */
void seal_key_id(const struct seal_key *key, char hex[HASH_HEX_BYTES]);

/* A number below `count` that depends on key and n alone. */
uint32_t seal_draw(const struct seal_key *key, uint64_t n, uint32_t count);

/* Binds to n and these bytes: without the key it says nothing of them, with it nobody finds
 * others for it. */
void seal_commit(const struct seal_key *key, uint64_t n, const void *data, size_t size,
                 char hex[HASH_HEX_BYTES]);
/* out has room for size + SEAL_EXTRA_BYTES. */
void seal_close(const struct seal_key *key, uint64_t n, const void *data, size_t size,
                uint8_t *out);
/* out has room for size - SEAL_EXTRA_BYTES. 0, or -1: another key or number, or damaged. */
int seal_open(const struct seal_key *key, uint64_t n, const uint8_t *seal, size_t size,
              void *out);

#endif
