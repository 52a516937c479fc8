/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query_samples.c - durations that count, in the order in which they are stored; see
 * query.h.
 *
 * What all samples of a run share is read once, run by run; a row of the long query is then a
 * few numbers, found by walking two primary keys side by side: nothing is sorted.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/query_sql.h"

struct sample_run {
    char *text; /* the sample's strings */
    struct query_sample sample;
    double step_ns, path_u_ns; /* expanded */
    int64_t timebase_ppb, tick_hz;
};

struct samples {
    struct sql_runs runs;
    struct sample_run *run; /* of each */
    int (*row)(void *opaque, const struct query_sample *sample);
    void *opaque;
    struct err *e;
};

#define STRINGS 7

static int run_row(void *opaque, sqlite3_stmt *s)
{
    struct samples *all = opaque;
    const size_t n = all->runs.n;
    struct sample_run *r = realloc(all->run, (n + 1) * sizeof(*r));
    const char *text[STRINGS];

    if (!r)
        return err_set(all->e, ERR_IO, "out of memory");
    all->run = r;
    r += n;
    *r = (struct sample_run){.text = sql_copy_texts(s, 3, text, STRINGS),
                             .sample = {.run = n,
                                        .boot = sql_integer(s, 1),
                                        .w = sql_integer(s, 2),
                                        .grade = *sql_text(s, 14),
                                        .scale = sql_real(s, 15),
                                        .work = sql_integer(s, 16)},
                             .step_ns = sql_real(s, 10),
                             .path_u_ns = sql_real(s, 11),
                             .timebase_ppb = sql_integer(s, 12),
                             .tick_hz = sql_integer(s, 13)};
    if (!r->text || sql_runs_add(&all->runs, sql_integer(s, 0), r->sample.w)) {
        free(r->text);
        return err_set(all->e, ERR_IO, "out of memory");
    }
    r->sample.platform = text[0];
    r->sample.variant = text[1];
    r->sample.seed = text[2];
    r->sample.workload = text[3];
    r->sample.param = text[4];
    r->sample.unit = text[5];
    r->sample.form = text[6];
    return 0;
}

/* By boot and w, as sample_row() seeks them. u as in view intervals. */
static const char run_sql[] =
    "SELECT b.id, b.plan_index, r.w, b.platform, b.variant, b.seed, r.workload, r.param, "
    "r.unit, r.form, "
    "CASE WHEN c.deterministic THEN b.step_ticks * 1e9 / b.tick_hz "
    "     ELSE 2 * b.step_ticks * 1e9 / b.tick_hz / sqrt(6) END, "
    "CASE WHEN c.deterministic THEN 0.0 ELSE 2 * coalesce(b.path_u_ns, 0.0) END, "
    "b.timebase_ppb, b.tick_hz, b.grade, r.scale, r.work "
    "FROM boot b JOIN campaign c ON c.id = b.campaign JOIN run r ON r.boot = b.id "
    "WHERE b.campaign = ?1 AND r.verdict = 'ok' AND b.tick_hz > 0 AND " QUERY_USABLE_BOOT
    " ORDER BY b.plan_index, r.w";

static int sample_row(void *opaque, sqlite3_stmt *s)
{
    struct samples *all = opaque;
    const size_t run =
        sql_runs_find(&all->runs, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1));
    const struct sample_run *r;
    const double ticks = (double)sqlite3_column_int64(s, 2);
    struct query_sample sample;
    double timebase_ns;

    if (run == SIZE_MAX) /* its run did not end well */
        return 0;
    r = &all->run[run];
    sample = r->sample;
    sample.true_ns = ticks * 1e9 / (double)r->tick_hz;
    timebase_ns = ticks / (double)r->tick_hz * (double)r->timebase_ppb;
    sample.u_ns = sqrt(r->step_ns * r->step_ns + timebase_ns * timebase_ns +
                       r->path_u_ns * r->path_u_ns);
    sample.guest_ns = sql_real(s, 3);
    return all->row(all->opaque, &sample);
}

static const char sample_sql[] =
    "SELECT b.id, i.w, i.stop_tick - i.start_tick, "
    "(g.after - g.before) * 1e9 / b.guest_clock_hz "
    "FROM boot b LEFT JOIN clock k ON k.boot = b.id AND k.name = b.guest_clock "
    "CROSS JOIN interval i ON i.boot = b.id "
    "LEFT JOIN reading g ON g.boot = b.id AND g.n = i.n AND g.clock = k.clock "
    "WHERE b.campaign = ?1 AND i.w IS NOT NULL AND " QUERY_GOOD_EDGES
    " ORDER BY b.plan_index, i.n";

static const char short_sql[] =
    "SELECT b.id, i.w, i.stop_tick - i.start_tick, NULL "
    "FROM boot b CROSS JOIN interval i ON i.boot = b.id "
    "WHERE b.campaign = ?1 AND i.w IS NOT NULL AND " QUERY_GOOD_EDGES
    " ORDER BY b.plan_index, i.n";

int query_samples(struct query *q, const struct query_campaign *c, int guest,
                  int (*row)(void *opaque, const struct query_sample *sample), void *opaque,
                  struct err *e)
{
    struct samples all = {.row = row, .opaque = opaque, .e = e};
    int rc = sql_campaign(q, run_sql, c, run_row, &all, e);

    if (!rc)
        rc = sql_campaign(q, guest ? sample_sql : short_sql, c, sample_row, &all, e);
    for (size_t i = 0; i < all.runs.n; i++)
        free(all.run[i].text);
    free(all.run);
    sql_runs_free(&all.runs);
    return rc;
}
