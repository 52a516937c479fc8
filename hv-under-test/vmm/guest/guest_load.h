/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/guest/guest_load.h - what the loaders of the kinds of image share
 * (guest.c, guest_elf.c, guest_bzimage.c).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_GUEST_GUEST_LOAD_H
#define ETALON_HV_UNDER_TEST_VMM_GUEST_GUEST_LOAD_H

#include <stdint.h>

#include "hv-under-test/vmm/guest/guest.h"

/* [offset, offset + bytes) lies in [0, size). */
static inline int guest_inside(uint64_t offset, uint64_t bytes, uint64_t size)
{
    return offset <= size && bytes <= size - offset;
}

/* Each returns NULL or a sentence, and leaves the first byte behind the image in *end. */
const char *guest_load_elf(const uint8_t *image, uint64_t bytes, uint32_t *entry,
                           uint64_t *end);
const char *guest_load_bzimage(const struct guest_files *files, struct guest_start *start,
                               uint64_t *end);
int guest_is_bzimage(const uint8_t *image, uint64_t bytes);
/* What a bzImage is told; the initramfs lies where it was put. */
void guest_describe_bzimage(uint32_t initramfs, uint32_t initramfs_bytes);

#endif
