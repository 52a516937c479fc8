/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/vmm/guests.c - guest 0 and its neighbours take turns (vmm/guests.h). */
#include "hv-under-test/vmm/guests.h"

#include <stddef.h>

#include "hv-under-test/vmm/accounts.h"
#include "hv-under-test/vmm/backend.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/devices.h"
#include "hv-under-test/vmm/distort.h"
#include "hv-under-test/vmm/distort_ledger.h"
#include "hv-under-test/vmm/exits.h"
#include "hv-under-test/vmm/host_clock.h"
#include "hv-under-test/vmm/host_timer.h"
#include "hv-under-test/vmm/neighbour.h"
#include "hv-under-test/vmm/paging.h"
#include "hv-under-test/vmm/report.h"
#include "hv-under-test/vmm/sched.h"
#include "hv-under-test/vmm/text.h"
#include "hv-under-test/vmm/time.h"
#include "hv-under-test/vmm/x86.h"

#define NEIGHBOURS (SCHED_MOST - 1)
#define NEVER UINT64_MAX
#define TIMER_MOST (1ull << 48) /* ticks: no sum wraps */

#define LOAD(name) neighbour_##name, neighbour_##name##_end
#define DECLARE(name) extern const uint8_t neighbour_##name[], neighbour_##name##_end[]

DECLARE(spin);
DECLARE(yield);
DECLARE(tick);
DECLARE(fill);
DECLARE(probe);

static const struct neighbour_load loads[CONFIG_LOADS] = {
    [CONFIG_LOAD_SPIN] = {LOAD(spin), 0},   [CONFIG_LOAD_YIELD] = {LOAD(yield), 0},
    [CONFIG_LOAD_TICK] = {LOAD(tick), 0},   [CONFIG_LOAD_FILL] = {LOAD(fill), 0},
    [CONFIG_LOAD_PROBE] = {LOAD(probe), 1},
};

static uint8_t memory[NEIGHBOURS][NEIGHBOUR_BYTES] __attribute__((aligned(4096)));
static uint64_t tables[NEIGHBOURS][PAGING_SMALL_TABLES][PAGING_ENTRIES]
    __attribute__((aligned(4096)));

static void wake(struct host_timer *t, struct vcpu *v);

static struct guest { /* the first is guest 0, of which little is kept here */
    const struct neighbour_load *load;
    uint64_t count[VMM_CAUSE_COUNT]; /* exits */
    uint64_t turns, ticks;           /* on the processor */
    uint64_t reports, reported;
    uint64_t timer;    /* ticks that the next HLT lasts; 0: for ever */
    const char *ended; /* NULL: it goes on */
    struct host_timer alarm;
} guest[SCHED_MOST];

static const struct backend_neighbours *neighbours; /* NULL: one guest */
static struct sched sched;
static unsigned lie; /* of the ledger */

/* Up to when the current guest's time is charged; and: its turn was over. */
static uint64_t charged;
static int spent;
/* Guest 0 waits for something; and: the time since when it waits for nothing but its turn. */
static int halted;
static uint64_t ready;

static void spend(struct host_timer *t, struct vcpu *v);
static struct host_timer slice = {.fire = spend};

/* --- whose turn --- */

static void charge(uint64_t now)
{
    sched_charge(&sched, now - charged);
    charged = now;
}

static void arm_slice(uint64_t now)
{
    const int64_t left = sched_left(&sched);

    if (left != SCHED_FOREVER)
        host_timer_arm(&slice, now + (left > 0 ? (uint64_t)left : 0));
    else if (slice.armed)
        host_timer_cancel(&slice);
}

static void spend(struct host_timer *t, struct vcpu *v)
{
    (void)t;
    (void)v;
    spent = 1;
}

static void make_ready(unsigned number, uint64_t now)
{
    charge(now);
    sched_wake(&sched, number);
    arm_slice(now);
}

static void wake(struct host_timer *t, struct vcpu *v)
{
    (void)v;
    for (unsigned i = 1; i < sched.guests; i++)
        if (t == &guest[i].alarm)
            make_ready(i, x86_rdtsc());
}

/* The current guest goes on from here. */
static void begin_turn(uint64_t now)
{
    spent = 0;
    charged = now;
    arm_slice(now);
}

/* --- a neighbour's turn --- */

/* The machine's interrupts are taken: what is due, and what of it is guest 0's. */
static void serve_machine(struct vcpu *v, int wait)
{
    v->backend->interrupts(wait);
    devices_service(v);
    host_timer_service(v);
    if (!halted || !devices_interrupt_waits(v))
        return;
    halted = 0;
    ready = x86_rdtsc();
    make_ready(0, ready);
}

