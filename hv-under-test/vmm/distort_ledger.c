/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/distort_ledger.c - the entries (vmm/distort_ledger.h). */
#include "hv-under-test/vmm/distort_ledger.h"

static int is_gathered(const struct distort_ledger *l, const struct distort_entry *e)
{
    return l->lie[e->lie].kind == LIE_GUESTS;
}

static void join(struct distort_entry *e, const struct distort_entry *more)
{
    e->end = more->end;
    e->count += more->count;
    e->requested += more->requested;
    e->delivered += more->delivered;
    e->visible += more->visible;
}

/* The one that a new entry of that lie goes into, or NULL. */
static struct distort_entry *open_entry(struct distort_ledger *l,
                                        const struct distort_entry *e)
{
    struct distort_entry *last = l->used ? &l->entry[l->used - 1] : 0;

    return last && last->lie == e->lie && last->count < l->gathered && is_gathered(l, e) ? last
                                                                                         : 0;
}

void distort_ledger_make_room(struct distort_ledger *l)
{
    uint64_t to = 0;

    if (l->used < DISTORT_LEDGER_ENTRIES)
        return;
    l->gathered = l->gathered ? 2 * l->gathered : 2;
    for (uint64_t from = 0; from < l->used; from++) {
        struct distort_entry *last = to ? &l->entry[to - 1] : 0;
        const struct distort_entry *e = &l->entry[from];

        if (last && last->lie == e->lie && is_gathered(l, e) &&
            last->count + e->count <= l->gathered) {
            join(last, e);
            l->total[e->lie].entries--;
        } else {
            l->entry[to++] = *e;
        }
    }
    l->used = to;
}

void distort_ledger_add(struct distort_ledger *l, const struct distort_entry *e)
{
    struct distort_totals *t = &l->total[e->lie];
    struct distort_entry *open = open_entry(l, e);

    t->count += e->count;
    t->requested += e->requested;
    t->delivered += e->delivered;
    t->visible += e->visible;
    if (open) {
        join(open, e);
        return;
    }
    t->entries++;
    if (l->used < DISTORT_LEDGER_ENTRIES)
        l->entry[l->used++] = *e;
    else
        l->dropped++;
}
