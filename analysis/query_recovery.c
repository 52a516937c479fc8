/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query_recovery.c - rows for finding distortions, the ledger of them, and what was
 * found.
 */
#include "analysis/query_sql.h"

/* Is boot b one under the in-tree hypervisor? It says so of itself, sealed or not. */
#define OURS "EXISTS (SELECT 1 FROM boot_fact f WHERE f.boot = b.id AND f.key = 'vmm.abi')"
/* … and is what it said of the boot's distortions not sealed any more? */
#define TOLD                                                                                  \
    OURS " AND NOT EXISTS (SELECT 1 FROM seal s WHERE s.boot = b.id AND NOT EXISTS "          \
         "(SELECT 1 FROM raw_console o WHERE o.boot = b.id AND o.stream = 1))"
/* Of the guest's kernel. */
#define TICK_NS                                                                               \
    "(SELECT nullif(CAST(f.value AS REAL), 0.0) FROM boot_fact f "                            \
    "WHERE f.boot = b.id AND f.key = 'tick_ns')"

struct sample_call {
    int (*row)(void *opaque, const struct query_recovery_sample *s);
    void *opaque;
};

static int sample_row(void *opaque, sqlite3_stmt *s)
{
    const struct sample_call *call = opaque;
    const struct query_recovery_sample r = {
        .boot = sql_integer(s, 0),
        .start_ns = sql_real(s, 1),
        .stop_ns = sql_real(s, 2),
        .before = (uint64_t)sqlite3_column_int64(s, 3),
        .after = (uint64_t)sqlite3_column_int64(s, 4),
        .unit_ns = sql_real(s, 5),
        .clean_ns = sql_real(s, 6),
        .step_ns = sql_real(s, 7),
        .timebase_ppb = sql_integer(s, 8),
        .told = sql_integer(s, 9) != 0,
        .w = sql_integer(s, 10),
        .tick_ns = sql_real(s, 11),
    };

    return call->row(call->opaque, &r);
}

int query_recovery_samples(struct query *q, const struct query_campaign *c,
                           int (*row)(void *opaque, const struct query_recovery_sample *s),
                           void *opaque, struct err *e)
{
    struct sample_call call = {row, opaque};

    return sql_campaign(
        q,
        "WITH clean AS MATERIALIZED ("
        " SELECT w.workload, w.param,"
        "  min((i.stop_tick - i.start_tick) * 1e9 / b.tick_hz) AS ns"
        " FROM boot b JOIN interval i ON i.boot = b.id"
        "  JOIN run w ON w.boot = b.id AND w.w = i.w"
        " WHERE b.campaign = ?1 AND w.workload IN ('null', 'spin') AND " QUERY_GOOD_EDGES
        " GROUP BY w.workload, w.param) "
        "SELECT b.plan_index, i.start_tick * 1e9 / b.tick_hz, i.stop_tick * 1e9 / b.tick_hz, "
        "r.before, r.after, "
        "CASE WHEN k.unit = 'ns' THEN 1.0 ELSE " QUERY_TSC_NS " END, "
        "n.ns, b.step_ticks * 1e9 / b.tick_hz, b.timebase_ppb, " TOLD ", i.w, " TICK_NS
        " FROM boot b JOIN interval i ON i.boot = b.id "
        "JOIN clock k ON k.boot = b.id AND k.name = CASE WHEN " OURS
        " THEN 'tsc' ELSE b.guest_clock END "
        "JOIN reading r ON r.boot = b.id AND r.n = i.n AND r.clock = k.clock "
        "LEFT JOIN run w ON w.boot = b.id AND w.w = i.w "
        "LEFT JOIN clean n ON n.workload = w.workload AND n.param = w.param "
        "WHERE b.campaign = ?1 AND " QUERY_GOOD_EDGES " ORDER BY b.plan_index, i.n",
        c, sample_row, &call, e);
}

struct tick_call {
    int (*row)(void *opaque, const struct query_tick *tick);
    void *opaque;
};

