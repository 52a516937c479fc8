/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/distort.h - does what the lies of the configuration say, and books what it
 * did (distort_ledger.h).
 *
 * What comes by the clock is done when the hypervisor's timer (host_timer.h) goes off, one thing
 * at each; what changes readings in time.c; a pad at the end of the exit it belongs to; an
 * interrupt is lost where the guest's timer would make it (devices.h). Where no lie is asked for
 * none of this is on any path.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_DISTORT_H
#define ETALON_HV_UNDER_TEST_VMM_DISTORT_H

#include <stdint.h>

#include "hv-under-test/vmm/abi.h"
#include "hv-under-test/vmm/backend.h"

struct distort_entry;
struct distort_ledger;
struct vmm_config;

/* Is a lie asked for that makes exits longer? */
int distort_pads_exits(const struct vmm_config *c);

/* Right before the guest's first instruction, from which times are counted. `c` must outlive
 * the guest; what it asks for is possible (config.h). */
void distort_start(const struct vmm_config *c);
/* For restore.c and guests.c: set the guest's clock on by so much (negative: back); have room for an
 * entry, where there may be any number; and book one. */
void distort_shift(struct vcpu *v, int64_t ticks);
void distort_make_room(void);
void distort_book(const struct distort_entry *e);
/* An exit of this cause is done with. */
void distort_pad(enum vmm_cause cause);
/* Book what is still open, at the end of the machine. */
void distort_end(void);

/* At the end: NULL, or what the guest would have needed for a lie that was asked for. */
const char *distort_missing(void);

/* NULL where no lie was started. */
const struct distort_ledger *distort_told(void);

/* Exponential with this mean, in ticks, at least 1; for the schedule. */
uint64_t distort_exponential(uint64_t *random, uint64_t mean_ticks);

#endif
