/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/package.h - Debian packages in the cache, unpacked, never installed.
 *
 *   cache/packages/NAME/manifest  "package", "version", "package_sha256", "tree_sha256"
 *   cache/packages/NAME/NAME….deb  the package as fetched
 *   cache/packages/NAME/tree/     its files
 *   cache/packages/NAME/sums      SHA-256 of every file in the tree, as sha256sum(1) writes it
 *
 * The version in the cache stays the one in use. A file is held against `sums` when it is read;
 * a tree with a damaged file is unpacked again, from a .deb that is held against the manifest.
 */
#ifndef ETALON_BENCH_LAB_PACKAGE_H
#define ETALON_BENCH_LAB_PACKAGE_H

#include <stddef.h>

#include "base/err.h"
#include "bench/lab/image.h"

struct package {
    char name[128], version[128];
    char sha256[HASH_HEX_BYTES]; /* of the .deb */
    char dir[1024];              /* cache/packages/NAME */
    char *sums;                  /* owned; package_release() */
};

/* ERR_UNAVAILABLE when it is neither in the cache nor to be had. */
int package_get(const char *name, const struct image_say *say, struct package *out,
                struct err *e);
void package_release(struct package *p);

/*
 * Names of all packages that `name` needs and that are not installed on this system, itself
 * first, separated by newlines; malloc'ed, the caller frees. Of alternatives the first counts.
 * Asks apt's lists; no network.
 */
int package_closure(const char *name, char **names, struct err *e);

/* Whole content of a file (path without a leading slash; links are followed inside the tree).
 * 1 with *data malloc'ed, 0 if the package has no such file, negative error. */
int package_read(struct package *p, const char *path, const struct image_say *say, char **data,
                 size_t *size, struct err *e);

#endif