static int tick_row(void *opaque, sqlite3_stmt *s)
{
    const struct tick_call *call = opaque;
    const struct query_tick t = {
        .boot = sql_integer(s, 0),
        .true_ns = sql_real(s, 1),
        .clock_ns = sql_integer(s, 2),
        .first = (uint64_t)sqlite3_column_int64(s, 3),
        .last = (uint64_t)sqlite3_column_int64(s, 4),
        .tsc_ns = sql_real(s, 5),
        .tick_ns = sql_real(s, 6),
        .clocksource = sql_text(s, 7),
        .runs = sql_integer(s, 8),
        .excess_ns = sql_real(s, 9),
        .told = sql_integer(s, 10) != 0,
    };

    return call->row(call->opaque, &t);
}

/* Intervals a and z are the first and the last; readings m of mono, t of the TSC. */
static const char tick_sql[] =
    "WITH ends AS MATERIALIZED ("
    " SELECT b.id AS boot, min(i.n) AS first, max(i.n) AS last"
    " FROM boot b JOIN interval i ON i.boot = b.id"
    " WHERE b.campaign = ?1 AND " QUERY_GOOD_EDGES " GROUP BY b.id),"
    "over AS MATERIALIZED ("
    " SELECT boot, count(*) AS runs, max(user_ns + sys_ns - real_ns) AS excess_ns"
    " FROM derived_times WHERE campaign = ?1 AND verdict = 'aberrant'"
    "  AND user_ns + sys_ns > real_ns GROUP BY boot) "
    "SELECT b.plan_index, (z.stop_tick - a.start_tick) * 1e9 / b.tick_hz, "
    "mz.after - ma.before, ta.before, tz.after, " QUERY_TSC_NS ", " TICK_NS ", "
    "(SELECT f.value FROM boot_fact f WHERE f.boot = b.id AND f.key = 'clocksource'), "
    "coalesce(o.runs, 0), o.excess_ns, " TOLD " FROM ends e JOIN boot b ON b.id = e.boot "
    "JOIN interval a ON a.boot = b.id AND a.n = e.first "
    "JOIN interval z ON z.boot = b.id AND z.n = e.last "
    "JOIN clock km ON km.boot = b.id AND km.name = 'mono' AND km.unit = 'ns' "
    "JOIN reading ma ON ma.boot = b.id AND ma.n = e.first AND ma.clock = km.clock "
    "JOIN reading mz ON mz.boot = b.id AND mz.n = e.last AND mz.clock = km.clock "
    "JOIN clock kt ON kt.boot = b.id AND kt.name = 'tsc' "
    "JOIN reading ta ON ta.boot = b.id AND ta.n = e.first AND ta.clock = kt.clock "
    "JOIN reading tz ON tz.boot = b.id AND tz.n = e.last AND tz.clock = kt.clock "
    "LEFT JOIN over o ON o.boot = b.id "
    "WHERE " OURS " AND " TICK_NS " IS NOT NULL ORDER BY b.plan_index";

int query_ticks(struct query *q, const struct query_campaign *c,
                int (*row)(void *opaque, const struct query_tick *tick), void *opaque,
                struct err *e)
{
    struct tick_call call = {row, opaque};

    return sql_campaign(q, tick_sql, c, tick_row, &call, e);
}

struct pad_call {
    int (*row)(void *opaque, const struct query_pad *pad);
    void *opaque;
};

static int pad_row(void *opaque, sqlite3_stmt *s)
{
    const struct pad_call *call = opaque;
    const struct query_pad p = {
        .boot = sql_integer(s, 0),
        .operation = sql_text(s, 1),
        .unit = sql_text(s, 2),
        .cost = sql_real(s, 3),
        .resolution = sql_real(s, 4),
        .units_per_tick = sql_real(s, 5),
    };

    return call->row(call->opaque, &p);
}

int query_pads(struct query *q, const struct query_campaign *c,
               int (*row)(void *opaque, const struct query_pad *pad), void *opaque,
               struct err *e)
{
    const struct sql_argument arguments[] = {
        {NULL, c->id}, {c->baseline_platform, 0}, {c->baseline_variant, 0}};
    struct pad_call call = {row, opaque};

