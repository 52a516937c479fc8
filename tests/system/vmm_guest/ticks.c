/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/vmm_guest/ticks.c - clients of the hypervisor's deadlines, put into it by the
 * linker (--wrap=svm_run_full): vmm-ticks.elf. Whatever goes against host_timer.h ends the
 * machine with an error.
 */
#include "hv-under-test/vmm/machine/host_timer.h"
#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/svm/svm.h"
#include "hv-under-test/vmm/machine/x86.h"

#define PERIOD_TICKS 20000u
#define PERIODS 50u      /* tests/system/vmm_interrupt.sh expects as many interrupts, … */
#define LATE_TICKS 4000u /* of the lab: exit path, APIC's access, other clients */

_Noreturn void __real_svm_run_full(struct vcpu *v);
_Noreturn void __wrap_svm_run_full(struct vcpu *v);

static unsigned periods, once;

static void check_time(const struct host_timer *t)
{
    const uint64_t now = x86_rdtsc();
    const struct report_detail details[] = {{"deadline", t->deadline_ticks}, {"now", now}};

    if (now < t->deadline_ticks)
        report_error("planted: a deadline fired early", details, 2);
    if (now > t->deadline_ticks + LATE_TICKS)
        report_error("planted: a deadline fired late", details, 2);
}

static void tick(struct host_timer *t, struct vcpu *v)
{
    (void)v;
    check_time(t);
    if (++periods < PERIODS)
        host_timer_arm(t, t->deadline_ticks + PERIOD_TICKS);
}

static void fire_once(struct host_timer *t, struct vcpu *v)
{
    (void)v;
    check_time(t);
    if (once++)
        report_error("planted: a one-shot deadline fired twice", 0, 0);
}

static void never(struct host_timer *t, struct vcpu *v)
{
    (void)t;
    (void)v;
    report_error("planted: a cancelled deadline fired", 0, 0);
}

_Noreturn void __wrap_svm_run_full(struct vcpu *v)
{
    static struct host_timer ticker = {.fire = tick}, single = {.fire = fire_once},
                             cancelled = {.fire = never};
    uint64_t now;

    /* The first arming calibrates. */
    host_timer_arm(&cancelled, x86_rdtsc() + 7 * PERIOD_TICKS);
    now = x86_rdtsc();
    /* … and one for this, which lies between two periods. */
    host_timer_arm(&single, now + 10 * PERIOD_TICKS + PERIOD_TICKS / 2);
    host_timer_arm(&ticker, now + PERIOD_TICKS);
    host_timer_cancel(&cancelled);
    __real_svm_run_full(v);
}
