/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/host_clock.h - the hypervisor's TSC in cycles of a PC's interval
 * timer (PIT_HZ of pit.h), which a guest's virtual timer counts.
 *
 * The TSC's rate is told by the configuration (tsc_hz=), or measured against the machine's own
 * interval timer when it is first asked for, which takes 20 ms: channel 2, which no interrupt
 * hangs on.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_MACHINE_HOST_CLOCK_H
#define ETALON_HV_UNDER_TEST_VMM_MACHINE_HOST_CLOCK_H

#include <stdint.h>

/* `tsc_hz`: 0 to measure. */
void host_clock_start(uint64_t tsc_hz);
uint64_t host_clock_hz(void);
/* Timer cycles since TSC 0, rounded down. */
uint64_t host_clock_cycles(uint64_t ticks);
/* The first tick in that cycle. */
uint64_t host_clock_ticks(uint64_t cycles);

#endif
