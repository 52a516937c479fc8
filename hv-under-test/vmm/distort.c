/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/distort.c - lies about time, done and booked (vmm/distort.h). */
#include "hv-under-test/vmm/distort.h"

#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/devices.h"
#include "hv-under-test/vmm/distort_ledger.h"
#include "hv-under-test/vmm/host_timer.h"
#include "hv-under-test/vmm/restore.h"
#include "hv-under-test/vmm/time.h"
#include "hv-under-test/vmm/x86.h"
#include "workloads/random.h"

/* The guest runs at least so long between two exits for the timer, whatever is due. */
#define GUARD_TICKS 4000u
#define NEVER UINT64_MAX
#define LN2_32 0xb17217f8ull /* ln 2, 0.32 fixed point */

static struct distort_ledger ledger;
static int started;
static void at_timer(struct host_timer *t, struct vcpu *v);
static struct host_timer timer = {.fire = at_timer};
static int64_t shifted_ticks; /* all that the guest's clock was set by */

static struct {
    uint64_t due; /* hypervisor's TSC */
    uint64_t random;
    uint64_t burst, left; /* when it began, what of it is to come */
} schedule[LIE_MAX];

/* One entry for all of a lie: readings and exits are too many for one each. */
static struct distort_entry sum[LIE_MAX];
static unsigned jittered; /* the lie */
/* By cause, bit i: lie i makes these exits longer. So that what all other exits take for having
 * been looked at does not depend on how many lies there are. */
static uint8_t padding[VMM_CAUSE_COUNT];

_Static_assert(LIE_MAX <= 8, "a bit for each");

static int any(const struct vmm_config *c, int (*is)(const struct lie *l))
{
    for (unsigned i = 0; i < c->lies; i++)
        if (is(&c->lie[i]))
            return 1;
    return 0;
}

static int is_pad(const struct lie *l)
{
    return l->kind == LIE_EXIT_PAD;
}

int distort_pads_exits(const struct vmm_config *c)
{
    return any(c, is_pad);
}

/* --- when --- */

/* log2 of x / 2^32 for x in [2^32, 2^33): 0.32 fixed point, bit by bit by squaring. */
static uint64_t log2_fraction(uint64_t x)
{
    uint64_t result = 0;

    for (unsigned bit = 0; bit < 32; bit++) {
        x = (uint64_t)(((unsigned __int128)x * x) >> 32);
        result <<= 1;
        if (x >> 33) {
            x >>= 1;
            result |= 1;
        }
    }
    return result;
}

uint64_t distort_exponential(uint64_t *random, uint64_t mean_ticks)
{
    uint64_t u = random_next(random) | 1u; /* u / 2^64 is in (0, 1) */
    unsigned zeros = (unsigned)__builtin_clzll(u);
    uint64_t mantissa = (u << zeros) >> 31; /* in [2^32, 2^33) */
    /* -log2(u / 2^64) = zeros + 1 - fraction, as 32.32; times ln 2 it is the variable. */
    uint64_t minus_log2 = ((uint64_t)(zeros + 1) << 32) - log2_fraction(mantissa);
    uint64_t variable = (uint64_t)(((unsigned __int128)minus_log2 * LN2_32) >> 32);
    uint64_t ticks = (uint64_t)(((unsigned __int128)variable * mean_ticks) >> 32);

    return ticks ? ticks : 1;
}

static void plan_first(unsigned i, uint64_t now)
{
    const struct lie *l = &ledger.lie[i];

    schedule[i].random = ledger.seed ^ (i + 1) * 0x9E3779B97F4A7C15u;
    schedule[i].due = NEVER;
    if (!lie_is_timed(l))
        return;
    schedule[i].due = now + l->at_ticks;
    if (l->shape == LIE_POISSON)
        schedule[i].due = now + distort_exponential(&schedule[i].random, l->at_ticks);
    schedule[i].burst = schedule[i].due;
    schedule[i].left = l->count;
}

/* After what was due now, and will be over at `end`. */
static void plan_next(unsigned i, uint64_t end)
{
    const struct lie *l = &ledger.lie[i];

    switch (l->shape) {
    case LIE_PERIODIC:
        schedule[i].due += l->at_ticks;
        break;
    case LIE_POISSON:
        schedule[i].due = end + distort_exponential(&schedule[i].random, l->at_ticks);
        break;
    case LIE_BURST:
        schedule[i].due = end + l->gap_ticks;
        if (!--schedule[i].left) {
            schedule[i].burst += l->at_ticks;
            schedule[i].due = schedule[i].burst;
            schedule[i].left = l->count;
        }
        break;
    default:
        schedule[i].due = NEVER;
    }
}

