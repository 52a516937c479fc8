/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The workload that measures the reading of a collector: it takes as many samples as it was
 * asked to, notices when one is missing, and knows every collector that there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector/collector.h"
#include "workload_fixture.h"

#include "workloads/observe.c" /* NOLINT */

static char chosen[32];
static uint64_t samples, lost_every;

static const char *fake_unavailable(void *place, const char *collector)
{
    assert_ptr_equal(place, chosen);
    return strcmp(collector, "accounting") == 0 ? "no accounts here" : NULL;
}

static void fake_choose(void *place, const char *collector)
{
    snprintf(place, sizeof chosen, "%s", collector);
}

static void fake_sample(void *place)
{
    static uint64_t calls;

    (void)place;
    if (!lost_every || ++calls % lost_every)
        samples++;
}

static uint64_t fake_samples(void *place)
{
    (void)place;
    return samples;
}

static const struct workload_observer observer = {
    .place = chosen,
    .unavailable = fake_unavailable,
    .choose = fake_choose,
    .sample = fake_sample,
    .samples = fake_samples,
};

static int observe(const char *text, struct workload_run *run, struct workload_env *env)
{
    static char arena[65536] __attribute__((aligned(4096)));
    char reason[WORKLOAD_REASON_BYTES];
    uint32_t iterations;

    *env = (struct workload_env){
        .arena = arena, .arena_bytes = sizeof arena, .observer = &observer};
    memset(run, 0, sizeof *run);
    assert_int_equal(workload_parse(text, strlen(text), run, &iterations, reason), 0);
    run->env = env;
    run->iterations = iterations;
    assert_null(run->workload->unavailable(run));
    assert_int_equal(run->workload->prepare(run), 0);
    for (uint32_t i = 0; i < iterations; i++)
        run->workload->run(run);
    return run->workload->check(run);
}

static void takes_every_sample(void **state)
{
    struct workload_env env;
    struct workload_run run;

    (void)state;
    lost_every = 0;
    assert_int_equal(observe("observe,collector=clocks,n=7,iters=3", &run, &env), 0);
    assert_string_equal(chosen, "clocks");
    assert_string_equal(run.answer, "samples=21");
    assert_int_equal(run.work, 7);
    assert_int_equal(observe("observe,n=1,iters=1", &run, &env), 0);
    assert_string_equal(chosen, "none");
}

static void notices_a_lost_sample(void **state)
{
    struct workload_env env;
    struct workload_run run;

    (void)state;
    lost_every = 5;
    assert_int_equal(observe("observe,collector=clocks,n=7,iters=3", &run, &env), -1);
    assert_non_null(strstr(run.reason, "not every sample"));
}

static void says_why_it_cannot(void **state)
{
    struct workload_env env = {.observer = &observer};
    struct workload_run run;
    char reason[WORKLOAD_REASON_BYTES];
    uint32_t iterations;
    const char *text = "observe,collector=accounting";

    (void)state;
    memset(&run, 0, sizeof run);
    assert_int_equal(workload_parse(text, strlen(text), &run, &iterations, reason), 0);
    run.env = &env;
    assert_string_equal(run.workload->unavailable(&run), "no accounts here");
    env.observer = NULL;
    assert_non_null(run.workload->unavailable(&run));
}

static void knows_every_collector(void **state)
{
    size_t count, known = 0;
    const struct collector *const *table = collector_table(&count);

    (void)state;
    while (collector_names[known])
        known++;
    assert_int_equal(known, count + 1); /* and none */
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;

        while (collector_names[k] && strcmp(collector_names[k], table[i]->name) != 0)
            k++;
        if (!collector_names[k])
            fail_msg("workloads/observe.c does not know the collector %s", table[i]->name);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_every_sample),
        cmocka_unit_test(notices_a_lost_sample),
        cmocka_unit_test(says_why_it_cannot),
        cmocka_unit_test(knows_every_collector),
    };

    return cmocka_run_group_tests_name("workload_observe", tests, NULL, NULL);
}
