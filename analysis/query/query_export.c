/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query/query_export.c - rows of any kind: public views and the canonical dump.
 *
 * Orders name columns of the data until no two rows can tie, so that bytes never depend on the
 * order in which boots were stored.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/query/query_sql.h"
#include "base/hash.h"

#define MAX_COLUMNS 64

static int table_columns(const struct query_table *table, sqlite3_stmt *s)
{
    const char *names[MAX_COLUMNS];
    int n = sqlite3_column_count(s);

    for (int i = 0; i < n && i < MAX_COLUMNS; i++)
        names[i] = sqlite3_column_name(s, i);
    return table->columns(table->opaque, names, (size_t)n);
}

static int table_row(void *opaque, sqlite3_stmt *s)
{
    const struct query_table *table = opaque;
    struct query_cell cell[MAX_COLUMNS];
    int n = sqlite3_column_count(s);

    for (int i = 0; i < n && i < MAX_COLUMNS; i++) {
        cell[i] = (struct query_cell){.type = QUERY_NULL, .text = ""};
        switch (sqlite3_column_type(s, i)) {
        case SQLITE_INTEGER:
            cell[i].type = QUERY_INTEGER;
            cell[i].integer = sqlite3_column_int64(s, i);
            break;
        case SQLITE_FLOAT:
            cell[i].type = QUERY_REAL;
            cell[i].real = sqlite3_column_double(s, i);
            break;
        case SQLITE_TEXT:
            cell[i].type = QUERY_TEXT;
            cell[i].text = sql_text(s, i);
            break;
        default:
            break;
        }
    }
    return table->row(table->opaque, cell, (size_t)n);
}

/* The names come from the prepared statement, so that an empty table has them too. */
static int prepare_table(struct query *q, const char *sql, const struct query_table *table,
                         sqlite3_stmt **out, struct err *e)
{
    int rc = sql_prepare(q, sql, out, e);

    return rc ? rc : table_columns(table, *out);
}

static int write_table(struct query *q, const char *sql, const struct sql_argument *argument,
                       const struct query_table *table, struct err *e)
{
    sqlite3_stmt *s;
    int rc = prepare_table(q, sql, table, &s, e);

    if (!rc)
        rc = sql_run(q, s, argument, 1, table_row, (void *)table, e);
    sqlite3_finalize(s);
    return rc;
}

/* --- public views --- */

struct view {
    const char *name, *order;
};

static const struct view views[] = {
    {"durations", "campaign, boot, workload, param, iteration, true_ns, reason"},
    {"readings", "campaign, boot, interval, clock"},
    {"summary", NULL},
    {"counters", "campaign, boot, workload, param, iteration, counter, value"},
    {"exit_counts", "campaign, boot, workload, cause, count"},
    {"exit_costs", "campaign, boot, operation, cost"},
    {"clocks", "campaign, boot, clock"},
    {"observer_costs", "campaign, boot, collector, cost"},
    {"times", "campaign, boot, workload, param, iteration, real_ns, user_ns, sys_ns"},
    {"time_audits", "campaign, boot, workload, param, intervals, real_ns, reason"},
    {"time_counters", "campaign, boot, w"},
    {"overhead", "campaign, boot, workload, param, intervals, true_ns, reason"},
    {"distortions", "campaign, boot, seq"},
    {"distortion_requests", "campaign, boot, lie"},
    {"recoveries", "campaign, boot, kind, detail"},
    {"scores", "campaign, boot, style, workload, param, name"},
    {"seals", "campaign, boot"},
    {"provenance", "campaign, key, value"},
    {"attempts", "campaign, boot, started_unix_ns"},
    {"boots", "campaign, boot"},
    {"runs", "campaign, boot, w"},
    {"figures", "campaign, boot, w, key"},
    {"intervals", "campaign, boot, interval"},
    {"audits", "campaign, boot, what, k, exits_k, exits_2k"},
    {"damages", "campaign, boot, source, byte_offset, kind, detail"},
};

#define VIEWS (sizeof(views) / sizeof(views[0]))

const char *const *query_view_names(void)
{
    static const char *names[VIEWS + 1];

    for (size_t i = 0; i < VIEWS; i++)
        names[i] = views[i].name;
    return names;
}

