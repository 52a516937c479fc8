/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query_rows.c - typed rows of intervals, clocks, results and exits; see query.h.
 */
#include <math.h>

#include "analysis/query_sql.h"

/* A boot is the statistical unit: where the instrument or the subject broke, none of its
 * figures is used. A wrong answer (fail) spoils its own run only. */
struct duration_call {
    int (*row)(void *opaque, const struct query_duration *duration);
    void *opaque;
};

static int duration_row(void *opaque, sqlite3_stmt *s)
{
    const struct duration_call *call = opaque;
    const struct query_duration d = {
        .boot = sql_integer(s, 0),
        .interval = sql_integer(s, 1),
        .w = sql_integer(s, 2),
        .iteration = sql_integer(s, 3),
        .platform = sql_text(s, 4),
        .variant = sql_text(s, 5),
        .seed = sql_text(s, 6),
        .workload = sql_text(s, 7),
        .param = sql_text(s, 8),
        .metric = sql_text(s, 9),
        .unit = sql_text(s, 10),
        .form = sql_text(s, 11),
        .scale = sql_real(s, 12),
        .work = sql_integer(s, 13),
        .true_ns = sql_real(s, 14),
        .u_ns = sql_real(s, 15),
        .guest_ns = sql_real(s, 16),
        .verdict = sql_text(s, 17),
        .reason = sql_text(s, 18),
        .boot_verdict = sql_text(s, 19),
        .grade = sql_text(s, 20),
    };

    return call->row(call->opaque, &d);
}

int query_durations(struct query *q, const struct query_campaign *c,
                    const struct query_filter *filter,
                    int (*row)(void *opaque, const struct query_duration *duration),
                    void *opaque, struct err *e)
{
    static const struct query_filter everything;
    const struct query_filter *f = filter ? filter : &everything;
    struct duration_call call = {row, opaque};
    const struct sql_argument arguments[] = {
        {c->name, 0},
        {NULL, f->only_ok},
        {f->platform, QUERY_NONE},
        {f->variant, QUERY_NONE},
        {f->workload, QUERY_NONE},
        {f->param, QUERY_NONE},
    };

    return sql_each(
        q,
        "SELECT v.boot, v.interval, v.w, v.iteration, v.platform, v.variant, b.seed, "
        "v.workload, v.param, v.metric, v.unit, v.form, v.scale, v.work, v.true_ns, v.u_ns, "
        "(g.after - g.before) * 1e9 / v.guest_clock_hz, v.verdict, v.reason, b.verdict, "
        "v.grade FROM intervals v JOIN boot b ON b.id = v.boot_id "
        "LEFT JOIN clock k ON k.boot = v.boot_id AND k.name = v.guest_clock "
        "LEFT JOIN reading g ON g.boot = v.boot_id AND g.n = v.interval AND g.clock = k.clock "
        "WHERE v.campaign = ?1 AND (?3 IS NULL OR v.platform = ?3) "
        "AND (?4 IS NULL OR v.variant = ?4) AND (?5 IS NULL OR v.workload = ?5) "
        "AND (?6 IS NULL OR v.param = ?6) "
        "AND (?2 = 0 OR (v.verdict = 'ok' AND v.true_ns IS NOT NULL AND " QUERY_USABLE_BOOT
        ")) "
        "ORDER BY v.w, v.platform, v.variant, v.boot, v.interval",
        arguments, sizeof(arguments) / sizeof(arguments[0]), duration_row, &call, e);
}

struct invalid_call {
    int (*row)(void *opaque, const struct query_invalid *invalid);
    void *opaque;
};

static int invalid_row(void *opaque, sqlite3_stmt *s)
{
    const struct invalid_call *call = opaque;
    const struct query_invalid i = {
        .platform = sql_text(s, 0),
        .variant = sql_text(s, 1),
        .verdict = sql_text(s, 2),
        .reason = sql_text(s, 3),
        .boots = sql_integer(s, 4),
        .intervals = sql_integer(s, 5),
    };

    return call->row(call->opaque, &i);
}

int query_invalids(struct query *q, const struct query_campaign *c,
                   int (*row)(void *opaque, const struct query_invalid *invalid), void *opaque,
                   struct err *e)
{
    struct invalid_call call = {row, opaque};

    return sql_campaign(q,
                        "SELECT b.platform, b.variant, i.verdict, i.reason, "
                        "count(DISTINCT b.id), count(*) FROM interval i "
                        "JOIN boot b ON b.id = i.boot "
                        "WHERE b.campaign = ?1 AND i.verdict <> 'ok' "
                        "GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
                        c, invalid_row, &call, e);
}

/* --- clocks --- */

struct clock_call {
    int (*row)(void *opaque, const struct query_clock *clock);
    void *opaque;
};

