/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "bench/lab/image_private.h"
#include "bench/lab/lock.h"
#include "bench/lab/seen.h"

/* $1: the package. Prints one name per line, and nothing else: apt has warnings to say about sources
 * configured twice. A name apt does not know is virtual: whatever of it is needed will be missed
 * by name when a file of it is looked for. */
static const char package_closure_script[] =
    "export LC_ALL=C; todo=$1; seen=' '\n"
    "while [ -n \"$todo\" ]; do\n"
    "  next=\n"
    "  for p in $todo; do\n"
    "    case \"$seen\" in *\" $p \"*) continue;; esac\n"
    "    seen=\"$seen$p \"\n"
    "    [ -n \"$(apt-cache show --no-all-versions \"$p\" 2>/dev/null)\" ] || continue\n"
    "    echo \"$p\"\n"
    "    for d in $(apt-cache show --no-all-versions \"$p\" 2>/dev/null |\n"
    "        sed -n 's/^\\(Pre-\\)\\?Depends: //p' | tr ',' '\\n' |\n"
    "        sed 's/|.*//; s/(.*//; s/:any//; s/ //g'); do\n"
    "      dpkg-query -W -f='${db:Status-Status}\\n' \"$d\" 2>/dev/null |\n"
    "        grep -qx installed || next=\"$next $d\"\n"
    "    done\n"
    "  done\n"
    "  todo=$next\n"
    "done\n";

static const char package_unpack_script[] =
    "rm -rf \"$2.new\" \"$2\" && mkdir \"$2.new\" && dpkg-deb -x \"$1\" \"$2.new\" && "
    "cd \"$2.new\" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum "
    ">../sums.new && mv ../sums.new ../sums && cd .. && mv \"$2.new\" \"$2\"";

int package_closure(const char *name, char **names, struct err *e)
{
    char dir[IMAGE_PATH_BYTES], log[IMAGE_PATH_BYTES + 8];
    size_t size;
    int rc;

    rc = paths_make_temporary(dir, sizeof(dir), e);
    if (rc != 0)
        return rc;
    snprintf(log, sizeof(log), "%s/log", dir);
    rc = image_shell(dir, package_closure_script, name, "", e);
    if (rc == 0)
        rc = file_read(log, names, &size, e);
    paths_remove_tree(dir, NULL);
    if (rc == 0 && size == 0) {
        free(*names);
        return err_set(e, ERR_UNAVAILABLE,
                       "apt knows no package %s; run `apt-get update` with the network up",
                       name);
    }
    return rc;
}

static void package_path(const struct package *p, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%.900s/%s", p->dir, name);
}

/* The tree is sound as far as can be told without reading it: the sums are. */
static int package_load(struct package *p)
{
    char path[IMAGE_PATH_BYTES], *text, tree[HASH_HEX_BYTES];
    size_t size;

    package_path(p, "manifest", path, sizeof(path));
    if (access(path, R_OK) != 0 || file_read(path, &text, &size, NULL) != 0)
        return -1;
    image_manifest_get(text, "version", p->version, sizeof(p->version));
    image_manifest_get(text, "package_sha256", p->sha256, sizeof(p->sha256));
    image_manifest_get(text, "tree_sha256", tree, sizeof(tree));
    free(text);
    package_path(p, "sums", path, sizeof(path));
    if (strlen(p->sha256) != 64 || !seen_is_sound(path, tree) ||
        file_read(path, &p->sums, &size, NULL) != 0)
        return -1;
    package_path(p, "tree", path, sizeof(path));
    return access(path, X_OK);
}

static int package_unpack(struct package *p, const struct image_say *say, struct err *e)
{
    char deb[IMAGE_PATH_BYTES], tree[IMAGE_PATH_BYTES], path[IMAGE_PATH_BYTES],
        hex[HASH_HEX_BYTES], text[512];
    int rc;

    if (image_find_deb(p->dir, deb, sizeof(deb)) != 0 || !p->sha256[0] ||
        !seen_is_sound(deb, p->sha256)) {
        image_say(say, "fetching %s", p->name);
        rc = image_fetch_deb(p->dir, p->name, p->sha256, e);
        if (rc != 0)
            return rc;
        if (image_find_deb(p->dir, deb, sizeof(deb)) != 0)
            return err_set(e, ERR_IO, "the package of %s vanished from %s", p->name, p->dir);
    }
    package_path(p, "tree", tree, sizeof(tree));
    image_say(say, "unpacking %s", p->name);
    rc = image_shell(p->dir, package_unpack_script, deb, tree, e);
    if (rc != 0)
        return err_wrap(e, rc, "cannot unpack %s", deb);
    package_path(p, "sums", path, sizeof(path));
    rc = hash_file(path, hex, e);
    if (rc != 0)
        return rc;
    if (image_shell(p->dir, "exec dpkg-deb -f \"$1\" Version", deb, "", e) != 0)
        return err_wrap(e, ERR_DATA, "%s", deb);
    free(p->sums);
    p->sums = NULL;
    package_path(p, "log", path, sizeof(path));
    rc = file_read(path, &p->sums, &(size_t){0}, e);
    if (rc != 0)
        return rc;
    p->sums[strcspn(p->sums, "\n")] = '\0';
    snprintf(text, sizeof(text),
             "package %s\nversion %.127s\npackage_sha256 %s\ntree_sha256 %s\n", p->name,
             p->sums, p->sha256, hex);
    free(p->sums);
    p->sums = NULL;
    package_path(p, "manifest", path, sizeof(path));
    rc = file_write(path, text, strlen(text), e);
    if (rc == 0 && package_load(p) != 0)
        rc = err_set(e, ERR_IO, "%s does not keep what is written there", p->dir);
    return rc;
}