/* Has it a row for each interval or more? It is read boot by boot: no more is sorted at once. */
static int rows_are_many(const struct view *v)
{
    static const char *const name[] = {"durations", "readings", "counters", "times",
                                       "intervals"};

    for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
        if (!strcmp(v->name, name[i]))
            return 1;
    return 0;
}

/* Views that walk all intervals of the database for what few campaigns have: is there any? */
static const struct {
    const char *view, *sql;
} needs[] = {
    {"counters", "SELECT 1 FROM clock WHERE unit <> 'ns' AND unit <> 'ticks' LIMIT 1"},
    {"time_counters", "SELECT 1 FROM clock WHERE unit = 'count' LIMIT 1"},
};

static int note_row(void *opaque, sqlite3_stmt *s)
{
    (void)s;
    *(int *)opaque = 1;
    return 0;
}

static int may_have_rows(struct query *q, const struct view *v, int *may, struct err *e)
{
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (!strcmp(v->name, needs[i].view)) {
            *may = 0;
            return sql_each(q, needs[i].sql, NULL, 0, note_row, may, e);
        }
    *may = 1;
    return 0;
}

static int write_columns(struct query *q, const char *sql, const struct query_table *table,
                         struct err *e)
{
    sqlite3_stmt *s;
    const int rc = prepare_table(q, sql, table, &s, e);

    sqlite3_finalize(s);
    return rc;
}

static int view_sql(const struct view *v, char *sql, size_t size)
{
    if (rows_are_many(v))
        return snprintf(sql, size,
                        "SELECT * FROM %s WHERE campaign = ?1 AND boot = ?2 ORDER BY %s",
                        v->name, v->order);
    if (!strcmp(v->name, "summary"))
        return snprintf(
            sql, size,
            "SELECT c.name AS campaign, c.bench, s.platform, s.variant, s.workload, "
            "s.param, s.metric, s.unit, s.n, s.value, s.p50, s.p99, s.max, "
            "s.ci_low, s.ci_high, s.boots, s.baseline, s.ratio, s.ratio_low, "
            "s.ratio_high, s.verdict FROM derived_summary s "
            "JOIN campaign c ON c.id = s.campaign "
            "WHERE ?1 IS NULL OR c.name = ?1 ORDER BY c.name, s.ordinal");
    return snprintf(sql, size,
                    "SELECT * FROM %s WHERE ?1 IS NULL OR campaign = ?1 ORDER BY %s", v->name,
                    v->order);
}

struct boots {
    struct boot {
        char campaign[QUERY_NAME_BYTES];
        int64_t index;
    } * boot;
    size_t n;
    struct err *e;
};

static int boot_row(void *opaque, sqlite3_stmt *s)
{
    struct boots *all = opaque;
    struct boot *more = realloc(all->boot, (all->n + 1) * sizeof(*more));

    if (!more)
        return err_set(all->e, ERR_IO, "out of memory");
    all->boot = more;
    more += all->n++;
    snprintf(more->campaign, sizeof(more->campaign), "%s", sql_text(s, 0));
    more->index = sql_integer(s, 1);
    return 0;
}

/* `sql` for each boot, in the order that every view begins with. */
static int write_boots(struct query *q, const char *sql, const struct sql_argument *campaign,
                       const struct query_table *table, struct err *e)
{
    struct boots all = {.e = e};
    sqlite3_stmt *s;
    int rc = prepare_table(q, sql, table, &s, e);

    if (!rc)
        rc = sql_each(q,
                      "SELECT c.name, b.plan_index FROM boot b "
                      "JOIN campaign c ON c.id = b.campaign "
                      "WHERE ?1 IS NULL OR c.name = ?1 ORDER BY c.name, b.plan_index",
                      campaign, 1, boot_row, &all, e);
    for (size_t i = 0; !rc && i < all.n; i++) {
        const struct sql_argument which[] = {{all.boot[i].campaign, 0},
                                             {NULL, all.boot[i].index}};

        rc = sql_run(q, s, which, 2, table_row, (void *)table, e);
    }
    sqlite3_finalize(s);
    free(all.boot);
    return rc;
}

