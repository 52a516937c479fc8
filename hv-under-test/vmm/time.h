/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/time.h - what the guest's clock shows: its TSC, derived from the
 * hypervisor's. Positive offset: the guest's TSC is ahead.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_TIME_H
#define ETALON_HV_UNDER_TEST_VMM_TIME_H

#include <stdint.h>

struct vmm_config;

void time_start(const struct vmm_config *c);
/* Must RDTSC and reads of the TSC register exit? */
int time_is_trapped(void);
/* What the backend adds to the TSC a guest reads without an exit. */
int64_t time_offset_ticks(void);
/* The guest's TSC now, for emulated reads. */
uint64_t time_guest_tsc(void);

#endif
