/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checkpoints at which a guest is saved and put back, against a TSC of the test's own and a guest
 * of a few bytes: when it is done, what is booked, what the guest's clock shows, what is carried
 * over, and what areas are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv-under-test/vmm/machine/x86.h"

static uint64_t now_ticks;

/* Time passes by being looked at. */
static uint64_t model_rdtsc(void)
{
    return now_ticks += 6;
}

#define x86_rdtsc model_rdtsc
#include "hv-under-test/vmm/accounts.c"
#include "hv-under-test/vmm/config.c"
#include "hv-under-test/vmm/time/lie.c"
#include "hv-under-test/vmm/text.c"
#include "hv-under-test/vmm/time/restore.c"
#include "hv-under-test/vmm/time/time.c"

#define RAM_BYTES 65536u
#define AREA 4096u
#define COPY_TICKS 1000u

struct guest_memory guest_memory;
static uint8_t ram[RAM_BYTES], copy[RAM_BYTES];
static unsigned saves, put_backs, stopped_clocks, slept;
static struct distort_entry booked[8];
static unsigned entries;

void snapshot_take(struct vcpu *v)
{
    (void)v;
    memcpy(copy, ram, sizeof(ram));
    now_ticks += COPY_TICKS;
    saves++;
}

void snapshot_restore(struct vcpu *v, int stopped)
{
    (void)v;
    memcpy(ram, copy, sizeof(ram));
    now_ticks += COPY_TICKS;
    put_backs++;
    stopped_clocks += (unsigned)stopped;
}

void distort_shift(struct vcpu *v, int64_t ticks)
{
    (void)v;
    time_shift(ticks);
}

void distort_book(const struct distort_entry *e)
{
    assert_true(entries < 8);
    booked[entries++] = *e;
}

static uint64_t alarm_at;

void host_timer_arm(struct host_timer *t, uint64_t deadline_ticks)
{
    (void)t;
    alarm_at = deadline_ticks;
}

void host_timer_cancel(struct host_timer *t)
{
    (void)t;
}

void host_timer_service(struct vcpu *v)
{
    (void)v;
}

void devices_service(struct vcpu *v)
{
    (void)v;
}

static void sleep_until_alarm(int wait)
{
    assert_true(wait);
    slept++;
    now_ticks = now_ticks < alarm_at ? alarm_at : now_ticks;
}

static void post(struct vcpu *v, unsigned vector)
{
    (void)v;
    (void)vector;
}

static struct backend backend;
static struct vcpu vcpu = {.backend = &backend};
static struct vmm_config config;

static void start(const char *words, int sleeps)
{
    char reason[CONFIG_REASON_BYTES];

    memset(&accounts_page, 0, sizeof(accounts_page));
    memset(ram, 0, sizeof(ram));
    guest_memory = (struct guest_memory){ram, sizeof(ram)};
    backend = (struct backend){.post = sleeps ? post : NULL, .interrupts = sleep_until_alarm};
    saves = put_backs = stopped_clocks = slept = entries = 0;
    now_ticks = 0;
    assert_int_equal(config_parse(words, &config, reason), 0);
    time_start(&config, 0);
    restore_start(&config, 0);
}

static uint64_t checkpoint_at(uint64_t tsc, uint64_t address, uint64_t bytes)
{
    now_ticks = vcpu.exit_tsc = tsc;
    vcpu.rdi = address;
    vcpu.rsi = bytes;
    return restore_checkpoint(&vcpu);
}

static void test_not_asked_for(void **state)
{
    (void)state;
    start("lie=pause:told:5:6", 1);
    assert_false(restore_is_asked(&config));
    assert_int_equal(accounts_page.a.checkpoints, 0);
    assert_true(checkpoint_at(100, AREA, 8) == UINT64_MAX);
    assert_int_equal(saves, 0);
    assert_null(restore_missing());
}

