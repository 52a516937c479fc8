/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query_times.c - rows for the audit of time(1), and its results.
 */
#include <stdlib.h>

#include "analysis/query_sql.h"

struct boot {             /* one that has all the clocks of the audit */
    int64_t id, clock[4]; /* in the order of query_times; QUERY_NONE: not read */
    double tick_hz;
    struct query_times times; /* what all of its rows share */
};

struct boots {
    struct boot *boot;
    size_t n;
    const struct boot *now;
    int (*row)(void *opaque, const struct query_times *times);
    void *opaque;
    struct err *e;
};

static int boot_row(void *opaque, sqlite3_stmt *s)
{
    struct boots *all = opaque;
    struct boot *b = realloc(all->boot, (all->n + 1) * sizeof(*b));

    if (!b)
        return err_set(all->e, ERR_IO, "out of memory");
    all->boot = b;
    b += all->n++;
    *b = (struct boot){.id = sql_integer(s, 0),
                       .tick_hz = sql_real(s, 2),
                       .times = {.boot = sql_integer(s, 1),
                                 .step_ns = sql_real(s, 3),
                                 .timebase_ppb = sql_integer(s, 4),
                                 .cpus = sql_integer(s, 5),
                                 .online_cpus = sql_integer(s, 6),
                                 .tick_ns = sql_integer(s, 7)}};
    for (int i = 0; i < 4; i++)
        b->clock[i] = sql_integer(s, 8 + i);
    return 0;
}

static int times_row(void *opaque, sqlite3_stmt *s)
{
    const struct boots *all = opaque;
    struct query_times t = all->now->times;

    t.w = sqlite3_column_int64(s, 0);
    t.start_ns = sqlite3_column_double(s, 1) * 1e9 / all->now->tick_hz;
    t.stop_ns = sqlite3_column_double(s, 2) * 1e9 / all->now->tick_hz;
    for (int i = 0; i < 4; i++) {
        t.before[i] = sql_integer(s, 3 + 2 * i);
        t.after[i] = sql_integer(s, 4 + 2 * i);
    }
    return all->row(all->opaque, &t);
}

static const char boot_sql[] =
    "SELECT b.id, b.plan_index, b.tick_hz, b.step_ticks * 1e9 / b.tick_hz, b.timebase_ppb, "
    "(SELECT nullif(CAST(f.value AS INTEGER), 0) FROM boot_fact f "
    " WHERE f.boot = b.id AND f.key = 'process_cpus'), "
    "(SELECT nullif(CAST(f.value AS INTEGER), 0) FROM boot_fact f "
    " WHERE f.boot = b.id AND f.key = 'online_cpus'), "
    "(SELECT nullif(CAST(f.value AS INTEGER), 0) FROM boot_fact f "
    " WHERE f.boot = b.id AND f.key = 'tick_ns'), "
    "kr.clock, ku.clock, ks.clock, kt.clock "
    "FROM boot b "
    "JOIN clock kr ON kr.boot = b.id AND kr.name = 'real' AND kr.unit = 'ns' "
    "JOIN clock ku ON ku.boot = b.id AND ku.name = 'user' AND ku.unit = 'ns' "
    "JOIN clock ks ON ks.boot = b.id AND ks.name = 'sys' AND ks.unit = 'ns' "
    "LEFT JOIN clock kt ON kt.boot = b.id AND kt.name = 'steal' "
    "WHERE b.campaign = ?1 AND b.tick_hz > 0 AND " QUERY_USABLE_BOOT " ORDER BY b.plan_index";

/* Readings r real, u user, s sys, t steal of interval i of boot ?1. A boot's rows are sorted, which
 * lie so already but for runs among one another. */
static const char times_sql[] =
    "SELECT i.w, i.start_tick, i.stop_tick, "
    "r.before, r.after, u.before, u.after, s.before, s.after, t.before, t.after "
    "FROM interval i "
    "CROSS JOIN reading r ON r.boot = ?1 AND r.n = i.n AND r.clock = ?2 "
    "CROSS JOIN reading u ON u.boot = ?1 AND u.n = i.n AND u.clock = ?3 "
    "CROSS JOIN reading s ON s.boot = ?1 AND s.n = i.n AND s.clock = ?4 "
    "LEFT JOIN reading t ON t.boot = ?1 AND t.n = i.n AND t.clock = ?5 "
    "WHERE i.boot = ?1 AND i.w IS NOT NULL AND " QUERY_GOOD_INTERVAL " ORDER BY i.w, i.n";

