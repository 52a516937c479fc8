/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mem-bw, mem-lat and ub-mem: right answers at several sizes and seeds; a ruined word, a
 * short chain, a missing pass must be found.
 */
#include "tests/unit/workload_fixture.h"

#include "workloads/mem_bw.c"
#include "workloads/mem_lat.c"
#include "workloads/ub_mem.c"

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

static void no_run(struct workload_run *run)
{
    (void)run;
}

/* A run() that does nothing must never pass. */
static int life_without_work(const char *text)
{
    struct workload lazy;

    fixture_prepare(&fx, text);
    lazy = *fx.run.workload;
    lazy.run = no_run;
    fx.run.workload = &lazy;
    fixture_iterate(&fx, 2);
    return fixture_check(&fx);
}

static void test_bandwidth_answers(void **state)
{
    static const char *const ops[] = {"read", "write", "copy"};

    (void)state;
    for (unsigned op = 0; op < 3; op++) {
        for (unsigned k = 12; k <= 20; k += 4) {
            for (unsigned passes = 1; passes <= 3; passes += 2) {
                char text[80];

                snprintf(text, sizeof text, "mem-bw,op=%s,size=%u,passes=%u", ops[op], 1u << k,
                         passes);
                assert_int_equal(fixture_life(&fx, text, 3), 0);
                assert_int_equal(fx.run.work, (uint64_t)passes << k);
                assert_int_equal(life_without_work(text), -1);
            }
        }
    }
}

static void test_bandwidth_finds_a_ruined_word(void **state)
{
    static const char *const ops[] = {"read", "write", "copy", "copy"};

    (void)state;
    for (unsigned op = 0; op < 4; op++) {
        for (unsigned word = 0; word < 512; word += 73) {
            struct mem_bw_state *s;
            char text[80];

            snprintf(text, sizeof text, "mem-bw,op=%s,size=4096", ops[op]);
            fixture_prepare(&fx, text);
            s = fx.run.state;
            if (op == 0 || op == 3)
                s->words[word] ^= 1u << 17; /* before: the pass reads or copies it */
            fixture_iterate(&fx, 2);
            if (op == 1 || op == 2)
                s->target[word] ^= 1u << 17; /* after: the result is ruined */
            assert_int_equal(fixture_check(&fx), -1);
        }
    }
    /* write: the last iteration is missing */
    fixture_prepare(&fx, "mem-bw,op=write,size=4096");
    fixture_iterate(&fx, 2);
    fx.run.iterations = 3;
    assert_int_equal(fixture_check(&fx), -1);
}

/* The loops touch every word once: 8 loads or stores and 3 others a turn. */
static void test_bandwidth_length(void **state)
{
    long small = fixture_count(&fx, "mem-bw,op=read,size=4096");

    (void)state;
    if (small < 0)
        skip();
    assert_int_equal(fixture_count(&fx, "mem-bw,op=read,size=8192") - small, 64 * 11);
    small = fixture_count(&fx, "mem-bw,op=write,size=4096");
    assert_int_equal(fixture_count(&fx, "mem-bw,op=write,size=8192") - small, 64 * 11);
    small = fixture_count(&fx, "mem-bw,op=copy,size=4096");
    assert_int_equal(fixture_count(&fx, "mem-bw,op=copy,size=8192") - small, 64 * 20);
}

static void test_latency_answers(void **state)
{
    (void)state;
    for (unsigned k = 12; k <= 20; k += 4) {
        for (unsigned stride = 16; stride <= 1024; stride *= 4) {
            for (unsigned loads = 16; loads <= 4096; loads *= 16) {
                char text[80];

                fx.env.seed = FIXTURE_SEED + loads;
                snprintf(text, sizeof text, "mem-lat,size=%u,stride=%u,loads=%u", 1u << k,
                         stride, loads);
                assert_int_equal(fixture_life(&fx, text, 3), 0);
                assert_int_equal(fx.run.work, loads);
            }
        }
    }
    assert_int_equal(life_without_work("mem-lat,size=4096,loads=16"), -1);
    assert_int_equal(life_without_work("mem-lat"), -1);
    assert_int_equal(life_without_work("mem-lat,size=4096,stride=64,loads=64"),
                     -1); /* a whole cycle */
}

