/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypothesis: the driver keeps the markers' grammar, does nothing of ours inside an interval and
 * writes nothing inside a run; audits count what they say; each kind of failure leaves what it
 * should behind.
 */
#include "tests/unit/target_fixture.h"

static void whole_plan(void **state)
{
    (void)state;
    assert_int_equal(run_plan("null:11/good:3/reads:2", 1), 0);
    check_grammar(16);
    expect(find_record("boot", 0), "env", "test");
    expect(find_record("boot", 0), "clock.far", "ns");
    expect(find_record("boot", 0), "clock.near", "ticks");
    expect(find_record("run", 0), "name", "null");
    expect(find_record("run", 1), "first", "11");
    expect(find_record("run", 1), "iters", "3");
    expect(find_record("run", 1), "work", "3");
    assert_int_equal(count_records("iv"), 16);
    expect(find_record("iv", 11), "n", "11");
    expect(find_record("iv", 11), "w", "1");
    expect(find_record("iv", 11), "i", "0");
    assert_null(record_get(find_record("iv", 11), "read"));
    assert_non_null(record_get(find_record("iv", 15), "read"));
    expect(find_record("answer", 1), "verdict", "ok");
    expect(find_record("answer", 1), "answer", "42");
    expect(find_record("answer", 1), "score", "7");
    expect(find_record("end", 0), "intervals", "16");
    expect(find_record("end", 0), "status", "ok");
    assert_int_equal(count_records("audit"), 0);
    assert_int_equal(cleanups, 3);
    /* The last run: two iterations, each one reading step between before and after. */
    assert_int_equal(seen_iterations, 2);
    assert_int_equal(seen_guest_ns, 2);
}

/* Each interval is spin, before, START, (run), STOP, after, and nothing else. */
static void order_inside(void **state)
{
    static const enum what with[] = {SPIN, BEFORE, STORE, RUN, STORE, AFTER};
    static const enum what without[] = {SPIN, BEFORE, STORE, STORE, AFTER};
    size_t i = 0;

    (void)state;
    assert_int_equal(run_plan("good:50/null:50", 3), 0);
    while (events[i].what != BEFORE)
        i++;
    i--;
    for (unsigned n = 0; n < 50; n++)
        for (unsigned k = 0; k < 6; k++)
            assert_int_equal(events[i++].what, with[k]);
    assert_int_equal(events[i++].what, WRITE);
    assert_int_equal(events[i++].what, WRITE);
    for (unsigned n = 0; n < 50; n++)
        for (unsigned k = 0; k < 5; k++)
            assert_int_equal(events[i++].what, without[k]);
    assert_int_equal(events[i].what, WRITE);
}

/* What run() uses up is put back outside the interval, before its gap and the clocks. */
static void reset_before_each(void **state)
{
    static const enum what with[] = {RESET, SPIN, BEFORE, STORE, RUN, STORE, AFTER};
    size_t i = 0;

    (void)state;
    assert_int_equal(run_plan("again:20/good:1", 3), 0);
    while (events[i].what != RESET)
        i++;
    for (unsigned n = 0; n < 20; n++)
        for (unsigned k = 0; k < 7; k++)
            assert_int_equal(events[i++].what, with[k]);
    for (; i < event_count; i++)
        assert_int_not_equal(events[i].what, RESET);
}

/* A run of more readings than the ring holds goes on, and says that it was interrupted. */
static void ring_overflow(void **state)
{
    const uint64_t capacity = TARGET_RING_WORDS / 5;
    char runs[32], number[32];

    (void)state;
    snprintf(runs, sizeof runs, "null:%u", (unsigned)capacity + 7);
    assert_int_equal(run_plan(runs, 1), 0);
    check_grammar(capacity + 7);
    expect(find_record("fact", 2), "console_in_run", "0");
    snprintf(number, sizeof number, "%u", (unsigned)capacity);
    expect(find_record("fact", 2), "before_iteration", number);
    expect(find_record("end", 0), "status", "ok");
    snprintf(number, sizeof number, "%u", (unsigned)capacity + 6);
    expect(find_record("iv", (unsigned)capacity + 6), "n", number);
    expect(find_record("iv", (unsigned)capacity + 6), "i", number);
    reset(NULL);
    snprintf(runs, sizeof runs, "null:%u", (unsigned)capacity);
    assert_int_equal(run_plan(runs, 1), 0);
    assert_null(record_get(find_record("fact", 0), "console_in_run"));
    assert_int_equal(count_records("fact"), 2);
}

static void audit_none(void **state)
{
    (void)state;
    ops.exits_total = fake_exits;
    ops.hypercall_nop = fake_hypercall;
    exits_noise_every = 250; /* the machine's own exits: in some rounds, the last too */
    assert_int_equal(run_plan("null:4", 1), 0);
    expect(find_record("audit", 0), "what", "null");
    expect(find_record("audit", 0), "k", "100");
    expect(find_record("audit", 0), "exits_k", "0");
    expect(find_record("audit", 0), "exits_2k", "0");
    expect(find_record("audit", 1), "what", "hypercall");
    expect(find_record("audit", 1), "exits_k", "100");
    expect(find_record("audit", 1), "exits_2k", "200");
    /* And no edge came from 6000 stores. */
    check_grammar(4);
}

