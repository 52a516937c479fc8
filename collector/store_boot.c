/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/store_boot.c - one boot, one transaction. Statements are prepared once and kept:
 * a boot has up to a million intervals.
 */
#include <stdio.h>
#include <string.h>

#include "collector/store.h"
#include "collector/store_private.h"

static const char doing[] = "store a boot";

/* Rows of one statement where there are many to come. */
#define BULK_ROWS 32u

#define INSERT_INTERVAL                                                                       \
    "INSERT INTO interval (boot, n, w, iteration, start_tick, stop_tick, reading, verdict, "  \
    "reason) VALUES "
#define INSERT_READING "INSERT INTO reading (boot, n, clock, before, after) VALUES "

static const char *const sql[STORE_STATEMENTS] = {
    [STORE_ADD_BOOT] =
        "INSERT INTO boot (campaign, plan_index, platform, variant, block, position, seed, "
        "plan, "
        "verdict, reason, grade, end, machine_time_ns, tick_hz, step_ticks, fclk_hz, baud, "
        "phases, source_id, build_id, timebase_ppb, path_u_ns, settle_ns, guest_clock, "
        "guest_clock_hz, frames, events, heartbeats, frames_damaged, frames_missing, "
        "frames_repeated, epoch_changes, lost, high_water, refused, watchdog, markers, "
        "violations, reference_edges, reference_first_tick, reference_last_tick, records, "
        "records_damaged, records_missing, records_repeated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
        "?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, "
        "?, ?, ?, ?, ?, ?, ?)",
    [STORE_ADD_FRAMES] = "INSERT INTO raw_frames (boot, chunk, bytes) VALUES (?, ?, ?)",
    [STORE_ADD_CONSOLE] =
        "INSERT INTO raw_console (boot, stream, chunk, bytes) VALUES (?, ?, ?, ?)",
    [STORE_ADD_LOG] = "INSERT INTO host_log (boot, bytes) VALUES (?, ?)",
    [STORE_ADD_FACT] = "INSERT INTO boot_fact (boot, key, value) VALUES (?, ?, ?) "
                       "ON CONFLICT (boot, key) DO NOTHING",
    /* Of key, key#2, key#3 …: '$' is the character behind '#'. */
    [STORE_COUNT_FACT] = "SELECT count(*) FROM boot_fact WHERE boot = ?1 AND (key = ?2 OR "
                         "(key > ?2 || '#' AND key < ?2 || '$'))",
    [STORE_ADD_RUN] = "INSERT INTO run (boot, w, workload, param, metric, unit, form, scale, "
                      "work, iterations, "
                      "first_interval, verdict, reason, answer) VALUES (?, ?, ?, ?, ?, ?, ?, "
                      "?, ?, ?, ?, ?, ?, "
                      "?)",
    [STORE_ADD_PARAM] = "INSERT INTO run_param (boot, w, key, value) VALUES (?, ?, ?, ?)",
    [STORE_ADD_FIGURE] = "INSERT INTO figure (boot, w, key, value) VALUES (?, ?, ?, ?)",
    /* The tuples of these four are appended by use(). */
    [STORE_ADD_INTERVAL] = INSERT_INTERVAL,
    [STORE_ADD_INTERVALS] = INSERT_INTERVAL,
    [STORE_ADD_CLOCK] = "INSERT INTO clock (boot, clock, name, unit) VALUES (?, ?, ?, ?)",
    [STORE_ADD_READING] = INSERT_READING,
    [STORE_ADD_READINGS] = INSERT_READING,
    [STORE_ADD_EXIT_COUNT] =
        "INSERT INTO exit_count (boot, w, cause, count, ticks, ticks_min, ticks_max) VALUES "
        "(?, ?, ?, ?, ?, ?, ?)",
    [STORE_ADD_AUDIT] = "INSERT INTO audit (boot, ordinal, what, k, exits_k, exits_2k) VALUES "
                        "(?, ?, ?, ?, ?, ?)",
    [STORE_ADD_DAMAGE] =
        "INSERT INTO damage (boot, ordinal, source, kind, byte_offset, detail) "
        "VALUES (?, ?, ?, ?, ?, ?)",
    [STORE_ADD_DISTORTION] =
        "INSERT INTO distortion (boot, seq, lie, kind, unit, begin, end, guest, requested, "
        "delivered, visible, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STORE_ADD_DISTORTION_REQUEST] =
        "INSERT INTO distortion_request (boot, lie, kind, unit, form, entries, count, "
        "requested, delivered, visible) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STORE_ADD_SEAL] = "INSERT INTO seal (boot, key_id, commitment, sealed) VALUES (?, ?, ?, "
                       "?)",
};

static const struct {
    const char *tuple;
    unsigned rows;
} tuples[STORE_STATEMENTS] = {
    [STORE_ADD_INTERVAL] = {"(?, ?, ?, ?, ?, ?, ?, ?, ?)", 1},
    [STORE_ADD_INTERVALS] = {"(?, ?, ?, ?, ?, ?, ?, ?, ?)", BULK_ROWS},
    [STORE_ADD_READING] = {"(?, ?, ?, ?, ?)", 1},
    [STORE_ADD_READINGS] = {"(?, ?, ?, ?, ?)", BULK_ROWS},
};

static int prepare(struct store *s, enum store_statement which)
{
    char text[2048];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", sql[which]);

    for (unsigned row = 0; row < tuples[which].rows; row++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", row ? ", " : "",
                                 tuples[which].tuple);
    return sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &s->statement[which],
                              NULL);
}

