/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table, its grammar, and the workloads whose length is their meaning: null, spin, clock
 * (exits: test_workload_exits.c). The .c files are included to reach their state and ruin it.
 */
#include "tests/unit/workload_fixture.h"

#include "workloads/spin.c"
#include "workloads/clock.c"

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

/* --- table and grammar --- */

static void test_table_is_sound(void **state)
{
    size_t count;
    const struct workload *const *table = workload_table(&count);

    (void)state;
    assert_true(count >= 8);
    for (size_t i = 0; i < count; i++) {
        const struct workload *w = table[i];

        assert_ptr_equal(workload_find(w->name), w);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(table[j]->name, w->name);
        assert_int_equal(strspn(w->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                         strlen(w->name));
        assert_non_null(w->summary);
        assert_non_null(w->metric);
        assert_non_null(w->unit);
        assert_non_null(w->params);
        assert_non_null(w->check);
        assert_true(w->scale > 0);
        assert_true(w->default_iterations > 0);
        for (unsigned p = 0; w->params[p].name; p++) {
            assert_true(p < WORKLOAD_MAX_ARGS);
            assert_string_not_equal(w->params[p].name, "iters");
            assert_non_null(w->params[p].summary);
            if (w->params[p].kind == WORKLOAD_CHOICE) {
                assert_non_null(w->params[p].choices);
                assert_non_null(w->params[p].choices[w->params[p].initial]);
            }
        }
    }
    assert_null(workload_find("spi"));
    assert_null(workload_find("spinn"));
    assert_null(workload_find(""));
}

/* Every default, minimum and maximum is itself allowed by the grammar, and comes back. */
static void test_format_round_trip(void **state)
{
    size_t count;
    const struct workload *const *table = workload_table(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct workload *w = table[i];

        for (unsigned corner = 0; corner < 3; corner++) {
            struct workload_run run = {.workload = w}, again;
            char canonical[256], text[300], reason[WORKLOAD_REASON_BYTES];
            uint32_t iterations;
            size_t length;

            for (unsigned p = 0; w->params[p].name; p++) {
                uint64_t pick[3] = {w->params[p].initial, w->params[p].min, w->params[p].max};

                run.arg[p] = pick[w->params[p].kind == WORKLOAD_CHOICE ? 0 : corner];
            }
            length = workload_format(&run, canonical, sizeof canonical);
            assert_int_equal(length, strlen(canonical));
            snprintf(text, sizeof text, "%s%s%s", w->name, length ? "," : "", canonical);
            for (char *c = text; *c; c++)
                *c = *c == ' ' ? ',' : *c;
            memset(&again, 0xEE, sizeof again);
            if (workload_parse(text, strlen(text), &again, &iterations, reason) != 0)
                fail_msg("%s: %s", text, reason);
            assert_memory_equal(again.arg, run.arg, sizeof run.arg);
            assert_int_equal(iterations, w->default_iterations);
            assert_int_equal(
                workload_parse(w->name, strlen(w->name), &again, &iterations, reason), 0);
        }
    }
}

static void test_grammar_accepts(void **state)
{
    (void)state;
    fixture_parse(&fx, "spin,n=200,iters=7");
    assert_int_equal(fx.run.arg[0], 200);
    assert_int_equal(fx.iterations, 7);
    fixture_parse(&fx, "spin,iters=1000000,n=2k");
    assert_int_equal(fx.run.arg[0], 2048);
    fixture_parse(&fx, "mem-bw,size=1m,op=copy");
    assert_int_equal(fx.run.arg[0], 2);
    assert_int_equal(fx.run.arg[1], 1048576);
    /* A length, not a terminator, ends the text. */
    assert_int_equal(workload_parse("spin,n=20/null", 9, &fx.run, &fx.iterations, fx.reason),
                     0);
    assert_int_equal(fx.run.arg[0], 20);
}

static void test_grammar_refuses(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "known: null spin"},
        {"spinn", "unknown workload 'spinn'; known: null spin"},
        {"spi", "known:"},
        {"spin,m=2", "no parameter 'm'; allowed: n iters"},
        {"null,n=2", "no parameter 'n'; allowed: iters"},
        {"spin,", "allowed: n iters"},
        {"spin,n", "allowed: n iters"},
        {"spin,,n=2", "allowed: n iters"},
        {"spin,n=", "2..1000000000"},
        {"spin,n=k", "2..1000000000"},
        {"spin,n=3", "a multiple of 2"},
        {"spin,n=0", "2..1000000000"},
        {"spin,n=1000000002", "2..1000000000"},
        {"spin,n=-2", "not '-2'"},
        {"spin,n=2x", "not '2x'"},
        {"spin,n=0x10", "not '0x10'"},
        {"spin,n= 2", "not ' 2'"},
        {"spin,n=18446744073709551616", "2..1000000000"},
        {"spin,n=18446744073709551618", "2..1000000000"},
        {"spin,n=36028797018963968k", "2..1000000000"},
        {"spin,n=2,n=4", "n is given twice"},
        {"spin,iters=0", "1..1000000"},
        {"spin,iters=1000001", "1..1000000"},
        {"spin,iters=5,iters=5", "iters is given twice"},
        {"mem-bw,size=12k", "a power of two"},
        {"mem-bw,op=rea", "one of read write copy, not 'rea'"},
        {"mem-bw,op=", "one of read write copy"},
        {"exits,op=reads", "empty hypercall cpuid port-out mmio-store rdtsc page-fault"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fx.reason[0] = '\0';
        if (workload_parse(cases[i].text, strlen(cases[i].text), &fx.run, &fx.iterations,
                           fx.reason) != -1)
            fail_msg("accepted: %s", cases[i].text);
        if (!strstr(fx.reason, cases[i].says))
            fail_msg("%s: says \"%s\", not \"%s\"", cases[i].text, fx.reason, cases[i].says);
    }
}

