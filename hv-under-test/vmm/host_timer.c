/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/host_timer.c - the queue of deadlines (vmm/host_timer.h). Pure: time and
 * hardware are host_apic.h's. */
#include "hv-under-test/vmm/host_timer.h"

#include <stddef.h>

#include "hv-under-test/vmm/host_apic.h"

/* By deadline; the hardware is set to the first one's, and off while there is none. */
static struct host_timer *first;
/* Off the queue, about to fire in this pass. Whoever fires before may still move or cancel. */
static struct host_timer *due;

static void set_hardware(void)
{
    if (first)
        host_apic_arm(first->deadline_ticks);
    else
        host_apic_disarm();
}

static void take_out(struct host_timer **list, const struct host_timer *t)
{
    while (*list && *list != t)
        list = &(*list)->next;
    if (*list)
        *list = t->next;
}

void host_timer_arm(struct host_timer *t, uint64_t deadline_ticks)
{
    const int was_first = first == t;
    struct host_timer **at = &first;

    take_out(&first, t);
    take_out(&due, t);
    while (*at && (*at)->deadline_ticks <= deadline_ticks)
        at = &(*at)->next;
    t->deadline_ticks = deadline_ticks;
    t->next = *at;
    t->armed = 1;
    *at = t;
    if (was_first || first == t)
        set_hardware();
}

void host_timer_cancel(struct host_timer *t)
{
    const int was_first = first == t;

    take_out(&first, t);
    take_out(&due, t);
    t->armed = 0;
    if (was_first)
        set_hardware();
}

void host_timer_service(struct vcpu *v)
{
    const uint64_t now = host_apic_now();
    struct host_timer **end = &first;

    /* Off the queue first: what is armed from now on waits for the next pass. */
    while (*end && (*end)->deadline_ticks <= now)
        end = &(*end)->next;
    if (end != &first) {
        due = first;
        first = *end;
        *end = NULL;
    }
    while (due) {
        struct host_timer *t = due;

        due = t->next;
        t->armed = 0;
        t->fire(t, v);
    }
    /* The hardware is one-shot, and may have come early by the error of its calibration. */
    set_hardware();
}
