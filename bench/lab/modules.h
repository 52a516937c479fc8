/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/lab/modules.h - kernel modules and what they depend on, from a folder of modules as a
 * kernel package has it (before depmod(8)): modules.order names the files, and the section
 * .modinfo of each the modules it depends on (kernel/module/main.c, "depends=").
 *
 * In names '-' and '_' are the same. Not handled: softdep, packed modules (.ko.xz).
 */
#ifndef ETALON_BENCH_LAB_MODULES_H
#define ETALON_BENCH_LAB_MODULES_H

#include <stddef.h>

#include "base/err.h"

#define MODULES_MAX 64

struct modules {
    char *path[MODULES_MAX]; /* on this system, in an order of loading; owned */
    unsigned count;
};

/* `names` is NULL-terminated. ERR_UNAVAILABLE when the folder has no such module; one that is
 * built into the kernel (modules.builtin) needs no loading. *out is to be released in any
 * case. */
int modules_resolve(const char *folder, const char *const *names, struct modules *out,
                    struct err *e);
void modules_release(struct modules *m);

/* The value of "depends=" in a module's file: names separated by commas, "" if it depends on
 * none, NULL if it is no module. Points into data. */
const char *modules_depends(const char *data, size_t size);

#endif