static int write_view(struct query *q, const struct view *v, const char *campaign,
                      const struct query_table *table, struct err *e)
{
    const struct sql_argument argument = {campaign, QUERY_NONE};
    char sql[768];
    int may, rc = may_have_rows(q, v, &may, e);

    if (rc)
        return rc;
    view_sql(v, sql, sizeof(sql));
    if (!may || sql_is_costs(v->name))
        rc = write_columns(q, sql, table, e);
    if (rc || !may)
        return rc;
    if (sql_is_costs(v->name))
        return sql_write_costs(q, v->name, campaign, table, e);
    return rows_are_many(v) ? write_boots(q, sql, &argument, table, e)
                            : write_table(q, sql, &argument, table, e);
}

int query_view(struct query *q, const char *view, const struct query_campaign *c,
               const struct query_table *table, struct err *e)
{
    char list[512] = "";

    for (size_t i = 0; i < VIEWS; i++) {
        size_t used = strlen(list);

        if (!strcmp(view, views[i].name))
            return write_view(q, &views[i], c ? c->name : NULL, table, e);
        snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", views[i].name);
    }
    return err_set(e, ERR_USAGE, "no view \"%s\"; there are: %s", view, list);
}

/* --- canonical --- */

struct section {
    const char *name, *sql;
};

/*
 * Facts of the controller's computer: its own tools, which emulate and observe, and where its
 * copies of the programs under test came from. Two computers that have other builds of the former,
 * or the same files from other packages, give the same campaign. What was loaded into the machine
 * under test stays in by the hash of its bytes, and so does how the machine is made.
 */
#define HOST_FACTS                                                                            \
    "(key GLOB 'lab.qemu.*' OR key = 'lab.card.sha256' OR key = 'lab.timer_sim.sha256' OR "   \
    "key GLOB '*.package' OR key GLOB '*.package_sha256' OR key GLOB '*.image.package.*' OR " \
    "key GLOB '*.version' AND key <> 'etalon.version')"