static int clock_row(void *opaque, sqlite3_stmt *s)
{
    const struct clock_call *call = opaque;
    const struct query_clock k = {
        .boot = sql_integer(s, 0),
        .platform = sql_text(s, 1),
        .variant = sql_text(s, 2),
        .clock = sql_text(s, 3),
        .offset_ns = sql_real(s, 4),
        .skew_ppm = sql_real(s, 5),
        .skew_low = sql_real(s, 6),
        .skew_high = sql_real(s, 7),
        .jumps = sql_integer(s, 8),
        .backsteps = sql_integer(s, 9),
        .freezes = sql_integer(s, 10),
        .verdict = sql_text(s, 11),
        .reason = sql_text(s, 12),
    };

    return call->row(call->opaque, &k);
}

int query_clocks(struct query *q, const struct query_campaign *c,
                 int (*row)(void *opaque, const struct query_clock *clock), void *opaque,
                 struct err *e)
{
    struct clock_call call = {row, opaque};

    return sql_campaign(
        q,
        "SELECT b.plan_index, b.platform, b.variant, d.clock, d.offset_ns, "
        "d.skew_ppm, d.skew_low, d.skew_high, d.jumps, d.backsteps, d.freezes, d.verdict, "
        "d.reason FROM derived_clock d JOIN boot b ON b.id = d.boot "
        "WHERE d.campaign = ?1 ORDER BY b.plan_index, d.clock",
        c, clock_row, &call, e);
}

/* --- results --- */

struct summary_call {
    int (*row)(void *opaque, const struct query_summary *summary);
    void *opaque;
};

/* workloads/workload.h: PER value = ns / work * scale; RATE value = work / s * scale. */
static void add_time(struct query_summary *r, int rate, double scale, double work,
                     double step_ns)
{
    r->work = work;
    r->value_ns = rate ? work * 1e9 * scale / r->value : r->value * work / scale;
    r->u = rate ? r->value * step_ns / r->value_ns : step_ns * scale / work;
}

static int summary_row(void *opaque, sqlite3_stmt *s)
{
    const struct summary_call *call = opaque;
    struct query_summary r = {
        .platform = sql_text(s, 0),
        .variant = sql_text(s, 1),
        .workload = sql_text(s, 2),
        .param = sql_text(s, 3),
        .metric = sql_text(s, 4),
        .unit = sql_text(s, 5),
        .n = sql_integer(s, 6),
        .value = sql_real(s, 7),
        .p50 = sql_real(s, 8),
        .p99 = sql_real(s, 9),
        .max = sql_real(s, 10),
        .ci_low = sql_real(s, 11),
        .ci_high = sql_real(s, 12),
        .boots = sql_integer(s, 13),
        .baseline = sql_text(s, 14),
        .ratio = sql_real(s, 15),
        .ratio_low = sql_real(s, 16),
        .ratio_high = sql_real(s, 17),
        .verdict = sql_text(s, 18),
        .value_ns = NAN,
        .work = NAN,
        .u = NAN,
    };

    if (sqlite3_column_type(s, 19) != SQLITE_NULL)
        add_time(&r, sql_text(s, 19)[0] == 'r', sql_real(s, 20), sql_real(s, 21),
                 sql_real(s, 22));
    return call->row(call->opaque, &r);
}

int query_summaries(struct query *q, const struct query_campaign *c,
                    int (*row)(void *opaque, const struct query_summary *summary),
                    void *opaque, struct err *e)
{
    struct summary_call call = {row, opaque};

    return sql_campaign(
        q,
        "SELECT s.platform, s.variant, s.workload, s.param, s.metric, s.unit, s.n, s.value, "
        "s.p50, s.p99, s.max, s.ci_low, s.ci_high, s.boots, s.baseline, s.ratio, s.ratio_low, "
        "s.ratio_high, s.verdict, g.form, g.scale, g.work, g.step_ns FROM derived_summary s "
        "LEFT JOIN (SELECT b.platform, b.variant, r.workload, r.param, max(r.form) AS form, "
        "           max(r.scale) AS scale, max(r.work) AS work, "
        "           max(b.step_ticks * 1e9 / b.tick_hz) AS step_ns "
        "           FROM run r JOIN boot b ON b.id = r.boot "
        "           WHERE b.campaign = ?1 AND r.verdict = 'ok' AND b.tick_hz > 0 "
        "           GROUP BY 1, 2, 3, 4) g "
        "ON g.platform = s.platform AND g.variant = s.variant AND g.workload = s.workload "
        "AND g.param = s.param WHERE s.campaign = ?1 ORDER BY s.ordinal",
        c, summary_row, &call, e);
}

/* --- exits --- */

struct exit_count_call {
    int (*row)(void *opaque, const struct query_exit_count *count);
    void *opaque;
};