int query_times(struct query *q, const struct query_campaign *c,
                int (*row)(void *opaque, const struct query_times *times), void *opaque,
                struct err *e)
{
    struct boots all = {.row = row, .opaque = opaque, .e = e};
    sqlite3_stmt *s = NULL;
    int rc = sql_campaign(q, boot_sql, c, boot_row, &all, e);

    if (!rc)
        rc = sql_prepare(q, times_sql, &s, e);
    for (size_t i = 0; !rc && i < all.n; i++) {
        const struct boot *b = all.now = &all.boot[i];
        const struct sql_argument which[] = {{NULL, b->id},
                                             {NULL, b->clock[0]},
                                             {NULL, b->clock[1]},
                                             {NULL, b->clock[2]},
                                             {NULL, b->clock[3]}};

        rc = sql_run(q, s, which, 5, times_row, &all, e);
    }
    sqlite3_finalize(s);
    free(all.boot);
    return rc;
}

struct audit_call {
    int (*row)(void *opaque, const struct query_time_audit *audit);
    void *opaque;
};

static int audit_row(void *opaque, sqlite3_stmt *s)
{
    const struct audit_call *call = opaque;
    const struct query_time_audit a = {
        .boot = sql_integer(s, 0),
        .platform = sql_text(s, 1),
        .variant = sql_text(s, 2),
        .workload = sql_text(s, 3),
        .param = sql_text(s, 4),
        .intervals = sql_integer(s, 5),
        .true_ns = sql_real(s, 6),
        .real_ns = sql_real(s, 7),
        .user_ns = sql_real(s, 8),
        .sys_ns = sql_real(s, 9),
        .steal_ns = sql_real(s, 10),
        .flagged = sql_integer(s, 11),
        .verdict = sql_text(s, 12),
        .reason = sql_text(s, 13),
    };

    return call->row(call->opaque, &a);
}

int query_time_audits(struct query *q, const struct query_campaign *c,
                      int (*row)(void *opaque, const struct query_time_audit *audit),
                      void *opaque, struct err *e)
{
    struct audit_call call = {row, opaque};

    return sql_campaign(
        q,
        "SELECT b.plan_index, b.platform, b.variant, r.workload, r.param, "
        "d.intervals, d.true_ns, d.real_ns, d.user_ns, d.sys_ns, d.steal_ns, d.flagged, "
        "d.verdict, d.reason FROM derived_times d JOIN boot b ON b.id = d.boot "
        "JOIN run r ON r.boot = d.boot AND r.w = d.w "
        "WHERE d.campaign = ?1 ORDER BY b.plan_index, d.w",
        c, audit_row, &call, e);
}

struct counter_call {
    int (*row)(void *opaque, const struct query_time_counter *counter);
    void *opaque;
};

static int counter_row(void *opaque, sqlite3_stmt *s)
{
    const struct counter_call *call = opaque;
    const struct query_time_counter k = {
        .platform = sql_text(s, 0),
        .variant = sql_text(s, 1),
        .user_ns = sql_real(s, 2),
        .sys_ns = sql_real(s, 3),
        .instructions = sql_real(s, 4),
        .cycles = sql_real(s, 5),
        .user_instructions = sql_real(s, 6),
        .kernel_instructions = sql_real(s, 7),
        .user_cycles = sql_real(s, 8),
        .kernel_cycles = sql_real(s, 9),
    };

    return call->row(call->opaque, &k);
}

static int note_row(void *opaque, sqlite3_stmt *s)
{
    (void)s;
    *(int *)opaque = 1;
    return 0;
}

int query_time_counters(struct query *q, const struct query_campaign *c,
                        int (*row)(void *opaque, const struct query_time_counter *counter),
                        void *opaque, struct err *e)
{
    struct counter_call call = {row, opaque};
    int counted = 0;
    /* The view walks all intervals of the database: only if there is something to be found. */
    int rc = sql_campaign(q,
                          "SELECT 1 FROM boot b JOIN clock k ON k.boot = b.id "
                          "WHERE b.campaign = ?1 AND k.unit = 'count' AND "
                          "(k.name GLOB 'core.*' OR k.name GLOB 'split.*') LIMIT 1",
                          c, note_row, &counted, e);

    if (rc || !counted)
        return rc;
    return sql_campaign(
        q,
        "SELECT platform, variant, user_ns, sys_ns, instructions, cycles, user_instructions, "
        "kernel_instructions, user_cycles, kernel_cycles FROM time_counters "
        "WHERE campaign = (SELECT name FROM campaign WHERE id = ?1) ORDER BY boot, w",
        c, counter_row, &call, e);
}
