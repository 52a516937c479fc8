/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lies about time, against a TSC of the test's own: what is booked is what the clock says was
 * done, schedules are what was asked for, and nothing is lost without a count.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/x86.h"

static uint64_t now_ticks;

/* Time passes by being looked at. */
static uint64_t model_rdtsc(void)
{
    return now_ticks += 6; /* lengths are no multiples of it */
}

#define x86_rdtsc model_rdtsc
#include "hv-under-test/vmm/accounts.c"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/text.h"
#include "hv-under-test/vmm/distort.c"
#include "hv-under-test/vmm/distort_ledger.c"
#include "hv-under-test/vmm/time.c"

static uint64_t deadline = UINT64_MAX;
static unsigned armed_first;
static int64_t backend_offset;

/* The queue of deadlines with its one client; the first arming takes its time. */
void host_timer_arm(struct host_timer *t, uint64_t deadline_ticks)
{
    t->deadline_ticks = deadline = deadline_ticks;
    if (!armed_first++)
        now_ticks += 1000000;
}

static void set_offset(struct vcpu *v, int64_t ticks)
{
    (void)v;
    backend_offset = ticks;
}

static unsigned guest_cpl;

static void mode_of(const struct vcpu *v, struct guest_mode *mode)
{
    (void)v;
    mode->cpl = guest_cpl;
}

static int (*loses)(struct vcpu *v, uint64_t edge, uint64_t next);

void devices_set_loss(int (*f)(struct vcpu *v, uint64_t edge, uint64_t next))
{
    loses = f;
}

/* restore.c has a test of its own. */
void restore_start(const struct vmm_config *c, uint64_t now)
{
    (void)c;
    (void)now;
}

const char *restore_missing(void)
{
    return NULL;
}

static struct backend backend = {.set_tsc_offset = set_offset, .mode = mode_of};
static struct vmm_config config;
static struct vcpu vcpu = {.backend = &backend};

static void start(const char *words)
{
    char reason[CONFIG_REASON_BYTES];

    memset(&ledger, 0, sizeof(ledger));
    memset(sum, 0, sizeof(sum));
    memset(padding, 0, sizeof(padding));
    memset(&loss, 0, sizeof(loss));
    loses = NULL;
    memset(&accounts_page, 0, sizeof(accounts_page));
    started = 0;
    shifted_ticks = backend_offset = 0;
    deadline = NEVER;
    armed_first = 0;
    now_ticks = 0;
    assert_int_equal(config_parse(words, &config, reason), 0);
    time_start(&config, 0);
    distort_start(&config);
}

/* Let the guest run until the timer goes off; n times. */
static void run(unsigned n)
{
    for (unsigned i = 0; i < n && deadline != NEVER; i++) {
        now_ticks = deadline > now_ticks ? deadline : now_ticks;
        vcpu.exit_tsc = now_ticks;
        deadline = NEVER;
        timer.fire(&timer, &vcpu);
    }
}

static void test_periodic_steal(void **state)
{
    (void)state;
    start("lie=steal:periodic:100000:20000");
    run(10);
    assert_int_equal(ledger.used, 10);
    for (unsigned i = 0; i < 10; i++) {
        const struct distort_entry *e = &ledger.entry[i];

        assert_int_equal(e->begin, 1000006 + 100000 * (i + 1));
        assert_int_equal(e->requested, 20000);
        assert_in_range(e->delivered, 20001, 20006);
        assert_int_equal(e->delivered, e->end - e->begin);
        assert_int_equal(e->visible, e->delivered);
        assert_int_equal(e->guest, e->begin);
    }
    assert_int_equal(ledger.total[0].entries, 10);
    assert_int_equal(ledger.total[0].requested, 200000);
}

/* One interrupt of the guest's timer, 4000 ticks before the next. */
static int tick_at(uint64_t edge)
{
    vcpu.exit_tsc = edge + 300;
    return loses(&vcpu, edge, edge + 4000);
}

