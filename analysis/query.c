/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query.c - open a database and read campaigns, boots and runs; see query.h.
 */
#include "analysis/query.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/query_sql.h"
#include "collector/store.h"

struct query {
    struct store *store;
    int owned; /* the store is closed with us */
};

int query_open(const char *path, struct query **out, struct err *e)
{
    struct store *store;
    int rc = store_open(path, STORE_READ, &store, e);

    if (rc)
        return rc;
    rc = query_attach(store, out, e);
    if (rc)
        store_close(store);
    else
        (*out)->owned = 1;
    return rc;
}

int query_attach(struct store *store, struct query **out, struct err *e)
{
    struct query *q = calloc(1, sizeof(*q));

    if (!q)
        return err_set(e, ERR_IO, "out of memory");
    q->store = store;
    *out = q;
    return 0;
}

void query_close(struct query *q)
{
    if (q && q->owned)
        store_close(q->store);
    free(q);
}

sqlite3 *query_handle(struct query *q)
{
    return store_handle(q->store);
}

static int database_error(struct query *q, struct err *e)
{
    sqlite3 *db = query_handle(q);
    int code = sqlite3_errcode(db);

    return err_set(e, code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_DATA : ERR_IO,
                   "cannot read the database: %s", sqlite3_errmsg(db));
}

int sql_prepare(struct query *q, const char *sql, sqlite3_stmt **out, struct err *e)
{
    *out = NULL;
    return sqlite3_prepare_v2(query_handle(q), sql, -1, out, NULL) == SQLITE_OK
               ? 0
               : database_error(q, e);
}

int sql_run(struct query *q, sqlite3_stmt *s, const struct sql_argument *arguments, size_t n,
            int (*row)(void *opaque, sqlite3_stmt *s), void *opaque, struct err *e)
{
    int rc = 0, step;

    for (size_t i = 0; i < n; i++) {
        if (arguments[i].text)
            sqlite3_bind_text(s, (int)i + 1, arguments[i].text, -1, SQLITE_STATIC);
        else if (arguments[i].integer != QUERY_NONE)
            sqlite3_bind_int64(s, (int)i + 1, arguments[i].integer);
        else
            sqlite3_bind_null(s, (int)i + 1);
    }
    while (!rc && (step = sqlite3_step(s)) != SQLITE_DONE)
        rc = step == SQLITE_ROW ? row(opaque, s) : database_error(q, e);
    sqlite3_reset(s);
    return rc;
}

int sql_each(struct query *q, const char *sql, const struct sql_argument *arguments, size_t n,
             int (*row)(void *opaque, sqlite3_stmt *s), void *opaque, struct err *e)
{
    sqlite3_stmt *s;
    int rc = sql_prepare(q, sql, &s, e);

    if (!rc)
        rc = sql_run(q, s, arguments, n, row, opaque, e);
    sqlite3_finalize(s);
    return rc;
}

int sql_campaign(struct query *q, const char *sql, const struct query_campaign *c,
                 int (*row)(void *opaque, sqlite3_stmt *s), void *opaque, struct err *e)
{
    const struct sql_argument id = {NULL, c->id};

    return sql_each(q, sql, &id, 1, row, opaque, e);
}

const char *sql_text(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);

    return text ? text : "";
}

int64_t sql_integer(sqlite3_stmt *s, int column)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL ? QUERY_NONE
                                                         : sqlite3_column_int64(s, column);
}

double sql_real(sqlite3_stmt *s, int column)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL ? NAN
                                                         : sqlite3_column_double(s, column);
}

char *sql_copy_texts(sqlite3_stmt *s, int first, const char **text, size_t n)
{
    size_t room = 1, used = 0;
    char *block;

    for (size_t i = 0; i < n; i++)
        room += strlen(sql_text(s, first + (int)i)) + 1;
    block = malloc(room);
    for (size_t i = 0; block && i < n; i++) {
        text[i] = strcpy(block + used, sql_text(s, first + (int)i));
        used += strlen(text[i]) + 1;
    }
    return block;
}

int sql_runs_add(struct sql_runs *all, int64_t boot_id, int64_t w)
{
    struct sql_run *more = realloc(all->run, (all->n + 1) * sizeof(*more));

    if (!more)
        return -1;
    all->run = more;
    more[all->n++] = (struct sql_run){boot_id, w};
    return 0;
}

size_t sql_runs_find(struct sql_runs *all, int64_t boot_id, int64_t w)
{
    for (size_t i = 0, at = all->last; i < all->n; i++, at = at + 1 < all->n ? at + 1 : 0)
        if (all->run[at].w == w && all->run[at].boot_id == boot_id) {
            all->last = at;
            return at;
        }
    return SIZE_MAX;
}

void sql_runs_free(struct sql_runs *all)
{
    free(all->run);
    *all = (struct sql_runs){NULL, 0, 0};
}

/* --- campaigns --- */

