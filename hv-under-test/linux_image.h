/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/linux_image.h - the initramfs of a Linux under test: the agent as /init; the
 * user's programs of the workload exec with the shared libraries they need
 * (workloads/linux_only.h says where); the modules of the guest's network, if it has one.
 */
#ifndef ETALON_HV_UNDER_TEST_LINUX_IMAGE_H
#define ETALON_HV_UNDER_TEST_LINUX_IMAGE_H

#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"
#include "hv-under-test/net/net.h"
#include "hv-under-test/platform.h"

/* `agent`: path of the agent's program. With the option kernel= the modules of the distribution
 * would not fit and are left out: such a kernel must have the network's driver built in. Cached;
 * ERR_UNAVAILABLE names a library or module that is not to be had. */
int linux_image_get(const struct platform_boot *boot, const char *agent, enum net_kind net,
                    char *path, size_t size, char sha256[HASH_HEX_BYTES], struct err *e);

#endif