/* Whether its turn goes on, with *why if not. */
static int answer(struct guest *g, const struct neighbour_exit *e, enum sched_end *why)
{
    uint64_t rax = 0;
    int goes_on = 1;

    switch (e->number) {
    case NEIGHBOUR_NOP:
        break;
    case NEIGHBOUR_YIELD:
        *why = SCHED_YIELDED;
        goes_on = 0;
        break;
    case NEIGHBOUR_TIMER:
        g->timer = e->argument < TIMER_MOST ? e->argument : TIMER_MOST;
        break;
    case NEIGHBOUR_REPORT:
        g->reports++;
        g->reported = e->argument;
        break;
    default:
        rax = UINT64_MAX;
    }
    neighbours->answer((unsigned)(g - guest), rax);
    return goes_on;
}

static void halt(struct guest *g)
{
    if (g->timer)
        host_timer_arm(&g->alarm, x86_rdtsc() + g->timer);
    else
        g->ended = "it halted for ever";
    g->timer = 0;
}

/* Whether the turn of *g goes on after this exit. */
static int serve(struct vcpu *v, struct guest *g, const struct neighbour_exit *e,
                 enum sched_end *why)
{
    switch (e->event) {
    case NEIGHBOUR_INTERRUPTED:
        serve_machine(v, 0);
        return !spent;
    case NEIGHBOUR_ASKS:
        return answer(g, e, why);
    case NEIGHBOUR_HALTS:
        *why = SCHED_BLOCKED;
        halt(g);
        return 0;
    case NEIGHBOUR_ENDS:
        *why = SCHED_BLOCKED;
        g->ended = e->reason;
        return 0;
    case NEIGHBOUR_NON_MASKABLE:
        exits_nmi(v); /* does not come back */
        return 0;
    default:
        return 1;
    }
}

static enum sched_end run_turn(struct vcpu *v, unsigned number)
{
    struct guest *g = &guest[number];
    const uint64_t begin = x86_rdtsc();
    enum sched_end why = SCHED_SPENT;
    struct neighbour_exit e;
    uint64_t now;

    begin_turn(begin);
    g->turns++;
    do {
        neighbours->run(number, &e);
        g->count[e.cause]++;
    } while (serve(v, g, &e, &why));
    now = x86_rdtsc();
    charge(now);
    g->ticks += now - begin;
    return why;
}

/* --- guest 0 is left, and has its turn again --- */

static void book_steal(struct vcpu *v, uint64_t begin, uint64_t end)
{
    const struct distort_entry e = {.lie = lie,
                                    .begin = begin,
                                    .end = end,
                                    .guest = time_guest_at(begin),
                                    .delivered = (int64_t)(end - begin),
                                    .visible =
                                        (int64_t)(time_guest_at(end) - time_guest_at(begin)),
                                    .count = 1};

    accounts_page.a.steals++;
    accounts_page.a.steal_ticks += end - begin;
    v->exit_tsc += end - begin;
    distort_book(&e);
}

/* Others have the processor until it is guest 0's turn. 1 if one had it while guest 0 was ready. */
static int run_others(struct vcpu *v, unsigned next)
{
    unsigned at = 0; /* whose registers are in the processor */
    int stolen = 0;

    while (next) {
        enum sched_end why = SCHED_YIELDED;

        if (next == SCHED_NOBODY) {
            serve_machine(v, 1);
        } else {
            if (next != at)
                neighbours->hand_over(at, next);
            at = next;
            why = run_turn(v, at);
            stolen |= !halted;
        }
        next = sched_next(&sched, why);
    }
    if (at)
        neighbours->hand_over(at, 0);
    return stolen;
}

/* Returns the ticks for which the guest was away. */
static uint64_t leave(struct vcpu *v, enum sched_end why)
{
    const uint64_t begin = x86_rdtsc();
    unsigned next;
    uint64_t end;
    int stolen;

    charge(begin);
    halted = why == SCHED_BLOCKED;
    ready = begin;
    next = sched_next(&sched, why);
    if (!next) {
        begin_turn(begin);
        return 0;
    }
    stolen = run_others(v, next);
    distort_make_room();
    begin_turn(x86_rdtsc());
    end = x86_rdtsc();
    if (stolen && why != SCHED_YIELDED)
        book_steal(v, ready, end);
    return end - begin;
}

