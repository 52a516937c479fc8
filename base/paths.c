/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/paths.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Folder of the running program; "." if the system does not tell. */
static void paths_program_dir(char *out, size_t size)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    snprintf(out, size, ".");
    if (n <= 0)
        return;
    self[n] = '\0';
    slash = strrchr(self, '/');
    if (slash && slash != self) {
        *slash = '\0';
        snprintf(out, size, "%s", self);
    }
}

int paths_find(const char *part, char *out, size_t size, struct err *e)
{
    static const char *const beside[] = {"", "/..", "/../lib/etalon"};
    const char *lib = getenv("ETALON_LIB");
    char dir[PATH_MAX];

    if (lib && *lib) {
        if (snprintf(out, size, "%s/%s", lib, part) < (int)size && access(out, R_OK) == 0)
            return 0;
        return err_set(e, ERR_UNAVAILABLE, "%s is not in ETALON_LIB=%s; run `make`", part,
                       lib);
    }
    paths_program_dir(dir, sizeof(dir));
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        if (snprintf(out, size, "%s%s/%s", dir, beside[i], part) < (int)size &&
            access(out, R_OK) == 0)
            return 0;
    }
    return err_set(e, ERR_UNAVAILABLE, "%s is not beside the program; run `make`", part);
}

int paths_make_dirs(const char *path, struct err *e)
{
    char part[PATH_MAX];
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof(part))
        return err_set(e, ERR_IO, "not a usable folder name: \"%s\"", path);
    memcpy(part, path, n + 1);
    for (char *p = part + 1;; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char old = *p;
        *p = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return err_set_errno(e, ERR_IO, errno, "cannot create folder %s", part);
        *p = old;
        if (old == '\0')
            return 0;
    }
}

static int paths_is_source_tree(const char *dir, const char *up)
{
    char makefile[PATH_MAX + 16];

    snprintf(makefile, sizeof(makefile), "%s/%s/Makefile", dir, up);
    return access(makefile, R_OK) == 0;
}

int paths_cache(char *out, size_t size, struct err *e)
{
    const char *cache = getenv("ETALON_CACHE"), *xdg = getenv("XDG_CACHE_HOME"),
               *home = getenv("HOME");
    char dir[PATH_MAX];
    int n;

    paths_program_dir(dir, sizeof(dir));
    if (cache && *cache)
        n = snprintf(out, size, "%s", cache);
    else if (paths_is_source_tree(dir, ".."))
        n = snprintf(out, size, "%s/../cache", dir);
    else if (paths_is_source_tree(dir, "../..")) /* test programs in build/tests */
        n = snprintf(out, size, "%s/../../cache", dir);
    else if (xdg && *xdg)
        n = snprintf(out, size, "%s/etalon", xdg);
    else if (home && *home)
        n = snprintf(out, size, "%s/.cache/etalon", home);
    else
        return err_set(e, ERR_USAGE, "no cache folder: set ETALON_CACHE or HOME");
    if (n >= (int)size)
        return err_set(e, ERR_USAGE, "cache folder name too long");
    return paths_make_dirs(out, e);
}

static int paths_remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

int paths_remove_tree(const char *path, struct err *e)
{
    if (nftw(path, paths_remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return err_set_errno(e, ERR_IO, errno, "cannot remove %s", path);
    return 0;
}

int paths_make_temporary(char *out, size_t size, struct err *e)
{
    const char *tmp = getenv("TMPDIR");

    if (!tmp || !*tmp || strlen(tmp) > 64)
        tmp = "/tmp";
    if (snprintf(out, size, "%s/etalon.XXXXXX", tmp) >= (int)size)
        return err_set(e, ERR_IO, "temporary folder name too long");
    if (!mkdtemp(out))
        return err_set_errno(e, ERR_IO, errno, "cannot create a folder in %s", tmp);
    return 0;
}
