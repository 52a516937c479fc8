/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/store.c - opening a database: is it ours, is it whole, may we write; and errors.
 */
#include "collector/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collector/store_private.h"
#include "collector/store_schema.h"

#define BUSY_TIMEOUT_MS 10000

/* How a file of version `from` becomes one of from + 1; run inside one transaction: by what
 * stands in schema.sql between the lines "since version from + 1" and "since version from + 2",
 * so that a migrated file and a new one cannot differ. */
#define MIGRATION_LINE "-- ---- since version %lld "
#define FIRST_MIGRATED 1

/* --- errors -------------------------------------------------------------------------------- */

int store_fail(struct store *s, int rc, struct err *e, const char *doing)
{
    const int system_errno = s->db ? sqlite3_system_errno(s->db) : 0;
    const char *said = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);

    switch (rc & 0xFF) {
    case SQLITE_FULL:
        return err_set(e, ERR_IO,
                       "%s: cannot %s: the disk is full (or a quota is reached); what was "
                       "stored before is intact, free some space and go on with --resume",
                       s->path, doing);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return err_set(e, ERR_IO, "%s: cannot %s: the database or its directory is read-only",
                       s->path, doing);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(
            e, ERR_IO,
            "%s: cannot %s: another process holds the database locked (waited %d s)", s->path,
            doing, BUSY_TIMEOUT_MS / 1000);
    case SQLITE_NOTADB:
        return err_set(e, ERR_DATA, "%s: cannot %s: this file is not a database", s->path,
                       doing);
    case SQLITE_CORRUPT:
        return err_set(e, ERR_DATA, "%s: cannot %s: the database is damaged (%s)", s->path,
                       doing, said);
    case SQLITE_CONSTRAINT:
        return err_set(e, ERR_BUG, "%s: cannot %s: %s", s->path, doing, said);
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
        if (system_errno)
            return err_set_errno(e, ERR_IO, system_errno, "%s: cannot %s", s->path, doing);
        return err_set(e, ERR_IO, "%s: cannot %s: %s", s->path, doing, said);
    default:
        return err_set(e, ERR_IO, "%s: cannot %s: %s", s->path, doing, said);
    }
}

int store_exec(struct store *s, const char *sql, const char *doing, struct err *e)
{
    const int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : store_fail(s, rc, e, doing);
}

int store_prepare(struct store *s, const char *sql, sqlite3_stmt **statement,
                  const char *doing, struct err *e)
{
    const int rc = sqlite3_prepare_v2(s->db, sql, -1, statement, NULL);

    return rc == SQLITE_OK ? 0 : store_fail(s, rc, e, doing);
}

/* --- binding -------------------------------------------------------------------------------- */

static void bound(struct store_binder *b, int rc)
{
    if (b->rc == SQLITE_OK)
        b->rc = rc;
}

void store_bind_text(struct store_binder *b, const char *text)
{
    bound(b, sqlite3_bind_text(b->statement, ++b->at, text ? text : "", -1, SQLITE_STATIC));
}

void store_bind_text_copy(struct store_binder *b, const char *text)
{
    bound(b, sqlite3_bind_text(b->statement, ++b->at, text, -1, SQLITE_TRANSIENT));
}

void store_bind_text_n(struct store_binder *b, const char *text, size_t n)
{
    bound(b, sqlite3_bind_text(b->statement, ++b->at, text, (int)n, SQLITE_STATIC));
}

void store_bind_text_or_null(struct store_binder *b, const char *text)
{
    bound(b, sqlite3_bind_text(b->statement, ++b->at, text, -1, SQLITE_STATIC));
}

void store_bind_s64(struct store_binder *b, int64_t value)
{
    ++b->at;
    bound(b, value == STORE_NONE ? sqlite3_bind_null(b->statement, b->at)
                                 : sqlite3_bind_int64(b->statement, b->at, value));
}

void store_bind_u64(struct store_binder *b, uint64_t value)
{
    bound(b, sqlite3_bind_int64(b->statement, ++b->at, (sqlite3_int64)value));
}

void store_bind_double(struct store_binder *b, double value)
{
    bound(b, sqlite3_bind_double(b->statement, ++b->at, value));
}

void store_bind_blob(struct store_binder *b, const void *data, size_t n)
{
    bound(b, sqlite3_bind_blob64(b->statement, ++b->at, data, n, SQLITE_STATIC));
}

int store_step(struct store *s, struct store_binder *b, const char *doing, struct err *e)
{
    int rc = b->rc;

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(b->statement);
        if (rc == SQLITE_DONE)
            rc = SQLITE_OK;
    }
    /* The text of the error belongs to the connection until the reset. */
    if (rc != SQLITE_OK)
        rc = store_fail(s, rc, e, doing);
    sqlite3_reset(b->statement);
    return rc;
}

/* --- opening -------------------------------------------------------------------------------- */

