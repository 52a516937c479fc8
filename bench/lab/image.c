/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/image.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"
#include "bench/lab/image_private.h"
#include "bench/lab/kernel.h"
#include "bench/lab/lock.h"
#include "bench/lab/seen.h"

void image_say(const struct image_say *say, const char *fmt, ...)
{
    char line[1200];
    va_list ap;

    if (!say)
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    say->line(say->opaque, line);
}

int image_dir(const char *name, char *out, size_t size, struct err *e)
{
    char cache[IMAGE_PATH_BYTES - 64];
    int rc = paths_cache(cache, sizeof(cache), e);

    if (rc != 0)
        return rc;
    snprintf(out, size, "%s/%s", cache, name);
    return paths_make_dirs(out, e);
}

/* --- the manifest: lines "key value" --- */

void image_manifest_get(const char *text, const char *key, char *out, size_t size)
{
    size_t n = strlen(key);

    out[0] = '\0';
    for (const char *p = text; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
        if (strncmp(p, key, n) == 0 && p[n] == ' ') {
            snprintf(out, size, "%.*s", (int)strcspn(p + n + 1, "\n"), p + n + 1);
            return;
        }
    }
}

static int manifest_read(const char *dir, struct image_kernel *k)
{
    char path[IMAGE_PATH_BYTES], *text;
    size_t size;

    snprintf(path, sizeof(path), "%s/manifest", dir);
    if (access(path, R_OK) != 0 || file_read(path, &text, &size, NULL) != 0)
        return -1;
    image_manifest_get(text, "package", k->package, sizeof(k->package));
    image_manifest_get(text, "version", k->version, sizeof(k->version));
    image_manifest_get(text, "package_sha256", k->package_sha256, sizeof(k->package_sha256));
    image_manifest_get(text, "vmlinux_sha256", k->sha256, sizeof(k->sha256));
    free(text);
    return k->package[0] && k->version[0] && strlen(k->package_sha256) == 64 &&
                   strlen(k->sha256) == 64
               ? 0
               : -1;
}

static int manifest_write(const char *dir, const struct image_kernel *k, struct err *e)
{
    char path[IMAGE_PATH_BYTES], text[1024];

    snprintf(path, sizeof(path), "%s/manifest", dir);
    snprintf(text, sizeof(text),
             "package %s\nversion %s\npackage_sha256 %s\nvmlinux_sha256 %s\n", k->package,
             k->version, k->package_sha256, k->sha256);
    return file_write(path, text, strlen(text), e);
}

/* --- fetching --- */

int image_shell(const char *dir, const char *script, const char *a, const char *b,
                struct err *e)
{
    char log[IMAGE_PATH_BYTES];
    char *argv[] = {"sh",
                    "-c",
                    (char *)(uintptr_t)script,
                    "sh",
                    (char *)(uintptr_t)a,
                    (char *)(uintptr_t)b,
                    NULL};

    snprintf(log, sizeof(log), "%s/log", dir);
    unlink(log);
    return process_run(argv, log, e);
}

/*
 * What the meta package depends on today: "linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)".
 * Asked of apt's lists; no network.
 */
static int image_resolve(const char *dir, const char *meta, struct image_kernel *k,
                         struct err *e)
{
    char log[IMAGE_PATH_BYTES], depends[512], *text;
    size_t size, n;
    int rc;

    if (image_shell(dir, "LC_ALL=C exec apt-cache show --no-all-versions \"$1\"", meta, "",
                    NULL) != 0)
        return err_set(e, ERR_UNAVAILABLE,
                       "apt knows no package %s; run `apt-get update` with the network up",
                       meta);
    snprintf(log, sizeof(log), "%s/log", dir);
    rc = file_read(log, &text, &size, e);
    if (rc != 0)
        return rc;
    image_manifest_get(text, "Depends:", depends, sizeof(depends));
    free(text);
    n = strcspn(depends, " ,");
    if (n == 0 || n >= sizeof(k->package) || strncmp(depends, "linux-image-", 12) != 0)
        return err_set(e, ERR_UNAVAILABLE, "package %s names no kernel package: \"%s\"", meta,
                       depends);
    snprintf(k->package, sizeof(k->package), "%.*s", (int)n, depends);
    k->version[0] = '\0';
    if (strncmp(depends + n, " (= ", 4) == 0)
        snprintf(k->version, sizeof(k->version), "%.*s", (int)strcspn(depends + n + 4, ")"),
                 depends + n + 4);
    if (!k->version[0])
        return err_set(e, ERR_UNAVAILABLE, "package %s names no version of %s", meta,
                       k->package);
    return 0;
}

