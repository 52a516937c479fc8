/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/recipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "bench/lab/elf.h"
#include "bench/lab/image_private.h"
#include "bench/lab/lock.h"
#include "bench/lab/modules.h"
#include "bench/lab/package.h"
#include "bench/lab/seen.h"

#define RECIPE_FORMAT 1 /* bump it when the same recipe shall make another image */
#define RECIPE_MAX_PACKAGES 256
#define RECIPE_LIBRARIES "/lib/x86_64-linux-gnu/" /* a default of the dynamic linker */

struct builder {
    const struct image_recipe *recipe;
    const struct image_say *say;
    struct err *e;
    struct package *package;
    unsigned packages;
    struct cpio cpio;
    FILE *manifest, *names; /* names: "\n/path\n…" of all that is in the image */
    char *manifest_text, *names_text;
    size_t manifest_size, names_size;
};

static int builder_has(struct builder *b, const char *path)
{
    char line[IMAGE_PATH_BYTES + 2];

    snprintf(line, sizeof(line), "\n%s\n", path);
    fflush(b->names);
    return strstr(b->names_text, line) != NULL;
}

static void builder_note(struct builder *b, const char *path)
{
    fprintf(b->names, "%s\n", path);
}

/* --- where files come from --- */

/* /lib and /usr/lib are one on Debian 12, and packages name either. */
static int builder_other_name(const char *path, char *out, size_t size)
{
    if (strncmp(path, "/usr/", 5) == 0)
        return snprintf(out, size, "%s", path + 4) < (int)size;
    return snprintf(out, size, "/usr%s", path) < (int)size;
}

/* 1 found, 0 not, negative error. *from says where. */
static int builder_find(struct builder *b, const char *path, char **data, size_t *size,
                        const char **from)
{
    char other[IMAGE_PATH_BYTES];
    int has_other = builder_other_name(path, other, sizeof(other)), rc = 0;

    for (unsigned i = 0; rc == 0 && i < b->packages; i++) {
        rc = package_read(&b->package[i], path + 1, b->say, data, size, b->e);
        if (rc == 0 && has_other)
            rc = package_read(&b->package[i], other + 1, b->say, data, size, b->e);
        *from = b->package[i].name;
    }
    if (rc != 0)
        return rc;
    *from = "system";
    if (access(path, R_OK) != 0)
        return 0;
    rc = file_read(path, data, size, b->e);
    return rc == 0 ? 1 : rc;
}

/* A shared library by its name; *path: where it was found. */
static int builder_find_library(struct builder *b, const char *soname, char **data,
                                size_t *size, const char **from)
{
    static const char *const folders[] = {RECIPE_LIBRARIES, "/lib64/"};
    char path[IMAGE_PATH_BYTES], tail[IMAGE_PATH_BYTES];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", folders[i], soname);
        rc = builder_find(b, path, data, size, from);
    }
    if (rc != 0)
        return rc;
    /* A folder of its package's own, reached by DT_RUNPATH. */
    snprintf(tail, sizeof(tail), "/%s\n", soname);
    for (unsigned i = 0; i < b->packages; i++) {
        const char *at = strstr(b->package[i].sums, tail), *start = at;

        if (!at)
            continue;
        while (start > b->package[i].sums && start[-1] != '\n')
            start--;
        start = strstr(start, "  ./") + 4;
        snprintf(path, sizeof(path), "/%.*s", (int)(strchr(start, '\n') - start), start);
        return builder_find(b, path, data, size, from);
    }
    return 0;
}

/* --- putting files in --- */

/* The folders above `path`, each once. */
static void builder_add_parents(struct builder *b, const char *path)
{
    char folder[IMAGE_PATH_BYTES];

    for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
        snprintf(folder, sizeof(folder), "%.*s", (int)(p - path), path);
        if (!builder_has(b, folder)) {
            cpio_add(&b->cpio, folder + 1, S_IFDIR | 0755, NULL, 0);
            builder_note(b, folder);
        }
    }
}

