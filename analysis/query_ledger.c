/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query_ledger.c - rows for the overhead ledger, and its results.
 *
 * As in query_samples.c what the samples of a run share is read once, and the long query walks
 * its keys in the order in which they are stored.
 */
#include <stdlib.h>

#include "analysis/query_sql.h"

struct ledger_run {
    char *text; /* the sample's strings */
    struct query_ledger_sample sample;
    double tick_hz;
};

struct samples {
    struct sql_runs runs;
    struct ledger_run *run; /* of each */
    int (*row)(void *opaque, const struct query_ledger_sample *sample);
    void *opaque;
    struct err *e;
};

#define STRINGS 4

static int run_row(void *opaque, sqlite3_stmt *s)
{
    struct samples *all = opaque;
    const size_t n = all->runs.n;
    struct ledger_run *r = realloc(all->run, (n + 1) * sizeof(*r));
    const char *text[STRINGS];

    if (!r)
        return err_set(all->e, ERR_IO, "out of memory");
    all->run = r;
    r += n;
    *r = (struct ledger_run){.text = sql_copy_texts(s, 3, text, STRINGS),
                             .sample = {.boot = sql_integer(s, 1),
                                        .w = sql_integer(s, 2),
                                        .operations = sql_integer(s, 7),
                                        .step_ns = sql_real(s, 8),
                                        .asked = sql_integer(s, 9) != 0},
                             .tick_hz = sql_real(s, 10)};
    if (!r->text || sql_runs_add(&all->runs, sql_integer(s, 0), r->sample.w)) {
        free(r->text);
        return err_set(all->e, ERR_IO, "out of memory");
    }
    r->sample.platform = text[0];
    r->sample.workload = text[1];
    r->sample.param = text[2];
    r->sample.operation = text[3];
    return 0;
}

static int sample_row(void *opaque, sqlite3_stmt *s)
{
    struct samples *all = opaque;
    const size_t run =
        sql_runs_find(&all->runs, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1));
    struct query_ledger_sample l;

    if (run == SIZE_MAX) /* its run did not end well */
        return 0;
    l = all->run[run].sample;
    l.true_ns = sqlite3_column_double(s, 2) * 1e9 / all->run[run].tick_hz;
    l.gap_ns = sql_real(s, 3) - l.true_ns;
    l.interrupts = sql_integer(s, 4);
    l.stolen_ns = sql_integer(s, 5);
    return all->row(all->opaque, &l);
}

/* ?2: a platform, or NULL for all; ?3: of it, or (0) of all the others. */
#define WANTED                                                                                \
    "b.campaign = ?1 AND (?2 IS NULL OR (b.platform = ?2) = ?3) AND " QUERY_USABLE_BOOT

static const char run_sql[] =
    "SELECT b.id, b.plan_index, w.w, b.platform, w.workload, w.param, o.value, "
    "CAST(n.value AS INTEGER), b.step_ticks * 1e9 / b.tick_hz, "
    "fa.boot IS NOT NULL AND fs.boot IS NOT NULL, b.tick_hz "
    "FROM boot b "
    "LEFT JOIN boot_fact fa ON fa.boot = b.id AND fa.key = 'collector.accounting' "
    "LEFT JOIN boot_fact fs ON fs.boot = b.id AND fs.key = 'collector.steal' "
    "CROSS JOIN run w ON w.boot = b.id "
    "LEFT JOIN run_param o ON o.boot = b.id AND o.w = w.w AND o.key = 'op' "
    "     AND w.workload = 'exits' "
    "LEFT JOIN run_param n ON n.boot = b.id AND n.w = w.w AND n.key = 'n' "
    "WHERE w.verdict = 'ok' AND b.tick_hz > 0 AND " WANTED " ORDER BY b.plan_index, w.w";