int image_find_deb(const char *dir, char *out, size_t size)
{
    char pattern[IMAGE_PATH_BYTES];
    glob_t g = {0};
    int found;

    snprintf(pattern, sizeof(pattern), "%s/*.deb", dir);
    found = glob(pattern, 0, NULL, &g) == 0 && g.gl_pathc == 1 &&
            snprintf(out, size, "%s", g.gl_pathv[0]) < (int)size;
    globfree(&g);
    return found ? 0 : -1;
}

int image_fetch_deb(const char *dir, const char *wanted, char sha256[HASH_HEX_BYTES],
                    struct err *e)
{
    char deb[IMAGE_PATH_BYTES];
    struct err why = {0};

    if (image_shell(dir,
                    "cd \"$1\" && rm -f ./*.deb && LC_ALL=C exec apt-get -q download \"$2\"",
                    dir, wanted, &why) != 0)
        return err_set(e, ERR_UNAVAILABLE,
                       "cannot fetch package %s (network up? `apt-get update` run?): %s",
                       wanted, why.text);
    if (image_find_deb(dir, deb, sizeof(deb)) != 0)
        return err_set(e, ERR_UNAVAILABLE, "apt-get download left no package file of %s",
                       wanted);
    return hash_file(deb, sha256, e);
}

static int image_fetch(const char *dir, const char *meta, const struct image_say *say,
                       struct image_kernel *k, struct err *e)
{
    char wanted[300];
    int rc;

    rc = image_resolve(dir, meta, k, e);
    if (rc != 0)
        return rc;
    image_say(say, "fetching %s %s", k->package, k->version);
    snprintf(wanted, sizeof(wanted), "%s=%s", k->package, k->version);
    return image_fetch_deb(dir, wanted, k->package_sha256, e);
}

/* --- unpacking --- */

static int image_unpack(const char *dir, const char *deb, struct image_kernel *k,
                        struct err *e)
{
    char boot[IMAGE_PATH_BYTES], *image;
    uint8_t *elf;
    size_t size, elf_size;
    int rc;

    snprintf(boot, sizeof(boot), "%s/vmlinuz", dir);
    rc = image_shell(dir,
                     "dpkg-deb --fsys-tarfile \"$1\" | "
                     "tar -x -O --wildcards './boot/vmlinuz-*' >\"$2\"",
                     deb, boot, e);
    if (rc == 0)
        rc = file_read(boot, &image, &size, e);
    unlink(boot);
    if (rc != 0)
        return err_wrap(e, rc, "cannot unpack %s", deb);
    rc = kernel_unpack((const uint8_t *)image, size, deb, &elf, &elf_size, e);
    free(image);
    if (rc != 0)
        return rc;
    hash_bytes(elf, elf_size, k->sha256);
    rc = file_write(k->path, elf, elf_size, e);
    free(elf);
    return rc;
}

/* Under the lock: bring the cache in order. */
static int image_make_kernel(const char *dir, const char *meta, const struct image_say *say,
                             struct image_kernel *k, struct err *e)
{
    char deb[IMAGE_PATH_BYTES], before[HASH_HEX_BYTES] = "";
    int rc, known = manifest_read(dir, k) == 0;

    if (known && seen_is_sound(k->path, k->sha256))
        return 0;
    if (known) {
        image_say(say, "%s is damaged or gone: rebuilding it", k->path);
        memcpy(before, k->sha256, sizeof(before));
    }
    if (!known || image_find_deb(dir, deb, sizeof(deb)) != 0 ||
        !seen_is_sound(deb, k->package_sha256)) {
        if (known)
            image_say(say, "the package %s in the cache is damaged or gone", k->package);
        rc = image_fetch(dir, meta, say, k, e);
        if (rc != 0)
            return rc;
        if (image_find_deb(dir, deb, sizeof(deb)) != 0)
            return err_set(e, ERR_IO, "the package of %s vanished from %s", k->package, dir);
    }
    image_say(say, "unpacking %s %s", k->package, k->version);
    rc = image_unpack(dir, deb, k, e);
    if (rc == 0)
        rc = manifest_write(dir, k, e);
    if (rc == 0 && known && strcmp(before, k->sha256) != 0)
        image_say(say, "the kernel is another one than before: %s %s", k->package, k->version);
    return rc;
}

int image_get_kernel_of(const char *meta, const struct image_say *say,
                        struct image_kernel *out, struct err *e)
{
    char dir[IMAGE_PATH_BYTES - 32], lock_path[IMAGE_PATH_BYTES], name[128] = "kernel";
    int rc, lock, waited;

