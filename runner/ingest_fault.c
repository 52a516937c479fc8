/* SPDX-License-Identifier: GPL-3.0-or-later */
/* runner/ingest_fault.c - the list of what is wrong with a boot. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/ingest_private.h"

int ingest_grow(void **array, size_t *room, size_t count, size_t size)
{
    size_t wanted = *room ? 2 * *room : 64;
    void *grown;

    if (count < *room)
        return 0;
    grown = realloc(*array, wanted * size);
    if (!grown)
        return -1;
    *array = grown;
    *room = wanted;
    return 0;
}

static const char *const source_names[INGEST_SOURCES] = {
    [INGEST_FRAMES] = "frames",     [INGEST_MARKERS] = "markers", [INGEST_CONSOLE] = "console",
    [INGEST_CONSOLE2] = "console2", [INGEST_BENCH] = "bench",
};

const char *ingest_source_name(enum ingest_source source)
{
    return source_names[source];
}

void ingest_fault(struct ingest_faults *f, enum verdict verdict, enum ingest_source source,
                  const char *kind, int64_t byte_offset, const char *fmt, ...)
{
    struct ingest_fault row = {.source = source, .kind = kind, .byte_offset = byte_offset};
    const int explains = strcmp(kind, INGEST_TARGET_GAVE_UP) == 0 ||
                         strcmp(kind, INGEST_HYPERVISOR_GAVE_UP) == 0;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(row.detail, sizeof row.detail, fmt, ap);
    va_end(ap);
    if (verdict > f->worst || (verdict == f->worst && explains && !f->explained)) {
        f->worst = verdict;
        f->explained = explains;
        snprintf(f->reason, sizeof f->reason, "%s: %s: %s", source_names[source], kind,
                 row.detail);
    }
    if (f->of_source[source]++ >= INGEST_MAX_FAULTS)
        return;
    if (ingest_grow((void **)&f->fault, &f->room, f->count, sizeof *f->fault)) {
        f->no_memory = 1;
        return;
    }
    f->fault[f->count++] = row;
}