/* Any bytes: no crash, and either a run inside the limits or a sentence. */
static void test_grammar_survives_noise(void **state)
{
    static const char alphabet[] = "spinull,=exito0123456789km-\x01\xff/ ";
    unsigned seed = 4711;
    unsigned accepted = 0;

    (void)state;
    print_message("# seed %u\n", seed);
    srandom(seed);
    for (unsigned i = 0; i < 200000; i++) {
        char text[40];
        size_t length = (size_t)random() % sizeof text;
        size_t at = 0;

        if (i & 1) {
            memcpy(text, "spin,n=", 7);
            at = 7;
            length = 8 + (size_t)random() % 4;
        }
        for (; at < length; at++)
            text[at] = alphabet[(size_t)random() % (sizeof alphabet - 1)];
        if (workload_parse(text, length, &fx.run, &fx.iterations, fx.reason) == 0) {
            accepted++;
            assert_true(fx.iterations >= 1 && fx.iterations <= 1000000);
            if (fx.run.workload == &workload_spin)
                assert_true(fx.run.arg[0] >= 2 && fx.run.arg[0] % 2 == 0);
        } else {
            assert_true(fx.reason[0] != '\0');
            assert_true(strlen(fx.reason) < WORKLOAD_REASON_BYTES);
        }
    }
    assert_true(accepted > 100);
}

/* --- null, spin --- */

static void test_null(void **state)
{
    (void)state;
    assert_int_equal(fixture_life(&fx, "null", 3), 0);
    assert_null(fx.run.workload->run);
    fixture_prepare(&fx, "null");
    fx.run.state = &fx;
    assert_int_equal(fixture_check(&fx), -1);
}

