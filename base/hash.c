/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void hash_hex(struct sha256_ctx *ctx, char hex[HASH_HEX_BYTES])
{
    uint8_t digest[SHA256_DIGEST_SIZE];

    sha256_digest(ctx, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void hash_bytes(const void *data, size_t n, char hex[HASH_HEX_BYTES])
{
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, n, data);
    hash_hex(&ctx, hex);
}

int hash_file(const char *path, char hex[HASH_HEX_BYTES], struct err *e)
{
    struct sha256_ctx ctx;
    uint8_t buf[65536];
    size_t n;
    FILE *f = fopen(path, "rb");

    if (!f)
        return err_set_errno(e, ERR_IO, errno, "cannot open %s", path);
    sha256_init(&ctx);
    while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
        sha256_update(&ctx, n, buf);
    if (ferror(f)) {
        fclose(f);
        return err_set_errno(e, ERR_IO, errno, "cannot read %s", path);
    }
    fclose(f);
    hash_hex(&ctx, hex);
    return 0;
}

uint64_t hash_short(const char hex[HASH_HEX_BYTES])
{
    char head[17];

    memcpy(head, hex, 16);
    head[16] = '\0';
    return strtoull(head, NULL, 16);
}