static unsigned earliest(void)
{
    unsigned first = 0;

    for (unsigned i = 1; i < ledger.lies; i++)
        if (schedule[i].due < schedule[first].due)
            first = i;
    return first;
}

/* For what is due next, but not before the guest had its time after `from`. */
static void set_timer(uint64_t from)
{
    uint64_t due = schedule[earliest()].due;

    if (due == NEVER)
        return;
    host_timer_arm(&timer, due < from + GUARD_TICKS ? from + GUARD_TICKS : due);
}

/* --- what --- */

void distort_shift(struct vcpu *v, int64_t ticks)
{
    time_shift(ticks);
    shifted_ticks += ticks;
    if (!time_is_trapped())
        v->backend->set_tsc_offset(v, time_offset_ticks());
}

void distort_book(const struct distort_entry *e)
{
    distort_ledger_add(&ledger, e);
}

void distort_make_room(void)
{
    distort_ledger_make_room(&ledger);
}

static void take_time(struct vcpu *v, unsigned i, uint64_t begin)
{
    const struct lie *l = &ledger.lie[i];
    struct distort_entry e = {.lie = i,
                              .begin = begin,
                              .guest = time_guest_at(begin),
                              .requested = (int64_t)l->length_ticks,
                              .count = 1};

    do
        e.end = x86_rdtsc();
    while (e.end - begin < l->length_ticks);
    e.delivered = (int64_t)(e.end - begin);
    if (l->shape == LIE_HIDDEN)
        distort_shift(v, (int64_t)(e.guest - time_guest_at(e.end)));
    e.visible = (int64_t)(time_guest_at(e.end) - e.guest);
    if (l->shape == LIE_TOLD) {
        accounts_page.a.pauses_told++;
        accounts_page.a.pause_ticks_told += (uint64_t)e.delivered;
    }
    distort_ledger_add(&ledger, &e);
}

static void set_clock(struct vcpu *v, unsigned i, uint64_t begin)
{
    const struct lie *l = &ledger.lie[i];
    struct distort_entry e = {.lie = i,
                              .begin = begin,
                              .guest = time_guest_at(begin),
                              .requested = l->shift_ticks,
                              .count = 1};

    distort_shift(v, l->shift_ticks);
    e.end = x86_rdtsc();
    /* The guest's clock at one and the same time, after and before. */
    e.delivered = (int64_t)(time_guest_at(begin) - e.guest);
    e.visible = e.delivered;
    distort_ledger_add(&ledger, &e);
}

/* One thing at a time; the next is set before it is done, so that what a steal takes beside its
 * length is always the same. */
static void at_timer(struct host_timer *t, struct vcpu *v)
{
    const uint64_t begin = v->exit_tsc;
    const unsigned i = earliest();
    const uint64_t end = begin + ledger.lie[i].length_ticks;

    (void)t;
    plan_next(i, end);
    set_timer(end);
    if (ledger.lie[i].length_ticks)
        take_time(v, i, begin);
    else
        set_clock(v, i, begin);
}

static uint64_t age_of_reading(void)
{
    struct distort_entry *e = &sum[jittered];
    uint64_t age =
        random_below(&schedule[jittered].random, ledger.lie[jittered].length_ticks + 1);

    e->count++;
    e->visible -= (int64_t)age;
    if ((int64_t)age > e->delivered)
        e->delivered = (int64_t)age;
    return age;
}

/* --- interrupts of the guest's timer --- */

static struct {
    uint64_t due;  /* hypervisor's TSC; of lost_ticks */
    uint64_t left; /* of those to be lost in a row */
    uint64_t debt; /* 10^-9 of an interrupt; of user_over_total */
    unsigned lie;
    int ticked; /* the guest has a timer that ticks */
} loss;

static int is_user(struct vcpu *v)
{
    struct guest_mode mode;

    v->backend->mode(v, &mode);
    return mode.cpl == 3;
}

static int is_due(const struct lie *l, struct vcpu *v, uint64_t edge)
{
    if (l->kind == LIE_USER_OVER_TOTAL) {
        if (!is_user(v))
            return 0;
        loss.debt += (uint64_t)l->rate_ppb;
        if (loss.debt < 1000000000u)
            return 0;
        loss.debt -= 1000000000u;
        return 1;
    }
    if (!loss.left && edge >= loss.due) {
        loss.left = l->count;
        while (loss.due <= edge)
            loss.due += l->at_ticks;
    }
    return loss.left && loss.left--;
}