/* Every 100000 ticks three interrupts in a row, each booked with the time to the next. */
static void test_lost_ticks(void **state)
{
    unsigned lost = 0;

    (void)state;
    start("lie=lost_ticks:100000:3");
    assert_non_null(loses);
    assert_int_equal(deadline, NEVER); /* no timer of the hypervisor's own */
    for (unsigned i = 0; i < 250; i++) /* a million ticks */
        lost += (unsigned)tick_at(1000 + 4000 * i);
    assert_int_equal(lost, 9 * 3);
    assert_int_equal(ledger.used, lost);
    for (unsigned i = 0; i < lost; i++) {
        const struct distort_entry *e = &ledger.entry[i];

        assert_in_range(e->begin, 100006 + 100000 * (i / 3) + 300 + 4000 * (i % 3),
                        100006 + 100000 * (i / 3) + 300 + 4000 * (i % 3 + 1));
        assert_int_equal(e->guest, e->begin);
        assert_int_equal(e->requested, 1);
        assert_int_equal(e->delivered, 4000);
        assert_int_equal(e->visible, 0);
    }
    distort_end();
    assert_int_equal(ledger.used, lost);
    assert_null(distort_missing());
    /* A guest that stood still for several periods loses three, no more. */
    start("lie=lost_ticks:100000:3");
    lost = 0;
    for (unsigned i = 0; i < 10; i++)
        lost += (unsigned)tick_at(1020000 + 4000 * i);
    assert_int_equal(lost, 3);
}

/* Of those that find the guest's user a share, spread evenly; of the others none. */
static void test_user_over_total(void **state)
{
    unsigned lost = 0;

    (void)state;
    start("lie=user_over_total:250000");
    for (unsigned i = 0; i < 1000; i++) {
        guest_cpl = i % 2 ? 3 : 0;
        if (!tick_at(4000 * i))
            continue;
        assert_int_equal(guest_cpl, 3);
        assert_int_equal(++lost * 8, i + 1);
    }
    guest_cpl = 0;
    assert_int_equal(lost, 125);
    assert_int_equal(ledger.total[0].delivered, 125 * 4000);
    assert_null(distort_missing());
    start("lie=user_over_total:250000");
    assert_non_null(strstr(distort_missing(), "the guest set none that ticks"));
    start("lie=jitter:5 tsc=trap");
    assert_null(loses);
    assert_null(distort_missing());
}

static void test_burst(void **state)
{
    (void)state;
    start("lie=steal:burst:1000000:3:20000:5000");
    run(7);
    for (unsigned i = 0; i < 7; i++) {
        uint64_t want =
            i % 3 ? ledger.entry[i - 1].begin + 25000 : 2000006 + 1000000 * (i / 3);

        assert_int_equal(ledger.entry[i].begin, want);
    }
}

/* Known: an exponential variable has its mean as standard deviation, and exceeds twice its mean
 * with probability e^-2. */
static void test_poisson(void **state)
{
    const unsigned n = 200000;
    uint64_t random = 1, beyond = 0;
    double total = 0, squares = 0;

    (void)state;
    for (unsigned i = 0; i < n; i++) {
        double x = (double)distort_exponential(&random, 1000000);

        total += x;
        squares += x * x;
        beyond += x > 2e6;
    }
    assert_true(fabs(total / n / 1e6 - 1) < 0.01);
    assert_true(fabs(sqrt(squares / n - total / n * total / n) / 1e6 - 1) < 0.02);
    assert_true(fabs((double)beyond / n - exp(-2)) < 0.005);
}

/* Against log() itself, over the whole range of the generator. */
static void test_exponential_exactly(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        uint64_t a = seed, b = seed;
        double u = ldexp((double)(random_next(&a) | 1u), -64);
        double want = -log(u) * 1e9, got = (double)distort_exponential(&b, 1000000000);

        assert_true(fabs(got - want) < 10 + want * 1e-8);
    }
}

static void test_same_seed_same_ledger(void **state)
{
    static struct distort_ledger first;

    (void)state;
    start("seed=5 lie=steal:poisson:100000:3000 lie=steal:poisson:100000:3000");
    run(100);
    first = ledger;
    start("seed=5 lie=steal:poisson:100000:3000 lie=steal:poisson:100000:3000");
    run(100);
    assert_memory_equal(&first, &ledger, sizeof(ledger));
    assert_int_not_equal(ledger.total[0].entries, ledger.total[1].entries);
    start("seed=6 lie=steal:poisson:100000:3000 lie=steal:poisson:100000:3000");
    run(100);
    assert_memory_not_equal(&first.entry, &ledger.entry, sizeof(ledger.entry));
}

/* Any number of other guests' turns: none is lost, none is counted twice, each new entry sums up as
 * many as the others. */