struct campaign_call {
    int (*row)(void *opaque, const struct query_campaign *campaign);
    void *opaque;
};

static int campaign_row(void *opaque, sqlite3_stmt *s)
{
    const struct campaign_call *call = opaque;
    struct query_campaign c = {.id = sql_integer(s, 0)};

    snprintf(c.name, sizeof(c.name), "%s", sql_text(s, 1));
    snprintf(c.hash, sizeof(c.hash), "%s", sql_text(s, 2));
    snprintf(c.bench, sizeof(c.bench), "%s", sql_text(s, 3));
    c.deterministic = sql_integer(s, 4) != 0;
    c.ns_per_instruction = sql_real(s, 5);
    c.boots_planned = sql_integer(s, 6);
    c.boots_stored = sql_integer(s, 7);
    snprintf(c.baseline_platform, sizeof(c.baseline_platform), "%s", sql_text(s, 8));
    snprintf(c.baseline_variant, sizeof(c.baseline_variant), "%s", sql_text(s, 9));
    return call->row(call->opaque, &c);
}

int query_campaigns(struct query *q,
                    int (*row)(void *opaque, const struct query_campaign *campaign),
                    void *opaque, struct err *e)
{
    struct campaign_call call = {row, opaque};

    return sql_each(q,
                    "SELECT id, name, hash, bench, deterministic, ns_per_instruction, "
                    "boots_planned, (SELECT count(*) FROM boot b WHERE b.campaign = c.id), "
                    "(SELECT value FROM fact f WHERE f.campaign = c.id AND "
                    " f.key = 'baseline.platform'), "
                    "(SELECT value FROM fact f WHERE f.campaign = c.id AND "
                    " f.key = 'baseline.variant') "
                    "FROM campaign c ORDER BY name",
                    NULL, 0, campaign_row, &call, e);
}

struct campaign_search {
    const char *name;
    struct query_campaign *out;
    size_t found, seen;
    char names[512];
};

static int campaign_match(void *opaque, const struct query_campaign *c)
{
    struct campaign_search *search = opaque;
    size_t used = strlen(search->names);

    snprintf(search->names + used, sizeof(search->names) - used, "%s%s",
             search->seen++ ? ", " : "", c->name);
    if (!search->name || !strcmp(search->name, c->name)) {
        *search->out = *c;
        search->found++;
    }
    return 0;
}

int query_find_campaign(struct query *q, const char *name, struct query_campaign *out,
                        struct err *e)
{
    struct campaign_search search = {.name = name, .out = out};
    int rc = query_campaigns(q, campaign_match, &search, e);

    if (rc || search.found == 1)
        return rc;
    if (!search.seen)
        return err_set(e, ERR_USAGE,
                       "the database holds no campaign yet; `etalon run` fills it");
    if (!name)
        return err_set(e, ERR_USAGE, "the database holds several campaigns; choose one: %s",
                       search.names);
    return err_set(e, ERR_USAGE, "no campaign \"%s\" in the database; there are: %s", name,
                   search.names);
}

/* --- boots and runs --- */

struct boot_call {
    int (*row)(void *opaque, const struct query_boot *boot);
    void *opaque;
};

static int boot_row(void *opaque, sqlite3_stmt *s)
{
    const struct boot_call *call = opaque;
    int i = 0;
    struct query_boot b = {.boot = sql_integer(s, i++)};

    b.platform = sql_text(s, i++);
    b.variant = sql_text(s, i++);
    b.seed = sql_text(s, i++);
    b.verdict = sql_text(s, i++);
    b.reason = sql_text(s, i++);
    b.grade = sql_text(s, i++);
    b.end = sql_text(s, i++);
    b.machine_time_ns = sql_integer(s, i++);
    b.tick_hz = sql_integer(s, i++);
    b.step_ns = sql_real(s, i++);
    b.timebase_ppb = sql_integer(s, i++);
    b.frames = sql_integer(s, i++);
    b.events = sql_integer(s, i++);
    b.heartbeats = sql_integer(s, i++);
    b.frames_damaged = sql_integer(s, i++);
    b.frames_missing = sql_integer(s, i++);
    b.frames_repeated = sql_integer(s, i++);
    b.epoch_changes = sql_integer(s, i++);
    b.lost = sql_integer(s, i++);
    b.high_water = sql_integer(s, i++);
    b.refused = sql_integer(s, i++);
    b.watchdog = sql_integer(s, i++);
    b.markers = sql_integer(s, i++);
    b.violations = sql_integer(s, i++);
    b.records = sql_integer(s, i++);
    b.records_damaged = sql_integer(s, i++);
    b.records_missing = sql_integer(s, i++);
    b.records_repeated = sql_integer(s, i++);
    b.intervals = sql_integer(s, i++);
    b.intervals_ok = sql_integer(s, i++);
    b.guest_clock = sql_text(s, i++);
    b.guest_clock_hz = sql_integer(s, i++);
    b.path_u_ns = sql_real(s, i++);
    return call->row(call->opaque, &b);
}