static void audit_exit_per_store(void **state)
{
    (void)state;
    ops.exits_total = fake_exits;
    exits_per_null = 2;
    assert_int_equal(run_plan("null:1", 1), 0);
    expect(find_record("audit", 0), "exits_k", "200");
    expect(find_record("audit", 0), "exits_2k", "400");
    assert_int_equal(count_records("audit"), 1);
}

static struct sentinel_seen { /* sites, and the exits when they were passed */
    unsigned site;
    uint64_t exits;
} sentinels[128];
static unsigned sentinel_count;

static void fake_sentinel(unsigned site)
{
    assert_true(sentinel_count < 128);
    sentinels[sentinel_count++] = (struct sentinel_seen){site, exits};
}

/* Whoever reads the trace writes the records; here are the groups alone. */
static void audit_traced_elsewhere(void **state)
{
    static const enum sentinel_audit whats[] = {SENTINEL_NULL, SENTINEL_HYPERCALL};

    (void)state;
    sentinel_count = 0;
    exits_per_null = 3;
    ops.sentinel = fake_sentinel;
    ops.hypercall_nop = fake_hypercall;
    assert_int_equal(run_plan("null:1", 1), 0);
    assert_int_equal(count_records("audit"), 0);
    expect(find_record("fact", 0), "exits_counted", "traced");
    assert_int_equal(sentinel_count, 2 * 2 * 2 * TARGET_AUDIT_ROUNDS);
    for (unsigned i = 0; i < sentinel_count; i += 2) {
        const unsigned what = i / (4 * TARGET_AUDIT_ROUNDS), twice = i / 2 % 2;

        assert_int_equal(sentinels[i].site, sentinel_begin_site(whats[what], (int)twice));
        assert_int_equal(sentinels[i + 1].site, SENTINEL_END);
        assert_int_equal(sentinels[i + 1].exits - sentinels[i].exits,
                         (TARGET_AUDIT_K << twice) * (what ? 1 : 3));
    }
    /* Without a hypercall: CPUIDs. */
    reset(NULL);
    sentinel_count = 0;
    ops.sentinel = fake_sentinel;
    ops.cpuid_nop = fake_hypercall;
    assert_int_equal(run_plan("null:1", 1), 0);
    assert_int_equal(sentinels[4 * TARGET_AUDIT_ROUNDS].site,
                     sentinel_begin_site(SENTINEL_CPUID, 0));
}

/* What cannot run is a verdict with a reason; the rest of the plan runs. */
static void verdicts(void **state)
{
    (void)state;
    assert_int_equal(run_plan("skip:9/prep:9/idle:9/wrong:2/good:1", 1), 0);
    check_grammar(3);
    expect(find_record("run", 0), "verdict", "skip");
    expect(find_record("run", 0), "reason", "not on this machine");
    expect(find_record("run", 0), "iters", "0");
    expect(find_record("run", 1), "verdict", "error");
    expect(find_record("run", 1), "reason", "no room");
    expect(find_record("run", 2), "verdict", "error");
    assert_null(record_get(find_record("run", 3), "verdict"));
    expect(find_record("answer", 0), "w", "3");
    expect(find_record("answer", 0), "verdict", "fail");
    expect(find_record("answer", 0), "reason", "42 was expected");
    expect(find_record("answer", 1), "w", "4");
    expect(find_record("answer", 1), "verdict", "ok");
    assert_int_equal(count_records("answer"), 2);
    expect(find_record("end", 0), "status", "ok");
    assert_int_equal(cleanups, 4); /* all that were prepared, but not the skipped one */
}

/* A plan with one bad run marks nothing at all. */
static void bad_plan(void **state)
{
    (void)state;
    assert_int_equal(run_plan("good:5/nonsense:1", 1), -1);
    for (size_t i = 0; i < event_count; i++)
        assert_int_equal(events[i].what, WRITE);
    expect(find_record("error", 0), "reason", "unknown workload nonsense");
    expect(find_record("end", 0), "status", "error");
    expect(find_record("end", 0), "intervals", "0");
}

/* A fault in the middle of a record: that record is gone, the stream is whole. */
/* A page that answers every read of the plan's register with the same word. */
static void the_card_tells_the_runs(void **state)
{
    static uint32_t page[1024];
    char text[5] = {0};

    (void)state;
    target_begin(&target, &ops, 5);
    target.plan = (struct plan){.boot_from_card = 1, .runs_from_card = 1};
    target.pins = page;
    assert_non_null(strstr(target_take_card(&target), "no plan index"));
    page[CARD_REG_BOOT / 4] = CARD_BOOT_VALID | 77;
    assert_non_null(strstr(target_take_card(&target), "no plan"));
    page[CARD_REG_PLAN_BYTES / 4] = CARD_PLAN_MAX_BYTES + 1;
    assert_non_null(target_take_card(&target));
    page[CARD_REG_PLAN_BYTES / 4] = 4;
    page[CARD_REG_PLAN_AT / 4] = 9;
    memcpy(&page[CARD_REG_PLAN / 4], "null", 4);
    assert_null(target_take_card(&target));
    assert_int_equal(target.plan.boot, 77);
    assert_int_equal(target.plan.runs_length, 4);
    memcpy(text, target.plan.runs, 4);
    assert_string_equal(text, "null");
    assert_int_equal(page[CARD_REG_PLAN_AT / 4], 0);
    memcpy(&page[CARD_REG_PLAN / 4], "//sp", 4);
    assert_non_null(strstr(target_take_card(&target), "empty run"));
}