    if (!c->baseline_platform[0])
        return 0;
    /* Resolution: two edges each in two medians, over n operations, a step each way. */
    return sql_each(
        q,
        "WITH cost AS MATERIALIZED ("
        " SELECT b.id, x.boot, x.platform, x.variant, x.operation, x.cost, x.unit,"
        "  (SELECT group_concat(key || '=' || value) FROM (SELECT f.key, f.value"
        "   FROM boot_fact f WHERE f.boot = b.id AND"
        "   (f.key IN ('vmm.build', 'vmm.cpu', 'vmm.paging') OR"
        "    f.key = 'vmm.hypercall' AND x.operation = 'hypercall' OR"
        "    f.key = 'vmm.tsc.how' AND x.operation = 'rdtsc') ORDER BY f.key)) AS way"
        " FROM exit_costs x JOIN campaign c ON c.name = x.campaign"
        " JOIN boot b ON b.campaign = c.id AND b.plan_index = x.boot WHERE c.id = ?1),"
        "base AS MATERIALIZED ("
        " SELECT operation, way, avg(cost) AS cost FROM cost"
        " WHERE platform = ?2 AND variant = ?3 GROUP BY operation, way) "
        "SELECT x.boot, x.operation, x.unit, x.cost - y.cost, "
        "(SELECT 2 * b.step_ticks * 1e9 / b.tick_hz / min(CAST(n.value AS INTEGER)) "
        " FROM run_param o JOIN run_param n ON n.boot = o.boot AND n.w = o.w AND n.key = 'n' "
        " WHERE o.boot = b.id AND o.key = 'op' AND o.value = x.operation) / "
        "CASE WHEN c.ns_per_instruction > 0 THEN c.ns_per_instruction ELSE 1.0 "
        "END, " QUERY_TSC_NS " / "
        "CASE WHEN c.ns_per_instruction > 0 THEN c.ns_per_instruction ELSE 1.0 END "
        "FROM cost x JOIN campaign c ON c.id = ?1 JOIN boot b ON b.id = x.id "
        "JOIN base y ON y.operation = x.operation AND y.way IS x.way "
        "WHERE x.platform = ?2 AND x.variant <> ?3 ORDER BY x.boot, x.operation",
        arguments, 3, pad_row, &call, e);
}

struct distortion_call {
    int (*row)(void *opaque, const struct query_distortion *d);
    void *opaque;
};

static int distortion_row(void *opaque, sqlite3_stmt *s)
{
    const struct distortion_call *call = opaque;
    const struct query_distortion d = {
        .boot = sql_integer(s, 0),
        .lie = sql_integer(s, 1),
        .kind = sql_text(s, 2),
        .begin = (uint64_t)sqlite3_column_int64(s, 3),
        .end = (uint64_t)sqlite3_column_int64(s, 4),
        .guest = (uint64_t)sqlite3_column_int64(s, 5),
        .requested = sql_integer(s, 6),
        .delivered = sql_integer(s, 7),
        .visible = sql_integer(s, 8),
        .count = (uint64_t)sqlite3_column_int64(s, 9),
    };

    return call->row(call->opaque, &d);
}

int query_distortions(struct query *q, const struct query_campaign *c,
                      int (*row)(void *opaque, const struct query_distortion *d), void *opaque,
                      struct err *e)
{
    struct distortion_call call = {row, opaque};

    return sql_campaign(q,
                        "SELECT b.plan_index, d.lie, d.kind, d.begin, d.end, d.guest, "
                        "d.requested, d.delivered, d.visible, d.count FROM distortion d "
                        "JOIN boot b ON b.id = d.boot WHERE b.campaign = ?1 "
                        "ORDER BY b.plan_index, d.seq",
                        c, distortion_row, &call, e);
}

struct request_call {
    int (*row)(void *opaque, const struct query_distortion_request *r);
    void *opaque;
};

