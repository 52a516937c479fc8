/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/xen_image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "bench/lab/image_private.h"
#include "bench/lab/package.h"
#include "bench/lab/seen.h"

#define XEN_IMAGE_FILE "boot/xen-4.17-amd64.gz"
#define XEN_IMAGE_MAX_BYTES (64u << 20)
#define GZIP_WINDOW (16 + MAX_WBITS) /* zlib.h, inflateInit2(): with a gzip header */

static int is_gzip(const char *data, size_t size)
{
    return size > 2 && memcmp(data, "\x1f\x8b", 2) == 0;
}

static int is_elf(const char *data, size_t size)
{
    return size > 4 && memcmp(data,
                              "\x7f"
                              "ELF",
                              4) == 0;
}

/* Replaces *data by what it unpacks to. */
static int gunzip(char **data, size_t *size)
{
    z_stream z = {.next_in = (Bytef *)*data, .avail_in = (uInt)*size};
    char *out = malloc(XEN_IMAGE_MAX_BYTES);
    int rc = Z_MEM_ERROR;

    z.next_out = (Bytef *)out;
    z.avail_out = XEN_IMAGE_MAX_BYTES;
    if (out && inflateInit2(&z, GZIP_WINDOW) == Z_OK) {
        rc = inflate(&z, Z_FINISH);
        inflateEnd(&z);
    }
    if (rc != Z_STREAM_END) {
        free(out);
        return -1;
    }
    free(*data);
    *data = out;
    *size = z.total_out;
    return 0;
}

static int read_package(const struct image_say *say, char **data, size_t *size,
                        struct image_kernel *out, struct err *e)
{
    struct package p;
    int rc = package_get(XEN_IMAGE_PACKAGE, say, &p, e);

    if (rc != 0)
        return rc;
    rc = package_read(&p, XEN_IMAGE_FILE, say, data, size, e);
    snprintf(out->package, sizeof(out->package), "%s", p.name);
    snprintf(out->version, sizeof(out->version), "%s", p.version);
    memcpy(out->package_sha256, p.sha256, sizeof(out->package_sha256));
    package_release(&p);
    if (rc == 0)
        return err_set(e, ERR_UNAVAILABLE,
                       "package " XEN_IMAGE_PACKAGE " has no " XEN_IMAGE_FILE);
    return rc < 0 ? rc : 0;
}

int xen_image_get(const char *own, const struct image_say *say, struct image_kernel *out,
                  struct err *e)
{
    char dir[IMAGE_PATH_BYTES - 64], *data = NULL;
    size_t size;
    int rc;

    memset(out, 0, sizeof(*out));
    rc = image_dir("xen", dir, sizeof(dir), e);
    if (rc == 0)
        rc = own ? file_read(own, &data, &size, e) : read_package(say, &data, &size, out, e);
    if (rc != 0)
        return rc;
    if ((is_gzip(data, size) && gunzip(&data, &size) != 0) || !is_elf(data, size)) {
        free(data);
        return err_set(e, ERR_DATA, "%s is neither an ELF nor a gzip'ed one",
                       own ? own : XEN_IMAGE_FILE);
    }
    hash_bytes(data, size, out->sha256);
    snprintf(out->path, sizeof(out->path), "%s/%.16s.elf", dir, out->sha256);
    if (!seen_is_sound(out->path, out->sha256))
        rc = file_write(out->path, data, size, e);
    free(data);
    return rc;
}
