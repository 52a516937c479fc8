/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/distort_ledger.c - a bounded list (vmm/distort_ledger.h). */
#include "hv-under-test/vmm/distort_ledger.h"

void distort_ledger_add(struct distort_ledger *l, const struct distort_entry *e)
{
    struct distort_totals *t = &l->total[e->lie];

    t->entries++;
    t->count += e->count;
    t->requested += e->requested;
    t->delivered += e->delivered;
    t->visible += e->visible;
    if (l->used < DISTORT_LEDGER_ENTRIES)
        l->entry[l->used++] = *e;
    else
        l->dropped++;
}
