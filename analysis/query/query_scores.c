/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/query/query_scores.c - rows of the counterfactual; see query.h.
 */
#include "analysis/query/query_sql.h"

struct score_call {
    int (*row)(void *opaque, const struct query_score *score);
    void *opaque;
};

static int score_row(void *opaque, sqlite3_stmt *s)
{
    const struct score_call *call = opaque;
    const struct query_score r = {
        .boot = sql_integer(s, 0),
        .platform = sql_text(s, 1),
        .variant = sql_text(s, 2),
        .style = sql_text(s, 3),
        .workload = sql_text(s, 4),
        .param = sql_text(s, 5),
        .name = sql_text(s, 6),
        .unit = sql_text(s, 7),
        .guest = sql_real(s, 8),
        .truth = sql_real(s, 9),
        .error_ppm = sql_real(s, 10),
        .u_ppm = sql_real(s, 11),
        .verdict = sql_text(s, 12),
    };

    return call->row(call->opaque, &r);
}

int query_scores(struct query *q, const struct query_campaign *c,
                 int (*row)(void *opaque, const struct query_score *score), void *opaque,
                 struct err *e)
{
    struct score_call call = {row, opaque};

    return sql_campaign(
        q,
        "SELECT b.plan_index, b.platform, b.variant, d.style, r.workload, r.param, d.name, "
        "d.unit, d.guest, d.truth, d.error_ppm, d.u_ppm, d.verdict "
        "FROM derived_score d JOIN boot b ON b.id = d.boot "
        "LEFT JOIN run r ON r.boot = d.boot AND r.w = d.w "
        "WHERE d.campaign = ?1 ORDER BY b.plan_index, d.style, d.w",
        c, score_row, &call, e);
}
