/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * collector/store_campaign.c - what belongs to a campaign as a whole: its text, provenance,
 * attempts and the derived tables.
 */
#include <stdio.h>
#include <string.h>

#include "collector/store.h"
#include "collector/store_private.h"

/* Prepare, hand the statement to the caller's bindings, run it, forget it. */
static int start(struct store *s, struct store_binder *b, const char *sql, const char *doing,
                 struct err *e)
{
    *b = (struct store_binder){0};
    return store_prepare(s, sql, &b->statement, doing, e);
}

static int finish(struct store *s, struct store_binder *b, const char *doing, struct err *e)
{
    const int rc = store_step(s, b, doing, e);

    sqlite3_finalize(b->statement);
    return rc;
}

/* One row of one number: 1 and *value, 0 no row, negative: error. Ends the statement. */
static int finish_number(struct store *s, struct store_binder *b, int64_t *value,
                         const char *doing, struct err *e)
{
    int rc = b->rc == SQLITE_OK ? sqlite3_step(b->statement) : b->rc;

    if (rc == SQLITE_ROW)
        *value = sqlite3_column_int64(b->statement, 0);
    rc = rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : store_fail(s, rc, e, doing);
    sqlite3_finalize(b->statement);
    return rc;
}

int store_find_campaign(struct store *s, const char *name, int64_t *id, struct err *e)
{
    struct store_binder b;
    int rc = start(s, &b, "SELECT id FROM campaign WHERE name = ?", "look for a campaign", e);

    if (rc)
        return rc;
    store_bind_text(&b, name);
    return finish_number(s, &b, id, "look for a campaign", e);
}

static int same_campaign(struct store *s, const struct store_campaign *c, struct err *e)
{
    struct store_binder b;
    int64_t same = 0;
    int rc =
        start(s, &b, "SELECT hash = ? FROM campaign WHERE name = ?", "look for a campaign", e);

    if (rc)
        return rc;
    store_bind_text(&b, c->hash);
    store_bind_text(&b, c->name);
    rc = finish_number(s, &b, &same, "look for a campaign", e);
    if (rc < 0)
        return rc;
    if (!same)
        return err_set(
            e, ERR_USAGE,
            "%s: a campaign \"%s\" of another text is in there already; rename this "
            "one or use another --db",
            s->path, c->name);
    return 0;
}

int store_put_campaign(struct store *s, const struct store_campaign *c, int64_t *id,
                       struct err *e)
{
    static const char doing[] = "store the campaign";
    struct store_binder b;
    int rc = start(s, &b,
                   "INSERT INTO campaign (name, hash, text, bench, deterministic, "
                   "ns_per_instruction, boots_planned) VALUES (?, ?, ?, ?, ?, ?, ?) "
                   "ON CONFLICT (name) DO NOTHING",
                   doing, e);

    if (rc)
        return rc;
    store_bind_text(&b, c->name);
    store_bind_text(&b, c->hash);
    store_bind_text(&b, c->text);
    store_bind_text(&b, c->bench);
    store_bind_s64(&b, c->deterministic != 0);
    store_bind_double(&b, c->ns_per_instruction);
    store_bind_u64(&b, c->boots_planned);
    rc = finish(s, &b, doing, e);
    if (!rc)
        rc = same_campaign(s, c, e);
    if (rc)
        return rc;
    rc = store_find_campaign(s, c->name, id, e);
    return rc < 0 ? rc : 0;
}

int store_put_fact(struct store *s, int64_t campaign, const char *key, const char *value,
                   struct err *e)
{
    static const char doing[] = "store provenance";
    const unsigned char *there;
    struct store_binder b;
    int rc = start(s, &b,
                   "INSERT INTO fact (campaign, key, value) VALUES (?, ?, ?) "
                   "ON CONFLICT (campaign, key) DO NOTHING",
                   doing, e);

