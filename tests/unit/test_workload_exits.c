/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The workload exits: what each operation needs and leaves behind, what is wrong is found, and
 * its length in instructions. The .c files are included to reach their state and ruin it.
 */
#include "tests/unit/workload_fixture.h"

#include "hv-under-test/agent/faults.c"
#include "workloads/exits.c"

static struct fixture fx;

static int open_fixture(void **state)
{
    (void)state;
    fixture_open(&fx, FIXTURE_ARENA_BYTES);
    return 0;
}

static int close_fixture(void **state)
{
    (void)state;
    fixture_close(&fx);
    return 0;
}

static void test_exits_unavailable(void **state)
{
    static const char *const ops[] = {"hypercall", "port-out", "mmio-store"};
    static const uint32_t flags[] = {WORKLOAD_VMCALL, WORKLOAD_PORT_IO, 0};
    static uint32_t reg;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        char text[40];

        snprintf(text, sizeof text, "exits,op=%s", ops[i]);
        fx.env.flags = WORKLOAD_ON_LINUX;
        fx.env.mmio = NULL;
        fixture_parse(&fx, text);
        assert_non_null(workload_exits.unavailable(&fx.run));
        fx.env.flags |= flags[i];
        fx.env.mmio = &reg;
        assert_null(workload_exits.unavailable(&fx.run));
    }
    fx.env.flags = WORKLOAD_ON_LINUX;
    fx.env.mmio = NULL;
}

/* A paravirtual guest calls for both; each with its own number. */
static void test_exits_paravirtual(void **state)
{
    struct exits_state *s;

    (void)state;
    fx.env.flags = WORKLOAD_PV;
    fx.env.hypercall_nop = 9;
    fx.env.port_out_call = 27;
    fixture_prepare(&fx, "exits,op=hypercall,n=3");
    s = fx.run.state;
    assert_ptr_equal(s->loop, loop_pv);
    assert_int_equal(s->rax, 9);
    fixture_prepare(&fx, "exits,op=port-out,n=3");
    s = fx.run.state;
    assert_ptr_equal(s->loop, loop_pv);
    assert_int_equal(s->rax, 27);
    fixture_prepare(&fx, "exits,op=cpuid,n=3");
    s = fx.run.state;
    assert_ptr_equal(s->loop, loop_cpuid);
    assert_int_equal(s->rax, 0);
    fx.env.hypercall_nop = fx.env.port_out_call = 0;
    fx.env.flags = WORKLOAD_PORT_IO;
    fixture_prepare(&fx, "exits,op=port-out,n=3");
    s = fx.run.state;
    assert_ptr_equal(s->loop, loop_port_out);
    assert_int_equal(s->rax, 0);
    fx.env.flags = WORKLOAD_ON_LINUX;
}

/* Where another guest gives the processor back at once, by the hypercall that says so. */
static void test_exits_vm_switch(void **state)
{
    struct exits_state *s;

    (void)state;
    fx.env.flags = WORKLOAD_VMMCALL;
    fx.env.yield_call = 0;
    fixture_parse(&fx, "exits,op=vm-switch");
    assert_string_equal(workload_exits.unavailable(&fx.run),
                        "there is no other guest that gives the processor back at once; the "
                        "in-tree hypervisor has some with guests=2 loads=yield");
    fx.env.yield_call = 4;
    fixture_prepare(&fx, "exits,op=vm-switch,n=3");
    assert_null(workload_exits.unavailable(&fx.run));
    s = fx.run.state;
    assert_ptr_equal(s->loop, loop_vmmcall);
    assert_int_equal(s->rax, 4);
    s->final = EXITS_ANSWER;
    assert_int_equal(workload_exits.check(&fx.run), 0);
    s->left.rax = UINT64_MAX;
    assert_int_not_equal(workload_exits.check(&fx.run), 0);
    assert_string_equal(fx.run.reason,
                        "exits: the hypercall that yields did not leave 0 in RAX");
    fx.env.yield_call = 0;
    fx.env.flags = WORKLOAD_ON_LINUX;
}

/* A ring whose other side serves when it is asked, or is a bad one. */
static uint32_t fake_ring[1024];
static uint32_t kicks;

static void fake_kick(void)
{
    kicks++;
    fake_ring[WORKLOAD_RING_CONSUMED / 4] = fake_ring[0];
}

