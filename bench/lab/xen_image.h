/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/xen_image.h - the hypervisor Xen as a multiboot ELF.
 *
 *   cache/xen/HASH.elf   unpacked, named by the SHA-256 of its content
 *
 * Debian ships it gzip'ed in /boot; a build of the user's own may be either.
 */
#ifndef ETALON_BENCH_LAB_XEN_IMAGE_H
#define ETALON_BENCH_LAB_XEN_IMAGE_H

#include "base/err.h"
#include "bench/lab/image.h"

#define XEN_IMAGE_PACKAGE "xen-hypervisor-4.17-amd64"

/* `own` is the path of a user's build, or NULL for the distribution's; package, version and
 * package_sha256 are "" then. ERR_DATA if it is no ELF. */
int xen_image_get(const char *own, const struct image_say *say, struct image_kernel *out,
                  struct err *e);

#endif