/* Under the package's lock; `again`: what is there is damaged. */
static int package_make(struct package *p, int again, const struct image_say *say,
                        struct err *e)
{
    char path[IMAGE_PATH_BYTES];
    int rc = 0, waited, lock;

    package_path(p, "lock", path, sizeof(path));
    lock = lock_take(path, &waited, e);
    if (lock < 0)
        return lock;
    free(p->sums);
    p->sums = NULL;
    if (package_load(p) != 0 || (again && !waited))
        rc = package_unpack(p, say, e);
    lock_release(lock);
    return rc;
}

int package_get(const char *name, const struct image_say *say, struct package *out,
                struct err *e)
{
    char folder[192];
    int rc;

    *out = (struct package){.sums = NULL};
    snprintf(out->name, sizeof(out->name), "%s", name);
    snprintf(folder, sizeof(folder), "packages/%s", out->name);
    rc = image_dir(folder, out->dir, sizeof(out->dir), e);
    return rc == 0 ? package_make(out, 0, say, e) : rc;
}

void package_release(struct package *p)
{
    free(p->sums);
    p->sums = NULL;
}

/* 1 if the content has the sum that `sums` gives for ./path. */
static int package_sum_fits(const struct package *p, const char *path, const char *data,
                            size_t size)
{
    char hex[HASH_HEX_BYTES], line[1200];
    const char *at;

    hash_bytes(data, size, hex);
    /* sha256sum(1): digits, space, mode character, name. */
    snprintf(line, sizeof(line), "%s  ./%s\n", hex, path);
    at = strstr(p->sums, line);
    return at && (at == p->sums || at[-1] == '\n');
}

static int package_lists(const struct package *p, const char *path)
{
    char line[1200];

    snprintf(line, sizeof(line), "  ./%s\n", path);
    return strstr(p->sums, line) != NULL;
}

/* Path inside the tree that `path` leads to, links followed. 0 if there is no such file. */
static int package_find(const struct package *p, const char *path, char *inside, size_t size)
{
    char wanted[2 * IMAGE_PATH_BYTES + 8], tree[4096], real[4096];
    struct stat st;
    size_t n;

    snprintf(wanted, sizeof(wanted), "%s/tree", p->dir);
    if (!realpath(wanted, tree))
        return 0;
    snprintf(wanted, sizeof(wanted), "%s/tree/%s", p->dir, path);
    n = strlen(tree);
    if (!realpath(wanted, real) || strncmp(real, tree, n) != 0 || real[n] != '/' ||
        stat(real, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    return snprintf(inside, size, "%s", real + n + 1) < (int)size;
}

int package_read(struct package *p, const char *path, const struct image_say *say, char **data,
                 size_t *size, struct err *e)
{
    char inside[IMAGE_PATH_BYTES], full[2 * IMAGE_PATH_BYTES + 8];
    int rc;

    for (int again = 0; again < 2; again++) {
        if (again) {
            image_say(say, "the package %s in the cache is damaged: unpacking it again",
                      p->name);
            rc = package_make(p, 1, say, e);
            if (rc != 0)
                return rc;
        }
        if (!package_find(p, path, inside, sizeof(inside))) {
            if (!package_lists(p, path))
                return 0;
            continue; /* it should be there */
        }
        snprintf(full, sizeof(full), "%s/tree/%s", p->dir, inside);
        rc = file_read(full, data, size, e);
        if (rc != 0)
            return rc;
        if (package_sum_fits(p, inside, *data, *size))
            return 1;
        free(*data);
    }
    return err_set(e, ERR_DATA, "%s in %s is damaged; remove that folder", path, p->dir);
}
