/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/recipe.h - an initramfs put together from the distribution's packages, from this
 * system and from our own parts: what an outer system (the Linux that runs a hypervisor under
 * test) needs to boot.
 *
 * A file is looked for in the packages of the recipe first, then on this system. Of every file
 * that is an ELF, the program interpreter and all shared libraries (DT_NEEDED, transitively)
 * are added under /lib/x86_64-linux-gnu, where the dynamic linker looks by itself; what a
 * program opens by dlopen(3) has to be named. Kernel modules are added with all they depend on
 * as /lib/modules/NAME.ko, and /etalon/modules lists their paths in an order of loading.
 *
 *   cache/packages/NAME/       a package: .deb, manifest, unpacked tree (package.h)
 *   cache/images/KEY.manifest  what went into an image, with hashes
 *   cache/images/KEY.cpio      the image; KEY is a hash of the recipe and of our own parts
 *
 * An image in the cache stays the one in use even when this system gets newer libraries:
 * figures of two runs compare. Removing cache/images makes them anew. An image is checked
 * against its hash when a process first uses it, and made again if it is damaged.
 *
 * The same recipe and inputs give the same bytes. Not handled: links and devices inside
 * packages (a link is followed, its target's content stored under the link's name).
 */
#ifndef ETALON_BENCH_LAB_RECIPE_H
#define ETALON_BENCH_LAB_RECIPE_H

#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"
#include "bench/lab/image.h"

struct image_own {      /* a file of ours; a list of them ends with source NULL */
    const char *source; /* path on this system */
    const char *target; /* in the image, with a leading slash */
    unsigned mode;      /* permissions */
    const char *data;   /* NULL: what `source` holds; else this instead, taken as it is */
    size_t bytes;       /* of data */
};

struct image_recipe {
    const char *name;            /* for messages */
    const char *const *packages; /* Debian packages to fetch, NULL-terminated; what they depend
                                  * on is fetched, too, unless it is installed here. NULL: none */
    const char *const
        *files; /* paths with a leading slash, NULL-terminated; one that ends with
                               * a slash is a folder, taken with all below it */
    const char *const *folders; /* empty folders to make, NULL-terminated; NULL: none */
    const char *const *modules; /* kernel module names; NULL: none */
    const char *kernel; /* package whose modules these are; NULL: IMAGE_KERNEL_PACKAGE */
    const struct image_own *own; /* at least /init */
};

struct image_result {
    char path[1024];
    char sha256[HASH_HEX_BYTES];
    char
        manifest[1024]; /* path of a text: "file PATH SHA256", "package NAME VERSION SHA256" */
};

/* ERR_UNAVAILABLE, naming file, package or module, when something is not to be had. Safe to
 * call from several processes at once. */
int recipe_get(const struct image_recipe *recipe, const struct image_say *say,
               struct image_result *out, struct err *e);

#endif