static int exit_count_row(void *opaque, sqlite3_stmt *s)
{
    const struct exit_count_call *call = opaque;
    const struct query_exit_count x = {
        .boot = sql_integer(s, 0),
        .w = sql_integer(s, 1),
        .platform = sql_text(s, 2),
        .variant = sql_text(s, 3),
        .workload = sql_text(s, 4),
        .cause = sql_text(s, 5),
        .count = sql_integer(s, 6),
        .ticks = sql_integer(s, 7),
        .ticks_min = sql_integer(s, 8),
        .ticks_max = sql_integer(s, 9),
        .tick_ns = sql_real(s, 10),
    };

    return call->row(call->opaque, &x);
}

int query_exit_counts(struct query *q, const struct query_campaign *c,
                      int (*row)(void *opaque, const struct query_exit_count *count),
                      void *opaque, struct err *e)
{
    struct exit_count_call call = {row, opaque};

    return sql_campaign(
        q,
        "SELECT b.plan_index, x.w, b.platform, b.variant, r.workload, x.cause, "
        "x.count, x.ticks, x.ticks_min, x.ticks_max, "
        "1e9 / nullif((SELECT CAST(f.value AS REAL) FROM boot_fact f "
        "              WHERE f.boot = b.id AND f.key = 'tsc_hz'), 0.0) "
        "FROM exit_count x JOIN boot b ON b.id = x.boot "
        "LEFT JOIN run r ON r.boot = x.boot AND r.w = x.w "
        "WHERE b.campaign = ?1 ORDER BY b.platform, b.variant, b.plan_index, "
        "x.w, x.count DESC, x.cause",
        c, exit_count_row, &call, e);
}

struct audit_call {
    int (*row)(void *opaque, const struct query_audit *audit);
    void *opaque;
};

static int audit_row(void *opaque, sqlite3_stmt *s)
{
    const struct audit_call *call = opaque;
    const struct query_audit a = {
        .boot = sql_integer(s, 0),
        .platform = sql_text(s, 1),
        .variant = sql_text(s, 2),
        .what = sql_text(s, 3),
        .k = sql_integer(s, 4),
        .exits_k = sql_integer(s, 5),
        .exits_2k = sql_integer(s, 6),
    };

    return call->row(call->opaque, &a);
}

int query_audits(struct query *q, const struct query_campaign *c,
                 int (*row)(void *opaque, const struct query_audit *audit), void *opaque,
                 struct err *e)
{
    struct audit_call call = {row, opaque};

    return sql_campaign(q,
                        "SELECT b.plan_index, b.platform, b.variant, a.what, a.k, a.exits_k, "
                        "a.exits_2k FROM audit a JOIN boot b ON b.id = a.boot "
                        "WHERE b.campaign = ?1 ORDER BY b.plan_index, a.ordinal",
                        c, audit_row, &call, e);
}

/* --- damage and provenance --- */

struct damage_call {
    int (*row)(void *opaque, const struct query_damage *damage);
    void *opaque;
};

static int damage_row(void *opaque, sqlite3_stmt *s)
{
    const struct damage_call *call = opaque;
    const struct query_damage d = {
        .boot = sql_integer(s, 0),
        .platform = sql_text(s, 1),
        .variant = sql_text(s, 2),
        .source = sql_text(s, 3),
        .kind = sql_text(s, 4),
        .byte_offset = sql_integer(s, 5),
        .detail = sql_text(s, 6),
    };

    return call->row(call->opaque, &d);
}

int query_damages(struct query *q, const struct query_campaign *c,
                  int (*row)(void *opaque, const struct query_damage *damage), void *opaque,
                  struct err *e)
{
    struct damage_call call = {row, opaque};

    return sql_campaign(q,
                        "SELECT b.plan_index, b.platform, b.variant, d.source, d.kind, "
                        "d.byte_offset, d.detail FROM damage d JOIN boot b ON b.id = d.boot "
                        "WHERE b.campaign = ?1 ORDER BY b.plan_index, d.ordinal",
                        c, damage_row, &call, e);
}

struct fact_call {
    int (*row)(void *opaque, const struct query_fact *fact);
    void *opaque;
};

static int fact_row(void *opaque, sqlite3_stmt *s)
{
    const struct fact_call *call = opaque;
    const struct query_fact f = {sql_text(s, 0), sql_text(s, 1)};

    return call->row(call->opaque, &f);
}

int query_facts(struct query *q, const struct query_campaign *c,
                int (*row)(void *opaque, const struct query_fact *fact), void *opaque,
                struct err *e)
{
    struct fact_call call = {row, opaque};
    const struct sql_argument name = {c->name, 0};

    /* "boot.N.KEY" by N as a number: CAST reads the digits and stops at the dot. */
    return sql_each(q,
                    "SELECT key, value FROM provenance WHERE campaign = ?1 "
                    "ORDER BY key GLOB 'boot.[0-9]*.*', "
                    "CASE WHEN key GLOB 'boot.[0-9]*.*' THEN CAST(substr(key, 6) AS INTEGER) "
                    "END, key, value",
                    &name, 1, fact_row, &call, e);
}