static void test_guests_are_gathered(void **state)
{
    const unsigned turns = 11 * DISTORT_LEDGER_ENTRIES + 5;
    uint64_t count = 0, end = 0;
    int64_t delivered = 0;

    (void)state;
    start("tsc=trap lie=jitter:5 guests=2");
    assert_int_equal(ledger.lie[1].kind, LIE_GUESTS);
    for (unsigned i = 0; i < turns; i++) {
        const struct distort_entry e = {.lie = 1,
                                        .begin = 1000 + i * 100,
                                        .end = 1000 + i * 100 + 7 + i % 3,
                                        .guest = i,
                                        .delivered = 7 + i % 3,
                                        .visible = 7 + i % 3,
                                        .count = 1};

        distort_make_room();
        distort_book(&e);
    }
    time_guest_tsc();
    distort_make_room();
    distort_end(); /* of the jitter */
    assert_int_equal(ledger.dropped, 0);
    assert_in_range(ledger.used, DISTORT_LEDGER_ENTRIES / 2, DISTORT_LEDGER_ENTRIES);
    for (uint64_t i = 0; i + 1 < ledger.used; i++) {
        const struct distort_entry *e = &ledger.entry[i];

        assert_int_equal(e->lie, 1);
        assert_true(e->begin > end && e->end > e->begin);
        assert_int_equal(e->begin, 1000 + count * 100); /* the first of them */
        assert_int_equal(e->guest, count);
        assert_true(e->count == ledger.gathered || i + 2 == ledger.used);
        end = e->end;
        count += e->count;
        delivered += e->delivered;
        assert_int_equal(end, 1000 + (count - 1) * 100 + 7 + (count - 1) % 3);
    }
    assert_int_equal(ledger.entry[ledger.used - 1].lie, 0);
    assert_int_equal(count, turns);
    assert_int_equal(ledger.gathered, 16);
    assert_int_equal(ledger.total[1].count, turns);
    assert_int_equal(ledger.total[1].entries, ledger.used - 1);
    assert_int_equal(ledger.total[1].delivered, delivered);
    assert_int_equal(ledger.total[1].visible, delivered);
    assert_int_equal(ledger.total[0].entries, 1);
}

static void test_pauses(void **state)
{
    uint64_t before;

    (void)state;
    start("lie=pause:hidden:50000:7000 lie=pause:told:90000:600");
    before = time_guest_at(now_ticks) - now_ticks;
    run(5);
    assert_int_equal(ledger.used, 2);
    assert_int_equal(ledger.entry[0].visible, 0);
    assert_in_range(ledger.entry[0].delivered, 7001, 7006);
    assert_int_equal(before - (time_guest_at(now_ticks) - now_ticks),
                     ledger.entry[0].delivered);
    assert_int_equal(backend_offset, -ledger.entry[0].delivered);
    assert_int_equal(ledger.entry[1].visible, ledger.entry[1].delivered);
    assert_int_equal(accounts_page.a.pauses_told, 1);
    assert_int_equal(accounts_page.a.pause_ticks_told, ledger.entry[1].delivered);
}

static void test_steps(void **state)
{
    (void)state;
    start("tsc=offset:100 lie=offset_step:50000:-777 lie=backstep:100000:15000");
    run(4);
    assert_int_equal(ledger.used, 4);
    assert_int_equal(ledger.entry[0].delivered, -777);
    assert_int_equal(ledger.entry[3].delivered, -15000);
    assert_int_equal(ledger.total[1].delivered, -45000);
    assert_int_equal(backend_offset, 100 - 777 - 45000);
}

/* A trapped clock tells the backend nothing: it is read by time_guest_tsc() alone. */
static void test_trapped_step(void **state)
{
    int64_t ahead;

    (void)state;
    start("tsc=trap lie=offset_step:50000:1234");
    run(1);
    ahead = (int64_t)time_guest_tsc() - (int64_t)now_ticks;
    assert_int_equal(ahead, 1234);
    assert_int_equal(backend_offset, 0);
}

static void test_rate(void **state)
{
    static const int64_t rates[] = {100, -17000, 50000, 500000000, -500000000};

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct vmm_text t;
        char words[80];

        vmm_text_start(&t, words, sizeof(words));
        vmm_text_put(&t, "tsc=trap lie=offset_step:50000:99999 lie=rate_ppm:");
        vmm_text_put_ppm(&t, rates[i]);
        start(words);
        assert_int_equal(time_guest_at(ledger.used + now_ticks), now_ticks); /* no jump */
        run(1);
        now_ticks += 60000000000ull; /* a minute at 1 GHz: products beyond 64 bits */
        distort_end();
        assert_int_equal(ledger.used, 2);
        /* The step is not the rate's; a tick in a minute is nothing. */
        assert_in_range(ledger.entry[1].delivered - rates[i] + 1, 0, 2);
        assert_int_equal(ledger.entry[1].requested, rates[i]);
    }
}

