/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/machine/host_timer.h - deadlines of the hypervisor: "call me when the TSC
 * has got there". One-shot, any number of clients, one hardware timer (host_apic.h) behind
 * them.
 *
 * The machine's interrupts are the hypervisor's: while the guest runs an interrupt makes it
 * exit (cause `interrupt`), and the exit's handler serves it. So a deadline that falls into the
 * guest costs one exit; one that falls into another exit's handler costs an exit right after
 * that one. While no timer is armed the hardware is off and no interrupt of it ever arrives:
 * a guest without clients runs as if this module were not there.
 *
 * A client owns its struct host_timer (static, zero-initialised, `fire` set) and may arm,
 * re-arm and cancel any timer at any time while the hypervisor runs, from `fire` too:
 *
 *     static void tick(struct host_timer *t, struct vcpu *v)
 *     {
 *         … the guest is stopped; whatever is spent here, it does not get …
 *         host_timer_arm(t, t->deadline_ticks + PERIOD);   // no drift: from the deadline
 *     }
 *     static struct host_timer timer = {.fire = tick};
 *     host_timer_arm(&timer, x86_rdtsc() + PERIOD);        // from main.c, before the guest
 *
 * Deadlines are in ticks of the hypervisor's own TSC (x86_rdtsc(), never the guest's). `fire`
 * is called at or after its deadline, never before; how late is the exit path, what else the
 * handler had to do, and the error of the hardware timer's calibration (host_apic.h). A
 * deadline that has passed already fires at the next entry. In one service pass each timer
 * fires at most once, in the order of the deadlines; equal deadlines in the order of arming.
 * A client that arms deadlines in the past for ever starves the guest: its own fault.
 *
 * The first arming in a boot calibrates and takes a while (host_apic.h): a client that wants
 * exact first deadlines arms, then reads the time, then arms again. An interrupt that was under
 * way when the last timer was cancelled may still cost one exit.
 *
 * Not handled: more than one processor; a TSC that wraps (after centuries).
 */
#ifndef ETALON_HV_UNDER_TEST_VMM_MACHINE_HOST_TIMER_H
#define ETALON_HV_UNDER_TEST_VMM_MACHINE_HOST_TIMER_H

#include <stdint.h>

struct vcpu;

struct host_timer {
    /* Called with the guest stopped, outside interrupt context, timer no longer armed. */
    void (*fire)(struct host_timer *t, struct vcpu *v);
    uint64_t deadline_ticks; /* the last one armed */
    struct host_timer *next; /* private */
    int armed;               /* read only */
};

/* Arm, or move the deadline of one that is armed. */
void host_timer_arm(struct host_timer *t, uint64_t deadline_ticks);
/* Nothing happens to one that is not armed. */
void host_timer_cancel(struct host_timer *t);
/* Fire what is due. For the handler of an interrupt (exits.c) and for waits. */
void host_timer_service(struct vcpu *v);

#endif
