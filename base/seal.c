/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/chacha-poly1305.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/file.h"

/* A seal is nonce, cipher text, tag; in the cipher text is the length of what was sealed, that,
 * and zeros. */
#define NONCE CHACHA_POLY1305_NONCE_SIZE
#define TAG CHACHA_POLY1305_DIGEST_SIZE
#define LENGTH 8u

/* What a digest is for, so that no two uses share one. */
enum use { USE_ID = 1, USE_DRAW, USE_COMMIT, USE_NONCE, USE_KEY };

static void put_u64(uint8_t out[8], uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static void digest(const struct seal_key *key, enum use use, uint64_t n, const void *data,
                   size_t size, uint8_t out[SHA256_DIGEST_SIZE])
{
    uint8_t head[16] = {'e', 't', 'l', 's', 'e', 'a', 'l', (uint8_t)use};
    struct hmac_sha256_ctx ctx;

    put_u64(head + 8, n);
    hmac_sha256_set_key(&ctx, SEAL_KEY_BYTES, key->bytes);
    hmac_sha256_update(&ctx, sizeof(head), head);
    hmac_sha256_update(&ctx, size, data);
    hmac_sha256_digest(&ctx, SHA256_DIGEST_SIZE, out);
}

static void to_hex(const uint8_t *bytes, char hex[HASH_HEX_BYTES])
{
    for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

int seal_make_key(const char *path, struct err *e)
{
    uint8_t bytes[SEAL_KEY_BYTES];
    char text[HASH_HEX_BYTES + 1];
    int fd, rc;

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return err_set_errno(e, ERR_IO, errno, "no random bytes for a key");
    to_hex(bytes, text);
    strcat(text, "\n");
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(e, errno == EEXIST ? ERR_USAGE : ERR_IO, errno,
                             "cannot make the key %s", path);
    rc = file_write_all(fd, text, strlen(text), path, e);
    if (close(fd) && !rc)
        rc = err_set_errno(e, ERR_IO, errno, "cannot write the key %s", path);
    return rc;
}

int seal_read_key(const char *path, struct seal_key *key, struct err *e)
{
    char *text = NULL;
    size_t size = 0;
    int rc = file_read(path, &text, &size, e);

    if (rc)
        return rc;
    if (size && text[size - 1] == '\n')
        size--;
    if (size != 2 * SEAL_KEY_BYTES || strspn(text, "0123456789abcdef") < size)
        rc = err_set(e, ERR_USAGE,
                     "%s is no key: a key is 64 lower-case hex digits (make one with `etalon "
                     "open --new-key FILE`)",
                     path);
    for (size_t i = 0; !rc && i < SEAL_KEY_BYTES; i++) {
        const char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};

        key->bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    free(text);
    return rc;
}

void seal_key_id(const struct seal_key *key, char hex[HASH_HEX_BYTES])
{
    uint8_t out[SHA256_DIGEST_SIZE];

    digest(key, USE_ID, 0, "", 0, out);
    to_hex(out, hex);
}

uint32_t seal_draw(const struct seal_key *key, uint64_t n, uint32_t count)
{
    uint8_t out[SHA256_DIGEST_SIZE];
    uint64_t value = 0;

    digest(key, USE_DRAW, n, "", 0, out);
    for (unsigned i = 0; i < 8; i++)
        value = value << 8 | out[i];
    return (uint32_t)(value % count);
}

void seal_commit(const struct seal_key *key, uint64_t n, const void *data, size_t size,
                 char hex[HASH_HEX_BYTES])
{
    uint8_t out[SHA256_DIGEST_SIZE];

    digest(key, USE_COMMIT, n, data, size, out);
    to_hex(out, hex);
}

/* Of its own key, so that nothing else made with the file's key helps. */
static void start_cipher(struct chacha_poly1305_ctx *ctx, const struct seal_key *key,
                         uint64_t n, const uint8_t nonce[CHACHA_POLY1305_NONCE_SIZE])
{
    uint8_t out[SHA256_DIGEST_SIZE], number[8];

    _Static_assert(SHA256_DIGEST_SIZE == CHACHA_POLY1305_KEY_SIZE, "a digest is a key");
    digest(key, USE_KEY, 0, "", 0, out);
    chacha_poly1305_set_key(ctx, out);
    chacha_poly1305_set_nonce(ctx, nonce);
    put_u64(number, n);
    chacha_poly1305_update(ctx, sizeof(number), number);
}

size_t seal_bytes(size_t size)
{
    const size_t steps = (size + LENGTH + SEAL_STEP_BYTES - 1) / SEAL_STEP_BYTES;

    return NONCE + steps * SEAL_STEP_BYTES + TAG;
}

void seal_close(const struct seal_key *key, uint64_t n, const void *data, size_t size,
                uint8_t *out)
{
    const size_t filled = seal_bytes(size) - NONCE - TAG;
    struct chacha_poly1305_ctx ctx;
    uint8_t nonce[SHA256_DIGEST_SIZE], *text = out + NONCE;

    digest(key, USE_NONCE, n, data, size, nonce);
    memcpy(out, nonce, NONCE);
    put_u64(text, size);
    memcpy(text + LENGTH, data, size);
    memset(text + LENGTH + size, 0, filled - LENGTH - size);
    start_cipher(&ctx, key, n, nonce);
    chacha_poly1305_encrypt(&ctx, filled, text, text);
    chacha_poly1305_digest(&ctx, TAG, text + filled);
}

int seal_open(const struct seal_key *key, uint64_t n, const uint8_t *seal, size_t size,
              void *out, size_t *length)
{
    struct chacha_poly1305_ctx ctx;
    uint8_t tag[TAG], *text = out;
    uint64_t told = 0;

    if (size < NONCE + LENGTH + TAG)
        return -1;
    size -= NONCE + TAG;
    start_cipher(&ctx, key, n, seal);
    chacha_poly1305_decrypt(&ctx, size, text, seal + NONCE);
    chacha_poly1305_digest(&ctx, sizeof(tag), tag);
    if (!memeql_sec(tag, seal + NONCE + size, sizeof(tag)))
        return -1;
    for (unsigned i = 0; i < LENGTH; i++)
        told |= (uint64_t)text[i] << (8 * i);
    if (told > size - LENGTH)
        return -1;
    memmove(text, text + LENGTH, told);
    *length = told;
    return 0;
}