static int get_number(struct store *s, const char *sql, int64_t *value, struct err *e)
{
    sqlite3_stmt *statement = NULL;
    int rc = store_prepare(s, sql, &statement, "open it", e);

    if (rc)
        return rc;
    rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *value = sqlite3_column_int64(statement, 0);
    rc = rc == SQLITE_ROW ? 0 : store_fail(s, rc, e, "open it");
    sqlite3_finalize(statement);
    return rc;
}

/* Another process may have been faster: look again once the file is ours. */
static int create_schema(struct store *s, struct err *e)
{
    int64_t objects = 0;
    char pragma[64];
    int rc = store_exec(s, "BEGIN IMMEDIATE", "create the tables", e);

    if (rc)
        return rc;
    rc = get_number(s, "SELECT count(*) FROM sqlite_master", &objects, e);
    if (rc || objects) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return rc;
    }
    snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d", STORE_APPLICATION);
    rc = store_exec(s, store_schema_sql, "create the tables", e);
    if (!rc)
        rc = store_exec(s, pragma, "create the tables", e);
    if (!rc)
        rc = store_exec(s, "COMMIT", "create the tables", e);
    if (rc)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

/* What leads from version `from` to the next; NULL: out of memory. */
static char *find_migration(int64_t from)
{
    char line[64];
    const char *begin, *end;

    snprintf(line, sizeof line, MIGRATION_LINE, (long long)from + 1);
    begin = strstr(store_schema_sql, line);
    snprintf(line, sizeof line, MIGRATION_LINE, (long long)from + 2);
    end = strstr(store_schema_sql, line);
    return end ? strndup(begin, (size_t)(end - begin)) : strdup(begin);
}

/* As create_schema(): another process may have been faster. */
static int migrate_once(struct store *s, int64_t from, struct err *e)
{
    char *sql = find_migration(from), pragma[64];
    int64_t now = from;
    int rc;

    if (!sql)
        return err_set(e, ERR_IO, "out of memory");
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %lld; COMMIT", (long long)from + 1);
    rc = store_exec(s, "BEGIN IMMEDIATE", "migrate it", e);
    if (!rc)
        rc = get_number(s, "PRAGMA user_version", &now, e);
    if (!rc && now == from)
        rc = store_exec(s, sql, "migrate it", e);
    if (!rc && now == from)
        rc = store_exec(s, pragma, "migrate it", e);
    if (rc || now != from)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    free(sql);
    return rc;
}

static int migrate(struct store *s, int64_t version, struct err *e)
{
    int rc = 0;

    if (version < FIRST_MIGRATED)
        return err_set(e, ERR_DATA,
                       "%s is of version %lld, and nothing leads from there to version %d: "
                       "read it with the etalon that made it",
                       s->path, (long long)version, STORE_VERSION);
    for (; !rc && version < STORE_VERSION; version++)
        rc = migrate_once(s, version, e);
    return rc;
}

/* Whose file is it, and of which version (0: empty)? Only reads, and all of one state: another
 * process may be making the tables right now. */
static int identify(struct store *s, enum store_mode mode, int64_t *version, struct err *e)
{
    int64_t application = 0, objects = 0;
    int rc = store_exec(s, "BEGIN", "open it", e);

    if (!rc)
        rc = get_number(s, "PRAGMA application_id", &application, e);
    if (!rc)
        rc = get_number(s, "PRAGMA user_version", version, e);
    if (!rc)
        rc = get_number(s, "SELECT count(*) FROM sqlite_master", &objects, e);
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    if (rc)
        return rc;
    if (!application && !*version && !objects) {
        if (mode == STORE_CREATE)
            return 0;
        return err_set(e, ERR_DATA, "%s is empty: there is no campaign in it", s->path);
    }
    if (application != STORE_APPLICATION)
        return err_set(e, ERR_DATA, "%s is a database of another program", s->path);
    if (*version > STORE_VERSION)
        return err_set(
            e, ERR_DATA,
            "%s is of version %lld, made by a newer etalon; this one knows versions "
            "up to %d",
            s->path, (long long)*version, STORE_VERSION);
    if (*version < STORE_VERSION && (*version < 1 || mode == STORE_READ))
        return err_set(e, ERR_DATA,
                       "%s is of version %lld and must be migrated to %d first: "
                       "`etalon summarise` does it",
                       s->path, (long long)*version, STORE_VERSION);
    return 0;
}

/* "file:" URI of a path, for immutable=1. */
static void make_uri(const char *path, char *uri, size_t size)
{
    size_t used = (size_t)snprintf(uri, size, "file:");

    for (; *path && used + 16 < size; path++) {
        const char c = *path;

        if (c == '%' || c == '?' || c == '#')
            used += (size_t)snprintf(uri + used, size - used, "%%%02X", (unsigned char)c);
        else
            uri[used++] = c;
    }
    snprintf(uri + used, size - used, "?immutable=1");
}