static int loses_tick(struct vcpu *v, uint64_t edge, uint64_t next)
{
    struct distort_entry e = {.lie = loss.lie,
                              .begin = v->exit_tsc,
                              .end = v->exit_tsc,
                              .guest = time_guest_at(v->exit_tsc),
                              .requested = 1,
                              .delivered = (int64_t)(next - edge),
                              .count = 1};

    loss.ticked = 1;
    if (!is_due(&ledger.lie[loss.lie], v, edge))
        return 0;
    distort_ledger_add(&ledger, &e);
    return 1;
}

const char *distort_missing(void)
{
    for (unsigned i = 0; started && i < ledger.lies; i++)
        if (lie_loses_ticks(&ledger.lie[i]) && !loss.ticked)
            return "lie: interrupts of a timer were to be lost, and the guest set none that "
                   "ticks";
    return restore_missing();
}

/* --- exits --- */

static void pad(unsigned i)
{
    struct distort_entry *e = &sum[i];
    uint64_t left = ledger.lie[i].instructions / 2;
    const uint64_t begin = x86_rdtsc();

    __asm__ volatile("1: sub $1, %0; jnz 1b" : "+r"(left) : : "cc");
    e->end = x86_rdtsc();
    e->delivered += (int64_t)(e->end - begin);
    e->requested += (int64_t)ledger.lie[i].instructions;
    e->count++;
}

void distort_pad(enum vmm_cause cause)
{
    for (unsigned left = padding[cause]; left; left &= left - 1)
        pad((unsigned)__builtin_ctz(left));
}

/* --- begin and end --- */

static void open_sum(unsigned i, uint64_t now)
{
    const struct lie *l = &ledger.lie[i];

    sum[i] = (struct distort_entry){
        .lie = i, .begin = now, .end = now, .guest = time_guest_at(now)};
    if (l->kind == LIE_RATE_PPM) {
        sum[i].requested = l->rate_ppb;
        sum[i].count = 1;
        time_set_rate(now, l->rate_ppb);
    } else if (l->kind == LIE_JITTER) {
        sum[i].requested = (int64_t)l->length_ticks;
        jittered = i;
        time_set_age(age_of_reading);
    } else {
        padding[l->cause] |= (uint8_t)(1u << i);
    }
}

/* 10^9 x part / whole, rounded to zero; whole > 0. */
static int64_t parts_per_billion(int64_t part, int64_t whole)
{
    while (part > INT64_MAX / 1000000000 || part < INT64_MIN / 1000000000) {
        part /= 2;
        whole /= 2;
    }
    return part * 1000000000 / whole;
}

/* One entry for all of it, at the end. */
static int is_summed(const struct lie *l)
{
    return !lie_is_timed(l) && !lie_loses_ticks(l) && l->kind != LIE_RESTORE &&
           l->kind != LIE_GUESTS;
}

static void close_sum(unsigned i, uint64_t now)
{
    struct distort_entry *e = &sum[i];
    int64_t passed = (int64_t)(now - e->begin);

    if (ledger.lie[i].kind == LIE_RATE_PPM) {
        e->visible = (int64_t)(time_guest_at(now) - e->guest) - shifted_ticks - passed;
        e->delivered = parts_per_billion(e->visible, passed);
        e->end = now;
    } else if (ledger.lie[i].kind == LIE_JITTER) {
        e->end = now;
    } else {
        e->visible =
            (int64_t)(time_guest_at(e->end) - time_guest_at(e->end - (uint64_t)e->delivered));
    }
    if (e->count)
        distort_ledger_add(&ledger, e);
}

void distort_start(const struct vmm_config *c)
{
    uint64_t now;

    if (!c->lies)
        return;
    ledger.lies = c->lies;
    ledger.lie = c->lie;
    ledger.seed = c->seed;
    started = 1;
    if (any(c, lie_is_timed)) /* the first arming takes a while: not out of the guest's time */
        host_timer_arm(&timer, NEVER);
    now = x86_rdtsc();
    for (unsigned i = 0; i < c->lies; i++) {
        plan_first(i, now);
        if (is_summed(&c->lie[i]))
            open_sum(i, now);
        if (!lie_loses_ticks(&c->lie[i]))
            continue;
        loss.lie = i;
        loss.due = now + c->lie[i].at_ticks;
        devices_set_loss(loses_tick);
    }
    restore_start(c, now);
    set_timer(now);
}

void distort_end(void)
{
    uint64_t now = x86_rdtsc();

    for (unsigned i = 0; started && i < ledger.lies; i++)
        if (is_summed(&ledger.lie[i]))
            close_sum(i, now);
}

const struct distort_ledger *distort_told(void)
{
    return started ? &ledger : 0;
}
