/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sys.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int sys_open(const char *path, int flags, mode_t mode)
{
    return open(path, flags, mode);
}

const struct sys sys_real = {
    .open = sys_open,
    .read = read,
    .write = write,
    .close = close,
    .poll = poll,
    .fsync = fsync,
    .rename = rename,
    .fork = fork,
    .malloc = malloc,
};

const struct sys *sys = &sys_real;
