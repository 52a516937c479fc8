/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen_parts.h - what is loaded for a rung on Xen: Xen, dom0's kernel, and dom0's
 * image with the guest in it. Private to hv-under-test/xen*.c.
 */
#ifndef ETALON_HV_UNDER_TEST_XEN_PARTS_H
#define ETALON_HV_UNDER_TEST_XEN_PARTS_H

#include "base/err.h"
#include "base/hash.h"
#include "bench/lab/image.h"
#include "hv-under-test/platform.h"

#define XEN_OUTER_PART "xen/etalon-outer"
#define XEN_PAYLOAD_PART "payload/payload.elf"
#define XEN_AGENT_PART "agent/etalon-agent"

enum xen_guest { XEN_GUEST_NONE, XEN_GUEST_PAYLOAD, XEN_GUEST_LINUX };

/* A rung: what is measured there. */
struct xen_form {
    const struct platform *platform;
    enum xen_guest guest; /* NONE: dom0 itself */
    int device_model;     /* QEMU in dom0 is the rest of the guest's PC */
};

struct xen_parts {
    struct image_kernel xen, dom0; /* dom0: only path and hash, if it is the user's own */
    char image[PLATFORM_PATH_BYTES], image_sha256[HASH_HEX_BYTES]; /* dom0's initramfs */
    char manifest[PLATFORM_PATH_BYTES]; /* of the image; "" where it is the agent's alone */
};

/* `launcher`: dom0's first program starts the guest, or the agent as its child; else the agent is
 * that program. All is cached. */
int xen_parts_get(const struct xen_form *f, const struct platform_boot *boot, int launcher,
                  struct xen_parts *p, struct err *e);

/* Does the guest get a network? */
int xen_parts_net(const struct xen_form *f, const struct platform_boot *boot);

#endif
