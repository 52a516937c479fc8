/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/distort_ledger.h - what the hypervisor did to the guest's time, kept until
 * the report. Lies in the hypervisor's memory, which no guest is shown.
 *
 * Bounded: an entry that finds no room is counted as dropped and goes into the totals of its
 * lie all the same, so that the sums are always whole. Entries of LIE_GUESTS, of which there may be
 * any number, never do: when the ledger is full, two neighbouring ones become one, from the begin of
 * the first to the end of the last, and from then on as many go into each new one.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DISTORT_LEDGER_H
#define ETALON_HV_UNDER_TEST_VMM_DISTORT_LEDGER_H

#include <stdint.h>

#include "hv-under-test/vmm/lie.h"

#define DISTORT_LEDGER_ENTRIES 2048u

struct distort_entry {
    unsigned lie;        /* index of the request */
    uint64_t begin, end; /* hypervisor's TSC */
    uint64_t guest;      /* the guest's TSC at begin */
    int64_t requested;   /* in the unit of the kind (lie_unit) */
    int64_t delivered;   /* by the hypervisor's own clock: ticks, or ppb of a rate; of an
                            interrupt that was lost the time to the next one */
    int64_t visible;     /* ticks of it that the guest's clock shows (docs/lies.md) */
    uint64_t count;      /* of what was done in it: 1, or the readings or exits it sums up */
};

struct distort_totals {
    uint64_t entries, count;
    int64_t requested, delivered, visible;
};

struct distort_ledger {
    unsigned lies;
    const struct lie *lie; /* as requested */
    uint64_t seed;
    uint64_t used, dropped;
    uint64_t gathered; /* entries of LIE_GUESTS in one; 0: 1 */
    struct distort_entry entry[DISTORT_LEDGER_ENTRIES];
    struct distort_totals total[LIE_MAX];
};

/* Room for one more entry of LIE_GUESTS. Takes a while when the ledger is full, so that adding never
 * does. */
void distort_ledger_make_room(struct distort_ledger *l);
void distort_ledger_add(struct distort_ledger *l, const struct distort_entry *e);

#endif
