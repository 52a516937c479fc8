/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/host_apic.h - the machine's local APIC as the hypervisor's
 * one-shot timer (APM vol. 2 section 16.4.1), and its TSC.
 *
 * The APIC is found, enabled and its timer held against the TSC when it is first armed: a boot
 * without a deadline never touches it, and the first arming takes HOST_APIC_CALIBRATION_TICKS
 * longer. The timer counts at a rate of its own; the ratio is measured once over that time, so
 * an interrupt comes early or late by that measurement's error (in the lab none; on a machine
 * some parts in 10^4 of the time armed for). Early ones are armed again by host_timer.c.
 *
 * Not handled: an APIC in x2APIC mode, away from its usual address, or missing: the machine
 * ends with an error that says so.
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_MACHINE_HOST_APIC_H
#define ETALON_HV_UNDER_TEST_VMM_MACHINE_HOST_APIC_H

#include <stdint.h>

#define HOST_APIC_TIMER_VECTOR 0x40u
#define HOST_APIC_SPURIOUS_VECTOR 0xffu
#define HOST_APIC_CALIBRATION_TICKS (1ull << 20)

uint64_t host_apic_now(void);
/* An interrupt of HOST_APIC_TIMER_VECTOR at that time, or right away if it has passed. */
void host_apic_arm(uint64_t deadline_ticks);
void host_apic_disarm(void);
/* Let the machine's 8259A interrupt (APM vol. 2 section 16.4.2, LINT0 as ExtINT). */
void host_apic_pass_pic(void);
/* The interrupt was taken. */
void host_apic_end_of_interrupt(void);

#endif
