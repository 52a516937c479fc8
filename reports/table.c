/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/table.c - the formats of a report, and what they share.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "reports/formats.h"

static const struct report_format *const table[] = {
    &report_html,
    &report_markdown,
    &report_csv,
    &report_json,
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

int formats_put(const struct report_request *request, const char *file, const char *text,
                size_t size, struct err *e)
{
    char path[4096];

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", request->out_dir, file) >= sizeof(path))
        return err_set(e, ERR_USAGE, "the folder's name is too long: %s", request->out_dir);
    return file_write(path, text, size, e);
}

int formats_write(const struct report_request *request, const char *file,
                  int (*page)(FILE *f, const struct model *m, struct err *e), struct err *e)
{
    struct model m;
    char *text = NULL;
    size_t size = 0;
    FILE *f;
    int rc = model_read(request->query, request->campaign, &m, e);

    if (rc)
        return rc;
    f = open_memstream(&text, &size);
    if (f) {
        rc = page(f, &m, e);
        if (fclose(f) && !rc)
            rc = err_set(e, ERR_IO, "out of memory");
    } else {
        rc = err_set(e, ERR_IO, "out of memory");
    }
    if (!rc)
        rc = formats_put(request, file, text, size, e);
    free(text);
    model_free(&m);
    return rc;
}
