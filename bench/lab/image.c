/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/image.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"
#include "bench/lab/cpio.h"
#include "bench/lab/kernel.h"
#include "bench/lab/lock.h"

#define IMAGE_PATH_BYTES 1024

static void __attribute__((format(printf, 2, 3)))
image_say(const struct image_say *say, const char *fmt, ...)
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

/* The folder cache/<name>, created. */
static int image_dir(const char *name, char *out, size_t size, struct err *e)
{
    char cache[IMAGE_PATH_BYTES - 64];
    int rc = paths_cache(cache, sizeof(cache), e);

    if (rc != 0)
        return rc;
    snprintf(out, size, "%s/%s", cache, name);
    return paths_make_dirs(out, e);
}

/* --- the manifest: lines "key value" --- */

static void manifest_get(const char *text, const char *key, char *out, size_t size)
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
    manifest_get(text, "package", k->package, sizeof(k->package));
    manifest_get(text, "version", k->version, sizeof(k->version));
    manifest_get(text, "package_sha256", k->package_sha256, sizeof(k->package_sha256));
    manifest_get(text, "vmlinux_sha256", k->sha256, sizeof(k->sha256));
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

/* Run `script` by the shell with two arguments; what it writes goes to dir/log. */
static int image_shell(const char *dir, const char *script, const char *a, const char *b,
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
static int image_resolve(const char *dir, struct image_kernel *k, struct err *e)
{
    char log[IMAGE_PATH_BYTES], depends[512], *text;
    size_t size, n;
    int rc;

    if (image_shell(dir, "LC_ALL=C exec apt-cache show --no-all-versions \"$1\"",
                    IMAGE_KERNEL_PACKAGE, "", NULL) != 0)
        return err_set(e, ERR_UNAVAILABLE,
                       "apt knows no package " IMAGE_KERNEL_PACKAGE
                       "; run `apt-get update` with the network up");
    snprintf(log, sizeof(log), "%s/log", dir);
    rc = file_read(log, &text, &size, e);
    if (rc != 0)
        return rc;
    manifest_get(text, "Depends:", depends, sizeof(depends));
    free(text);
    n = strcspn(depends, " ,");
    if (n == 0 || n >= sizeof(k->package) || strncmp(depends, "linux-image-", 12) != 0)
        return err_set(e, ERR_UNAVAILABLE,
                       "package " IMAGE_KERNEL_PACKAGE " names no kernel package: \"%s\"",
                       depends);
    snprintf(k->package, sizeof(k->package), "%.*s", (int)n, depends);
    k->version[0] = '\0';
    if (strncmp(depends + n, " (= ", 4) == 0)
        snprintf(k->version, sizeof(k->version), "%.*s", (int)strcspn(depends + n + 4, ")"),
                 depends + n + 4);
    if (!k->version[0])
        return err_set(e, ERR_UNAVAILABLE,
                       "package " IMAGE_KERNEL_PACKAGE " names no version of %s", k->package);
    return 0;
}

static int image_find_deb(const char *dir, char *out, size_t size)
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

static int image_fetch(const char *dir, const struct image_say *say, struct image_kernel *k,
                       struct err *e)
{
    char wanted[300], deb[IMAGE_PATH_BYTES];
    struct err why = {0};
    int rc;

    rc = image_resolve(dir, k, e);
    if (rc != 0)
        return rc;
    image_say(say, "fetching %s %s", k->package, k->version);
    snprintf(wanted, sizeof(wanted), "%s=%s", k->package, k->version);
    if (image_shell(dir,
                    "cd \"$1\" && rm -f ./*.deb && LC_ALL=C exec apt-get -q download \"$2\"",
                    dir, wanted, &why) != 0)
        return err_set(e, ERR_UNAVAILABLE,
                       "cannot fetch package %s %s (network up? `apt-get update` run?): %s",
                       k->package, k->version, why.text);
    if (image_find_deb(dir, deb, sizeof(deb)) != 0)
        return err_set(e, ERR_UNAVAILABLE, "apt-get download left no package file of %s",
                       k->package);
    return hash_file(deb, k->package_sha256, e);
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

/* 1 if `path` is there with that content. */
static int image_is_sound(const char *path, const char *sha256)
{
    char found[HASH_HEX_BYTES];

    return access(path, R_OK) == 0 && hash_file(path, found, NULL) == 0 &&
           strcmp(found, sha256) == 0;
}

/* Under the lock: bring the cache in order. */
static int image_make_kernel(const char *dir, const struct image_say *say,
                             struct image_kernel *k, struct err *e)
{
    char deb[IMAGE_PATH_BYTES], before[HASH_HEX_BYTES] = "";
    int rc, known = manifest_read(dir, k) == 0;

    if (known && image_is_sound(k->path, k->sha256))
        return 0;
    if (known) {
        image_say(say, "%s is damaged or gone: rebuilding it", k->path);
        memcpy(before, k->sha256, sizeof(before));
    }
    if (!known || image_find_deb(dir, deb, sizeof(deb)) != 0 ||
        !image_is_sound(deb, k->package_sha256)) {
        if (known)
            image_say(say, "the package %s in the cache is damaged or gone", k->package);
        rc = image_fetch(dir, say, k, e);
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

/*
 * Hashing 40 MB for each boot would cost more than some boots: once a process has seen a file
 * to be sound (its children inherit that), an unchanged size, inode and time are enough.
 */
static struct {
    struct stat st;
    struct image_kernel kernel;
} image_seen;

static int image_kernel_was_seen(const char *path)
{
    const struct stat *was = &image_seen.st;
    struct stat st;

    return image_seen.kernel.path[0] && strcmp(path, image_seen.kernel.path) == 0 &&
           stat(path, &st) == 0 && st.st_ino == was->st_ino && st.st_size == was->st_size &&
           st.st_mtim.tv_sec == was->st_mtim.tv_sec &&
           st.st_mtim.tv_nsec == was->st_mtim.tv_nsec;
}

int image_get_kernel(const struct image_say *say, struct image_kernel *out, struct err *e)
{
    char dir[IMAGE_PATH_BYTES - 32], lock_path[IMAGE_PATH_BYTES];
    int rc, lock, waited;

    memset(out, 0, sizeof(*out));
    rc = image_dir("kernel", dir, sizeof(dir), e);
    if (rc != 0)
        return rc;
    snprintf(out->path, sizeof(out->path), "%s/vmlinux", dir);
    if (image_kernel_was_seen(out->path)) {
        *out = image_seen.kernel;
        return 0;
    }
    snprintf(lock_path, sizeof(lock_path), "%s/lock", dir);
    lock = lock_take(lock_path, &waited, e);
    if (lock < 0)
        return lock;
    rc = image_make_kernel(dir, say, out, e);
    if (rc == 0 && stat(out->path, &image_seen.st) == 0)
        image_seen.kernel = *out;
    lock_release(lock);
    return rc;
}

/* Write `data` to dir/<its hash><suffix> unless it is there and sound. */
static int image_keep(const char *dir, const char *suffix, const void *data, size_t size,
                      char *path, size_t path_size, char sha256[HASH_HEX_BYTES], struct err *e)
{
    hash_bytes(data, size, sha256);
    if (snprintf(path, path_size, "%s/%.16s%s", dir, sha256, suffix) >= (int)path_size)
        return err_set(e, ERR_USAGE, "cache folder name too long: %s", dir);
    if (image_is_sound(path, sha256))
        return 0;
    return file_write(path, data, size, e);
}

static const struct image_device {
    const char *name;
    unsigned mode, major, minor; /* Documentation/admin-guide/devices.txt */
} image_devices[] = {
    {"dev/console", S_IFCHR | 0600, 5, 1}, {"dev/kmsg", S_IFCHR | 0600, 1, 11},
    {"dev/mem", S_IFCHR | 0600, 1, 1},     {"dev/null", S_IFCHR | 0666, 1, 3},
    {"dev/ttyS0", S_IFCHR | 0600, 4, 64},  {"dev/ttyS1", S_IFCHR | 0600, 4, 65},
    {"dev/urandom", S_IFCHR | 0666, 1, 9}, {"dev/zero", S_IFCHR | 0666, 1, 5},
};

static int image_pack_initramfs(const char *program, struct cpio *c, struct err *e)
{
    static const char *const folders[] = {"dev", "proc", "sys", "tmp"};
    char *data;
    size_t size;
    int rc = file_read(program, &data, &size, e);

    if (rc != 0)
        return rc;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        cpio_add(c, folders[i], S_IFDIR | 0755, NULL, 0);
    for (size_t i = 0; i < sizeof(image_devices) / sizeof(image_devices[0]); i++)
        cpio_add_device(c, image_devices[i].name, image_devices[i].mode,
                        image_devices[i].major, image_devices[i].minor);
    cpio_add(c, "init", S_IFREG | 0755, data, size);
    free(data);
    return cpio_finish(c) == 0 ? 0 : err_set(e, ERR_IO, "no memory for an initramfs");
}

int image_get_initramfs(const char *program, char *path, size_t size,
                        char sha256[HASH_HEX_BYTES], struct err *e)
{
    char dir[IMAGE_PATH_BYTES - 32];
    struct cpio c = {0};
    int rc;

    rc = image_dir("initramfs", dir, sizeof(dir), e);
    if (rc == 0)
        rc = image_pack_initramfs(program, &c, e);
    if (rc == 0)
        rc = image_keep(dir, ".cpio", c.data, c.size, path, size, sha256, e);
    free(c.data);
    return rc;
}