static void test_exits_ring(void **state)
{
    const uint32_t *const slots = fake_ring + WORKLOAD_RING_FIRST_SLOT / 4;

    (void)state;
    fx.env.ring = NULL;
    fixture_parse(&fx, "exits,op=ring-post");
    assert_non_null(workload_exits.unavailable(&fx.run));
    fixture_parse(&fx, "exits,op=ring-kick");
    assert_non_null(workload_exits.unavailable(&fx.run));
    fx.env.ring = fake_ring;
    fx.env.ring_kick = fake_kick;
    assert_null(workload_exits.unavailable(&fx.run));
    memset(fake_ring, 0xff, sizeof fake_ring);
    fake_ring[0] = UINT32_MAX - 20; /* counts wrap */
    assert_int_equal(fixture_life(&fx, "exits,op=ring-post,n=50", 3), 0);
    assert_int_equal(fx.run.work, 50);
    assert_int_equal(fake_ring[0], 129);
    assert_true(kicks >= 3);                           /* before each iteration */
    for (unsigned i = 0; i < WORKLOAD_RING_SLOTS; i++) /* 150 were posted: all slots */
        for (unsigned word = 0; word < 4; word++)
            assert_int_equal(slots[4 * i + word], 0);
    assert_int_equal(slots[4 * WORKLOAD_RING_SLOTS], UINT32_MAX); /* none behind them */
    fixture_prepare(&fx, "exits,op=ring-post,n=50");
    workload_exits.reset(&fx.run);
    workload_exits.run(&fx.run);
    fake_ring[WORKLOAD_RING_CONSUMED / 4]++; /* served unasked */
    assert_int_equal(fixture_check(&fx), -1);
    fixture_prepare(&fx, "exits,op=ring-post,n=50");
    workload_exits.reset(&fx.run);
    workload_exits.run(&fx.run);
    fake_ring[0]--; /* a slot lost */
    assert_int_equal(fixture_check(&fx), -1);
    fixture_parse(&fx, "exits,op=ring-post,n=129");
    assert_int_equal(workload_exits.prepare(&fx.run), -1);
    fx.env.ring = NULL;
}

static void test_exits_answers(void **state)
{
    static uint32_t reg;
    static const char *const ops[] = {"empty", "cpuid", "mmio-store", "rdtsc"};
    struct exits_state *s;

    (void)state;
    fx.env.mmio = &reg;
    for (unsigned i = 0; i < 4; i++) {
        char text[40];

        reg = 0xFFFFFFFF;
        snprintf(text, sizeof text, "exits,op=%s,n=50", ops[i]);
        assert_int_equal(fixture_life(&fx, text, 2), 0);
        assert_int_equal(fx.run.work, 50);
        assert_int_equal(reg, i == 2 ? 0 : 0xFFFFFFFF);

        fixture_prepare(&fx, text);
        assert_int_equal(fixture_check(&fx), -1); /* never ran */

        fixture_prepare(&fx, text);
        fixture_iterate(&fx, 1);
        s = fx.run.state;
        s->final += EXITS_STEP; /* a turn too many */
        assert_int_equal(fixture_check(&fx), -1);
    }
    fx.env.mmio = NULL;

    fixture_prepare(&fx, "exits,op=cpuid,n=3");
    fixture_iterate(&fx, 1);
    s = fx.run.state;
    s->left.rbx ^= 1; /* another vendor */
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "exits,op=rdtsc,n=3");
    fixture_iterate(&fx, 1);
    s = fx.run.state;
    s->first_tsc = s->left.rdx << 32 | s->left.rax; /* a counter that stands still */
    assert_int_equal(fixture_check(&fx), -1);

    /* No hypervisor here: the loop is replaced by one that does what a hypercall would. */
    fx.env.flags |= WORKLOAD_VMMCALL;
    fx.env.hypercall_nop = 9;
    fx.env.hypercall_result = 9;
    fixture_prepare(&fx, "exits,op=hypercall,n=3");
    s = fx.run.state;
    assert_ptr_equal(s->loop, loop_vmmcall);
    s->loop = loop_empty;
    fixture_iterate(&fx, 1);
    assert_int_equal(s->left.rax, 9);
    fx.env.hypercall_result = 0;
    assert_int_equal(fixture_check(&fx), -1);
    fx.env.hypercall_nop = 0;
    fx.env.flags = WORKLOAD_ON_LINUX | WORKLOAD_VMCALL;
    fixture_prepare(&fx, "exits,op=hypercall,n=3");
    s = fx.run.state;
    assert_ptr_equal(s->loop, loop_vmcall);
    fx.env.flags = WORKLOAD_ON_LINUX;
}