static const struct section sections[] = {
    {"campaign", "SELECT name, hash, bench, deterministic, ns_per_instruction, boots_planned, "
                 "text FROM campaign WHERE id = ?1"},
    {"fact",
     "SELECT key, value FROM fact WHERE campaign = ?1 AND NOT " HOST_FACTS " ORDER BY key"},
    {"boot",
     "SELECT plan_index AS boot, platform, variant, block, position, seed, plan, verdict, "
     "reason, grade, end, machine_time_ns, tick_hz, step_ticks, fclk_hz, baud, phases, "
     "source_id, build_id, timebase_ppb, path_u_ns, settle_ns, guest_clock, guest_clock_hz, "
     "frames, events, heartbeats, frames_damaged, frames_missing, frames_repeated, "
     "epoch_changes, lost, high_water, refused, watchdog, markers, violations, "
     "reference_edges, reference_first_tick, reference_last_tick, records, records_damaged, "
     "records_missing, records_repeated FROM boot WHERE campaign = ?1 ORDER BY plan_index"},
    {"boot_fact", "SELECT b.plan_index AS boot, f.key, f.value FROM boot_fact f "
                  "JOIN boot b ON b.id = f.boot WHERE b.campaign = ?1 ORDER BY 1, 2"},
    {"run", "SELECT b.plan_index AS boot, r.w, r.workload, r.param, r.metric, r.unit, r.form, "
            "r.scale, r.work, r.iterations, r.first_interval, r.verdict, r.reason, r.answer "
            "FROM run r JOIN boot b ON b.id = r.boot WHERE b.campaign = ?1 ORDER BY 1, 2"},
    {"figure", "SELECT b.plan_index AS boot, f.w, f.key, f.value FROM figure f "
               "JOIN boot b ON b.id = f.boot WHERE b.campaign = ?1 ORDER BY 1, 2, 3"},
    {"interval",
     "SELECT b.plan_index AS boot, i.n AS interval, i.w, i.iteration, i.start_tick, "
     "i.stop_tick, i.reading, i.verdict, i.reason FROM interval i "
     "JOIN boot b ON b.id = i.boot WHERE b.campaign = ?1 ORDER BY 1, 2"},
    {"clock", "SELECT b.plan_index AS boot, k.clock, k.name, k.unit FROM clock k "
              "JOIN boot b ON b.id = k.boot WHERE b.campaign = ?1 ORDER BY 1, 2"},
    {"reading", "SELECT b.plan_index AS boot, r.n AS interval, r.clock, r.before, r.after "
                "FROM reading r JOIN boot b ON b.id = r.boot WHERE b.campaign = ?1 "
                "ORDER BY 1, 2, 3"},
    {"exit_count",
     "SELECT b.plan_index AS boot, x.w, x.cause, x.count, x.ticks, x.ticks_min, x.ticks_max "
     "FROM exit_count x JOIN boot b ON b.id = x.boot WHERE b.campaign = ?1 "
     "ORDER BY 1, 2, 3"},
    {"audit", "SELECT b.plan_index AS boot, a.ordinal, a.what, a.k, a.exits_k, a.exits_2k "
              "FROM audit a JOIN boot b ON b.id = a.boot WHERE b.campaign = ?1 ORDER BY 1, 2"},
    {"damage", "SELECT b.plan_index AS boot, d.ordinal, d.source, d.kind, d.byte_offset, "
               "d.detail FROM damage d JOIN boot b ON b.id = d.boot WHERE b.campaign = ?1 "
               "ORDER BY 1, 2"},
    {"distortion",
     "SELECT b.plan_index AS boot, d.seq, d.lie, d.kind, d.unit, d.begin, d.end, d.guest, "
     "d.requested, d.delivered, d.visible, d.count FROM distortion d "
     "JOIN boot b ON b.id = d.boot WHERE b.campaign = ?1 ORDER BY 1, 2"},
    {"seal", "SELECT b.plan_index AS boot, s.key_id, s.commitment FROM seal s "
             "JOIN boot b ON b.id = s.boot WHERE b.campaign = ?1 ORDER BY 1"},
    {"distortion_request",
     "SELECT b.plan_index AS boot, d.lie, d.kind, d.unit, d.form, d.entries, d.count, "
     "d.requested, d.delivered, d.visible FROM distortion_request d "
     "JOIN boot b ON b.id = d.boot WHERE b.campaign = ?1 ORDER BY 1, 2"},
    {"summary",
     "SELECT ordinal, platform, variant, workload, param, metric, unit, n, value, p50, p99, "
     "max, ci_low, ci_high, boots, baseline, ratio, ratio_low, ratio_high, verdict "
     "FROM derived_summary WHERE campaign = ?1 ORDER BY 1"},
    {"clock_verdict",
     "SELECT b.plan_index AS boot, d.clock, d.offset_ns, d.skew_ppm, d.skew_low, d.skew_high, "
     "d.jumps, d.backsteps, d.freezes, d.verdict, d.reason FROM derived_clock d "
     "JOIN boot b ON b.id = d.boot WHERE d.campaign = ?1 ORDER BY 1, 2"},
    {"time_audit",
     "SELECT b.plan_index AS boot, d.w, d.intervals, d.true_ns, d.real_ns, d.user_ns, "
     "d.sys_ns, d.steal_ns, d.cpus, d.tolerance_ns, d.flagged, d.verdict, d.reason FROM "
     "derived_times d "
     "JOIN boot b ON b.id = d.boot WHERE d.campaign = ?1 ORDER BY 1, 2"},
    {"overhead",
     "SELECT b.plan_index AS boot, d.w, d.intervals, d.true_ns, d.work_ns, d.operations, "
     "d.operation_ns, d.operations_ns, d.interrupts, d.interrupt_ns, d.interrupts_ns, "
     "d.unseen_ns, d.steal_ns, d.residual_ns, d.u_ns, d.budget_ns, d.flagged, d.verdict, "
     "d.reason FROM derived_overhead d "
     "JOIN boot b ON b.id = d.boot WHERE d.campaign = ?1 ORDER BY 1, 2"},
    {"recovery",
     "SELECT b.plan_index AS boot, d.kind, d.detail, d.unit, d.requested, d.delivered, "
     "d.recovered, d.low, d.high, d.injected, d.events, d.missed, d.per_event, d.verdict, "
     "d.reason FROM derived_recovery d JOIN boot b ON b.id = d.boot WHERE d.campaign = ?1 "
     "ORDER BY 1, 2, 3"},
    {"score",
     "SELECT b.plan_index AS boot, d.w, d.style, d.name, d.unit, d.n, d.guest, d.truth, "
     "d.error_ppm, d.u_ppm, d.verdict FROM derived_score d JOIN boot b ON b.id = d.boot "
     "WHERE d.campaign = ?1 ORDER BY 1, 2, 3"},
};

