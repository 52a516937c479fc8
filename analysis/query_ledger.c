/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query_ledger.c - rows for the overhead ledger, and its results.
 */
#include "analysis/query_sql.h"

struct sample_call {
    int (*row)(void *opaque, const struct query_ledger_sample *sample);
    void *opaque;
};

static int sample_row(void *opaque, sqlite3_stmt *s)
{
    const struct sample_call *call = opaque;
    const struct query_ledger_sample l = {
        .boot = sql_integer(s, 0),
        .w = sql_integer(s, 1),
        .platform = sql_text(s, 2),
        .workload = sql_text(s, 3),
        .param = sql_text(s, 4),
        .operation = sql_text(s, 5),
        .operations = sql_integer(s, 6),
        .step_ns = sql_real(s, 7),
        .true_ns = sql_real(s, 8),
        .gap_ns = sql_real(s, 9),
        .interrupts = sql_integer(s, 10),
        .stolen_ns = sql_integer(s, 11),
        .asked = sql_integer(s, 12) != 0,
    };

    return call->row(call->opaque, &l);
}

/* Readings r raw, q intr, t stolen of interval i. Run by run; `?2` is a platform or NULL. */
static const char sample_sql[] =
    "SELECT b.plan_index, i.w, b.platform, w.workload, w.param, o.value, "
    "CAST(n.value AS INTEGER), b.step_ticks * 1e9 / b.tick_hz, "
    "(i.stop_tick - i.start_tick) * 1e9 / b.tick_hz, "
    "(r.after - r.before) - (i.stop_tick - i.start_tick) * 1e9 / b.tick_hz, "
    "q.after - q.before, t.after - t.before, "
    "fa.boot IS NOT NULL AND fs.boot IS NOT NULL "
    "FROM boot b "
    "LEFT JOIN boot_fact fa ON fa.boot = b.id AND fa.key = 'collector.accounting' "
    "LEFT JOIN boot_fact fs ON fs.boot = b.id AND fs.key = 'collector.steal' "
    "LEFT JOIN clock kr ON kr.boot = b.id AND kr.name = 'raw' AND kr.unit = 'ns' "
    "LEFT JOIN clock kq ON kq.boot = b.id AND kq.name = 'intr' "
    "LEFT JOIN clock kt ON kt.boot = b.id AND kt.name = 'stolen' "
    "CROSS JOIN interval i ON i.boot = b.id CROSS JOIN run w ON w.boot = b.id AND w.w = i.w "
    "LEFT JOIN run_param o ON o.boot = b.id AND o.w = w.w AND o.key = 'op' "
    "     AND w.workload = 'exits' "
    "LEFT JOIN run_param n ON n.boot = b.id AND n.w = w.w AND n.key = 'n' "
    "LEFT JOIN reading r ON r.boot = b.id AND r.n = i.n AND r.clock = kr.clock "
    "LEFT JOIN reading q ON q.boot = b.id AND q.n = i.n AND q.clock = kq.clock "
    "LEFT JOIN reading t ON t.boot = b.id AND t.n = i.n AND t.clock = kt.clock "
    "WHERE b.campaign = ?1 AND (?2 IS NULL OR b.platform = ?2) AND w.verdict = 'ok' "
    "AND " QUERY_GOOD_EDGES " ORDER BY b.plan_index, i.w, i.n";

int query_ledger_samples(struct query *q, const struct query_campaign *c, const char *platform,
                         int (*row)(void *opaque, const struct query_ledger_sample *sample),
                         void *opaque, struct err *e)
{
    const struct sql_argument arguments[] = {{.integer = c->id},
                                             {.text = platform, .integer = QUERY_NONE}};
    struct sample_call call = {row, opaque};

    return sql_each(q, sample_sql, arguments, 2, sample_row, &call, e);
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