/* Unmaps all but the first page. */
static void unmap_all_but_one(void)
{
    faults_unmap();
    *(volatile char *)range = 0;
}

static const struct workload_faults leaves_one = {
    .open = faults_open,
    .unmap = unmap_all_but_one,
    .count = faults_count,
    .close = faults_close,
};

/* Faults of the agent's own making, on this computer: as many as asked for, in each iteration,
 * with locked memory too; one more or one fewer is found. */
static void test_exits_page_fault(void **state)
{
    struct exits_state *s;
    int locked;

    (void)state;
    fixture_parse(&fx, "exits,op=page-fault");
    assert_non_null(workload_exits.unavailable(&fx.run));
    fx.env.faults = &agent_faults;
    for (locked = 0; locked < 2; locked++) {
        if (locked && mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
            print_message("# memory cannot be locked here\n");
            break;
        }
        assert_int_equal(fixture_life(&fx, "exits,op=page-fault,n=1", 3), 0);
        assert_int_equal(fixture_life(&fx, "exits,op=page-fault,n=100", 5), 0);
        assert_string_equal(fx.run.answer, "r=0x000000000000e7a1 iterations=5");
        assert_int_equal(fixture_life(&fx, "exits,op=page-fault,n=1024", 2), 0);
    }
    munlockall();

    fixture_prepare(&fx, "exits,op=page-fault,n=10");
    fixture_iterate(&fx, 2);
    s = fx.run.state;
    ((volatile char *)s->mmio)[s->start + 4096] = 0; /* a page between those of the loop */
    assert_int_equal(fixture_check(&fx), -1);
    assert_non_null(strstr(fx.run.reason, "more or fewer page faults"));

    fx.env.faults = &leaves_one;
    fixture_prepare(&fx, "exits,op=page-fault,n=10");
    fixture_iterate(&fx, 2);
    assert_int_equal(fixture_check(&fx), -1);
    fx.env.faults = &agent_faults;
    assert_non_null(strstr(fx.run.reason, "more or fewer page faults"));

    fixture_prepare(&fx, "exits,op=page-fault,n=10");
    workload_exits.reset(&fx.run);
    fx.run.iterations = 2; /* two iterations of one unmapping */
    workload_exits.run(&fx.run);
    workload_exits.run(&fx.run);
    assert_int_equal(fixture_check(&fx), -1);

    fixture_parse(&fx, "exits,op=page-fault,n=1025");
    assert_int_equal(workload_exits.prepare(&fx.run), -1);
    assert_non_null(strstr(fx.run.reason, "up to 1024"));
    fx.env.faults = NULL;
}

/* n operations are n instructions more than the baseline, at every n. */
static void test_exits_length(void **state)
{
    static uint32_t reg;
    long empty, empty_twice;

    (void)state;
    empty = fixture_count(&fx, "exits,op=empty,n=100");
    if (empty < 0)
        skip();
    empty_twice = fixture_count(&fx, "exits,op=empty,n=200");
    assert_int_equal(empty_twice - empty, 400);
    fx.env.mmio = &reg;
    assert_int_equal(fixture_count(&fx, "exits,op=mmio-store,n=100") - empty, 100);
    assert_int_equal(fixture_count(&fx, "exits,op=rdtsc,n=100") - empty, 100);
    fx.env.mmio = NULL;
}

static void ten_cpuid(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++) {
        unsigned a = 0, b, c = 0, d;

        __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    }
}

static void ten_nop(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++) {
        unsigned a = 0, b, c = 0, d;

        __asm__ volatile("nop" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    }
}

/* Some hypervisors emulate CPUID without the trap that a single step must end with: the step then
 * covers two instructions, and there is nothing to count by. */
static void test_exits_cpuid_length(void **state)
{
    long empty;

    (void)state;
    if (fixture_steps(ten_cpuid, NULL) != fixture_steps(ten_nop, NULL)) {
        print_message("# a single step over CPUID does not stop behind it here\n");
        skip();
    }
    empty = fixture_count(&fx, "exits,op=empty,n=200");
    if (empty < 0)
        skip();
    assert_int_equal(fixture_count(&fx, "exits,op=cpuid,n=200") - empty, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exits_unavailable), cmocka_unit_test(test_exits_paravirtual),
        cmocka_unit_test(test_exits_vm_switch),   cmocka_unit_test(test_exits_ring),
        cmocka_unit_test(test_exits_answers),     cmocka_unit_test(test_exits_page_fault),
        cmocka_unit_test(test_exits_length),      cmocka_unit_test(test_exits_cpuid_length),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
