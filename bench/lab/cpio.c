/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/cpio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cpio_append(struct cpio *c, const void *data, size_t size)
{
    size_t need = c->size + size;
    uint8_t *grown;

    if (c->failed || size == 0)
        return;
    if (need > c->room) {
        grown = realloc(c->data, 2 * need);
        if (!grown) {
            c->failed = 1;
            return;
        }
        c->data = grown;
        c->room = 2 * need;
    }
    memcpy(c->data + c->size, data, size);
    c->size = need;
}

static void cpio_pad(struct cpio *c, size_t to)
{
    static const uint8_t zero[512];

    if (c->size % to)
        cpio_append(c, zero, to - c->size % to);
}

static void cpio_member(struct cpio *c, const char *name, unsigned mode, unsigned inode,
                        size_t size, unsigned major, unsigned minor)
{
    char header[111];

    /* magic ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor
     * namesize check */
    snprintf(header, sizeof(header),
             "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X"
             "%08X",
             inode, mode, 0u, 0u, 1u, 0u, (unsigned)size, 0u, 0u, major, minor,
             (unsigned)strlen(name) + 1, 0u);
    cpio_append(c, header, 110);
    cpio_append(c, name, strlen(name) + 1);
    cpio_pad(c, 4);
}

void cpio_add(struct cpio *c, const char *name, unsigned mode, const void *data, size_t size)
{
    cpio_member(c, name, mode, ++c->members, size, 0, 0);
    cpio_append(c, data, size);
    cpio_pad(c, 4);
}

void cpio_add_device(struct cpio *c, const char *name, unsigned mode, unsigned major,
                     unsigned minor)
{
    cpio_member(c, name, mode, ++c->members, 0, major, minor);
}

int cpio_finish(struct cpio *c)
{
    cpio_member(c, "TRAILER!!!", 0, 0, 0, 0, 0);
    cpio_pad(c, 512);
    return c->failed ? -1 : 0;
}
