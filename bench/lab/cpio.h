/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/cpio.h - a writer of initramfs archives, "newc" format
 * (Documentation/driver-api/early-userspace/buffer-format.rst).
 *
 * The same members give the same bytes: times are 0, owner is root, inodes count from 1 in the
 * order of the calls.
 */
#ifndef ETALON_BENCH_LAB_CPIO_H
#define ETALON_BENCH_LAB_CPIO_H

#include <stddef.h>
#include <stdint.h>

struct cpio {
    uint8_t *data; /* malloc'ed; the caller frees */
    size_t size, room;
    unsigned members;
    int failed; /* out of memory; sticky */
};

/* `mode` as in stat(2), with the file type. */
void cpio_add(struct cpio *c, const char *name, unsigned mode, const void *data, size_t size);
void cpio_add_device(struct cpio *c, const char *name, unsigned mode, unsigned major,
                     unsigned minor);
/* The trailer. 0, or -1 if memory ran out on the way. */
int cpio_finish(struct cpio *c);

#endif