    if (rc)
        return rc;
    store_bind_s64(&b, campaign);
    store_bind_text(&b, key);
    store_bind_text(&b, value);
    rc = finish(s, &b, doing, e);
    if (rc || sqlite3_changes(s->db))
        return rc;
    rc = start(s, &b, "SELECT value FROM fact WHERE campaign = ? AND key = ?", doing, e);
    if (rc)
        return rc;
    store_bind_s64(&b, campaign);
    store_bind_text(&b, key);
    rc = sqlite3_step(b.statement);
    there = rc == SQLITE_ROW ? sqlite3_column_text(b.statement, 0) : NULL;
    if (rc != SQLITE_ROW)
        rc = store_fail(s, rc, e, doing);
    else if (!there || strcmp((const char *)there, value ? value : "") != 0)
        rc =
            err_set(e, ERR_DATA,
                    "%s: this campaign was begun with %s = %s, now it is %s; boots of the two "
                    "do not compare: put the old one back and go on with --resume, or use "
                    "another --db",
                    s->path, key, there ? (const char *)there : "?", value ? value : "");
    else
        rc = 0;
    sqlite3_finalize(b.statement);
    return rc;
}

int store_put_host_fact(struct store *s, int64_t campaign, const char *key, const char *value,
                        struct err *e)
{
    static const char doing[] = "store a fact about this computer";
    struct store_binder b;
    int rc = start(s, &b,
                   "INSERT INTO host_fact (campaign, key, value) VALUES (?, ?, ?) "
                   "ON CONFLICT (campaign, key) DO UPDATE SET value = excluded.value",
                   doing, e);

    if (rc)
        return rc;
    store_bind_s64(&b, campaign);
    store_bind_text(&b, key);
    store_bind_text(&b, value);
    return finish(s, &b, doing, e);
}

int store_has_boot(struct store *s, int64_t campaign, uint32_t plan_index, struct err *e)
{
    struct store_binder b;
    int64_t one = 0;
    int rc = start(s, &b, "SELECT 1 FROM boot WHERE campaign = ? AND plan_index = ?",
                   "look for a boot", e);

    if (rc)
        return rc;
    store_bind_s64(&b, campaign);
    store_bind_u64(&b, plan_index);
    return finish_number(s, &b, &one, "look for a boot", e);
}

int store_begin_attempt(struct store *s, int64_t campaign, uint32_t plan_index,
                        int64_t unix_ns, int64_t *id, struct err *e)
{
    static const char doing[] = "note the attempt of a boot";
    struct store_binder b;
    int rc = start(s, &b,
                   "INSERT INTO host_attempt (campaign, plan_index, started_unix_ns) "
                   "VALUES (?, ?, ?)",
                   doing, e);

    if (rc)
        return rc;
    store_bind_s64(&b, campaign);
    store_bind_u64(&b, plan_index);
    store_bind_s64(&b, unix_ns);
    rc = finish(s, &b, doing, e);
    *id = rc ? 0 : sqlite3_last_insert_rowid(s->db);
    return rc;
}

int store_end_attempt(struct store *s, int64_t id, int64_t unix_ns, const char *outcome,
                      struct err *e)
{
    static const char doing[] = "note the end of an attempt";
    struct store_binder b;
    int rc =
        start(s, &b, "UPDATE host_attempt SET ended_unix_ns = ?, outcome = ? WHERE id = ?",
              doing, e);

    if (rc)
        return rc;
    store_bind_s64(&b, unix_ns);
    store_bind_text(&b, outcome);
    store_bind_s64(&b, id);
    return finish(s, &b, doing, e);
}

/* --- derived tables ------------------------------------------------------------------------ */

