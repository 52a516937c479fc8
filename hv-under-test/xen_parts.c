/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/xen_parts.c - see xen_parts.h. */
#include "hv-under-test/xen_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/paths.h"
#include "bench/lab/recipe.h"
#include "bench/lab/xen_image.h"
#include "hv-under-test/linux_image.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/xen/guest_files.h"

#define DOM0_KERNEL_PACKAGE "linux-image-amd64" /* the cloud kernel cannot be dom0 */
#define TOOLS "/usr/lib/xen-4.17/bin/"

static int get_dom0_kernel(const char *own, struct image_kernel *out, struct err *e)
{
    int rc;

    if (!own)
        return image_get_kernel_of(DOM0_KERNEL_PACKAGE, NULL, out, e);
    memset(out, 0, sizeof(*out));
    rc = snprintf(out->path, sizeof(out->path), "%s", own);
    if (rc >= (int)sizeof(out->path))
        return err_set(e, ERR_USAGE, "dom0=%s is too long", own);
    return hash_file(own, out->sha256, e);
}

/* Dom0 is the measured system: the agent's own initramfs. */
static int get_agent_image(const struct platform_boot *boot, struct xen_parts *p,
                           struct err *e)
{
    char agent[PLATFORM_PATH_BYTES];
    int rc = paths_find(XEN_AGENT_PART, agent, sizeof(agent), e);

    p->manifest[0] = '\0';
    if (rc != 0)
        return rc;
    return linux_image_get(boot, agent, NET_KIND_NONE, p->image, sizeof(p->image),
                           p->image_sha256, e);
}

/* A PC with a vif beside its device model was seen to stop before its first word, from a cause
 * that was not found: xen-hvm has no network, and runs that need one are skipped there with that
 * reason. */
int xen_parts_net(const struct xen_form *f, const struct platform_boot *boot)
{
    return f->guest == XEN_GUEST_LINUX && !f->device_model && platform_needs_net(boot);
}

/* What stands in the launcher's image for it to start. */
static int get_guest(const struct xen_form *f, const struct platform_boot *boot,
                     const char *part, struct image_own own[2], struct err *e)
{
    const char *own_kernel =
        platform_option_value(boot->options, boot->option_count, "kernel", NULL);
    static char initramfs[PLATFORM_PATH_BYTES], path[PLATFORM_PATH_BYTES];
    struct image_kernel kernel;
    char sha256[HASH_HEX_BYTES];
    int rc;

    own[0] = (struct image_own){.source = part, .target = GUEST_KERNEL, .mode = 0644};
    if (f->guest == XEN_GUEST_NONE)
        own[0] = (struct image_own){.source = part, .target = GUEST_AGENT, .mode = 0755};
    if (f->guest != XEN_GUEST_LINUX)
        return 0;
    rc = linux_image_get(boot, part, xen_parts_net(f, boot) ? NET_KIND_XEN : NET_KIND_NONE,
                         initramfs, sizeof(initramfs), sha256, e);
    if (rc == 0 && f->device_model) {
        rc = image_get_packed_kernel(NULL, path, sizeof(path), e);
    } else if (rc == 0) {
        rc = image_get_kernel(NULL, &kernel, e);
        snprintf(path, sizeof(path), "%s", kernel.path);
    }
    own[0].source = own_kernel ? own_kernel : path;
    own[1] = (struct image_own){.source = initramfs, .target = GUEST_INITRAMFS, .mode = 0644};
    return rc;
}

static int get_launcher_image(const struct xen_form *f, const struct platform_boot *boot,
                              struct xen_parts *p, struct err *e)
{
    const int net = xen_parts_net(f, boot);
    static const char *const packages[] = {"xen-utils-4.17", NULL};
    static const char *const pc_packages[] = {"xen-utils-4.17", "qemu-system-xen", NULL};
    const char *const modules[] = {
        "xen-privcmd", "xen-evtchn", "xen-gntdev", "xenfs", net ? "xen-netback" : NULL, NULL};
    const char *const files[] = {TOOLS "xenstored", TOOLS "xen-init-dom0",
                                 /* glibc opens it when a thread ends. */
                                 "/lib/x86_64-linux-gnu/libgcc_s.so.1",
                                 net ? GUEST_NET_SCRIPT : NULL, NULL};
    const char *const pc_files[] = {TOOLS "xenstored",
                                    TOOLS "xen-init-dom0",
                                    "/lib/x86_64-linux-gnu/libgcc_s.so.1",
                                    "/usr/lib/xen-4.17/boot/hvmloader",
                                    "/usr/libexec/xen-qemu-system-i386",
                                    "/usr/share/seabios/bios-256k.bin",
                                    "/usr/share/qemu/kvmvapic.bin",
                                    "/usr/share/qemu/keymaps/en-us",
                                    "/usr/share/qemu/linuxboot_dma.bin",
                                    "/usr/share/qemu/linuxboot.bin",
                                    NULL};
    static const char *const folders[] = {"/run", NULL};
    char outer[PLATFORM_PATH_BYTES], part[PLATFORM_PATH_BYTES];
    const char *guest = f->guest == XEN_GUEST_PAYLOAD ? XEN_PAYLOAD_PART : XEN_AGENT_PART;
    struct image_own own[4] = {{.source = outer, .target = "/init", .mode = 0755}};
    const struct image_recipe recipe = {
        .name = f->platform->name,
        .packages = f->device_model ? pc_packages : packages,
        .files = f->device_model ? pc_files : files,
        .folders = folders,
        .modules = modules,
        .kernel = DOM0_KERNEL_PACKAGE,
        .own = own,
    };
    struct image_result image;
    int rc = paths_find(XEN_OUTER_PART, outer, sizeof(outer), e);

    if (rc == 0)
        rc = paths_find(guest, part, sizeof(part), e);
    if (rc == 0)
        rc = get_guest(f, boot, part, own + 1, e);
    if (rc == 0)
        rc = recipe_get(&recipe, NULL, &image, e);
    if (rc != 0)
        return rc;
    snprintf(p->image, sizeof(p->image), "%s", image.path);
    snprintf(p->manifest, sizeof(p->manifest), "%s", image.manifest);
    memcpy(p->image_sha256, image.sha256, sizeof(p->image_sha256));
    return 0;
}

int xen_parts_get(const struct xen_form *f, const struct platform_boot *boot, int launcher,
                  struct xen_parts *p, struct err *e)
{
    const struct platform_option *options = boot->options;
    const size_t count = boot->option_count;
    int rc =
        xen_image_get(platform_option_value(options, count, "xen", NULL), NULL, &p->xen, e);

    if (rc == 0)
        rc = get_dom0_kernel(platform_option_value(options, count, "dom0", NULL), &p->dom0, e);
    if (rc != 0)
        return rc;
    if (!launcher)
        return get_agent_image(boot, p, e);
    return get_launcher_image(f, boot, p, e);
}