static int open_file(struct store *s, enum store_mode mode, struct err *e)
{
    const int flags = SQLITE_OPEN_NOMUTEX |
                      (mode == STORE_READ    ? SQLITE_OPEN_READONLY
                       : mode == STORE_WRITE ? SQLITE_OPEN_READWRITE
                                             : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    char uri[3 * sizeof s->path], wal[sizeof s->path + 8];
    int rc;

    if (mode != STORE_CREATE && access(s->path, F_OK))
        return err_set_errno(e, ERR_IO, errno, "%s: cannot open the database", s->path);
    rc = sqlite3_open_v2(s->path, &s->db, flags, NULL);
    if (rc == SQLITE_OK && mode == STORE_READ) {
        /* A reader of a write-ahead log makes a file beside it. Where that cannot be (read-only
         * medium), and nothing is in the log, the database may be read as it lies there. */
        sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
        rc = sqlite3_exec(s->db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
        snprintf(wal, sizeof wal, "%s-wal", s->path);
        if ((rc == SQLITE_CANTOPEN || (rc & 0xFF) == SQLITE_READONLY) && access(wal, F_OK)) {
            sqlite3_close(s->db);
            s->db = NULL;
            make_uri(s->path, uri, sizeof uri);
            rc = sqlite3_open_v2(uri, &s->db, flags | SQLITE_OPEN_URI, NULL);
        }
    }
    return rc == SQLITE_OK ? 0 : store_fail(s, rc, e, "open it");
}

/* The journal's mode is changed by one process at a time, and SQLite does not wait for it: the
 * file's first users, all at once, would be refused. */
static int enter_wal(struct store *s)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    struct timespec begun, now;
    int rc;

    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (;;) {
        rc = sqlite3_exec(s->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((rc & 0xFF) != SQLITE_BUSY || now.tv_sec - begun.tv_sec >= BUSY_TIMEOUT_MS / 1000)
            return rc;
        nanosleep(&pause, NULL);
    }
}

static int prepare_writing(struct store *s, struct err *e)
{
    int rc;

    if (sqlite3_db_readonly(s->db, "main") == 1)
        return store_fail(s, SQLITE_READONLY, e, "open it for writing");
    rc = enter_wal(s);
    if (rc)
        return store_fail(s, rc, e, "open it for writing");
    /* FULL: a boot that was reported as stored survives a power cut; one sync a boot. */
    if (!rc)
        rc = store_exec(s, "PRAGMA synchronous = FULL", "open it for writing", e);
    /* A boot of half a million intervals, before pages must be written twice. */
    if (!rc)
        rc = store_exec(s, "PRAGMA cache_size = -65536", "open it for writing", e);
    if (!rc)
        rc = store_exec(s, "PRAGMA recursive_triggers = ON", "open it for writing", e);
    /* Find out now, not at the end of the first boot. */
    if (!rc)
        rc = store_exec(s, "BEGIN IMMEDIATE; ROLLBACK", "open it for writing", e);
    return rc;
}

/* A connection and nothing else; also after an error *out is to be closed. */
static int connect(const char *path, enum store_mode mode, struct store **out, struct err *e)
{
    struct store *s = *out = calloc(1, sizeof *s);
    int rc;

    if (!s)
        return err_set(e, ERR_IO, "out of memory");
    if ((size_t)snprintf(s->path, sizeof s->path, "%s", path) >= sizeof s->path)
        return err_set(e, ERR_USAGE, "the database's path is too long: %s", path);
    rc = open_file(s, mode, e);
    if (rc)
        return rc;
    sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
    return store_exec(s, "PRAGMA foreign_keys = ON", "open it", e);
}

int store_read_version(const char *path, int *version, struct err *e)
{
    struct store *s;
    int64_t found = 0;
    int rc = connect(path, STORE_READ, &s, e);

    if (!rc)
        rc = identify(s, STORE_WRITE, &found, e);
    store_close(s);
    *version = (int)found;
    return rc;
}

int store_open(const char *path, enum store_mode mode, struct store **out, struct err *e)
{
    struct store *s;
    int64_t version = 0;
    int rc = connect(path, mode, &s, e);

    *out = NULL;
    if (!rc)
        rc = identify(s, mode, &version, e);
    if (!rc && mode != STORE_READ)
        rc = prepare_writing(s, e);
    if (!rc && !version)
        rc = create_schema(s, e);
    else if (!rc)
        rc = migrate(s, version, e);
    if (rc) {
        store_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    for (int i = 0; i < STORE_STATEMENTS; i++)
        sqlite3_finalize(s->statement[i]);
    sqlite3_close(s->db); /* rolls an open transaction back */
    free(s);
}

struct sqlite3 *store_handle(struct store *s)
{
    return s->db;
}
