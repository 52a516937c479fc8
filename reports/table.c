/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/table.c - the formats of a report, and what they share.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reports/formats.h"

static const struct report_format *const table[] = {
    &report_html, &report_markdown, &report_csv, &report_json, &report_hyperfine, &report_pdf,
};

const struct report_format *const *report_table(size_t *count)
{
    *count = sizeof(table) / sizeof(table[0]);
    return table;
}

const struct report_format *report_find(const char *name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (!strcmp(table[i]->name, name))
            return table[i];
    return NULL;
}

int formats_put(const struct report_request *request, const char *file,
                int (*write)(void *opaque, FILE *f, struct err *e), void *opaque,
                struct err *e)
{
    char path[4096], temporary[4128];
    FILE *f;
    int rc;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", request->out_dir, file) >= sizeof(path))
        return err_set(e, ERR_USAGE, "the folder's name is too long: %s", request->out_dir);
    snprintf(temporary, sizeof(temporary), "%s.%d.new", path, (int)getpid());
    f = fopen(temporary, "wxe");
    if (!f)
        return err_set_errno(e, ERR_IO, errno, "cannot create %s", temporary);
    rc = write(opaque, f, e);
    if (!rc && (fflush(f) || fsync(fileno(f))))
        rc = err_set_errno(e, ERR_IO, errno, "cannot write %s", temporary);
    if (fclose(f) && !rc)
        rc = err_set_errno(e, ERR_IO, errno, "cannot write %s", temporary);
    if (!rc && rename(temporary, path))
        rc = err_set_errno(e, ERR_IO, errno, "cannot rename %s to %s", temporary, path);
    if (rc)
        unlink(temporary);
    return rc;
}

struct page {
    const struct model *m;
    int (*write)(FILE *f, const struct model *m, struct err *e);
};

static int write_page(void *opaque, FILE *f, struct err *e)
{
    const struct page *p = opaque;

    return p->write(f, p->m, e);
}

const struct model *formats_model(const struct report_request *request, struct model *own,
                                  int *rc, struct err *e)
{
    *rc = 0;
    if (request->model)
        return request->model;
    *rc = model_read(request->query, request->campaign, own, e);
    return *rc ? NULL : own;
}

void formats_release(const struct report_request *request, struct model *own)
{
    if (!request->model)
        model_free(own);
}

int formats_write(const struct report_request *request, const char *file,
                  int (*prepare)(const struct report_request *request, struct model *m,
                                 struct err *e),
                  int (*page)(FILE *f, const struct model *m, struct err *e), struct err *e)
{
    struct model own = {0}, *m = request->model ? request->model : &own;
    struct page p = {m, page};
    int rc = request->model ? 0 : model_read(request->query, request->campaign, &own, e);

    if (rc)
        return rc;
    if (prepare)
        rc = prepare(request, m, e);
    if (!rc)
        rc = formats_put(request, file, write_page, &p, e);
    formats_release(request, &own);
    return rc;
}
