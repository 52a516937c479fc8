/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/time/time.h - what the guest's clock shows: its TSC, a line over the
 * hypervisor's. Positive offset: the guest's TSC is ahead.
 *
 *   guest = base + (hypervisor's - origin) x ratio
 *
 * with the ratio in the format of the TSC ratio register: 8.32 fixed point (APM vol. 2 section
 * 15.30.5), so that a scaling by the processor and one by trapping are the same function.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_TIME_TIME_H
#define ETALON_HV_UNDER_TEST_VMM_TIME_TIME_H

#include <stdint.h>

struct vmm_config;

#define TIME_RATIO_ONE (1ull << 32)

/* `scales`: the processor can scale the TSC a guest reads. */
void time_start(const struct vmm_config *c, int scales);
/* How the guest comes by its TSC, in words, for the report. */
const char *time_how(void);
/* Must RDTSC and reads of the TSC register exit? */
int time_is_trapped(void);
/* What the processor is to multiply the TSC by that a guest reads without an exit, and what it
 * is to add. */
uint64_t time_ratio(void);
int64_t time_offset_ticks(void);

/* The guest's TSC at a time of the hypervisor's TSC, jitter apart. */
uint64_t time_guest_at(uint64_t hypervisor);
/* The guest's TSC now, for emulated reads. */
uint64_t time_guest_tsc(void);

/* --- for distort.c --- */

/* Set the guest's clock on by so much (negative: back). Where it is read without an exit, the
 * backend must be told the new time_offset_ticks(). */
void time_shift(int64_t ticks);
/* From `hypervisor` on the guest's clock runs fast by ppb; only where it is trapped. */
void time_set_rate(uint64_t hypervisor, int64_t ppb);
/* By how many ticks an emulated reading is old; NULL: by none. */
void time_set_age(uint64_t (*age_ticks)(void));

/* 1 + ppb / 10^9 as a ratio, rounded to the nearest. */
uint64_t time_ratio_of(int64_t ppb);

#endif