enum vmm_cause guests_interrupt(struct vcpu *v)
{
    const enum vmm_cause cause = exits_interrupt(v);

    if (spent)
        leave(v, SCHED_SPENT);
    return cause;
}

uint64_t guests_yield(struct vcpu *v)
{
    uint64_t ticks;

    if (!neighbours)
        return UINT64_MAX;
    ticks = leave(v, SCHED_YIELDED);
    accounts_page.a.yields++;
    accounts_page.a.yield_ticks += ticks;
    v->exit_tsc += ticks;
    return 0;
}

int guests_halt(struct vcpu *v)
{
    if (!neighbours)
        return 0;
    leave(v, SCHED_BLOCKED);
    return 1;
}

/* --- begin and end --- */

/* key: "vmm.guest1.turns" */
static const char *key_of(unsigned number, const char *what, const char *which)
{
    static char key[64];
    struct vmm_text t;

    vmm_text_start(&t, key, sizeof(key));
    vmm_text_put(&t, "vmm.guest");
    vmm_text_put_u64(&t, number);
    vmm_text_put(&t, what);
    vmm_text_put(&t, which);
    return key;
}

static void tell_guest(unsigned number)
{
    static const char *const causes[] = VMM_CAUSE_NAMES;
    const struct guest *g = &guest[number];

    report_text(key_of(number, ".load", ""), config_load_names[g->load - loads]);
    report_number(key_of(number, ".turns", ""), g->turns);
    report_number(key_of(number, ".ticks", ""), g->ticks);
    if (g->reports) {
        report_number(key_of(number, ".reports", ""), g->reports);
        report_number(key_of(number, ".reported", ""), g->reported);
    }
    for (unsigned i = 0; i < VMM_CAUSE_COUNT; i++)
        if (g->count[i])
            report_number(key_of(number, ".exits.", causes[i]), g->count[i]);
    if (g->ended)
        report_text(key_of(number, ".ended", ""), g->ended);
}

static void tell(void)
{
    const struct vmm_accounts *a = &accounts_page.a;

    report_number("vmm.guests.steals", a->steals);
    report_number("vmm.guests.steal_ticks", a->steal_ticks);
    report_number("vmm.guests.yields", a->yields);
    report_number("vmm.guests.yield_ticks", a->yield_ticks);
    for (unsigned i = 1; i < sched.guests; i++)
        tell_guest(i);
}

const char *guests_missing(void)
{
    static char sentence[96];
    struct vmm_text t;

    for (unsigned i = 1; neighbours && i < sched.guests; i++) {
        if (!guest[i].ended || guest[i].load->ends)
            continue;
        vmm_text_start(&t, sentence, sizeof(sentence));
        vmm_text_put(&t, "guests: number ");
        vmm_text_put_u64(&t, i);
        vmm_text_put(&t, " is gone, which its load never is: ");
        vmm_text_put(&t, guest[i].ended);
        return sentence;
    }
    return NULL;
}

static void prepare(unsigned number, unsigned load)
{
    struct guest *g = &guest[number];
    uint8_t *m = memory[number - 1];

    g->load = &loads[load];
    g->alarm.fire = wake;
    __builtin_memcpy(m + NEIGHBOUR_ENTRY, g->load->start,
                     (size_t)(g->load->end - g->load->start));
    neighbours->prepare(
        number, m, paging_small(tables[number - 1], (uint64_t)(uintptr_t)m, NEIGHBOUR_BYTES));
}

void guests_start(const struct vmm_config *c, const struct backend *backend)
{
    const char *missing;
    int all_yield = 1;

    if (c->guests == 1)
        return;
    neighbours = backend->neighbours;
    missing = neighbours->unavailable((unsigned)c->guests);
    if (missing)
        report_error(missing, NULL, 0);
    while (c->lie[lie].kind != LIE_GUESTS)
        lie++;
    for (unsigned i = 1; i < c->guests; i++) {
        prepare(i, c->load[i - 1]);
        all_yield &= c->load[i - 1] == CONFIG_LOAD_YIELD;
    }
    accounts_page.a.neighbours = c->guests - 1;
    accounts_page.a.neighbours_yield = (uint64_t)all_yield;
    sched_start(&sched, (unsigned)c->guests, c->weight,
                c->slice_us * host_clock_hz() / 1000000u);
    report_at_end(tell);
}

void guests_begin(void)
{
    if (!neighbours)
        return;
    host_timer_arm(&slice, NEVER); /* the first arming takes a while: not out of a turn */
    begin_turn(x86_rdtsc());
}
