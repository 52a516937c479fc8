/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query/query_sql.h - private to analysis/query/query*.c: one statement, its rows,
 * its columns.
 */
#ifndef ETALON_ANALYSIS_QUERY_QUERY_SQL_H
#define ETALON_ANALYSIS_QUERY_QUERY_SQL_H

#include <sqlite3.h>

#include "analysis/query/query.h"

/* Where this instance keeps its handle. */
sqlite3 *query_handle(struct query *q);

struct sql_argument { /* bound to ?1, ?2, … */
    const char *text; /* NULL: bind `integer`, or NULL if that is QUERY_NONE */
    int64_t integer;
};

/* Prepare, bind, and call row() for each row. What row() returns other than 0 ends it and is
 * returned. */
int sql_each(struct query *q, const char *sql, const struct sql_argument *arguments, size_t n,
             int (*row)(void *opaque, sqlite3_stmt *s), void *opaque, struct err *e);

/* sql_each() with ?1 = the campaign's id. */
int sql_campaign(struct query *q, const char *sql, const struct query_campaign *c,
                 int (*row)(void *opaque, sqlite3_stmt *s), void *opaque, struct err *e);

/* sql_each() in parts, for one statement with many arguments. *out is the caller's to finalise. */
int sql_prepare(struct query *q, const char *sql, sqlite3_stmt **out, struct err *e);
int sql_run(struct query *q, sqlite3_stmt *s, const struct sql_argument *arguments, size_t n,
            int (*row)(void *opaque, sqlite3_stmt *s), void *opaque, struct err *e);

/* What millions of rows share is read once, run by run, and found again by these: */
struct sql_runs {
    struct sql_run {
        int64_t boot_id, w;
    } * run;
    size_t n, last; /* the one found last */
};

/* Its number is the order of adding. -1: out of memory. */
int sql_runs_add(struct sql_runs *all, int64_t boot_id, int64_t w);
/* SIZE_MAX: it is not there. Quick where a row belongs to the run of the row before it. */
size_t sql_runs_find(struct sql_runs *all, int64_t boot_id, int64_t w);
void sql_runs_free(struct sql_runs *all);

/* Conditions on boot b and interval i: the boot may be used; both edges of the interval may; both
 * together. */
#define QUERY_USABLE_BOOT "b.verdict IN ('ok', 'fail')"
#define QUERY_GOOD_INTERVAL                                                                   \
    "i.verdict = 'ok' AND i.start_tick IS NOT NULL AND i.stop_tick IS NOT NULL"
#define QUERY_GOOD_EDGES QUERY_GOOD_INTERVAL " AND b.tick_hz > 0 AND " QUERY_USABLE_BOOT

/* Views of costs (query_costs.c): their rows, in their order, of one campaign or, NULL, of all. */
int sql_is_costs(const char *view);
int sql_write_costs(struct query *q, const char *view, const char *campaign,
                    const struct query_table *table, struct err *e);

/* A tick of boot b's TSC in ns; NULL: its rate is not known. */
#define QUERY_TSC_NS                                                                          \
    "CASE WHEN b.guest_clock = 'tsc' THEN 1e9 / nullif(b.guest_clock_hz, 0) "                 \
    "ELSE 1e9 / nullif((SELECT CAST(f.value AS REAL) FROM boot_fact f "                       \
    "WHERE f.boot = b.id AND f.key = 'tsc_hz'), 0.0) END"

/* A column, counted from 0; NULL becomes "", QUERY_NONE, NaN. */
const char *sql_text(sqlite3_stmt *s, int column);
int64_t sql_integer(sqlite3_stmt *s, int column);
double sql_real(sqlite3_stmt *s, int column);
/* Copies of `n` columns from `first` on, all in one block, which is the caller's; NULL: no memory. */
char *sql_copy_texts(sqlite3_stmt *s, int first, const char **text, size_t n);

#endif