/* Every place is visited once in a cycle; two seeds give two orders, one seed gives one. */
static void test_latency_order(void **state)
{
    static void *order[2][64];
    unsigned same = 0;

    (void)state;
    for (unsigned pass = 0; pass < 2; pass++) {
        struct mem_lat_state *s;
        unsigned seen[64] = {0};
        void **p;

        fx.env.seed = FIXTURE_SEED + pass;
        fixture_prepare(&fx, "mem-lat,size=4096,stride=64");
        s = fx.run.state;
        p = s->at;
        for (unsigned i = 0; i < 64; i++) {
            uint64_t at = (uint64_t)((unsigned char *)p - s->buffer) / 64;

            assert_true(at < 64);
            seen[at]++;
            order[pass][i] = p;
            p = *p;
        }
        assert_ptr_equal(p, s->at);
        for (unsigned i = 0; i < 64; i++)
            assert_int_equal(seen[i], 1);
        fixture_prepare(&fx, "mem-lat,size=4096,stride=64");
        p = s->at;
        for (unsigned i = 0; i < 64; i++, p = *p)
            assert_ptr_equal(p, order[pass][i]);
    }
    for (unsigned i = 0; i < 64; i++)
        same += order[0][i] == order[1][i];
    assert_true(same < 16);
    fx.env.seed = FIXTURE_SEED;
}

static void test_latency_finds_faults(void **state)
{
    struct mem_lat_state *s;
    void **p;

    (void)state;
    fixture_prepare(&fx, "mem-lat,size=4096,stride=64,loads=16");
    s = fx.run.state;
    p = *(void ***)s->at;
    *s->at = *p; /* one place is skipped: a cycle of 63 */
    fixture_iterate(&fx, 1);
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "mem-lat,size=4096,stride=64,loads=16");
    p = *(void ***)s->at;
    *p = p; /* a cycle that never comes back */
    fixture_iterate(&fx, 1);
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "mem-lat,size=4096,stride=64,loads=16");
    fixture_iterate(&fx, 1);
    *s->at = s->buffer + 8; /* not a place */
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "mem-lat,size=4096,stride=64,loads=16");
    fixture_iterate(&fx, 1);
    *s->at = s->buffer + 4096; /* outside */
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "mem-lat,size=4096,stride=64,loads=16");
    fixture_iterate(&fx, 1);
    s->at = *s->at; /* one load too many */
    assert_int_equal(fixture_check(&fx), -1);
}

static void test_latency_length(void **state)
{
    long few = fixture_count(&fx, "mem-lat,size=4096,loads=160");

    (void)state;
    if (few < 0)
        skip();
    assert_int_equal(fixture_count(&fx, "mem-lat,size=4096,loads=320") - few, 10 * 18);
}

static void test_blocks_answers(void **state)
{
    (void)state;
    for (unsigned n = 2; n < 2000; n = n * 3 + 1) {
        char text[40];

        snprintf(text, sizeof text, "ub-mem,n=%u", n);
        assert_int_equal(fixture_life(&fx, text, 3), 0);
        assert_int_equal(fx.run.work, n);
        assert_string_equal(fx.run.figure[0].key, "guest_score_milli");
        assert_int_equal(life_without_work(text), -1);
    }
}

static void test_blocks_finds_faults(void **state)
{
    struct ub_mem_state *s;

    (void)state;
    fixture_prepare(&fx, "ub-mem,n=9");
    fixture_iterate(&fx, 2);
    s = fx.run.state;
    s->target[1023] ^= 1;
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "ub-mem,n=9");
    fixture_iterate(&fx, 2);
    s->taken[5]->word[BLOCK_WORDS - 2] ^= 1;
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "ub-mem,n=9");
    fixture_iterate(&fx, 2);
    s->free = s->free->next; /* a block leaked */
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "ub-mem,n=9");
    s->free = s->free->next; /* leaked before: the pass runs dry */
    fixture_iterate(&fx, 2);
    assert_int_equal(fixture_check(&fx), -1);

    fixture_prepare(&fx, "ub-mem,n=9");
    fixture_iterate(&fx, 2);
    s->taken[3]->next = s->taken[3]; /* a list that never ends */
    assert_int_equal(fixture_check(&fx), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bandwidth_answers),
        cmocka_unit_test(test_bandwidth_finds_a_ruined_word),
        cmocka_unit_test(test_bandwidth_length),
        cmocka_unit_test(test_latency_answers),
        cmocka_unit_test(test_latency_order),
        cmocka_unit_test(test_latency_finds_faults),
        cmocka_unit_test(test_latency_length),
        cmocka_unit_test(test_blocks_answers),
        cmocka_unit_test(test_blocks_finds_faults),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
