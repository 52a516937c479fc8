/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernel - the kernel of the lab's Linux in the cache, fetched if it is not there; prints its path. */
#include <stdio.h>

#include "bench/lab/image.h"

int main(void)
{
    struct image_kernel kernel;
    struct err e = {0};

    if (image_get_kernel(NULL, &kernel, &e) != 0) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    puts(kernel.path);
    return 0;
}