static int use(struct store *s, enum store_statement which, struct store_binder *b,
               struct err *e)
{
    int rc = SQLITE_OK;

    if (!s->statement[which])
        rc = prepare(s, which);
    *b = (struct store_binder){.statement = s->statement[which]};
    return rc == SQLITE_OK ? 0 : store_fail(s, rc, e, doing);
}

int store_use_for(struct store *s, enum store_statement which, int64_t boot,
                  struct store_binder *b, struct err *e)
{
    const int rc = use(s, which, b, e);

    if (!rc)
        store_bind_s64(b, boot);
    return rc;
}

static void bind_hex(struct store_binder *b, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%016llx", (unsigned long long)value);
    store_bind_text_copy(b, text);
}

static void bind_boot(struct store_binder *b, const struct store_boot *r)
{
    char text[24];

    store_bind_s64(b, r->campaign);
    store_bind_u64(b, r->plan_index);
    store_bind_text(b, r->platform);
    store_bind_text(b, r->variant);
    store_bind_u64(b, r->block);
    store_bind_u64(b, r->position);
    snprintf(text, sizeof text, "%llu", (unsigned long long)r->seed);
    store_bind_text_copy(b, text);
    store_bind_text(b, r->plan);
    store_bind_text(b, verdict_name(r->verdict));
    store_bind_text(b, r->reason);
    store_bind_text_copy(b, (const char[]){r->grade, '\0'});
    store_bind_text(b, r->end);
    store_bind_u64(b, r->machine_time_ns);
    store_bind_u64(b, r->tick_hz);
    store_bind_u64(b, r->step_ticks);
    store_bind_u64(b, r->fclk_hz);
    store_bind_u64(b, r->baud);
    store_bind_u64(b, r->phases);
    bind_hex(b, r->source_id);
    bind_hex(b, r->build_id);
    store_bind_u64(b, r->timebase_ppb);
    store_bind_double(b, r->path_u_ns);
    store_bind_u64(b, r->settle_ns);
    store_bind_text_or_null(b, r->guest_clock);
    store_bind_s64(b, r->guest_clock ? (int64_t)r->guest_clock_hz : STORE_NONE);
    store_bind_u64(b, r->frames);
    store_bind_u64(b, r->events);
    store_bind_u64(b, r->heartbeats);
    store_bind_u64(b, r->frames_damaged);
    store_bind_u64(b, r->frames_missing);
    store_bind_u64(b, r->frames_repeated);
    store_bind_u64(b, r->epoch_changes);
    store_bind_u64(b, r->lost);
    store_bind_u64(b, r->high_water);
    store_bind_u64(b, r->refused);
    store_bind_s64(b, r->watchdog != 0);
    store_bind_u64(b, r->markers);
    store_bind_u64(b, r->violations);
    store_bind_u64(b, r->reference_edges);
    store_bind_s64(b, r->reference_first_tick);
    store_bind_s64(b, r->reference_last_tick);
    store_bind_u64(b, r->records);
    store_bind_u64(b, r->records_damaged);
    store_bind_u64(b, r->records_missing);
    store_bind_u64(b, r->records_repeated);
}