    if (strcmp(meta, IMAGE_KERNEL_PACKAGE) != 0)
        snprintf(name, sizeof(name), "kernel-%s", meta);
    memset(out, 0, sizeof(*out));
    rc = image_dir(name, dir, sizeof(dir), e);
    if (rc != 0)
        return rc;
    snprintf(out->path, sizeof(out->path), "%s/vmlinux", dir);
    if (manifest_read(dir, out) == 0 && seen_is_sound(out->path, out->sha256))
        return 0;
    snprintf(lock_path, sizeof(lock_path), "%s/lock", dir);
    lock = lock_take(lock_path, &waited, e);
    if (lock < 0)
        return lock;
    rc = image_make_kernel(dir, meta, say, out, e);
    lock_release(lock);
    return rc;
}

int image_get_kernel(const struct image_say *say, struct image_kernel *out, struct err *e)
{
    return image_get_kernel_of(IMAGE_KERNEL_PACKAGE, say, out, e);
}

/* Under the lock. */
static int image_unpack_packed(const char *dir, const struct image_kernel *k, const char *path,
                               struct err *e)
{
    char deb[IMAGE_PATH_BYTES];

    if (access(path, R_OK) == 0)
        return 0;
    if (image_find_deb(dir, deb, sizeof(deb)) != 0 || !seen_is_sound(deb, k->package_sha256))
        return err_set(e, ERR_DATA,
                       "the package of %s in %s is damaged or gone; remove that folder",
                       k->package, dir);
    /* Written beside and renamed: whole or not there. */
    return image_shell(dir,
                       "dpkg-deb --fsys-tarfile \"$1\" | "
                       "tar -x -O --wildcards './boot/vmlinuz-*' >\"$2.new\" && "
                       "mv \"$2.new\" \"$2\"",
                       deb, path, e);
}

int image_get_packed_kernel(const struct image_say *say, char *path, size_t size,
                            struct err *e)
{
    char dir[IMAGE_PATH_BYTES - 32], lock_path[IMAGE_PATH_BYTES];
    struct image_kernel k;
    int rc = image_get_kernel(say, &k, e), lock, waited;

    if (rc != 0)
        return rc;
    snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(k.path, '/') - k.path), k.path);
    if (snprintf(path, size, "%s/vmlinuz-%.16s", dir, k.package_sha256) >= (int)size ||
        snprintf(lock_path, sizeof(lock_path), "%s/lock", dir) >= (int)sizeof(lock_path))
        return err_set(e, ERR_USAGE, "cache folder name too long: %s", dir);
    lock = lock_take(lock_path, &waited, e);
    if (lock < 0)
        return lock;
    rc = image_unpack_packed(dir, &k, path, e);
    lock_release(lock);
    return rc;
}

/* Under the lock. */
static int image_unpack_modules(const char *dir, const struct image_kernel *k,
                                const struct image_say *say, char *tree, struct err *e)
{
    char deb[IMAGE_PATH_BYTES];
    int rc;

    if (access(tree, R_OK) == 0)
        return 0;
    if (image_find_deb(dir, deb, sizeof(deb)) != 0 || !seen_is_sound(deb, k->package_sha256))
        return err_set(e, ERR_DATA,
                       "the package of %s in %s is damaged or gone; remove that folder",
                       k->package, dir);
    image_say(say, "unpacking the modules of %s", k->package);
    /* Unpacked beside and renamed: whole or not there. */
    rc = image_shell(
        dir,
        "rm -rf \"$2.new\" && mkdir \"$2.new\" && dpkg-deb --fsys-tarfile \"$1\" | "
        "tar -x -C \"$2.new\" ./lib/modules && mv \"$2.new\" \"$2\"",
        deb, tree, e);
    return rc == 0 ? 0 : err_wrap(e, rc, "cannot unpack the modules of %s", k->package);
}

int image_get_modules(const char *meta, const struct image_say *say, char *folder, size_t size,
                      struct err *e)
{
    char dir[IMAGE_PATH_BYTES - 64], tree[IMAGE_PATH_BYTES], lock_path[IMAGE_PATH_BYTES];
    struct image_kernel k;
    int rc, lock, waited;

    rc = image_get_kernel_of(meta, say, &k, e);
    if (rc != 0)
        return rc;
    snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(k.path, '/') - k.path), k.path);
    snprintf(tree, sizeof(tree), "%s/modules-%.16s", dir, k.package_sha256);
    snprintf(lock_path, sizeof(lock_path), "%s/lock", dir);
    lock = lock_take(lock_path, &waited, e);
    if (lock < 0)
        return lock;
    rc = image_unpack_modules(dir, &k, say, tree, e);
    lock_release(lock);
    if (rc == 0 && snprintf(folder, size, "%s/lib/modules/%s", tree,
                            k.package + strlen("linux-image-")) >= (int)size)
        return err_set(e, ERR_USAGE, "cache folder name too long: %s", dir);
    return rc;
}