static void builder_put(struct builder *b, const char *path, unsigned mode, const char *data,
                        size_t size, const char *from)
{
    char hex[HASH_HEX_BYTES];

    builder_add_parents(b, path);
    cpio_add(&b->cpio, path + 1, S_IFREG | mode, data, size);
    builder_note(b, path);
    hash_bytes(data, size, hex);
    fprintf(b->manifest, "file %s %s %s\n", path, hex, from);
}

static int builder_add_needs(struct builder *b, const char *path, const char *data,
                             size_t size);

static int builder_add_library(struct builder *b, const char *soname, const char *for_whom)
{
    char target[IMAGE_PATH_BYTES], *data;
    const char *from;
    size_t size;
    int rc;

    snprintf(target, sizeof(target), RECIPE_LIBRARIES "%s", soname);
    if (builder_has(b, target))
        return 0;
    rc = builder_find_library(b, soname, &data, &size, &from);
    if (rc == 0)
        return err_set(b->e, ERR_UNAVAILABLE,
                       "%s needs %s, which is neither on this system nor in the packages of "
                       "%s; install the package it is in",
                       for_whom, soname, b->recipe->name);
    if (rc < 0)
        return rc;
    builder_put(b, target, 0755, data, size, from);
    rc = builder_add_needs(b, target, data, size);
    free(data);
    return rc;
}

static int builder_add_file(struct builder *b, const char *path)
{
    const char *from;
    char *data;
    size_t size;
    int rc;

    if (builder_has(b, path))
        return 0;
    rc = builder_find(b, path, &data, &size, &from);
    if (rc == 0)
        return err_set(b->e, ERR_UNAVAILABLE,
                       "%s is neither on this system nor in the packages of %s; install the "
                       "package it is in",
                       path, b->recipe->name);
    if (rc < 0)
        return rc;
    builder_put(b, path, 0755, data, size, from);
    rc = builder_add_needs(b, path, data, size);
    free(data);
    return rc;
}

static int builder_add_needs(struct builder *b, const char *path, const char *data,
                             size_t size)
{
    struct elf_needs needs;
    int rc = elf_read_needs((const uint8_t *)data, size, &needs);

    if (rc < 0)
        return err_set(b->e, ERR_DATA, "%s is a damaged ELF file", path);
    rc = needs.interpreter ? builder_add_file(b, needs.interpreter) : 0;
    for (unsigned i = 0; rc == 0 && i < needs.sonames; i++)
        rc = builder_add_library(b, needs.soname[i], path);
    return rc;
}

/* All files below a folder, as the packages list them. */
static int builder_add_folder(struct builder *b, const char *folder)
{
    char path[IMAGE_PATH_BYTES];
    int rc = 0, found = 0;

    for (unsigned i = 0; rc == 0 && i < b->packages; i++) {
        /* A copy: reading a damaged file makes the package anew. */
        char *sums = strdup(b->package[i].sums);

        if (!sums)
            return err_set(b->e, ERR_IO, "out of memory");
        for (const char *p = sums; rc == 0 && *p;) {
            const char *name = strstr(p, "  ./"), *end = strchr(p, '\n');

            if (!name || !end)
                break;
            snprintf(path, sizeof(path), "/%.*s", (int)(end - name - 4), name + 4);
            if (strncmp(path, folder, strlen(folder)) == 0) {
                found = 1;
                rc = builder_add_file(b, path);
            }
            p = end + 1;
        }
        free(sums);
    }
    if (rc == 0 && !found)
        rc = err_set(b->e, ERR_UNAVAILABLE, "no package of %s has files in %s",
                     b->recipe->name, folder);
    return rc;
}

static int builder_add_own(struct builder *b)
{
    int rc = 0;

    for (const struct image_own *o = b->recipe->own; rc == 0 && o && o->source; o++) {
        char *data;
        size_t size;

        if (o->data) {
            builder_put(b, o->target, o->mode, o->data, o->bytes, "etalon");
            continue;
        }
        rc = file_read(o->source, &data, &size, b->e);
        if (rc != 0)
            return rc;
        builder_put(b, o->target, o->mode, data, size, "etalon");
        rc = builder_add_needs(b, o->target, data, size);
        free(data);
    }
    return rc;
}

