/* SPDX-License-Identifier: GPL-3.0-or-later */
/* initramfs PROGRAM - an initramfs in the cache with PROGRAM as /init; prints its path. */
#include <stdio.h>

#include "bench/lab/image.h"

int main(int argc, char **argv)
{
    char path[1024], sha256[HASH_HEX_BYTES];
    struct err e = {0};

    if (argc != 2) {
        fprintf(stderr, "usage: initramfs PROGRAM\n");
        return 2;
    }
    if (image_get_initramfs(argv[1], path, sizeof(path), sha256, &e) != 0) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    puts(path);
    return 0;
}