int store_begin_boot(struct store *s, const struct store_boot *r, int64_t *boot, struct err *e)
{
    struct store_binder b;
    int rc = store_exec(s, "BEGIN IMMEDIATE", doing, e);

    *boot = 0;
    if (rc)
        return rc;
    rc = use(s, STORE_ADD_BOOT, &b, e);
    if (!rc) {
        bind_boot(&b, r);
        rc = store_step(s, &b, doing, e);
    }
    if (rc)
        store_rollback_boot(s);
    else
        *boot = sqlite3_last_insert_rowid(s->db);
    return rc;
}

/* stream < 0: frames. */
static int add_chunks(struct store *s, int64_t boot, int stream, const uint8_t *data, size_t n,
                      struct err *e)
{
    int rc = 0;

    for (uint64_t chunk = 0; !rc && n; chunk++) {
        const size_t take = n < STORE_CHUNK_BYTES ? n : STORE_CHUNK_BYTES;
        struct store_binder b;

        rc = store_use_for(s, stream < 0 ? STORE_ADD_FRAMES : STORE_ADD_CONSOLE, boot, &b, e);
        if (rc)
            break;
        if (stream >= 0)
            store_bind_s64(&b, stream);
        store_bind_u64(&b, chunk);
        store_bind_blob(&b, data, take);
        rc = store_step(s, &b, doing, e);
        data += take;
        n -= take;
    }
    return rc;
}

int store_add_frames(struct store *s, int64_t boot, const void *data, size_t n, struct err *e)
{
    return add_chunks(s, boot, -1, data, n, e);
}

int store_add_console(struct store *s, int64_t boot, int stream, const void *data, size_t n,
                      struct err *e)
{
    return add_chunks(s, boot, stream, data, n, e);
}

int store_add_log(struct store *s, int64_t boot, const void *data, size_t n, struct err *e)
{
    struct store_binder b;
    const int rc = store_use_for(s, STORE_ADD_LOG, boot, &b, e);

    if (rc)
        return rc;
    store_bind_blob(&b, n ? data : "", n);
    return store_step(s, &b, doing, e);
}

static int add_fact_once(struct store *s, int64_t boot, const char *key, const char *value,
                         struct err *e)
{
    struct store_binder b;
    const int rc = store_use_for(s, STORE_ADD_FACT, boot, &b, e);

    if (rc)
        return rc;
    store_bind_text(&b, key);
    store_bind_text(&b, value);
    return store_step(s, &b, doing, e);
}

int store_add_fact(struct store *s, int64_t boot, const char *key, const char *value,
                   struct err *e)
{
    struct store_binder b;
    char numbered[256];
    int64_t count;
    int rc = add_fact_once(s, boot, key, value, e);