/* Readings r raw, q intr, t stolen of interval i. */
static const char sample_sql[] =
    "SELECT b.id, i.w, i.stop_tick - i.start_tick, r.after - r.before, q.after - q.before, "
    "t.after - t.before "
    "FROM boot b "
    "LEFT JOIN clock kr ON kr.boot = b.id AND kr.name = 'raw' AND kr.unit = 'ns' "
    "LEFT JOIN clock kq ON kq.boot = b.id AND kq.name = 'intr' "
    "LEFT JOIN clock kt ON kt.boot = b.id AND kt.name = 'stolen' "
    "CROSS JOIN interval i ON i.boot = b.id "
    "LEFT JOIN reading r ON r.boot = b.id AND r.n = i.n AND r.clock = kr.clock "
    "LEFT JOIN reading q ON q.boot = b.id AND q.n = i.n AND q.clock = kq.clock "
    "LEFT JOIN reading t ON t.boot = b.id AND t.n = i.n AND t.clock = kt.clock "
    "WHERE i.w IS NOT NULL AND " QUERY_GOOD_EDGES " AND " WANTED " ORDER BY b.plan_index, i.n";

int query_ledger_samples(struct query *q, const struct query_campaign *c, const char *platform,
                         int others,
                         int (*row)(void *opaque, const struct query_ledger_sample *sample),
                         void *opaque, struct err *e)
{
    const struct sql_argument arguments[] = {
        {.integer = c->id}, {.text = platform, .integer = QUERY_NONE}, {.integer = !others}};
    struct samples all = {.row = row, .opaque = opaque, .e = e};
    int rc = sql_each(q, run_sql, arguments, 3, run_row, &all, e);

    if (!rc)
        rc = sql_each(q, sample_sql, arguments, 3, sample_row, &all, e);
    for (size_t i = 0; i < all.runs.n; i++)
        free(all.run[i].text);
    free(all.run);
    sql_runs_free(&all.runs);
    return rc;
}

struct exit_call {
    int (*row)(void *opaque, int64_t boot, const char *cause, int64_t count);
    void *opaque;
};

static int exit_row(void *opaque, sqlite3_stmt *s)
{
    const struct exit_call *call = opaque;

    return call->row(call->opaque, sql_integer(s, 0), sql_text(s, 1), sql_integer(s, 2));
}

int query_exit_totals(struct query *q, const struct query_campaign *c,
                      int (*row)(void *opaque, int64_t boot, const char *cause, int64_t count),
                      void *opaque, struct err *e)
{
    struct exit_call call = {row, opaque};

    return sql_campaign(q,
                        "SELECT b.plan_index, x.cause, sum(x.count) FROM exit_count x "
                        "JOIN boot b ON b.id = x.boot WHERE b.campaign = ?1 "
                        "GROUP BY b.plan_index, x.cause ORDER BY 1, 2",
                        c, exit_row, &call, e);
}

struct overhead_call {
    int (*row)(void *opaque, const struct query_overhead *overhead);
    void *opaque;
};

static int overhead_row(void *opaque, sqlite3_stmt *s)
{
    const struct overhead_call *call = opaque;
    const struct query_overhead o = {
        .boot = sql_integer(s, 0),
        .platform = sql_text(s, 1),
        .variant = sql_text(s, 2),
        .workload = sql_text(s, 3),
        .param = sql_text(s, 4),
        .intervals = sql_integer(s, 5),
        .true_ns = sql_real(s, 6),
        .work_ns = sql_real(s, 7),
        .operations_ns = sql_real(s, 8),
        .interrupts = sql_integer(s, 9),
        .interrupts_ns = sql_real(s, 10),
        .unseen_ns = sql_real(s, 11),
        .steal_ns = sql_real(s, 12),
        .residual_ns = sql_real(s, 13),
        .u_ns = sql_real(s, 14),
        .flagged = sql_integer(s, 15),
        .verdict = sql_text(s, 16),
        .reason = sql_text(s, 17),
    };

    return call->row(call->opaque, &o);
}

int query_overheads(struct query *q, const struct query_campaign *c,
                    int (*row)(void *opaque, const struct query_overhead *overhead),
                    void *opaque, struct err *e)
{
    struct overhead_call call = {row, opaque};

    return sql_campaign(
        q,
        "SELECT b.plan_index, b.platform, b.variant, r.workload, r.param, d.intervals, "
        "d.true_ns, d.work_ns, d.operations_ns, d.interrupts, d.interrupts_ns, d.unseen_ns, "
        "d.steal_ns, d.residual_ns, d.u_ns, d.flagged, d.verdict, d.reason "
        "FROM derived_overhead d JOIN boot b ON b.id = d.boot "
        "JOIN run r ON r.boot = d.boot AND r.w = d.w "
        "WHERE d.campaign = ?1 ORDER BY b.plan_index, d.w",
        c, overhead_row, &call, e);
}