static void fail_inside_record(void **state)
{
    (void)state;
    target_begin(&target, &ops, 5);
    record_begin(&target.out, "fact");
    record_u64(&target.out, "whole", 1);
    assert_int_equal(record_end(&target.out), 0);
    record_begin(&target.out, "fact");
    record_text(&target.out, "half", "of a recor");
    target.intervals = 9;
    target_fail(&target, "exception 14");
    assert_int_equal(count_records("fact"), 1);
    expect(find_record("error", 0), "reason", "exception 14");
    expect(find_record("end", 0), "intervals", "9");
    expect(find_record("end", 0), "status", "error");
}

/* Equal seeds: the same boot. Other seeds: another phase and other gaps, within bounds. */
static void seeds(void **state)
{
    static struct event first[1000];
    size_t n;
    unsigned differ = 0, gaps = 0;

    (void)state;
    assert_int_equal(run_plan("null:100", 77), 0);
    n = event_count;
    assert_true(n < 1000);
    memcpy(first, events, n * sizeof first[0]);
    for (size_t i = 0; i < n; i++) {
        if (events[i].what != SPIN)
            continue;
        if (events[i + 1].what == BEFORE) {
            assert_true(events[i].value >= 800 && events[i].value < 800 + 100 + 64);
            gaps += events[i].value != first[i ? i - 5 : 0].value;
        } else {
            assert_true(events[i].value < 1u << 20);
        }
    }
    assert_true(gaps > 50);
    reset(NULL);
    assert_int_equal(run_plan("null:100", 77), 0);
    assert_int_equal(event_count, n);
    assert_memory_equal(events, first, n * sizeof first[0]);
    reset(NULL);
    assert_int_equal(run_plan("null:100", 78), 0);
    assert_int_equal(event_count, n);
    for (size_t i = 0; i < n; i++)
        differ += events[i].what == SPIN && events[i].value != first[i].value;
    assert_true(differ > 50);
}

/* The target as it was at its second checkpoint is put back at its fourth and sixth, but for what
 * is carried: the plan goes on behind what was done, and nothing is done twice. */
static unsigned checkpoints;

static void fake_checkpoint(void *carried, size_t bytes)
{
    static struct target saved;
    char kept[sizeof(struct target_carried)];

    assert_ptr_equal(carried, &target.carried);
    assert_int_equal(bytes, sizeof kept);
    assert_int_equal(target.out.used, 0); /* no record waits */
    checkpoints++;
    if (checkpoints == 2)
        saved = target;
    if (checkpoints != 4 && checkpoints != 6)
        return;
    memcpy(kept, carried, sizeof kept);
    target = saved;
    memcpy(carried, kept, sizeof kept);
}

static void put_back_between_runs(void **state)
{
    char before[64];

    (void)state;
    checkpoints = 0;
    ops.checkpoint = fake_checkpoint;
    assert_int_equal(run_plan("null:3/good:3/reads:3/null:2/good:5/null:4", 1), 0);
    assert_int_equal(checkpoints, 7); /* before each run, and behind the last */
    check_grammar(20);
    assert_int_equal(count_records("iv"), 20);
    assert_int_equal(count_records("run"), 6);
    for (unsigned i = 0; i < 20; i++) {
        snprintf(before, sizeof before, "%u", i);
        expect(find_record("iv", i), "n", before);
    }
    expect(find_record("iv", 19), "w", "5");
    expect(find_record("end", 0), "intervals", "20");
    expect(find_record("end", 0), "status", "ok");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(whole_plan, reset),
        cmocka_unit_test_setup(order_inside, reset),
        cmocka_unit_test_setup(reset_before_each, reset),
        cmocka_unit_test_setup(ring_overflow, reset),
        cmocka_unit_test_setup(audit_none, reset),
        cmocka_unit_test_setup(audit_exit_per_store, reset),
        cmocka_unit_test_setup(audit_traced_elsewhere, reset),
        cmocka_unit_test_setup(verdicts, reset),
        cmocka_unit_test_setup(bad_plan, reset),
        cmocka_unit_test_setup(fail_inside_record, reset),
        cmocka_unit_test_setup(the_card_tells_the_runs, reset),
        cmocka_unit_test_setup(seeds, reset),
        cmocka_unit_test_setup(put_back_between_runs, reset),
    };

    return cmocka_run_group_tests_name("target_driver", tests, NULL, NULL);
}
