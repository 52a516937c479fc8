/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/image.h - what the emulated computer boots, made from the distribution's packages
 * and kept in the cache (base/paths.h).
 *
 *   cache/kernel/manifest       package, version and hashes of the kernel in use
 *   cache/kernel/PACKAGE.deb    the package as fetched
 *   cache/kernel/vmlinux        the ELF cut out of it
 *   cache/kernel/modules-HASH/  its modules, when an image wanted some
 *   cache/initramfs/HASH.cpio   an initramfs, named by the SHA-256 of its content
 *
 * The kernel in the cache stays the one in use even when the distribution has a newer one:
 * figures of two runs compare. Removing cache/kernel fetches anew. Each entry is checked
 * against its hash when a process first uses it; a damaged one is rebuilt, from the package in
 * the cache if that is sound, and `say` is told. Safe to call from several processes at once.
 */
#ifndef ETALON_BENCH_LAB_IMAGE_H
#define ETALON_BENCH_LAB_IMAGE_H

#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"

#define IMAGE_KERNEL_PACKAGE "linux-image-cloud-amd64" /* follows the current version */

struct image_say { /* progress lines; a NULL pointer to it drops them */
    void (*line)(void *opaque, const char *text);
    void *opaque;
};

struct image_kernel {
    char path[1024]; /* vmlinux */
    char package[128], version[128];
    char package_sha256[HASH_HEX_BYTES]; /* of the .deb */
    char sha256[HASH_HEX_BYTES];         /* of the vmlinux */
};

/* ERR_UNAVAILABLE, naming the package, when it is neither here nor to be had. */
int image_get_kernel(const struct image_say *say, struct image_kernel *out, struct err *e);

/* The same of another meta package ("linux-image-amd64"), in cache/kernel-PACKAGE. */
int image_get_kernel_of(const char *package, const struct image_say *say,
                        struct image_kernel *out, struct err *e);

/* The kernel of image_get_kernel() as its package ships it, a bzImage, for firmware that loads no
 * ELF: its path. */
int image_get_packed_kernel(const struct image_say *say, char *path, size_t size,
                            struct err *e);

/* The folder of that kernel's modules ("…/lib/modules/RELEASE"), unpacked from its package. */
int image_get_modules(const char *package, const struct image_say *say, char *folder,
                      size_t size, struct err *e);

/* An initramfs that holds `program` as /init, and console, null and mem as devices. */
int image_get_initramfs(const char *program, char *path, size_t size,
                        char sha256[HASH_HEX_BYTES], struct err *e);

#endif