static void test_jitter(void **state)
{
    uint64_t least = UINT64_MAX, most = 0, total = 0;

    (void)state;
    start("tsc=trap seed=9 lie=jitter:300");
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t reading = time_guest_tsc(), old = now_ticks - reading;

        least = old < least ? old : least;
        most = old > most ? old : most;
        total += old;
    }
    distort_end();
    assert_int_equal(least, 0);
    assert_int_equal(most, 300);
    assert_int_equal(ledger.entry[0].count, 10000);
    assert_int_equal(ledger.entry[0].delivered, 300);
    assert_int_equal(ledger.entry[0].visible, -(int64_t)total);
    assert_in_range(total / 10000, 145, 155);
}

static void test_pad(void **state)
{
    (void)state;
    start("lie=exit_pad:cpuid:10 lie=exit_pad:hlt:10");
    for (unsigned i = 0; i < 3; i++) {
        distort_pad(VMM_CAUSE_CPUID);
        distort_pad(VMM_CAUSE_HYPERCALL);
    }
    distort_end();
    assert_int_equal(ledger.used, 1); /* nothing was done for hlt: nothing is told */
    assert_int_equal(ledger.entry[0].count, 3);
    assert_int_equal(ledger.entry[0].requested, 30);
    assert_int_equal(ledger.entry[0].delivered, 3 * 6);
}

static void test_full_ledger_counts(void **state)
{
    (void)state;
    start("lie=steal:periodic:10000:10");
    run(DISTORT_LEDGER_ENTRIES + 7);
    assert_int_equal(ledger.used, DISTORT_LEDGER_ENTRIES);
    assert_int_equal(ledger.dropped, 7);
    assert_int_equal(ledger.total[0].entries, DISTORT_LEDGER_ENTRIES + 7);
}

/* Late because of another, it is done later, and the guest runs in between. */
static void test_guest_gets_on(void **state)
{
    (void)state;
    start("lie=steal:periodic:10000:9000 lie=steal:periodic:10000:9000");
    run(50);
    for (unsigned i = 1; i < 50; i++)
        assert_true(ledger.entry[i].begin >= ledger.entry[i - 1].end + GUARD_TICKS - 100);
}

/* Where none is asked for nothing is started, and no timer armed. */
static void test_no_lie(void **state)
{
    (void)state;
    start("tsc=trap");
    assert_null(distort_told());
    assert_int_equal(armed_first, 0);
    start("lie=exit_pad:cpuid:10"); /* not by the clock */
    assert_non_null(distort_told());
    assert_int_equal(armed_first, 0);
    distort_end();
}

/* A scale of 0 is no scale, the largest is as exact as 2^-32 allows. */
static void test_ratio(void **state)
{
    (void)state;
    assert_int_equal(time_ratio_of(0), TIME_RATIO_ONE);
    assert_int_equal(time_ratio_of(500000000), TIME_RATIO_ONE * 3 / 2);
    assert_int_equal(time_ratio_of(-500000000), TIME_RATIO_ONE / 2);
    assert_int_equal(time_ratio_of(1), TIME_RATIO_ONE + 4); /* 4.29 */
    assert_int_equal(time_ratio_of(-1), TIME_RATIO_ONE - 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_periodic_steal),
        cmocka_unit_test(test_lost_ticks),
        cmocka_unit_test(test_user_over_total),
        cmocka_unit_test(test_burst),
        cmocka_unit_test(test_poisson),
        cmocka_unit_test(test_exponential_exactly),
        cmocka_unit_test(test_same_seed_same_ledger),
        cmocka_unit_test(test_guests_are_gathered),
        cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_trapped_step),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_pad),
        cmocka_unit_test(test_full_ledger_counts),
        cmocka_unit_test(test_guest_gets_on),
        cmocka_unit_test(test_no_lie),
        cmocka_unit_test(test_ratio),
    };

    return cmocka_run_group_tests_name("vmm_distort", tests, NULL, NULL);
}
