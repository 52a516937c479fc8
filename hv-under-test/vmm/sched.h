/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/sched.h - whose turn it is on the one processor: weighted round robin. Pure:
 * no clock and no guest, only how many ticks somebody ran and why it stopped.
 *
 * A turn of a guest is its weight times the slice. The guests that are ready take turns in the
 * order of their numbers. Who ran longer than its turn (the machine cannot be taken back at any
 * moment) has the rest taken off its next ones; who stopped early loses what was left. While
 * nobody else is ready a guest runs on and is charged nothing.
 *
 * Bounds, for guests that are ready all the while and run over by less than O ticks a turn, T what
 * a guest ran and w its weight (tests/unit/test_vmm_sched.c):
 *   from the start on    |Ti / wi - Tj / wj| < slice + O (1 / wi + 1 / wj)
 *   over any stretch     twice as much
 *   wait for a turn      less than the others' turns together, and what each ran over
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_SCHED_H
#define ETALON_HV_UNDER_TEST_VMM_SCHED_H

#include <stdint.h>

#define SCHED_MOST 4u /* guests */
#define SCHED_NOBODY UINT32_MAX
#define SCHED_FOREVER INT64_MAX

enum sched_end {
    SCHED_SPENT,   /* it had its turn */
    SCHED_YIELDED, /* it gave the rest of it up */
    SCHED_BLOCKED, /* it waits for something: sched_wake() */
};

struct sched { /* fields are this module's, but to be read */
    unsigned guests, current;
    int64_t slice_ticks;
    struct {
        int64_t weight, left_ticks; /* left: of its turn; below 0: of its next ones */
        int ready;
    } guest[SCHED_MOST];
};

/* All are ready; guest 0 has the processor. weights: one for each, above 0. */
void sched_start(struct sched *s, unsigned guests, const unsigned *weights,
                 uint64_t slice_ticks);
/* The current guest has run so many ticks more, with the same guests ready all the while. */
void sched_charge(struct sched *s, uint64_t ticks);
/* The current guest stops. Returns whose turn begins, which may be the same one's; it is current
 * then. SCHED_NOBODY: all wait; after a sched_wake() ask again, with SCHED_YIELDED. */
unsigned sched_next(struct sched *s, enum sched_end why);
/* Nothing happens to one that is ready. */
void sched_wake(struct sched *s, unsigned guest);
/* Ticks until the current guest's turn is over, 0 or less if it is; SCHED_FOREVER while nobody
 * else is ready. */
int64_t sched_left(const struct sched *s);

#endif