static int request_row(void *opaque, sqlite3_stmt *s)
{
    const struct request_call *call = opaque;
    const struct query_distortion_request r = {
        .boot = sql_integer(s, 0),
        .platform = sql_text(s, 1),
        .variant = sql_text(s, 2),
        .lie = sql_integer(s, 3),
        .kind = sql_text(s, 4),
        .unit = sql_text(s, 5),
        .form = sql_text(s, 6),
        .entries = sql_integer(s, 7),
        .count = sql_integer(s, 8),
        .requested = sql_integer(s, 9),
        .delivered = sql_integer(s, 10),
        .visible = sql_integer(s, 11),
    };

    return call->row(call->opaque, &r);
}

int query_distortion_requests(struct query *q, const struct query_campaign *c,
                              int (*row)(void *opaque,
                                         const struct query_distortion_request *r),
                              void *opaque, struct err *e)
{
    struct request_call call = {row, opaque};

    return sql_campaign(q,
                        "SELECT b.plan_index, b.platform, b.variant, d.lie, d.kind, d.unit, "
                        "d.form, d.entries, d.count, d.requested, d.delivered, d.visible "
                        "FROM distortion_request d JOIN boot b ON b.id = d.boot "
                        "WHERE b.campaign = ?1 ORDER BY b.plan_index, d.lie",
                        c, request_row, &call, e);
}

struct seal_call {
    int (*row)(void *opaque, const struct query_seal *seal);
    void *opaque;
};

static int seal_row(void *opaque, sqlite3_stmt *s)
{
    const struct seal_call *call = opaque;
    const struct query_seal r = {
        .boot = sql_integer(s, 0),
        .boot_row = sql_integer(s, 1),
        .key_id = sql_text(s, 2),
        .commitment = sql_text(s, 3),
        .sealed = sqlite3_column_blob(s, 4),
        .size = (size_t)sqlite3_column_bytes(s, 4),
        .opened = sql_integer(s, 5) != 0,
    };

    return call->row(call->opaque, &r);
}

int query_seals(struct query *q, const struct query_campaign *c,
                int (*row)(void *opaque, const struct query_seal *seal), void *opaque,
                struct err *e)
{
    struct seal_call call = {row, opaque};

    return sql_campaign(q,
                        "SELECT b.plan_index, b.id, s.key_id, s.commitment, s.sealed, "
                        "EXISTS (SELECT 1 FROM raw_console r WHERE r.boot = b.id AND "
                        "r.stream = 1) FROM seal s JOIN boot b ON b.id = s.boot "
                        "WHERE b.campaign = ?1 ORDER BY b.plan_index",
                        c, seal_row, &call, e);
}

struct recovery_call {
    int (*row)(void *opaque, const struct query_recovery *r);
    void *opaque;
};

static int recovery_row(void *opaque, sqlite3_stmt *s)
{
    const struct recovery_call *call = opaque;
    const struct query_recovery r = {
        .boot = sql_integer(s, 0),
        .platform = sql_text(s, 1),
        .variant = sql_text(s, 2),
        .kind = sql_text(s, 3),
        .detail = sql_text(s, 4),
        .unit = sql_text(s, 5),
        .requested = sql_real(s, 6),
        .delivered = sql_real(s, 7),
        .recovered = sql_real(s, 8),
        .low = sql_real(s, 9),
        .high = sql_real(s, 10),
        .injected = sql_integer(s, 11),
        .events = sql_integer(s, 12),
        .missed = sql_integer(s, 13),
        .per_event = sql_real(s, 14),
        .verdict = sql_text(s, 15),
        .reason = sql_text(s, 16),
    };

    return call->row(call->opaque, &r);
}

int query_recoveries(struct query *q, const struct query_campaign *c,
                     int (*row)(void *opaque, const struct query_recovery *r), void *opaque,
                     struct err *e)
{
    struct recovery_call call = {row, opaque};

    return sql_campaign(
        q,
        "SELECT b.plan_index, b.platform, b.variant, d.kind, d.detail, d.unit, d.requested, "
        "d.delivered, d.recovered, d.low, d.high, d.injected, d.events, d.missed, "
        "d.per_event, d.verdict, d.reason FROM derived_recovery d JOIN boot b ON b.id = "
        "d.boot "
        "WHERE d.campaign = ?1 ORDER BY b.plan_index, d.kind, d.detail",
        c, recovery_row, &call, e);
}