static void test_spin_answer(void **state)
{
    struct spin_state *s;

    (void)state;
    assert_int_equal(fixture_life(&fx, "spin,n=2", 1), 0);
    assert_string_equal(fx.run.answer, "r=0x000000000000e7a1");
    assert_int_equal(fixture_life(&fx, "spin,n=1m", 5), 0);
    assert_int_equal(fx.run.work, 1048576);

    fixture_prepare(&fx, "spin,n=1000");
    assert_int_equal(fixture_check(&fx), -1); /* never ran */

    for (int off = -1; off <= 1; off += 2) { /* a turn too many, a turn too few */
        fixture_prepare(&fx, "spin,n=1000");
        s = fx.run.state;
        s->start += (uint64_t)(int64_t)(off * (int64_t)SPIN_STEP);
        fixture_iterate(&fx, 1);
        if (off < 0)
            assert_int_equal(s->final, SPIN_ANSWER); /* the loop made the turn good … */
        s->final += (uint64_t)(int64_t)(off * (int64_t)SPIN_STEP);
        assert_int_equal(fixture_check(&fx), -1);
    }
}

/* time(2N) - time(N) = N instructions, exactly. */
static void test_spin_length(void **state)
{
    long one, two, four;

    (void)state;
    one = fixture_count(&fx, "spin,n=100");
    if (one < 0)
        skip();
    two = fixture_count(&fx, "spin,n=200");
    four = fixture_count(&fx, "spin,n=400");
    assert_int_equal(two - one, 100);
    assert_int_equal(four - two, 200);
}

/* --- clock --- */

static uint64_t scripted_clock[8];
static unsigned scripted_at;

static uint64_t scripted_clock_ns(void)
{
    return scripted_clock[scripted_at++];
}

static int run_scripted(const uint64_t *readings, unsigned count)
{
    memcpy(scripted_clock, readings, count * sizeof readings[0]);
    scripted_at = 0;
    fixture_prepare(&fx, "clock");
    fx.env.clock_ns = scripted_clock_ns;
    for (unsigned i = 0; i < count; i++) {
        workload_clock.run(&fx.run);
        fx.run.iterations++;
        assert_int_equal(scripted_at, i + 1); /* exactly one read */
        assert_int_equal(fx.run.reading, readings[i]);
    }
    fx.env.clock_ns = fixture_clock_ns;
    return fixture_check(&fx);
}

static void test_clock(void **state)
{
    static const uint64_t good[] = {5, 5, 7, 9}, bad[] = {5, 4, 6, 3};

    (void)state;
    assert_true(workload_clock.has_reading);
    assert_int_equal(run_scripted(good, 4), 0);
    assert_string_equal(fx.run.answer, "reads=4 backsteps=0");
    assert_int_equal(run_scripted(bad, 4), -1);
    assert_string_equal(fx.run.answer, "reads=4 backsteps=2");
    assert_string_equal(fx.run.figure[0].key, "backsteps");
    assert_int_equal(fx.run.figure[0].value, 2);

    fixture_prepare(&fx, "clock");
    fixture_iterate(&fx, 3);
    fx.run.iterations = 4; /* one did not read */
    assert_int_equal(fixture_check(&fx), -1);

    fx.env.clock_ns = NULL;
    fixture_parse(&fx, "clock");
    assert_non_null(workload_clock.unavailable(&fx.run));
    fx.env.clock_ns = fixture_clock_ns;
}

static void test_small_arena(void **state)
{
    size_t count;
    const struct workload *const *table = workload_table(&count);

    (void)state;
    fx.env.arena_bytes = 8;
    for (size_t i = 0; i < count; i++) {
        fixture_parse(&fx, table[i]->name);
        if (table[i]->unavailable && table[i]->unavailable(&fx.run))
            continue;
        if (!table[i]->run)
            continue;
        assert_int_equal(table[i]->prepare(&fx.run), -1);
        assert_non_null(strstr(fx.run.reason, "arena"));
    }
    fx.env.arena_bytes = FIXTURE_ARENA_BYTES;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sound),
        cmocka_unit_test(test_format_round_trip),
        cmocka_unit_test(test_grammar_accepts),
        cmocka_unit_test(test_grammar_refuses),
        cmocka_unit_test(test_grammar_survives_noise),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_spin_answer),
        cmocka_unit_test(test_spin_length),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_small_arena),
    };

    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
