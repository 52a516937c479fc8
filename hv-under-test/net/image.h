/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/net/image.h - the initramfs of a Linux guest with a network. */
#ifndef ETALON_HV_UNDER_TEST_NET_IMAGE_H
#define ETALON_HV_UNDER_TEST_NET_IMAGE_H

#include "base/err.h"
#include "base/hash.h"
#include "hv-under-test/net/net.h"

/*
 * As image_get_initramfs(), with the modules of the driver beside the agent; with NET_KIND_NONE
 * it is that very image. own_kernel: the guest's kernel is not the distribution's, whose modules
 * would not fit: it must have the driver built in.
 */
int net_image_get(const char *agent, enum net_kind kind, int own_kernel, char *path,
                  size_t size, char sha256[HASH_HEX_BYTES], struct err *e);

#endif
