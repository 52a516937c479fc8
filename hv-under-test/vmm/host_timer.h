/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/host_timer.h - the hypervisor's own alarm: one shot of the local APIC's
 * timer (APM vol. 2 section 16), set by the TSC.
 *
 * While the guest runs, the alarm is an exit (intercept INTR); the backend then calls
 * host_timer_take(). The hypervisor itself is never interrupted but inside that call: the
 * global interrupt flag is 0 outside the guest, and the processor's IF, which decides whether a
 * guest is left for an interrupt (V_INTR_MASKING, section 15.21.1), stays 1.
 *
 * Not handled: a local APIC in x2APIC mode or moved from its place, a TSC whose rate changes.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_HOST_TIMER_H
#define ETALON_HV_UNDER_TEST_VMM_HOST_TIMER_H

#include <stdint.h>

/* Find and calibrate it. NULL, or a sentence on why there is none. */
const char *host_timer_start(void);
/* Go off at this time of the TSC, or at once if that is over. A time beyond what the counter
 * holds goes off early: whoever is called looks at the clock and sets it again. */
void host_timer_set(uint64_t tsc);
/* Take the interrupt for which the guest was left. 0, or -1: it was not the timer's. */
int host_timer_take(void);

/* For fault.c: the gate of the timer's interrupt and that of a spurious one. */
#define HOST_TIMER_VECTOR 0x20u
#define HOST_TIMER_SPURIOUS 0x2fu
extern const uint8_t host_timer_interrupt[], host_timer_spurious[];

#endif
