/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench/lab/initramfs.c - the smallest initramfs: one program as /init (image.h). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "bench/lab/image_private.h"
#include "bench/lab/seen.h"

/* Write `data` to dir/<its hash><suffix> unless it is there and sound. */
static int image_keep(const char *dir, const char *suffix, const void *data, size_t size,
                      char *path, size_t path_size, char sha256[HASH_HEX_BYTES], struct err *e)
{
    hash_bytes(data, size, sha256);
    if (snprintf(path, path_size, "%s/%.16s%s", dir, sha256, suffix) >= (int)path_size)
        return err_set(e, ERR_USAGE, "cache folder name too long: %s", dir);
    if (seen_is_sound(path, sha256))
        return 0;
    return file_write(path, data, size, e);
}

static const struct image_device {
    const char *name;
    unsigned mode, major, minor; /* Documentation/admin-guide/devices.txt */
} image_devices[] = {
    {"dev/console", S_IFCHR | 0600, 5, 1}, {"dev/kmsg", S_IFCHR | 0600, 1, 11},
    {"dev/mem", S_IFCHR | 0600, 1, 1},     {"dev/null", S_IFCHR | 0666, 1, 3},
    {"dev/ttyS0", S_IFCHR | 0600, 4, 64},  {"dev/ttyS1", S_IFCHR | 0600, 4, 65},
    {"dev/urandom", S_IFCHR | 0666, 1, 9}, {"dev/zero", S_IFCHR | 0666, 1, 5},
};

void image_add_base(struct cpio *c)
{
    static const char *const folders[] = {"dev", "proc", "sys", "tmp"};

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        cpio_add(c, folders[i], S_IFDIR | 0755, NULL, 0);
    for (size_t i = 0; i < sizeof(image_devices) / sizeof(image_devices[0]); i++)
        cpio_add_device(c, image_devices[i].name, image_devices[i].mode,
                        image_devices[i].major, image_devices[i].minor);
}

static int image_pack_initramfs(const char *program, struct cpio *c, struct err *e)
{
    char *data;
    size_t size;
    int rc = file_read(program, &data, &size, e);

    if (rc != 0)
        return rc;
    image_add_base(c);
    cpio_add(c, "init", S_IFREG | 0755, data, size);
    free(data);
    return cpio_finish(c) == 0 ? 0 : err_set(e, ERR_IO, "no memory for an initramfs");
}

int image_get_initramfs(const char *program, char *path, size_t size,
                        char sha256[HASH_HEX_BYTES], struct err *e)
{
    char dir[IMAGE_PATH_BYTES - 32];
    struct cpio c = {0};
    int rc;

    rc = image_dir("initramfs", dir, sizeof(dir), e);
    if (rc == 0)
        rc = image_pack_initramfs(program, &c, e);
    if (rc == 0)
        rc = image_keep(dir, ".cpio", c.data, c.size, path, size, sha256, e);
    free(c.data);
    return rc;
}