int query_boots(struct query *q, const struct query_campaign *c,
                int (*row)(void *opaque, const struct query_boot *boot), void *opaque,
                struct err *e)
{
    struct boot_call call = {row, opaque};

    return sql_campaign(
        q,
        "SELECT plan_index, platform, variant, seed, verdict, reason, grade, end, "
        "machine_time_ns, tick_hz, CASE WHEN tick_hz > 0 THEN step_ticks * 1e9 / tick_hz END, "
        "timebase_ppb, frames, events, heartbeats, frames_damaged, frames_missing, "
        "frames_repeated, epoch_changes, lost, high_water, refused, watchdog, markers, "
        "violations, records, records_damaged, records_missing, records_repeated, "
        "(SELECT count(*) FROM interval i WHERE i.boot = b.id), "
        "(SELECT count(*) FROM interval i WHERE i.boot = b.id AND i.verdict = 'ok'), "
        "guest_clock, guest_clock_hz, path_u_ns FROM boot b WHERE campaign = ?1 ORDER BY "
        "plan_index",
        c, boot_row, &call, e);
}

static int worst_row(void *opaque, sqlite3_stmt *s)
{
    enum verdict *worst = opaque, v;

    if (!verdict_parse(sql_text(s, 0), &v) && v != VERDICT_SKIP)
        *worst = verdict_worst(*worst, v);
    return 0;
}

int query_worst_verdict(struct query *q, const struct query_campaign *c, enum verdict *worst,
                        struct err *e)
{
    *worst = VERDICT_OK;
    return sql_campaign(q,
                        "SELECT verdict FROM boot WHERE campaign = ?1 UNION "
                        "SELECT r.verdict FROM run r JOIN boot b ON b.id = r.boot "
                        "WHERE b.campaign = ?1",
                        c, worst_row, worst, e);
}

struct run_call {
    int (*row)(void *opaque, const struct query_run *run);
    void *opaque;
};

static int run_row(void *opaque, sqlite3_stmt *s)
{
    const struct run_call *call = opaque;
    const struct query_run r = {
        .boot = sql_integer(s, 0),
        .w = sql_integer(s, 1),
        .platform = sql_text(s, 2),
        .variant = sql_text(s, 3),
        .workload = sql_text(s, 4),
        .param = sql_text(s, 5),
        .metric = sql_text(s, 6),
        .unit = sql_text(s, 7),
        .form = sql_text(s, 8),
        .scale = sql_real(s, 9),
        .work = sql_integer(s, 10),
        .iterations = sql_integer(s, 11),
        .verdict = sql_text(s, 12),
        .reason = sql_text(s, 13),
        .answer = sql_text(s, 14),
        .boot_verdict = sql_text(s, 15),
    };

    return call->row(call->opaque, &r);
}

int query_runs(struct query *q, const struct query_campaign *c,
               int (*row)(void *opaque, const struct query_run *run), void *opaque,
               struct err *e)
{
    struct run_call call = {row, opaque};

    return sql_campaign(
        q,
        "SELECT b.plan_index, r.w, b.platform, b.variant, r.workload, r.param, "
        "r.metric, r.unit, r.form, r.scale, r.work, r.iterations, r.verdict, "
        "r.reason, r.answer, b.verdict FROM run r JOIN boot b ON b.id = r.boot "
        "WHERE b.campaign = ?1 "
        "ORDER BY r.w, b.platform, b.variant, b.plan_index",
        c, run_row, &call, e);
}

struct figure_call {
    int (*row)(void *opaque, const struct query_figure *figure);
    void *opaque;
};

static int figure_row(void *opaque, sqlite3_stmt *s)
{
    const struct figure_call *call = opaque;
    const struct query_figure f = {
        .boot = sql_integer(s, 0),
        .w = sql_integer(s, 1),
        .platform = sql_text(s, 2),
        .variant = sql_text(s, 3),
        .workload = sql_text(s, 4),
        .param = sql_text(s, 5),
        .key = sql_text(s, 6),
        .value = sql_integer(s, 7),
    };

    return call->row(call->opaque, &f);
}

int query_figures(struct query *q, const struct query_campaign *c,
                  int (*row)(void *opaque, const struct query_figure *figure), void *opaque,
                  struct err *e)
{
    struct figure_call call = {row, opaque};

    return sql_campaign(
        q,
        "SELECT b.plan_index, f.w, b.platform, b.variant, r.workload, r.param, "
        "f.key, f.value FROM figure f "
        "JOIN run r ON r.boot = f.boot AND r.w = f.w "
        "JOIN boot b ON b.id = f.boot WHERE b.campaign = ?1 "
        "ORDER BY f.w, f.key, b.platform, b.variant, b.plan_index",
        c, figure_row, &call, e);
}