    if (rc || sqlite3_changes(s->db))
        return rc;
    /* Told before: both stay, the second one as "key#2". */
    rc = store_use_for(s, STORE_COUNT_FACT, boot, &b, e);
    if (rc)
        return rc;
    store_bind_text(&b, key);
    if (b.rc != SQLITE_OK || sqlite3_step(b.statement) != SQLITE_ROW)
        return store_fail(s, sqlite3_errcode(s->db), e, doing);
    count = sqlite3_column_int64(b.statement, 0);
    sqlite3_reset(b.statement);
    snprintf(numbered, sizeof numbered, "%.200s#%lld", key, (long long)count + 1);
    return add_fact_once(s, boot, numbered, value, e);
}

static int add_param(struct store *s, int64_t boot, uint32_t w, const char *text, size_t n,
                     struct err *e)
{
    const char *equals = memchr(text, '=', n);
    struct store_binder b;
    int rc;

    if (!equals)
        return err_set(e, ERR_BUG, "%s: cannot %s: parameter \"%.*s\" has no value", s->path,
                       doing, (int)n, text);
    rc = store_use_for(s, STORE_ADD_PARAM, boot, &b, e);
    if (rc)
        return rc;
    store_bind_u64(&b, w);
    store_bind_text_n(&b, text, (size_t)(equals - text));
    store_bind_text_n(&b, equals + 1, n - (size_t)(equals - text) - 1);
    return store_step(s, &b, doing, e);
}

int store_add_run(struct store *s, int64_t boot, const struct store_run *r, struct err *e)
{
    const char *text = r->param ? r->param : "";
    struct store_binder b;
    int rc = store_use_for(s, STORE_ADD_RUN, boot, &b, e);

    if (rc)
        return rc;
    store_bind_u64(&b, r->w);
    store_bind_text(&b, r->workload);
    store_bind_text(&b, r->param);
    store_bind_text(&b, r->metric);
    store_bind_text(&b, r->unit);
    store_bind_text(&b, r->form);
    store_bind_double(&b, r->scale);
    store_bind_u64(&b, r->work);
    store_bind_u64(&b, r->iterations);
    store_bind_u64(&b, r->first_interval);
    store_bind_text(&b, verdict_name(r->verdict));
    store_bind_text(&b, r->reason);
    store_bind_text(&b, r->answer);
    rc = store_step(s, &b, doing, e);
    while (!rc && *text) {
        const size_t n = strcspn(text, " ");

        if (n)
            rc = add_param(s, boot, r->w, text, n, e);
        text += n + (text[n] == ' ');
    }
    return rc;
}

int store_add_figure(struct store *s, int64_t boot, uint32_t w, const char *key, int64_t value,
                     struct err *e)
{
    struct store_binder b;
    const int rc = store_use_for(s, STORE_ADD_FIGURE, boot, &b, e);

    if (rc)
        return rc;
    store_bind_u64(&b, w);
    store_bind_text(&b, key);
    store_bind_u64(&b, (uint64_t)value);
    return store_step(s, &b, doing, e);
}

static void bind_interval(struct store_binder *b, int64_t boot, const struct store_interval *i)
{
    store_bind_s64(b, boot);
    store_bind_u64(b, i->n);
    store_bind_s64(b, i->w);
    store_bind_s64(b, i->iteration);
    store_bind_s64(b, i->start_tick);
    store_bind_s64(b, i->stop_tick);
    store_bind_s64(b, i->reading);
    store_bind_text(b, verdict_name(i->verdict));
    store_bind_text(b, i->reason);
}

int store_add_intervals(struct store *s, int64_t boot, const struct store_interval *rows,
                        size_t n, struct err *e)
{
    int rc = 0;

    while (!rc && n) {
        const size_t take = n < BULK_ROWS ? 1 : BULK_ROWS;
        struct store_binder b;

        rc = use(s, take == 1 ? STORE_ADD_INTERVAL : STORE_ADD_INTERVALS, &b, e);
        for (size_t i = 0; !rc && i < take; i++)
            bind_interval(&b, boot, &rows[i]);
        if (!rc)
            rc = store_step(s, &b, doing, e);
        rows += take;
        n -= take;
    }
    return rc;
}

