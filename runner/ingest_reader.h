/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * runner/ingest_reader.h - private to runner/ingest_console.c and ingest_runs.c: one console while
 * it is read, record by record. A record whose CRC fits may still say nonsense: every number is
 * checked before it is used as an index, and what cannot be used is put on the list of faults.
 */
#ifndef ETALON_RUNNER_INGEST_READER_H
#define ETALON_RUNNER_INGEST_READER_H

#include <stddef.h>

#include "runner/ingest_private.h"

struct ingest_reader {
    struct ingest_console *c;
    struct ingest_faults *faults;
    enum ingest_source source;
    int stream; /* 0 the target's console, 1 the hypervisor's */
    size_t pos; /* behind the record */
};

/* The record cannot be used: `what` is wrong with it. */
void ingest_wrong(struct ingest_reader *x, const struct record *r, const char *what);
/* Cut to `size`; NULL is empty. */
void ingest_copy(char *out, size_t size, const char *text);
/* The index of a clock that the boot record named, or -1. */
int ingest_find_clock(const struct ingest_console *c, const char *name);

/* Records `run`, `iv` and `answer`: a run begins, one of its intervals, what came of it. */
void ingest_take_run(struct ingest_reader *x, const struct record *r);
void ingest_take_iv(struct ingest_reader *x, const struct record *r);
void ingest_take_answer(struct ingest_reader *x, const struct record *r);

#endif