/* Raw bytes go in as length and SHA-256 of each stream: equal bytes, equal line. */
struct stream {
    const struct query_table *table;
    int64_t boot, number;
    const char *name;
    char *bytes;
    size_t used, size;
    int open;
    struct err *e;
};

static int stream_end(struct stream *s)
{
    char hex[HASH_HEX_BYTES];
    struct query_cell cell[4] = {
        {.type = QUERY_INTEGER, .integer = s->boot, .text = ""},
        {.type = QUERY_TEXT, .text = s->name},
        {.type = QUERY_INTEGER, .integer = (int64_t)s->used, .text = ""},
        {.type = QUERY_TEXT, .text = hex},
    };

    if (!s->open)
        return 0;
    hash_bytes(s->bytes, s->used, hex);
    s->open = 0;
    s->used = 0;
    return s->table->row(s->table->opaque, cell, 4);
}

static int stream_chunk(void *opaque, sqlite3_stmt *row)
{
    static const char *const names[] = {"frames", "console", "console2"};
    struct stream *s = opaque;
    int64_t boot = sql_integer(row, 0), number = sql_integer(row, 1);
    size_t n = (size_t)sqlite3_column_bytes(row, 2);
    const void *bytes = sqlite3_column_blob(row, 2);

    if (s->open && (boot != s->boot || number != s->number)) {
        int rc = stream_end(s);

        if (rc)
            return rc;
    }
    if (s->used + n > s->size) {
        size_t size = (s->used + n) * 2;
        char *more = realloc(s->bytes, size);

        if (!more)
            return err_set(s->e, ERR_IO, "out of memory");
        s->bytes = more;
        s->size = size;
    }
    if (n)
        memcpy(s->bytes + s->used, bytes, n);
    s->used += n;
    s->boot = boot;
    s->number = number;
    s->name = number >= 0 && number < 3 ? names[number] : "?";
    s->open = 1;
    return 0;
}

static int write_streams(struct query *q, const struct query_campaign *c,
                         const struct query_table *table, struct err *e)
{
    static const char *const names[] = {"boot", "stream", "bytes", "sha256"};
    struct stream s = {.table = table, .e = e};
    int rc = table->columns(table->opaque, names, 4);

    if (!rc)
        rc = sql_campaign(q,
                          "SELECT b.plan_index, 0, f.bytes, f.chunk FROM raw_frames f "
                          "JOIN boot b ON b.id = f.boot WHERE b.campaign = ?1 UNION ALL "
                          "SELECT b.plan_index, 1 + k.stream, k.bytes, k.chunk "
                          "FROM raw_console k JOIN boot b ON b.id = k.boot "
                          "WHERE b.campaign = ?1 ORDER BY 1, 2, 4",
                          c, stream_chunk, &s, e);
    if (!rc)
        rc = stream_end(&s);
    free(s.bytes);
    return rc;
}

int query_canonical(struct query *q, const struct query_campaign *c,
                    int (*section)(void *opaque, const char *name), void *opaque,
                    const struct query_table *table, struct err *e)
{
    const struct sql_argument id = {NULL, c->id};
    int rc = 0;

    for (size_t i = 0; !rc && i < sizeof(sections) / sizeof(sections[0]); i++) {
        rc = section(opaque, sections[i].name);
        if (!rc)
            rc = write_table(q, sections[i].sql, &id, table, e);
    }
    if (!rc)
        rc = section(opaque, "raw");
    return rc ? rc : write_streams(q, c, table, e);
}
