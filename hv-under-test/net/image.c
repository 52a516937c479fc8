/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/net/image.c - see image.h. */
#include "hv-under-test/net/image.h"

#include <stdio.h>
#include <string.h>

#include "bench/lab/image.h"
#include "bench/lab/recipe.h"

int net_image_get(const char *agent, enum net_kind kind, int own_kernel, char *path,
                  size_t size, char sha256[HASH_HEX_BYTES], struct err *e)
{
    static const char *const virtio[] = {"virtio_pci", "virtio_net", NULL};
    static const char *const xen[] = {"xen-netfront", NULL};
    const struct image_own own[] = {{.source = agent, .target = "/init", .mode = 0755},
                                    {.source = NULL}};
    const struct image_recipe recipe = {
        .name = "a guest with a network",
        .modules = kind == NET_KIND_VIRTIO ? virtio : xen,
        .own = own,
    };
    struct image_result image;
    int rc;

    if (kind == NET_KIND_NONE || own_kernel)
        return image_get_initramfs(agent, path, size, sha256, e);
    rc = recipe_get(&recipe, NULL, &image, e);
    if (rc != 0)
        return rc;
    if (snprintf(path, size, "%s", image.path) >= (int)size)
        return err_set(e, ERR_USAGE, "cache folder name too long: %s", image.path);
    memcpy(sha256, image.sha256, HASH_HEX_BYTES);
    return 0;
}
