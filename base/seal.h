/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base/seal.h - what is sealed with a key, cannot be read without it, and cannot be changed with
 * it either (docs/adr/0023): authenticated encryption (ChaCha20-Poly1305, RFC 8439) beside a
 * commitment (HMAC-SHA-256, RFC 2104), both by nettle.
 *
 * A key is a file of 64 hex digits. Everything is a function of key, number and bytes alone, so
 * that a repetition with the same key gives the same seals. The nonce is derived from key,
 * number and content: equal nonces mean equal texts.
 *
 * The length of a seal tells nothing of what is in it, as long as that is shorter than
 * SEAL_STEP_BYTES: a ledger of lies is longer the more there are, and the full one (2048 entries,
 * distort_ledger.h) is some 340 KB.
 */
#ifndef ETALON_BASE_SEAL_H
#define ETALON_BASE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

#define SEAL_KEY_BYTES 32
#define SEAL_STEP_BYTES (512u << 10) /* what is sealed is filled up to multiples of this */

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
/* Length of the seal of so many bytes. */
size_t seal_bytes(size_t size);
/* out has room for seal_bytes(size). */
void seal_close(const struct seal_key *key, uint64_t n, const void *data, size_t size,
                uint8_t *out);
/* out has room for `size` bytes, the seal's; *length of them are what was sealed. 0, or -1:
 * another key or number, or damaged. */
int seal_open(const struct seal_key *key, uint64_t n, const uint8_t *seal, size_t size,
              void *out, size_t *length);

#endif
