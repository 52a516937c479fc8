/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/summarise/summarise_ticks.c - interrupts of its timer that a guest did not get,
 * found as what its clock fell behind; and user time that exceeds the total, found by the
 * audit of time(1) (analysis/times.h); beside the ledger's.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/recover/recovery_rows.h"

#define LOST "lost_ticks"
#define OVER "user_over_total"

struct
    truth { /* entries of a kind between the first reading and the last, and apart from them */
    size_t injected, missed;
    double delivered_ns;
};

static struct truth read_truth(const struct recovery *v, const struct query_tick *t,
                               const char *kind)
{
    struct truth sum = {0, 0, 0};

    for (size_t i = 0; i < v->entries; i++) {
        const struct recovery_entry *e = &v->entry[i];

        if (e->boot != t->boot || strcmp(e->kind, kind) != 0)
            continue;
        if (e->e.guest <= t->first || e->e.guest >= t->last) {
            sum.missed++;
            continue;
        }
        sum.injected++;
        sum.delivered_ns += (double)e->e.delivered * t->tsc_ns;
    }
    return sum;
}

/* Does the clock go on by ticks alone, so that it falls behind by those that do not come? */
static int counts_ticks(const struct query_tick *t)
{
    return strcmp(t->clocksource, "jiffies") == 0 ||
           strcmp(t->clocksource, "refined-jiffies") == 0;
}

static void put_truth(struct recovery_row *row, const struct truth *u, double tick_ns)
{
    struct store_recovery *r = &row->r;

    r->injected = (int64_t)u->injected;
    r->missed = (int64_t)u->missed;
    if (!u->injected)
        return;
    r->requested = (double)u->injected * tick_ns;
    r->delivered = u->delivered_ns;
    r->per_event = (r->recovered - r->delivered) / (double)u->injected;
}

/* What of the ledger could be seen in this boot; says why if nothing can. */
static struct truth seen_of(const struct query_tick *t, struct truth all,
                            struct recovery_row *row)
{
    const size_t entries = all.injected + all.missed;

    if (!counts_ticks(t) && entries) {
        snprintf(row->reason, sizeof(row->reason),
                 "the guest keeps time by %s, which goes on without its ticks",
                 t->clocksource[0] ? t->clocksource : "something it does not tell");
        return (struct truth){0, entries, 0};
    }
    if (all.missed)
        snprintf(row->reason, sizeof(row->reason),
                 "%zu entries lie before the first interval or after the last", all.missed);
    return all;
}

/* A clock that counts ticks shows up to one too few at either end. Its readings stand outside
 * the markers, so that it seems to lose less by the way there. */
static int add_lost(struct recovery *v, const struct query_tick *t, const struct truth *lost,
                    const struct truth *over, int judged)
{
    const double behind = t->true_ns - (double)t->clock_ns;
    const int found = behind > t->tick_ns + 2 * RECOVER_GAP_NS;
    const struct truth all = {lost->injected + over->injected, lost->missed + over->missed,
                              lost->delivered_ns + over->delivered_ns};
    struct recovery_row *row = recovery_add_row(v, t->boot, LOST);
    struct truth seen;

    if (!row)
        return ERR_IO;
    row->told = t->told;
    row->r.recovered = found ? behind : 0;
    if (found) {
        row->r.events = (uint64_t)lround(behind / t->tick_ns);
        row->r.low = behind - t->tick_ns;
        row->r.high = behind + t->tick_ns + 2 * RECOVER_GAP_NS;
    }
    if (judged) {
        seen = seen_of(t, all, row);
        put_truth(row, &seen, t->tick_ns);
    }
    row->r.verdict = recovery_judge(
        &row->r, found, row->r.delivered >= row->r.low && row->r.delivered <= row->r.high);
    return 0;
}

/* What user + sys exceed real by in a run is at most what the clock lost in it; how much of it
 * shows depends on what the run did meanwhile. */
static int add_over(struct recovery *v, const struct query_tick *t, const struct truth *lost,
                    const struct truth *over, int judged)
{
    struct recovery_row *row = recovery_add_row(v, t->boot, OVER);
    const int found = t->runs > 0;
    struct truth seen;

    if (!row)
        return ERR_IO;
    row->told = t->told;
    row->r.recovered = found ? t->excess_ns : 0;
    row->r.events = (uint64_t)t->runs;
    if (found)
        row->r.low = fmax(t->excess_ns - t->tick_ns, 0);
    /* Ticks that were lost without regard to who was at work may do the same, or not. */
    if (judged && (over->injected || over->missed || !lost->injected)) {
        seen = seen_of(t, *over, row);
        put_truth(row, &seen, t->tick_ns);
    } else if (judged) {
        snprintf(row->reason, sizeof(row->reason), "%zu ticks were lost whoever was at work",
                 lost->injected);
    }
    row->r.verdict = recovery_judge(&row->r, found, row->r.delivered >= row->r.low);
    return 0;
}

static int take_tick(void *opaque, const struct query_tick *t)
{
    struct recovery *v = opaque;
    const struct truth lost = read_truth(v, t, LOST), over = read_truth(v, t, OVER);
    const int whole = recovery_is_whole(v, t->boot), judged = t->told && whole;
    const size_t rows = v->rows;
    int rc = add_lost(v, t, &lost, &over, judged);

    if (!rc)
        rc = add_over(v, t, &lost, &over, judged);
    for (size_t i = rows; t->told && !whole && i < v->rows; i++)
        snprintf(v->row[i].reason, sizeof(v->row[i].reason), "%s", RECOVERY_NOT_WHOLE);
    return rc;
}

int recovery_find_ticks(struct recovery *v, struct query *q, const struct query_campaign *c)
{
    return query_ticks(q, c, take_tick, v, v->e);
}