/* Saved at the first checkpoint after AT; put back at those APART from the last, three times. */
static void when(int sleeps)
{
    uint64_t at = 0;

    start("lie=restore:hidden:50000:20000:7000:3", sleeps);
    assert_true(restore_is_asked(&config));
    assert_int_equal(accounts_page.a.checkpoints, 1);
    assert_string_equal(restore_missing(),
                        "lie: the guest was to be saved and came to no checkpoint in time");
    assert_int_equal(checkpoint_at(49999, AREA, 16), 0);
    assert_int_equal(saves, 0);
    assert_int_equal(checkpoint_at(60000, AREA, 16), 0);
    assert_int_equal(saves, 1);
    assert_string_equal(restore_missing(),
                        "lie: the guest was saved and came to no later checkpoint in time");
    at = now_ticks;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(checkpoint_at(at + 19999, AREA, 16), 0);
        assert_int_equal(put_backs, i);
        assert_int_equal(checkpoint_at(at + 30000, AREA, 16), 0);
        assert_int_equal(put_backs, i + 1);
        at = now_ticks;
        assert_null(restore_missing());
    }
    assert_int_equal(checkpoint_at(at + 1000000, AREA, 16), 0);
    assert_int_equal(put_backs, 3);
    assert_int_equal(saves, 1);
    assert_int_equal(stopped_clocks, 3);
    assert_int_equal(slept != 0, sleeps);
}

static void test_when(void **state)
{
    (void)state;
    when(1);
    when(0);
}

static void test_hidden(void **state)
{
    uint64_t saved, before, lost;

    (void)state;
    start("tsc=offset:500 lie=restore:hidden:10000:20000:7000:2", 1);
    checkpoint_at(10000, AREA, 8);
    saved = time_guest_at(now_ticks);
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t since = now_ticks;

        before = time_guest_at(since + 30000);
        checkpoint_at(since + 30000, AREA, 8);
        lost = now_ticks - since;
        assert_int_equal(booked[i].begin, since + 30000);
        assert_int_equal(booked[i].end, now_ticks);
        assert_int_equal(booked[i].guest, before);
        assert_int_equal(booked[i].requested, -27000);
        assert_int_equal(booked[i].delivered, -(int64_t)lost);
        assert_int_equal(booked[i].visible, -(int64_t)lost);
        assert_int_equal(booked[i].count, 1);
        assert_in_range(lost, 38000, 38100);
        assert_int_equal(time_guest_at(now_ticks), saved); /* as if nothing had been */
    }
    assert_int_equal(accounts_page.a.restores_told, 0);
}

static void test_told(void **state)
{
    (void)state;
    start("lie=restore:told:10000:20000:7000:1", 1);
    checkpoint_at(10000, AREA, 8);
    checkpoint_at(50000, AREA, 8);
    assert_int_equal(entries, 1);
    assert_int_equal(booked[0].visible, 0);
    assert_in_range(-booked[0].delivered, 46900, 47100);
    assert_int_equal(accounts_page.a.restores_told, 1);
    assert_int_equal(accounts_page.a.restore_ticks_told, -booked[0].delivered);
    assert_int_equal(time_guest_at(now_ticks), now_ticks);
    assert_int_equal(stopped_clocks, 0);
}

/* What is carried is what it is at the restore; all else what it was at the snapshot. */
static void test_carried(void **state)
{
    (void)state;
    start("lie=restore:told:10000:20000:5:1", 1);
    memset(ram, 1, sizeof(ram));
    checkpoint_at(10000, AREA, 16);
    memset(ram, 2, sizeof(ram));
    checkpoint_at(50000, AREA + 8, VMM_CARRIED_MOST);
    assert_int_equal(put_backs, 1);
    for (unsigned i = 0; i < RAM_BYTES; i++)
        assert_int_equal(ram[i], i < AREA + 8 || i >= AREA + 8 + VMM_CARRIED_MOST ? 1 : 2);
}

static void test_refused(void **state)
{
    static const struct {
        uint64_t address, bytes;
    } areas[] = {
        {RAM_BYTES - 8, 9},
        {RAM_BYTES + 1, 0},
        {UINT64_MAX - 7, 8},
        {8, UINT64_MAX - 3},
        {AREA, VMM_CARRIED_MOST + 1},
        {0xfef00000u, 8},
        {UINT64_MAX, 1},
        {1ull << 63, 8},
    };

    (void)state;
    start("lie=restore:told:10000:20000:5:1", 1);
    for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
        assert_true(checkpoint_at(60000, areas[i].address, areas[i].bytes) == UINT64_MAX);
    assert_int_equal(saves, 0);
    assert_int_equal(checkpoint_at(60000, RAM_BYTES - 8, 8), 0);
    assert_int_equal(checkpoint_at(160000, RAM_BYTES, 0), 0);
    assert_int_equal(put_backs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_asked_for), cmocka_unit_test(test_when),
        cmocka_unit_test(test_hidden),        cmocka_unit_test(test_told),
        cmocka_unit_test(test_carried),       cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