static int builder_add_modules(struct builder *b)
{
    const char *kernel = b->recipe->kernel ? b->recipe->kernel : IMAGE_KERNEL_PACKAGE;
    char folder[IMAGE_PATH_BYTES], list[MODULES_MAX * 128] = "", target[256];
    struct modules m = {.count = 0};
    size_t used = 0;
    int rc;

    if (!b->recipe->modules)
        return 0;
    rc = image_get_modules(kernel, b->say, folder, sizeof(folder), b->e);
    if (rc == 0)
        rc = modules_resolve(folder, b->recipe->modules, &m, b->e);
    for (unsigned i = 0; rc == 0 && i < m.count; i++) {
        char *data;
        size_t size;

        rc = file_read(m.path[i], &data, &size, b->e);
        if (rc != 0)
            break;
        snprintf(target, sizeof(target), "/lib/modules%.100s", strrchr(m.path[i], '/'));
        builder_put(b, target, 0644, data, size, kernel);
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s\n", target);
        free(data);
    }
    modules_release(&m);
    if (rc == 0)
        builder_put(b, "/etalon/modules", 0644, list, strlen(list), "etalon");
    return rc;
}

/* --- packages --- */

static int builder_open_package(struct builder *b, const char *name)
{
    struct package *p = &b->package[b->packages];
    int rc;

    for (unsigned i = 0; i < b->packages; i++)
        if (strcmp(b->package[i].name, name) == 0)
            return 0;
    if (b->packages == RECIPE_MAX_PACKAGES)
        return err_set(b->e, ERR_USAGE, "%s needs more than %d packages", b->recipe->name,
                       RECIPE_MAX_PACKAGES);
    rc = package_get(name, b->say, p, b->e);
    b->packages++;
    if (rc == 0)
        fprintf(b->manifest, "package %s %s %s\n", p->name, p->version, p->sha256);
    return rc;
}

static int builder_open_packages(struct builder *b)
{
    int rc = 0;

    for (const char *const *name = b->recipe->packages; rc == 0 && name && *name; name++) {
        char *names, *save, *one;

        rc = package_closure(*name, &names, b->e);
        if (rc != 0)
            return rc;
        for (one = strtok_r(names, "\n", &save); rc == 0 && one;
             one = strtok_r(NULL, "\n", &save))
            rc = builder_open_package(b, one);
        free(names);
    }
    return rc;
}

/* --- the whole --- */

static int builder_fill(struct builder *b)
{
    static const char *const none[] = {NULL};
    const struct image_recipe *r = b->recipe;
    int rc = builder_open_packages(b);

    image_add_base(&b->cpio);
    for (const char *const *f = r->folders ? r->folders : none; rc == 0 && *f; f++) {
        char path[IMAGE_PATH_BYTES];

        snprintf(path, sizeof(path), "%s/", *f);
        builder_add_parents(b, path);
    }
    if (rc == 0)
        rc = builder_add_modules(b);
    for (const char *const *f = r->files ? r->files : none; rc == 0 && *f; f++)
        rc = (*f)[strlen(*f) - 1] == '/' ? builder_add_folder(b, *f) : builder_add_file(b, *f);
    if (rc == 0)
        rc = builder_add_own(b);
    if (rc == 0 && cpio_finish(&b->cpio) != 0)
        rc = err_set(b->e, ERR_IO, "no memory for an initramfs");
    return rc;
}

/* Under the lock: write image and manifest. */
static int recipe_make(const struct image_recipe *recipe, const struct image_say *say,
                       struct image_result *out, struct err *e)
{
    struct builder b = {.recipe = recipe, .say = say, .e = e};
    int rc;

