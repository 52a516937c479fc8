/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/export.c - rows as CSV, JSON and canonical lines; see export.h.
 */
#include "reports/export.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/query/query.h"
#include "reports/escape.h"

#define MAX_COLUMNS 64
#define NAME_BYTES 64

struct writer {
    FILE *f;
    char section[NAME_BYTES];
    char column[MAX_COLUMNS][NAME_BYTES]; /* for JSON objects */
    size_t rows;
};

/* The shortest of %.15g, %.16g, %.17g that reads back as the same double. */
static void write_real(FILE *f, double value)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, f);
}

static void write_cell(FILE *f, const struct query_cell *cell,
                       void (*text)(FILE *f, const char *text), const char *null)
{
    switch (cell->type) {
    case QUERY_INTEGER:
        fprintf(f, "%" PRId64, cell->integer);
        break;
    case QUERY_REAL:
        /* neither CSV readers nor JSON know infinity; SQLite has no NaN */
        if (isfinite(cell->real))
            write_real(f, cell->real);
        else
            fputs(null, f);
        break;
    case QUERY_TEXT:
        text(f, cell->text);
        break;
    case QUERY_NULL:
        fputs(null, f);
        break;
    }
}

static int finish(FILE *f, int rc, struct err *e)
{
    if (!rc && (fflush(f) || ferror(f)))
        return err_set(e, ERR_IO, "cannot write the export: is the disk full?");
    return rc;
}

/* --- CSV --- */

static int csv_columns(void *opaque, const char *const *names, size_t n)
{
    struct writer *w = opaque;

    for (size_t i = 0; i < n; i++) {
        if (i)
            fputc(',', w->f);
        escape_csv(w->f, names[i]);
    }
    fputc('\n', w->f);
    return 0;
}

static int csv_row(void *opaque, const struct query_cell *cell, size_t n)
{
    struct writer *w = opaque;

    for (size_t i = 0; i < n; i++) {
        if (i)
            fputc(',', w->f);
        write_cell(w->f, &cell[i], escape_csv, "");
    }
    fputc('\n', w->f);
    return 0;
}

/* --- JSON --- */

static int json_columns(void *opaque, const char *const *names, size_t n)
{
    struct writer *w = opaque;

    for (size_t i = 0; i < n && i < MAX_COLUMNS; i++)
        snprintf(w->column[i], NAME_BYTES, "%s", names[i]);
    return 0;
}

static int json_row(void *opaque, const struct query_cell *cell, size_t n)
{
    struct writer *w = opaque;

    fputs(w->rows++ ? ",\n{" : "[\n{", w->f);
    for (size_t i = 0; i < n && i < MAX_COLUMNS; i++) {
        if (i)
            fputc(',', w->f);
        escape_json(w->f, w->column[i]);
        fputc(':', w->f);
        write_cell(w->f, &cell[i], escape_json, "null");
    }
    fputc('}', w->f);
    return 0;
}

int export_view(struct query *q, const char *view, const struct query_campaign *c,
                enum export_format format, FILE *f, struct err *e)
{
    struct writer w = {.f = f};
    const struct query_table csv = {csv_columns, csv_row, &w};
    const struct query_table json = {json_columns, json_row, &w};
    int rc = query_view(q, view, c, format == EXPORT_CSV ? &csv : &json, e);

    if (!rc && format == EXPORT_JSON)
        fputs(w.rows ? "\n]\n" : "[]\n", f);
    return finish(f, rc, e);
}

/* --- canonical --- */

static int canonical_section(void *opaque, const char *name)
{
    struct writer *w = opaque;

    snprintf(w->section, sizeof(w->section), "%s", name);
    return 0;
}

static int canonical_columns(void *opaque, const char *const *names, size_t n)
{
    struct writer *w = opaque;

    fputs("{\"section\":", w->f);
    escape_json(w->f, w->section);
    fputs(",\"columns\":[", w->f);
    for (size_t i = 0; i < n; i++) {
        if (i)
            fputc(',', w->f);
        escape_json(w->f, names[i]);
    }
    fputs("]}\n", w->f);
    return 0;
}

static int canonical_row(void *opaque, const struct query_cell *cell, size_t n)
{
    struct writer *w = opaque;

    fputc('[', w->f);
    escape_json(w->f, w->section);
    for (size_t i = 0; i < n; i++) {
        fputc(',', w->f);
        write_cell(w->f, &cell[i], escape_json, "null");
    }
    fputs("]\n", w->f);
    return 0;
}

int export_canonical(struct query *q, const struct query_campaign *c, FILE *f, struct err *e)
{
    struct writer w = {.f = f};
    const struct query_table table = {canonical_columns, canonical_row, &w};

    return finish(f, query_canonical(q, c, canonical_section, &w, &table, e), e);
}
