/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/seen.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

#define SEEN_FILES 16 /* kernels and images of one campaign */

static struct seen {
    char path[1024], sha256[HASH_HEX_BYTES];
    struct stat st;
} seen_file[SEEN_FILES];
static unsigned seen_next;

static struct seen *seen_find(const char *path)
{
    for (unsigned i = 0; i < SEEN_FILES; i++)
        if (strcmp(seen_file[i].path, path) == 0)
            return &seen_file[i];
    return NULL;
}

static int seen_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int seen_is_sound(const char *path, const char *sha256)
{
    struct seen *s = seen_find(path);
    char found[HASH_HEX_BYTES];
    struct stat st;

    if (stat(path, &st) != 0)
        return 0;
    if (s && seen_same(&s->st, &st) && strcmp(s->sha256, sha256) == 0)
        return 1;
    if (hash_file(path, found, NULL) != 0 || strcmp(found, sha256) != 0)
        return 0;
    if (strlen(path) >= sizeof(s->path))
        return 1;
    if (!s)
        s = &seen_file[seen_next++ % SEEN_FILES];
    strcpy(s->path, path);
    strcpy(s->sha256, found);
    s->st = st;
    return 1;
}
