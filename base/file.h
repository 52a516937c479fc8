/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base/file.h - whole files in and out, through base/sys.h. */
#ifndef ETALON_BASE_FILE_H
#define ETALON_BASE_FILE_H

#include <stddef.h>

#include "base/err.h"

/* Read all of `path`; *data is malloc'ed (caller frees), NUL-terminated beyond *size. */
int file_read(const char *path, char **data, size_t *size, struct err *e);

/* Write all of `path` by a temporary name, fsync and rename: it is whole or not there. */
int file_write(const char *path, const void *data, size_t size, struct err *e);

/* write() until all is written. */
int file_write_all(int fd, const void *data, size_t size, const char *name, struct err *e);

#endif
