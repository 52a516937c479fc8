/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/time/restore.c - saved at one checkpoint, back at others
 * (vmm/time/restore.h).
 */
#include "hv-under-test/vmm/time/restore.h"

#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/devices/devices.h"
#include "hv-under-test/vmm/time/distort.h"
#include "hv-under-test/vmm/time/distort_ledger.h"
#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/machine/host_timer.h"
#include "hv-under-test/vmm/guest/snapshot.h"
#include "hv-under-test/vmm/time/time.h"
#include "hv-under-test/vmm/machine/x86.h"

static const struct lie *lie; /* NULL: none asked for */
static unsigned number;       /* of it among the lies */
static int taken;
static uint64_t due, left, done;
/* Since when the guest has lived what the next restore takes from it, and its clock then. */
static uint64_t lived, clock;
/* What a restore does not touch. */
static uint8_t carried[VMM_CARRIED_MOST];

static unsigned find(const struct vmm_config *c)
{
    unsigned i = 0;

    while (i < c->lies && c->lie[i].kind != LIE_RESTORE)
        i++;
    return i;
}

int restore_is_asked(const struct vmm_config *c)
{
    return find(c) < c->lies;
}

void restore_start(const struct vmm_config *c, uint64_t now)
{
    number = find(c);
    lie = number < c->lies ? &c->lie[number] : 0;
    taken = 0;
    done = 0;
    if (!lie)
        return;
    due = now + lie->at_ticks;
    left = lie->count;
    accounts_page.a.checkpoints = 1;
}

const char *restore_missing(void)
{
    if (!lie || done)
        return 0;
    return taken ? "lie: the guest was saved and came to no later checkpoint in time"
                 : "lie: the guest was to be saved and came to no checkpoint in time";
}

static void wake(struct host_timer *t, struct vcpu *v)
{
    (void)t;
    (void)v;
}

/* The guest lies on the shelf; the processor sleeps meanwhile where it can be woken. */
static void lie_until(struct vcpu *v, uint64_t until)
{
    static struct host_timer alarm = {.fire = wake};

    if (v->backend->post)
        host_timer_arm(&alarm, until);
    while (x86_rdtsc() < until) {
        if (!v->backend->post)
            continue;
        v->backend->interrupts(1);
        devices_service(v);
        host_timer_service(v);
    }
    host_timer_cancel(&alarm);
}

static void start_life(uint64_t now)
{
    lived = now;
    due = now + lie->gap_ticks;
}

static void save(struct vcpu *v)
{
    snapshot_take(v);
    taken = 1;
    start_life(x86_rdtsc());
    clock = time_guest_at(lived);
}

static void put_back(struct vcpu *v, uint8_t *area, uint64_t bytes)
{
    const int hidden = lie->shape == LIE_HIDDEN;
    struct distort_entry e = {.lie = number,
                              .begin = v->exit_tsc,
                              .guest = time_guest_at(v->exit_tsc),
                              .requested = -(int64_t)(lie->gap_ticks + lie->length_ticks),
                              .count = 1};

    lie_until(v, e.begin + lie->length_ticks);
    __builtin_memcpy(carried, area, bytes);
    snapshot_restore(v, hidden);
    __builtin_memcpy(area, carried, bytes);
    e.end = x86_rdtsc();
    e.delivered = -(int64_t)(e.end - lived);
    if (hidden) {
        /* In ticks of the guest's clock, as any step (distort.c). */
        e.delivered = (int64_t)(clock - time_guest_at(e.end));
        e.visible = e.delivered;
        distort_shift(v, e.delivered);
    } else {
        accounts_page.a.restores_told++;
        accounts_page.a.restore_ticks_told += e.end - lived;
    }
    start_life(e.end);
    left--;
    done++;
    distort_book(&e);
}

uint64_t restore_checkpoint(struct vcpu *v)
{
    const uint64_t bytes = v->rsi;
    uint8_t *area = guest_pointer(v->rdi, bytes);

    if (!lie || bytes > VMM_CARRIED_MOST || !area)
        return UINT64_MAX;
    if (v->exit_tsc >= due) {
        if (!taken)
            save(v);
        else if (left)
            put_back(v, area, bytes);
    }
    return 0;
}
