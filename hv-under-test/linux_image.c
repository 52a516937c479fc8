/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hv-under-test/linux_image.h"

#include <stdio.h>
#include <string.h>

#include "bench/lab/image.h"
#include "bench/lab/recipe.h"
#include "hv-under-test/platform_words.h"
#include "workloads/linux_only.h"

#define TARGET_BYTES 64

static const char *const *modules_of(const struct platform_boot *boot, enum net_kind net)
{
    static const char *const virtio[] = {"virtio_pci", "virtio_net", NULL};
    static const char *const xen[] = {"xen-netfront", NULL};

    if (platform_option_value(boot->options, boot->option_count, "kernel", NULL))
        return NULL;
    return net == NET_KIND_VIRTIO ? virtio : net == NET_KIND_XEN ? xen : NULL;
}

int linux_image_get(const struct platform_boot *boot, const char *agent, enum net_kind net,
                    char *path, size_t size, char sha256[HASH_HEX_BYTES], struct err *e)
{
    char target[2 * EXEC_MAX_PROGRAMS][TARGET_BYTES];
    struct image_own own[2 * EXEC_MAX_PROGRAMS + 2] = {
        {.source = agent, .target = "/init", .mode = 0755}};
    const struct image_recipe recipe = {
        .name = "a Linux under test", .modules = modules_of(boot, net), .own = own};
    struct image_result image;
    unsigned n = 1;
    int rc;

    if (!boot->program_count && !recipe.modules)
        return image_get_initramfs(agent, path, size, sha256, e);
    if (boot->program_count > EXEC_MAX_PROGRAMS)
        return err_set(e, ERR_USAGE, "more than %d programs", EXEC_MAX_PROGRAMS);
    for (unsigned i = 0; i < boot->program_count; i++) {
        const struct platform_program *p = &boot->programs[i];

        snprintf(target[2 * i], TARGET_BYTES, EXEC_FOLDER "/%u/argv", i);
        snprintf(target[2 * i + 1], TARGET_BYTES, EXEC_FOLDER "/%u/program", i);
        own[n++] = (struct image_own){.source = p->path,
                                      .target = target[2 * i],
                                      .mode = 0644,
                                      .data = p->argv,
                                      .bytes = p->argv_bytes};
        own[n++] =
            (struct image_own){.source = p->path, .target = target[2 * i + 1], .mode = 0755};
    }
    rc = recipe_get(&recipe, NULL, &image, e);
    if (rc != 0)
        return rc;
    if (snprintf(path, size, "%s", image.path) >= (int)size)
        return err_set(e, ERR_USAGE, "the path of the cache is too long");
    memcpy(sha256, image.sha256, HASH_HEX_BYTES);
    return 0;
}
