/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/store_private.h - shared by the store's own files: the connection, its prepared
 * statements, and how an SQLite error becomes one of ours.
 */
#ifndef ETALON_COLLECTOR_STORE_PRIVATE_H
#define ETALON_COLLECTOR_STORE_PRIVATE_H

#include <sqlite3.h>

#include "collector/store.h"

/* Statements that run often enough to be kept. Their SQL is in store_boot.c. */
enum store_statement {
    STORE_ADD_BOOT,
    STORE_ADD_FRAMES,
    STORE_ADD_CONSOLE,
    STORE_ADD_LOG,
    STORE_ADD_FACT,
    STORE_COUNT_FACT,
    STORE_ADD_RUN,
    STORE_ADD_PARAM,
    STORE_ADD_FIGURE,
    STORE_ADD_INTERVAL,
    STORE_ADD_INTERVALS,
    STORE_ADD_CLOCK,
    STORE_ADD_READING,
    STORE_ADD_READINGS,
    STORE_ADD_EXIT_COUNT,
    STORE_ADD_AUDIT,
    STORE_ADD_DAMAGE,
    STORE_ADD_DISTORTION,
    STORE_ADD_DISTORTION_REQUEST,
    STORE_ADD_SEAL,
    STORE_STATEMENTS,
};

struct store {
    sqlite3 *db;
    char path[1024]; /* for messages */
    sqlite3_stmt *statement[STORE_STATEMENTS];
};

/* Values in the order of a statement's parameters; the first error stays. Text and bytes are
 * borrowed until store_step(), but for store_bind_text_copy(). */
struct store_binder {
    sqlite3_stmt *statement;
    int at, rc;
};

void store_bind_text(struct store_binder *b, const char *text); /* NULL: '' */
void store_bind_text_or_null(struct store_binder *b, const char *text);
void store_bind_text_n(struct store_binder *b, const char *text, size_t n);
void store_bind_text_copy(struct store_binder *b, const char *text);
void store_bind_s64(struct store_binder *b, int64_t value);   /* STORE_NONE: NULL */
void store_bind_u64(struct store_binder *b, uint64_t value);  /* above 2^63-1: bit pattern */
void store_bind_double(struct store_binder *b, double value); /* NAN: NULL */
void store_bind_blob(struct store_binder *b, const void *data, size_t n);

/* A sentence for SQLite's `rc`, with `doing` ("store a boot") in it. */
int store_fail(struct store *s, int rc, struct err *e, const char *doing);

/* sqlite3_exec of SQL of ours. */
int store_exec(struct store *s, const char *sql, const char *doing, struct err *e);

/* For single use: the caller finalises it. */
int store_prepare(struct store *s, const char *sql, sqlite3_stmt **statement,
                  const char *doing, struct err *e);

/* A kept statement, ready to be bound, with the boot bound to its first parameter. */
int store_use_for(struct store *s, enum store_statement which, int64_t boot,
                  struct store_binder *b, struct err *e);

/* Step a statement that returns no rows, reset it. `b` holds what binding said. */
int store_step(struct store *s, struct store_binder *b, const char *doing, struct err *e);

#endif
