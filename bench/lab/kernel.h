/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/kernel.h - the uncompressed ELF inside a Linux bzImage.
 *
 * Layout: Documentation/x86/boot.rst, "The real-mode kernel header": setup_sects at 0x1f1,
 * "HdrS" at 0x202, protocol version at 0x206, payload_offset at 0x248 and payload_length at
 * 0x24c (protocol 2.08 and later), both counted from the protected-mode code, which begins at
 * (setup_sects + 1) * 512. The payload ends with the uncompressed size as a u32.
 *
 * Handled: gzip, xz, lzma, zstd, lz4 (Debian 12). Not handled: bzip2, lzo.
 */
#ifndef ETALON_BENCH_LAB_KERNEL_H
#define ETALON_BENCH_LAB_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* *elf is malloc'ed (the caller frees). `name` is for error texts. ERR_DATA if it is no
 * bzImage, is damaged, or is packed in a way not handled. */
int kernel_unpack(const uint8_t *image, size_t size, const char *name, uint8_t **elf,
                  size_t *elf_size, struct err *e);

#endif
