/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/lab/modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define MODULES_MAX_DEPTH 16

struct resolver {
    const char *folder;
    char *order, *builtin; /* texts: one path a line */
    struct modules *out;
    struct err *e;
};

static char modules_fold(char c)
{
    return c == '-' ? '_' : c;
}

/* Is `path` (n bytes, "…/name.ko") the file of module `name` (m bytes)? */
static int modules_is(const char *path, size_t n, const char *name, size_t m)
{
    const char *base = path + n;

    while (base > path && base[-1] != '/')
        base--;
    if ((size_t)(path + n - base) != m + 3 || strncmp(base + m, ".ko", 3) != 0)
        return 0;
    for (size_t i = 0; i < m; i++)
        if (modules_fold(base[i]) != modules_fold(name[i]))
            return 0;
    return 1;
}

/* The line of a list that names the module; its length goes to *n. NULL if none does. */
static const char *modules_find(const char *list, const char *name, size_t m, size_t *n)
{
    for (const char *p = list; *p; p += *n + (p[*n] == '\n')) {
        *n = strcspn(p, "\n");
        if (modules_is(p, *n, name, m))
            return p;
    }
    return NULL;
}

const char *modules_depends(const char *data, size_t size)
{
    static const char key[] = "depends=";
    const size_t n = sizeof(key) - 1;
    const char *p = data, *end = data + size;

    if (size < 4 || memcmp(data, "\177ELF", 4) != 0)
        return NULL;
    while ((p = memmem(p, (size_t)(end - p), key, n))) {
        /* Strings of .modinfo follow each other, each with its NUL. */
        if (p > data && p[-1] == '\0' && memchr(p, '\0', (size_t)(end - p)))
            return p + n;
        p += n;
    }
    return NULL;
}

static int modules_add(struct resolver *r, const char *name, size_t m, unsigned depth)
{
    char path[1024], *data;
    const char *line, *needs;
    size_t n, size;
    int rc;

    if (modules_find(r->builtin, name, m, &n))
        return 0;
    line = modules_find(r->order, name, m, &n);
    if (!line)
        return err_set(r->e, ERR_UNAVAILABLE, "no module %.*s in %s", (int)m, name, r->folder);
    if (snprintf(path, sizeof(path), "%s/%.*s", r->folder, (int)n, line) >= (int)sizeof(path))
        return err_set(r->e, ERR_USAGE, "folder name too long: %s", r->folder);
    for (unsigned i = 0; i < r->out->count; i++)
        if (strcmp(r->out->path[i], path) == 0)
            return 0;
    if (depth == MODULES_MAX_DEPTH)
        return err_set(r->e, ERR_DATA, "modules in %s depend on each other in a ring",
                       r->folder);
    rc = file_read(path, &data, &size, r->e);
    if (rc != 0)
        return rc;
    needs = modules_depends(data, size);
    if (!needs)
        rc = err_set(r->e, ERR_DATA, "%s is not a kernel module", path);
    for (const char *p = needs; rc == 0 && *p; p += n + (p[n] == ',')) {
        n = strcspn(p, ",");
        rc = modules_add(r, p, n, depth + 1);
    }
    free(data);
    if (rc != 0)
        return rc;
    if (r->out->count == MODULES_MAX)
        return err_set(r->e, ERR_USAGE, "more than %d modules", MODULES_MAX);
    r->out->path[r->out->count] = strdup(path);
    if (!r->out->path[r->out->count++])
        return err_set(r->e, ERR_IO, "out of memory");
    return 0;
}

int modules_resolve(const char *folder, const char *const *names, struct modules *out,
                    struct err *e)
{
    struct resolver r = {.folder = folder, .out = out, .e = e};
    char path[1024];
    size_t size;
    int rc;

    *out = (struct modules){.count = 0};
    snprintf(path, sizeof(path), "%.1000s/modules.order", folder);
    rc = file_read(path, &r.order, &size, e);
    snprintf(path, sizeof(path), "%.1000s/modules.builtin", folder);
    if (rc == 0)
        rc = file_read(path, &r.builtin, &size, e);
    for (; rc == 0 && *names; names++)
        rc = modules_add(&r, *names, strlen(*names), 0);
    free(r.order);
    free(r.builtin);
    return rc;
}

void modules_release(struct modules *m)
{
    for (unsigned i = 0; i < m->count; i++)
        free(m->path[i]);
    m->count = 0;
}
