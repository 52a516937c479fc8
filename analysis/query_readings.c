/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query_readings.c - readings of guest clocks around intervals and inside; see query.h.
 *
 * What all readings of a clock of a boot share is read once. Then clock by clock the intervals of
 * its boot are walked, and the reading of each is found by its key: nothing is sorted.
 */
#include <stdlib.h>

#include "analysis/query_sql.h"

struct series { /* one clock of one boot */
    int64_t boot_id, clock;
    double tick_hz;
    char *text;                   /* the strings of the reading */
    struct query_reading reading; /* what its readings share */
};

struct readings {
    struct series *series;
    size_t n;
    const struct series *now;
    int (*row)(void *opaque, const struct query_reading *reading);
    void *opaque;
    struct err *e;
};

#define STRINGS 4

static int series_row(void *opaque, sqlite3_stmt *s)
{
    struct readings *all = opaque;
    struct series *k = realloc(all->series, (all->n + 1) * sizeof(*k));
    const char *text[STRINGS];

    if (!k)
        return err_set(all->e, ERR_IO, "out of memory");
    all->series = k;
    k += all->n;
    *k = (struct series){.boot_id = sql_integer(s, 0),
                         .clock = sql_integer(s, 1),
                         .tick_hz = sql_real(s, 2),
                         .text = sql_copy_texts(s, 3, text, STRINGS),
                         .reading = {.unit_ns = sql_real(s, 7),
                                     .step_ns = sql_real(s, 8),
                                     .timebase_ppb = sql_integer(s, 9),
                                     .boot = sql_integer(s, 10)}};
    if (!k->text)
        return err_set(all->e, ERR_IO, "out of memory");
    all->n++;
    k->reading.platform = text[0];
    k->reading.variant = text[1];
    k->reading.clock = text[2];
    k->reading.unit = text[3];
    return 0;
}

static int reading_row(void *opaque, sqlite3_stmt *s)
{
    const struct readings *all = opaque;
    struct query_reading r = all->now->reading;

    r.start_ns = sqlite3_column_double(s, 0) * 1e9 / all->now->tick_hz;
    r.stop_ns = sqlite3_column_double(s, 1) * 1e9 / all->now->tick_hz;
    r.before = sqlite3_column_int64(s, 2);
    r.after = sqlite3_column_int64(s, 3);
    return all->row(all->opaque, &r);
}

/* ?2 and ?3: of one boot and clock, or NULL. */
static const char series_sql[] =
    "SELECT b.id, k.clock, b.tick_hz, b.platform, b.variant, k.name, k.unit, "
    "CASE WHEN k.unit = 'ns' THEN 1.0 ELSE " QUERY_TSC_NS " END, "
    "b.step_ticks * 1e9 / b.tick_hz, b.timebase_ppb, b.plan_index "
    "FROM boot b CROSS JOIN clock k ON k.boot = b.id "
    "WHERE b.campaign = ?1 AND (?2 IS NULL OR b.plan_index = ?2) "
    "AND (?3 IS NULL OR k.name = ?3) AND (k.unit = 'ns' OR k.unit = 'ticks') "
    "AND b.tick_hz > 0 AND " QUERY_USABLE_BOOT " ORDER BY b.plan_index, k.clock";

static const char reading_sql[] =
    "SELECT i.start_tick, i.stop_tick, r.before, r.after "
    "FROM interval i CROSS JOIN reading r ON r.boot = ?1 AND r.n = i.n AND r.clock = ?2 "
    "WHERE i.boot = ?1 AND " QUERY_GOOD_INTERVAL " ORDER BY i.n";

static int read_readings(struct query *q, const struct sql_argument *wanted,
                         struct readings *all, struct err *e)
{
    sqlite3_stmt *s = NULL;
    int rc = sql_each(q, series_sql, wanted, 3, series_row, all, e);

    if (!rc)
        rc = sql_prepare(q, reading_sql, &s, e);
    for (size_t i = 0; !rc && i < all->n; i++) {
        const struct sql_argument which[] = {{.integer = all->series[i].boot_id},
                                             {.integer = all->series[i].clock}};

        all->now = &all->series[i];
        rc = sql_run(q, s, which, 2, reading_row, all, e);
    }
    sqlite3_finalize(s);
    for (size_t i = 0; i < all->n; i++)
        free(all->series[i].text);
    free(all->series);
    return rc;
}

int query_boot_readings(struct query *q, const struct query_campaign *c, int64_t boot,
                        const char *clock,
                        int (*row)(void *opaque, const struct query_reading *reading),
                        void *opaque, struct err *e)
{
    const struct sql_argument wanted[] = {
        {NULL, c->id}, {NULL, boot}, {clock, clock ? 0 : QUERY_NONE}};
    struct readings all = {.row = row, .opaque = opaque, .e = e};

    return read_readings(q, wanted, &all, e);
}

int query_readings(struct query *q, const struct query_campaign *c,
                   int (*row)(void *opaque, const struct query_reading *reading), void *opaque,
                   struct err *e)
{
    return query_boot_readings(q, c, QUERY_NONE, NULL, row, opaque, e);
}

/* --- readings inside intervals --- */

struct inner_call {
    int (*row)(void *opaque, const struct query_reading *reading);
    void *opaque;
};

static int inner_row(void *opaque, sqlite3_stmt *s)
{
    const struct inner_call *call = opaque;
    const struct query_reading r = {
        .boot = sql_integer(s, 0),
        .platform = sql_text(s, 1),
        .variant = sql_text(s, 2),
        .clock = sql_text(s, 3),
        .unit = sql_text(s, 4),
        .unit_ns = sql_real(s, 5),
        .start_ns = sql_real(s, 6),
        .stop_ns = sql_real(s, 7),
        .before = sql_integer(s, 8),
        .after = sql_integer(s, 9),
        .step_ns = sql_real(s, 10),
        .timebase_ppb = sql_integer(s, 11),
    };

    return call->row(call->opaque, &r);
}

int query_inner_readings(struct query *q, const struct query_campaign *c, int64_t boot,
                         int (*row)(void *opaque, const struct query_reading *reading),
                         void *opaque, struct err *e)
{
    const struct sql_argument wanted[] = {{NULL, c->id}, {NULL, boot}};
    struct inner_call call = {row, opaque};

    return sql_each(
        q,
        "SELECT b.plan_index, b.platform, b.variant, coalesce(b.guest_clock, 'guest') || "
        "'.read', 'ns', 1.0, i.start_tick * 1e9 / b.tick_hz, i.stop_tick * 1e9 / b.tick_hz, "
        "i.reading, i.reading, b.step_ticks * 1e9 / b.tick_hz, b.timebase_ppb "
        "FROM interval i JOIN boot b ON b.id = i.boot "
        "WHERE b.campaign = ?1 AND (?2 IS NULL OR b.plan_index = ?2) "
        "AND i.reading IS NOT NULL AND " QUERY_GOOD_EDGES " ORDER BY b.plan_index, i.n",
        wanted, 2, inner_row, &call, e);
}
