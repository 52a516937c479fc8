/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/kernel.h"

#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define KERNEL_MAX_BYTES (512u << 20) /* a larger claim is damage */

static uint32_t kernel_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Each unpacker fills out[out_size] and returns how much it wrote, 0 on any damage. */

static size_t kernel_unpack_gzip(const uint8_t *in, size_t in_size, uint8_t *out,
                                 size_t out_size)
{
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)in,
                  .avail_in = (unsigned)in_size,
                  .next_out = out,
                  .avail_out = (unsigned)out_size};
    int rc;

    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) /* 16: with a gzip header */
        return 0;
    rc = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return rc == Z_STREAM_END ? z.total_out : 0;
}

static size_t kernel_unpack_xz(const uint8_t *in, size_t in_size, uint8_t *out,
                               size_t out_size)
{
    uint64_t memory = UINT64_MAX;
    size_t in_pos = 0, out_pos = 0;

    if (lzma_stream_buffer_decode(&memory, 0, NULL, in, &in_pos, in_size, out, &out_pos,
                                  out_size) != LZMA_OK)
        return 0;
    return out_pos;
}

static size_t kernel_unpack_lzma(const uint8_t *in, size_t in_size, uint8_t *out,
                                 size_t out_size)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_ret rc;

    if (lzma_alone_decoder(&s, UINT64_MAX) != LZMA_OK)
        return 0;
    s.next_in = in;
    s.avail_in = in_size;
    s.next_out = out;
    s.avail_out = out_size;
    do
        rc = lzma_code(&s, LZMA_RUN);
    while (rc == LZMA_OK && s.avail_out > 0);
    lzma_end(&s);
    /* The size in the stream may be "unknown", with no end mark before ours is full. */
    return rc == LZMA_STREAM_END || rc == LZMA_OK ? out_size - s.avail_out : 0;
}

static size_t kernel_unpack_zstd(const uint8_t *in, size_t in_size, uint8_t *out,
                                 size_t out_size)
{
    size_t frame = ZSTD_findFrameCompressedSize(in, in_size), n;

    if (ZSTD_isError(frame))
        return 0;
    n = ZSTD_decompress(out, out_size, in, frame);
    return ZSTD_isError(n) ? 0 : n;
}

/*
 * The legacy frame of lz4 (doc/lz4_Frame_format.md, "Legacy frame"), as kbuild makes it: magic,
 * then blocks of at most 8 MiB of output, each after its packed size, until the output is full.
 */
static size_t kernel_unpack_lz4(const uint8_t *in, size_t in_size, uint8_t *out,
                                size_t out_size)
{
    size_t at = 4, done = 0, block, room;
    int n;

    while (done < out_size) {
        if (at + 4 > in_size)
            return 0;
        block = kernel_u32(in + at);
        at += 4;
        if (block == 0 || block > in_size - at)
            return 0;
        room = out_size - done < (8u << 20) ? out_size - done : 8u << 20;
        n = LZ4_decompress_safe((const char *)in + at, (char *)out + done, (int)block,
                                (int)room);
        if (n <= 0)
            return 0;
        at += block;
        done += (size_t)n;
    }
    return done;
}

static const struct kernel_packing {
    const char *name;
    uint8_t magic[6];
    unsigned magic_bytes;
    size_t (*unpack)(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size);
} kernel_packings[] = {
    {"gzip", {0x1f, 0x8b}, 2, kernel_unpack_gzip},
    {"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6, kernel_unpack_xz},
    {"lzma", {0x5d, 0, 0}, 3, kernel_unpack_lzma},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, kernel_unpack_zstd},
    {"lz4", {0x02, 0x21, 0x4c, 0x18}, 4, kernel_unpack_lz4},
};

static const struct kernel_packing *kernel_packing_of(const uint8_t *payload)
{
    for (size_t i = 0; i < sizeof(kernel_packings) / sizeof(kernel_packings[0]); i++)
        if (memcmp(payload, kernel_packings[i].magic, kernel_packings[i].magic_bytes) == 0)
            return &kernel_packings[i];
    return NULL;
}

/* Bounds of the payload inside the image; 0 or ERR_DATA. */
static int kernel_find_payload(const uint8_t *image, size_t size, const char *name,
                               const uint8_t **payload, size_t *payload_size, struct err *e)
{
    size_t sectors, start, length;

    if (size < 0x260 || memcmp(image + 0x202, "HdrS", 4) != 0)
        return err_set(e, ERR_DATA, "%s is not a Linux bzImage", name);
    if ((image[0x206] | image[0x207] << 8) < 0x208)
        return err_set(e, ERR_DATA, "%s has a boot protocol older than 2.08", name);
    sectors = image[0x1f1] ? image[0x1f1] : 4;
    start = (sectors + 1) * 512 + kernel_u32(image + 0x248);
    length = kernel_u32(image + 0x24c);
    if (length < 16 || start > size || length > size - start)
        return err_set(e, ERR_DATA, "%s is cut short", name);
    *payload = image + start;
    *payload_size = length;
    return 0;
}

int kernel_unpack(const uint8_t *image, size_t size, const char *name, uint8_t **elf,
                  size_t *elf_size, struct err *e)
{
    const struct kernel_packing *packing;
    const uint8_t *payload = NULL;
    size_t length = 0, room, n;
    uint8_t *out;
    int rc;

    rc = kernel_find_payload(image, size, name, &payload, &length, e);
    if (rc != 0)
        return rc;
    packing = kernel_packing_of(payload);
    if (!packing)
        return err_set(e, ERR_DATA,
                       "%s is packed in a way not known here (gzip, xz, lzma, zstd "
                       "and lz4 are)",
                       name);
    room = kernel_u32(payload + length - 4);
    if (room < 4096 || room > KERNEL_MAX_BYTES)
        return err_set(e, ERR_DATA, "%s is damaged: it claims %zu bytes", name, room);
    out = malloc(room);
    if (!out)
        return err_set(e, ERR_IO, "no memory to unpack %s", name);
    n = packing->unpack(payload, length, out, room);
    if (n != room || memcmp(out, "\177ELF", 4) != 0) {
        free(out);
        return err_set(e, ERR_DATA, "%s is damaged: its %s payload does not unpack", name,
                       packing->name);
    }
    *elf = out;
    *elf_size = n;
    return 0;
}
