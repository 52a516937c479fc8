/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench/lab/image_private.h - shared by the image builders: cache folders, tools, manifests. */
#ifndef ETALON_BENCH_LAB_IMAGE_PRIVATE_H
#define ETALON_BENCH_LAB_IMAGE_PRIVATE_H

#include <stddef.h>

#include "base/err.h"
#include "bench/lab/cpio.h"
#include "bench/lab/image.h"

#define IMAGE_PATH_BYTES 1024

void image_say(const struct image_say *say, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The folder cache/<name>, created. */
int image_dir(const char *name, char *out, size_t size, struct err *e);

/* Run `script` by the shell with two arguments; what it writes goes to dir/log. */
int image_shell(const char *dir, const char *script, const char *a, const char *b,
                struct err *e);

/* The one .deb in a folder; -1 if there is none or more than one. */
int image_find_deb(const char *dir, char *out, size_t size);

/* Fetch package NAME=VERSION (or NAME) into dir, replacing what is there, and hash it. */
int image_fetch_deb(const char *dir, const char *wanted, char sha256[HASH_HEX_BYTES],
                    struct err *e);

/* Value of a line "key value" of a manifest, "" if there is none. */
void image_manifest_get(const char *text, const char *key, char *out, size_t size);

/* The folders and devices every initramfs begins with. */
void image_add_base(struct cpio *c);

#endif