/* The rows of one campaign out, the new ones in, or nothing of both. */
static int replace(struct store *s, const char *wipe, const char *insert, int64_t campaign,
                   size_t n, void (*bind)(struct store_binder *b, const void *rows, size_t i),
                   const void *rows, struct err *e)
{
    static const char doing[] = "store derived rows";
    struct store_binder b;
    int rc = store_exec(s, "BEGIN IMMEDIATE", doing, e);

    if (rc)
        return rc;
    rc = start(s, &b, wipe, doing, e);
    if (!rc) {
        store_bind_s64(&b, campaign);
        rc = finish(s, &b, doing, e);
    }
    if (!rc)
        rc = start(s, &b, insert, doing, e);
    if (!rc) {
        for (size_t i = 0; !rc && i < n; i++) {
            b.at = 0;
            store_bind_s64(&b, campaign);
            bind(&b, rows, i);
            rc = store_step(s, &b, doing, e);
        }
        sqlite3_finalize(b.statement);
    }
    if (!rc)
        rc = store_exec(s, "COMMIT", doing, e);
    if (rc)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

static void bind_summary(struct store_binder *b, const void *rows, size_t i)
{
    const struct store_summary *r = (const struct store_summary *)rows + i;

    store_bind_u64(b, i);
    store_bind_text(b, r->platform);
    store_bind_text(b, r->variant);
    store_bind_text(b, r->workload);
    store_bind_text(b, r->param);
    store_bind_text(b, r->metric);
    store_bind_text(b, r->unit);
    store_bind_u64(b, r->n);
    store_bind_double(b, r->value);
    store_bind_double(b, r->p50);
    store_bind_double(b, r->p99);
    store_bind_double(b, r->max);
    store_bind_double(b, r->ci_low);
    store_bind_double(b, r->ci_high);
    store_bind_u64(b, r->boots);
    store_bind_text(b, r->baseline);
    store_bind_double(b, r->ratio);
    store_bind_double(b, r->ratio_low);
    store_bind_double(b, r->ratio_high);
    store_bind_text(b, r->verdict);
}

int store_replace_summary(struct store *s, int64_t campaign, const struct store_summary *rows,
                          size_t n, struct err *e)
{
    return replace(
        s, "DELETE FROM derived_summary WHERE campaign = ?",
        "INSERT INTO derived_summary (campaign, ordinal, platform, variant, workload, "
        "param, metric, unit, n, value, p50, p99, max, ci_low, ci_high, boots, "
        "baseline, ratio, ratio_low, ratio_high, verdict) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        campaign, n, bind_summary, rows, e);
}

static void bind_clock(struct store_binder *b, const void *rows, size_t i)
{
    const struct store_clock *r = (const struct store_clock *)rows + i;

    store_bind_text(b, r->clock);
    store_bind_double(b, r->offset_ns);
    store_bind_double(b, r->skew_ppm);
    store_bind_double(b, r->skew_low);
    store_bind_double(b, r->skew_high);
    store_bind_s64(b, r->jumps);
    store_bind_s64(b, r->backsteps);
    store_bind_s64(b, r->freezes);
    store_bind_text(b, r->verdict);
    store_bind_text(b, r->reason);
    store_bind_u64(b, r->plan_index);
}

int store_replace_clocks(struct store *s, int64_t campaign, const struct store_clock *rows,
                         size_t n, struct err *e)
{
    return replace(
        s, "DELETE FROM derived_clock WHERE campaign = ?",
        "INSERT INTO derived_clock (campaign, boot, clock, offset_ns, skew_ppm, "
        "skew_low, skew_high, jumps, backsteps, freezes, verdict, reason) VALUES (?1, "
        "(SELECT id FROM boot WHERE campaign = ?1 AND plan_index = ?12), ?2, ?3, ?4, ?5, "
        "?6, ?7, ?8, ?9, ?10, ?11)",
        campaign, n, bind_clock, rows, e);
}

static void bind_times(struct store_binder *b, const void *rows, size_t i)
{
    const struct store_times *r = (const struct store_times *)rows + i;

    store_bind_s64(b, r->w);
    store_bind_u64(b, r->intervals);
    store_bind_double(b, r->true_ns);
    store_bind_s64(b, r->real_ns);
    store_bind_s64(b, r->user_ns);
    store_bind_s64(b, r->sys_ns);
    store_bind_s64(b, r->steal_ns);
    store_bind_s64(b, r->cpus);
    store_bind_double(b, r->tolerance_ns);
    store_bind_u64(b, r->flagged);
    store_bind_text(b, r->verdict);
    store_bind_text(b, r->reason);
    store_bind_u64(b, r->plan_index);
}

int store_replace_times(struct store *s, int64_t campaign, const struct store_times *rows,
                        size_t n, struct err *e)
{
    return replace(
        s, "DELETE FROM derived_times WHERE campaign = ?",
        "INSERT INTO derived_times (campaign, boot, w, intervals, true_ns, real_ns, "
        "user_ns, sys_ns, steal_ns, cpus, tolerance_ns, flagged, verdict, reason) VALUES (?1, "
        "(SELECT id FROM boot WHERE campaign = ?1 AND plan_index = ?14), ?2, ?3, ?4, "
        "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        campaign, n, bind_times, rows, e);
}

static void bind_overhead(struct store_binder *b, const void *rows, size_t i)
{
    const struct store_overhead *r = (const struct store_overhead *)rows + i;

    store_bind_s64(b, r->w);
    store_bind_u64(b, r->intervals);
    store_bind_double(b, r->true_ns);
    store_bind_double(b, r->work_ns);
    store_bind_s64(b, r->operations);
    store_bind_double(b, r->operation_ns);
    store_bind_double(b, r->operations_ns);
    store_bind_s64(b, r->interrupts);
    store_bind_double(b, r->interrupt_ns);
    store_bind_double(b, r->interrupts_ns);
    store_bind_double(b, r->unseen_ns);
    store_bind_double(b, r->steal_ns);
    store_bind_double(b, r->residual_ns);
    store_bind_double(b, r->u_ns);
    store_bind_double(b, r->budget_ns);
    store_bind_u64(b, r->flagged);
    store_bind_text(b, r->verdict);
    store_bind_text(b, r->reason);
    store_bind_u64(b, r->plan_index);
}

int store_replace_overhead(struct store *s, int64_t campaign,
                           const struct store_overhead *rows, size_t n, struct err *e)
{
    return replace(
        s, "DELETE FROM derived_overhead WHERE campaign = ?",
        "INSERT INTO derived_overhead (campaign, boot, w, intervals, true_ns, work_ns, "
        "operations, operation_ns, operations_ns, interrupts, interrupt_ns, interrupts_ns, "
        "unseen_ns, steal_ns, residual_ns, u_ns, budget_ns, flagged, verdict, reason) VALUES "
        "(?1, (SELECT id FROM boot WHERE campaign = ?1 AND plan_index = ?20), ?2, ?3, ?4, ?5, "
        "?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
        campaign, n, bind_overhead, rows, e);
}

static void bind_recovery(struct store_binder *b, const void *rows, size_t i)
{
    const struct store_recovery *r = (const struct store_recovery *)rows + i;

    store_bind_text(b, r->kind);
    store_bind_text(b, r->detail);
    store_bind_text(b, r->unit);
    store_bind_u64(b, r->events);
    store_bind_double(b, r->recovered);
    store_bind_double(b, r->low);
    store_bind_double(b, r->high);
    store_bind_s64(b, r->injected);
    store_bind_double(b, r->requested);
    store_bind_double(b, r->delivered);
    store_bind_s64(b, r->missed);
    store_bind_double(b, r->per_event);
    store_bind_text(b, r->verdict);
    store_bind_text(b, r->reason);
    store_bind_u64(b, r->plan_index);
}

int store_replace_recoveries(struct store *s, int64_t campaign,
                             const struct store_recovery *rows, size_t n, struct err *e)
{
    return replace(
        s, "DELETE FROM derived_recovery WHERE campaign = ?",
        "INSERT INTO derived_recovery (campaign, boot, kind, detail, unit, events, recovered, "
        "low, high, injected, requested, delivered, missed, per_event, verdict, reason) "
        "VALUES (?1, (SELECT id FROM boot WHERE campaign = ?1 AND plan_index = ?16), ?2, ?3, "
        "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        campaign, n, bind_recovery, rows, e);
}

static void bind_score(struct store_binder *b, const void *rows, size_t i)
{
    const struct store_score *r = (const struct store_score *)rows + i;

    store_bind_s64(b, r->w);
    store_bind_text(b, r->style);
    store_bind_text(b, r->name);
    store_bind_text(b, r->unit);
    store_bind_u64(b, r->n);
    store_bind_double(b, r->guest);
    store_bind_double(b, r->truth);
    store_bind_double(b, r->error_ppm);
    store_bind_double(b, r->u_ppm);
    store_bind_text(b, r->verdict);
    store_bind_u64(b, r->plan_index);
}

int store_replace_scores(struct store *s, int64_t campaign, const struct store_score *rows,
                         size_t n, struct err *e)
{
    return replace(
        s, "DELETE FROM derived_score WHERE campaign = ?",
        "INSERT INTO derived_score (campaign, boot, w, style, name, unit, n, guest, "
        "truth, error_ppm, u_ppm, verdict) VALUES (?1, "
        "(SELECT id FROM boot WHERE campaign = ?1 AND plan_index = ?12), ?2, ?3, ?4, "
        "?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        campaign, n, bind_score, rows, e);
}