    image_say(say, "making the image of %s", recipe->name);
    b.package = calloc(RECIPE_MAX_PACKAGES, sizeof(*b.package));
    b.manifest = open_memstream(&b.manifest_text, &b.manifest_size);
    b.names = open_memstream(&b.names_text, &b.names_size);
    if (!b.package || !b.manifest || !b.names) {
        rc = err_set(e, ERR_IO, "out of memory");
        goto out;
    }
    /* What image_add_base() makes. */
    fputs("\n/dev\n/proc\n/sys\n/tmp\n", b.names);
    rc = builder_fill(&b);
    if (rc == 0) {
        hash_bytes(b.cpio.data, b.cpio.size, out->sha256);
        rc = file_write(out->path, b.cpio.data, b.cpio.size, e);
    }
    if (rc == 0) {
        fprintf(b.manifest, "image %s\n", out->sha256);
        fflush(b.manifest);
        rc = file_write(out->manifest, b.manifest_text, b.manifest_size, e);
    }
out:
    for (unsigned i = 0; i < b.packages; i++)
        package_release(&b.package[i]);
    if (b.manifest)
        fclose(b.manifest);
    if (b.names)
        fclose(b.names);
    free(b.manifest_text);
    free(b.names_text);
    free(b.package);
    free(b.cpio.data);
    return rc;
}

static void recipe_put_list(FILE *f, const char *what, const char *const *list)
{
    for (; list && *list; list++)
        fprintf(f, "%s %s\n", what, *list);
}

/* The short hash of all that makes this recipe another one. */
static int recipe_key(const struct image_recipe *r, uint64_t *key, struct err *e)
{
    char *text = NULL, hex[HASH_HEX_BYTES];
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    int rc = 0;

    if (!f)
        return err_set(e, ERR_IO, "out of memory");
    fprintf(f, "format %d\nkernel %s\n", RECIPE_FORMAT,
            r->kernel ? r->kernel : IMAGE_KERNEL_PACKAGE);
    recipe_put_list(f, "package", r->packages);
    recipe_put_list(f, "file", r->files);
    recipe_put_list(f, "folder", r->folders);
    recipe_put_list(f, "module", r->modules);
    for (const struct image_own *o = r->own; rc == 0 && o && o->source; o++) {
        if (o->data)
            hash_bytes(o->data, o->bytes, hex);
        else
            rc = seen_hash(o->source, hex, e);
        fprintf(f, "own %s %o %s\n", o->target, o->mode, hex);
    }
    fclose(f);
    hash_bytes(text, size, hex);
    free(text);
    *key = hash_short(hex);
    return rc;
}

static int recipe_is_made(struct image_result *out)
{
    char *text;
    size_t size;

    if (access(out->manifest, R_OK) != 0 || file_read(out->manifest, &text, &size, NULL) != 0)
        return 0;
    image_manifest_get(text, "image", out->sha256, sizeof(out->sha256));
    free(text);
    return strlen(out->sha256) == 64 && seen_is_sound(out->path, out->sha256);
}

int recipe_get(const struct image_recipe *recipe, const struct image_say *say,
               struct image_result *out, struct err *e)
{
    char dir[IMAGE_PATH_BYTES - 64], lock_path[IMAGE_PATH_BYTES];
    int rc, lock, waited;
    uint64_t key = 0;

    rc = image_dir("images", dir, sizeof(dir), e);
    if (rc == 0)
        rc = recipe_key(recipe, &key, e);
    if (rc != 0)
        return rc;
    snprintf(out->path, sizeof(out->path), "%s/%016" PRIx64 ".cpio", dir, key);
    snprintf(out->manifest, sizeof(out->manifest), "%s/%016" PRIx64 ".manifest", dir, key);
    if (recipe_is_made(out))
        return 0;
    snprintf(lock_path, sizeof(lock_path), "%s/%016" PRIx64 ".lock", dir, key);
    lock = lock_take(lock_path, &waited, e);
    if (lock < 0)
        return lock;
    rc = recipe_is_made(out) ? 0 : recipe_make(recipe, say, out, e);
    lock_release(lock);
    return rc;
}