int store_add_interval(struct store *s, int64_t boot, const struct store_interval *i,
                       struct err *e)
{
    return store_add_intervals(s, boot, i, 1, e);
}

int store_add_clock(struct store *s, int64_t boot, uint32_t clock, const char *name,
                    const char *unit, struct err *e)
{
    struct store_binder b;
    const int rc = store_use_for(s, STORE_ADD_CLOCK, boot, &b, e);

    if (rc)
        return rc;
    store_bind_u64(&b, clock);
    store_bind_text(&b, name);
    store_bind_text(&b, unit);
    return store_step(s, &b, doing, e);
}

static void bind_reading(struct store_binder *b, int64_t boot, const struct store_reading *r)
{
    store_bind_s64(b, boot);
    store_bind_u64(b, r->n);
    store_bind_u64(b, r->clock);
    store_bind_u64(b, (uint64_t)r->before); /* every pattern is a reading */
    store_bind_u64(b, (uint64_t)r->after);
}

int store_add_readings(struct store *s, int64_t boot, const struct store_reading *rows,
                       size_t n, struct err *e)
{
    int rc = 0;

    while (!rc && n) {
        const size_t take = n < BULK_ROWS ? 1 : BULK_ROWS;
        struct store_binder b;

        rc = use(s, take == 1 ? STORE_ADD_READING : STORE_ADD_READINGS, &b, e);
        for (size_t i = 0; !rc && i < take; i++)
            bind_reading(&b, boot, &rows[i]);
        if (!rc)
            rc = store_step(s, &b, doing, e);
        rows += take;
        n -= take;
    }
    return rc;
}

int store_add_reading(struct store *s, int64_t boot, uint64_t n, uint32_t clock,
                      int64_t before, int64_t after, struct err *e)
{
    const struct store_reading r = {.n = n, .clock = clock, .before = before, .after = after};

    return store_add_readings(s, boot, &r, 1, e);
}

int store_add_exit_count(struct store *s, int64_t boot, int64_t w, const char *cause,
                         uint64_t count, const uint64_t ticks[3], struct err *e)
{
    struct store_binder b;
    const int rc = store_use_for(s, STORE_ADD_EXIT_COUNT, boot, &b, e);

    if (rc)
        return rc;
    store_bind_s64(&b, w);
    store_bind_text(&b, cause);
    store_bind_u64(&b, count);
    for (int i = 0; i < 3; i++)
        store_bind_u64(&b, ticks[i]);
    return store_step(s, &b, doing, e);
}

int store_add_audit(struct store *s, int64_t boot, uint32_t ordinal, const char *what,
                    uint64_t k, uint64_t exits_k, uint64_t exits_2k, struct err *e)
{
    struct store_binder b;
    const int rc = store_use_for(s, STORE_ADD_AUDIT, boot, &b, e);

    if (rc)
        return rc;
    store_bind_u64(&b, ordinal);
    store_bind_text(&b, what);
    store_bind_u64(&b, k);
    store_bind_u64(&b, exits_k);
    store_bind_u64(&b, exits_2k);
    return store_step(s, &b, doing, e);
}

int store_add_damage(struct store *s, int64_t boot, uint32_t ordinal, const char *source,
                     const char *kind, int64_t byte_offset, const char *detail, struct err *e)
{
    struct store_binder b;
    const int rc = store_use_for(s, STORE_ADD_DAMAGE, boot, &b, e);

    if (rc)
        return rc;
    store_bind_u64(&b, ordinal);
    store_bind_text(&b, source);
    store_bind_text(&b, kind);
    store_bind_s64(&b, byte_offset);
    store_bind_text(&b, detail);
    return store_step(s, &b, doing, e);
}

int store_commit_boot(struct store *s, struct err *e)
{
    const int rc = store_exec(s, "COMMIT", doing, e);

    if (rc)
        store_rollback_boot(s);
    return rc;
}

void store_rollback_boot(struct store *s)
{
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}
