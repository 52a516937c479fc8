/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A comparison claims what the data hold and nothing else: a known ratio comes back, exact figures
 * are never dressed up, what was not measured alike is refused with its reason, all rows of a table
 * are judged together, and what the text says is what the columns say.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/compare/comparison.h"
#include "base/paths.h"
#include "reports/comparison.h"
#include "tests/golden/synthetic.h"
#include "tests/unit/random_fixture.h"

#define BOOTS 30

/* A run of `boots` boots made by the model, in a campaign where boots are samples. */
struct made {
    struct query_campaign campaign;
    struct gather_run run;
    struct summary_boot boot[BOOTS];
    double x[BOOTS][MODEL_ITERATIONS];
};

static void make_run(struct made *m, size_t boots, double scale)
{
    memset(m, 0, sizeof(*m));
    strcpy(m->campaign.bench, "metal");
    strcpy(m->run.platform, "native");
    strcpy(m->run.workload, "spin");
    strcpy(m->run.metric, "time");
    strcpy(m->run.unit, "ns");
    m->run.scale = 1;
    m->run.work = 1;
    m->run.grade = 'A';
    m->run.boot = m->boot;
    m->run.boots = boots;
    for (size_t i = 0; i < boots; i++) {
        model_boot(m->x[i], scale);
        snprintf(m->boot[i].seed, sizeof(m->boot[i].seed), "%zu", i);
        m->boot[i].ns = m->x[i];
        m->boot[i].n = MODEL_ITERATIONS;
        m->boot[i].u_ns = 0.01;
    }
}

static const struct compare_setting plain = {0, {500, 0.95, 1}};

static struct compare_result pair(const struct made *a, const struct made *b, double margin)
{
    const struct compare_side first = {&a->run, &a->campaign},
                              second = {&b->run, &b->campaign};
    struct compare_result r;

    assert_int_equal(compare_pair(&first, &second, margin, &plain, &r), 0);
    assert_int_equal(compare_decide(&r, 1), 0);
    return r;
}

static void known_ratios_come_back(void **state)
{
    static struct made a, b;
    int covered = 0, views = 0, undecided = 0;

    (void)state;
    rng_state = 41;
    for (int t = 0; t < 200; t++) {
        struct compare_result r;

        make_run(&a, 10, 1000);
        make_run(&b, 10, 1100);
        r = pair(&a, &b, NAN);
        assert_int_equal(r.verdict, COMPARE_SLOWER);
        assert_true(r.adjusted == r.p && r.rank.p < 0.001 && !r.exact);
        covered += r.ratio.low <= 1.1 && r.ratio.high >= 1.1;
        views += r.medians.low <= 1.1 && r.medians.high >= 1.1;
        assert_int_equal(pair(&b, &a, NAN).verdict, COMPARE_FASTER);
        make_run(&b, 10, 1000);
        undecided += pair(&a, &b, NAN).verdict == COMPARE_UNDECIDED;
    }
    print_message(
        "# seed 41: of 200 the ratio 1.1 is in Welch's interval %d times, in that of "
        "medians %d times; 1 is not distinguishable %d times\n",
        covered, views, undecided);
    assert_in_range(covered, 184, 198);
    assert_in_range(views, 184, 200);
    assert_in_range(undecided, 182, 198);
}

/* p is 0.05 exactly where the interval touches 1: one statement and not two. */
static void p_and_interval_agree(void **state)
{
    static struct made a, b;

    (void)state;
    rng_state = 43;
    for (int t = 0; t < 200; t++) {
        struct compare_result r;

        make_run(&a, 6, 1000);
        make_run(&b, 5, 1010);
        r = pair(&a, &b, 1.05);
        assert_int_equal(r.p <= 0.05, r.ratio.distinguishable);
        assert_true(r.ratio.low < r.ratio.ratio && r.ratio.ratio < r.ratio.high);
        assert_true(r.first.median_ns > 900 && r.second.median_ns < 1100);
    }
}

static void exact_stays_exact(void **state)
{
    static struct made a, b;
    struct compare_result r;

    (void)state;
    rng_state = 44;
    make_run(&a, 2, 1000);
    make_run(&b, 2, 1000);
    a.campaign.deterministic = b.campaign.deterministic = 1;
    for (size_t k = 0; k < 2; k++) {
        strcpy(a.boot[k].seed, "7");
        strcpy(b.boot[k].seed, "7");
        a.boot[k].u_ns = b.boot[k].u_ns = 2;
        for (size_t i = 0; i < MODEL_ITERATIONS; i++) {
            a.x[k][i] = 1000;
            b.x[k][i] = 1003;
        }
    }
    r = pair(&a, &b, NAN);
    assert_int_equal(r.verdict, COMPARE_UNDECIDED); /* a step and a half */
    assert_true(r.exact && isnan(r.p) && isnan(r.adjusted) && isnan(r.rank.p));
    assert_true(isnan(r.medians.value) && isnan(compare_margin(&r)));
    assert_true(r.ratio.low == 1001.0 / 1002 && r.ratio.high == 1005.0 / 998);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < MODEL_ITERATIONS; i++)
            b.x[k][i] = 1005;
    assert_int_equal(pair(&a, &b, NAN).verdict, COMPARE_SLOWER);
    assert_int_equal(pair(&a, &b, 1.02).verdict, COMPARE_EQUIVALENT);
    assert_int_equal(pair(&a, &b, 1.004).verdict, COMPARE_SLOWER);
    assert_int_equal(pair(&a, &a, NAN).verdict, COMPARE_EQUAL);
    assert_int_equal(pair(&b, &a, NAN).verdict, COMPARE_FASTER);
}

static void equivalence_needs_a_margin_and_data(void **state)
{
    static struct made a, b;
    struct compare_result r;

    (void)state;
    rng_state = 45;
    make_run(&a, BOOTS, 1000);
    make_run(&b, BOOTS, 1000);
    r = pair(&a, &b, 1.05);
    assert_int_equal(r.verdict, COMPARE_EQUIVALENT);
    assert_true(r.margin == 1.05 && r.adjusted_equivalent < 0.001);
    assert_int_equal(pair(&a, &b, NAN).verdict, COMPARE_UNDECIDED);
    a.run.boots = b.run.boots = 2; /* too few to claim it */
    assert_int_equal(pair(&a, &b, 1.01).verdict, COMPARE_UNDECIDED);
    /* the margin of a thing against itself: the farther bound */
    a.run.boots = b.run.boots = BOOTS;
    r = pair(&a, &b, NAN);
    assert_true(fabs(compare_margin(&r) - fmax(r.ratio.high, 1 / r.ratio.low)) < 1e-15);
    /* a difference that is real and does not matter */
    make_run(&b, BOOTS, 1012);
    assert_int_equal(pair(&a, &b, NAN).verdict, COMPARE_SLOWER);
    assert_int_equal(pair(&a, &b, 1.05).verdict, COMPARE_EQUIVALENT);
}

static void refused(struct made *a, struct made *b, const char *why, int broken)
{
    struct compare_result r = pair(a, b, 1.05);

    if (r.verdict != COMPARE_NOT_COMPARABLE || !strstr(r.why, why) || r.broken != broken)
        fail_msg("\"%s\" wanted, broken %d; got %s: \"%s\", broken %d", why, broken,
                 compare_verdict_name(r.verdict), r.why, r.broken);
    assert_true(isnan(r.p) && isnan(r.adjusted));
}

static void what_was_not_measured_alike_is_refused(void **state)
{
    static struct made a, b;

    (void)state;
    rng_state = 46;
    make_run(&a, 5, 1000);
    make_run(&b, 5, 1000);
    b.run.grade = 'C';
    refused(&a, &b, "other grade: A against C", 0);
    a.run.grade = b.run.grade = GATHER_MIXED; /* mixed within a side, too */
    refused(&a, &b, "other grade", 0);
    a.run.grade = b.run.grade = 'A';
    strcpy(b.campaign.bench, "lab");
    refused(&a, &b, "other bench: metal against lab", 0);
    strcpy(b.campaign.bench, "metal");
    b.campaign.ns_per_instruction = 2;
    refused(&a, &b, "other time of an instruction: 0 ns against 2 ns", 0);
    b.campaign.ns_per_instruction = 0;
    b.run.work = 2;
    refused(&a, &b, "other work: 1 against 2", 0);
    b.run.work = 1;
    strcpy(b.run.unit, "ms");
    refused(&a, &b, "other metric: time in ns against time in ms", 0);
    strcpy(b.run.unit, "ns");
    b.run.boots = 1;
    refused(&a, &b, "a single boot", 0);
    b.run.boots = 0;
    refused(&a, &b, "second: no interval", 1);
    b.run.worst_boot = VERDICT_CRASH;
    refused(&a, &b, "the worst was crash", 1);
    b.run.worst = VERDICT_FAIL;
    strcpy(b.run.reason, "3 is not 4");
    refused(&a, &b, "second: fail: 3 is not 4", 1);
    refused(&b, &a, "first: fail: 3 is not 4", 0);
    b.run.worst = VERDICT_SKIP;
    refused(&a, &b, "second: skip", 0);
}

static void no_steady_state_is_refused(void **state)
{
    static struct made a, b;
    struct compare_setting steady = plain;
    struct compare_result r;

    (void)state;
    rng_state = 47;
    make_run(&a, 8, 1000);
    make_run(&b, 8, 1000);
    for (size_t k = 0; k < 3; k++)
        for (size_t i = MODEL_ITERATIONS - 5; i < MODEL_ITERATIONS; i++)
            b.x[k][i] *= 2;
    refused(&a, &b, "second: no steady state in 3 of 8 boots", 0);
    b.run.boot = b.boot + 1; /* two of seven: more than a quarter, still */
    b.run.boots = 7;
    refused(&a, &b, "no steady state in 2 of 7", 0);
    b.run.boot = b.boot + 2;
    b.run.boots = 6;
    r = pair(&a, &b, NAN);
    assert_int_equal(r.verdict != COMPARE_NOT_COMPARABLE, 1);
    assert_int_equal(r.second.unsettled, 1);

    /* A warm-up is named, stays in, and goes only when asked. */
    make_run(&b, 8, 1000);
    for (size_t k = 0; k < 8; k++)
        for (size_t i = 0; i < 10; i++)
            b.x[k][i] *= 2;
    r = pair(&a, &b, NAN);
    assert_int_equal(r.verdict, COMPARE_SLOWER);
    assert_true(r.second.warm == 8 && r.second.from == 10 && r.ratio.ratio > 1.3);
    assert_int_equal(r.second.n, 8 * MODEL_ITERATIONS);
    steady.steady_only = 1;
    {
        const struct compare_side first = {&a.run, &a.campaign},
                                  second = {&b.run, &b.campaign};

        assert_int_equal(compare_pair(&first, &second, NAN, &steady, &r), 0);
    }
    assert_true(fabs(r.ratio.ratio - 1) < 0.02);
    assert_int_equal(r.second.n, 8 * (MODEL_ITERATIONS - 10));
    assert_int_equal(b.boot[0].n, MODEL_ITERATIONS); /* the caller's stay whole */
}

static void two_modes_are_shown_and_kept(void **state)
{
    static struct made a, b;
    struct compare_result r;

    (void)state;
    rng_state = 48;
    make_run(&a, 8, 1000);
    make_run(&b, 8, 1000);
    for (size_t k = 0; k < 8; k++)
        for (size_t i = 0; i < MODEL_ITERATIONS; i += 3)
            b.x[k][i] *= 1.5;
    r = pair(&a, &b, NAN);
    assert_false(r.first.modes.two);
    assert_true(r.second.modes.two && fabs(r.second.modes.share - 1.0 / 3) < 0.01);
    assert_int_equal(r.second.n, 8 * MODEL_ITERATIONS);
    assert_true(r.ratio.ratio > 1.1); /* the mean knows of them */
}

/* All rows of a table are one family: of 40 runs without a difference hardly a table claims one,
 * while a real one among them is still found. */
static void rows_are_judged_together(void **state)
{
    static struct made a, b;
    static struct compare_result r[40];
    int tables = 0, alone = 0, found = 0;

    (void)state;
    rng_state = 49;
    for (int t = 0; t < 60; t++) {
        int claimed = 0, bare = 0;

        for (size_t i = 0; i < 40; i++) {
            const struct compare_side first = {&a.run, &a.campaign},
                                      second = {&b.run, &b.campaign};

            make_run(&a, 5, 1000);
            make_run(&b, 5, i ? 1000 : 1080);
            assert_int_equal(compare_pair(&first, &second, NAN,
                                          &(struct compare_setting){0, {2, 0.95, 1}}, &r[i]),
                             0);
        }
        assert_int_equal(compare_decide(r, 40), 0);
        for (size_t i = 1; i < 40; i++) {
            claimed |= r[i].verdict == COMPARE_SLOWER || r[i].verdict == COMPARE_FASTER;
            bare |= r[i].p <= 0.05;
        }
        tables += claimed;
        alone += bare;
        found += r[0].verdict == COMPARE_SLOWER;
    }
    print_message(
        "# seed 49: of 60 tables %d claim a false difference, %d would without Holm; "
        "the real one is found in %d\n",
        tables, alone, found);
    assert_true(tables <= 6 && alone > 40 && found > 50);
}

/* --- on databases --- */

static void fill_db(const char *path, const struct synthetic *what)
{
    struct err e = {0};
    struct store *s;

    unlink(path);
    if (store_open(path, STORE_CREATE, &s, &e))
        fail_msg("%s", e.text);
    synthetic_fill(s, what);
    store_close(s);
}

struct written {
    char *text;
    size_t size;
};

static struct written write_out(const struct comparison_request *request,
                                const struct comparison *c, int how)
{
    struct written w = {NULL, 0};
    FILE *f = open_memstream(&w.text, &w.size);

    assert_non_null(f);
    if (how == 0)
        comparison_write_text(request, c, f);
    else if (how == 1)
        comparison_write_csv(c, f);
    else
        comparison_write_json(request, c, 1.05, f);
    fclose(f);
    return w;
}

static void assert_says(const struct written *w, const char *text)
{
    if (!strstr(w->text, text))
        fail_msg("\"%s\" is missing in:\n%s", text, w->text);
}

static void entries_of_one_database(void **state)
{
    const struct synthetic what = {.name = "lab", .deterministic = 1, .boots = 2};
    const char *path = "test_compare.db";
    struct comparison_side side;
    struct comparison_request request = {.first = &side,
                                         .second = &side,
                                         .first_entry = "bare",
                                         .second_entry = "vmm-bare svm+nested",
                                         .margin = NAN,
                                         .setting = plain};
    struct comparison c;
    struct err e = {0};
    struct written w;
    size_t slower = 0;

    (void)state;
    fill_db(path, &what);
    if (comparison_side_read(path, NULL, &side, &e))
        fail_msg("%s", e.text);
    assert_int_equal(comparison_make(&request, &c, &e), 0);
    assert_int_equal(c.rows, SYNTHETIC_RUNS);
    for (size_t i = 0; i < c.rows; i++) {
        const struct compare_result *r = &c.row[i].result;

        if (r->verdict != COMPARE_SLOWER)
            continue;
        slower++;
        assert_true(r->exact);
        if (!strcmp(c.row[i].first->param, "op=cpuid n=100"))
            assert_true(r->ratio.ratio == 8000.0 / 600);
    }
    assert_int_equal(slower, 2); /* cpuid and port-out */
    assert_int_equal(comparison_failures(&c, 1.05).slower, 2);
    assert_int_equal(comparison_failures(&c, 13).slower, 1);
    assert_int_equal(comparison_failures(&c, 20).slower, 0);
    assert_int_equal(comparison_failures(&c, 1.05).broken, 0); /* skips are none */
    w = write_out(&request, &c, 0);
    assert_says(&w, "never cycles");
    assert_says(&w, "to the timer step");
    assert_says(&w, "first: skip: no hypervisor answers a hypercall here");
    assert_null(strstr(w.text, "p, Holm")); /* nothing here is a sample */
    free(w.text);
    w = write_out(&request, &c, 1);
    assert_says(&w, "exits,op=cpuid n=100,");
    assert_says(&w, ",13.333333333333334,");
    free(w.text);
    w = write_out(&request, &c, 2);
    assert_says(&w, "\"ratio\": 13.333333333333334, ");
    assert_says(&w, "\"p\": null");
    assert_says(&w, "\"fail_above\": 1.05, \"slower_than_allowed\": 2, \"broken\": 0");
    free(w.text);
    comparison_release(&c);
    request.second_entry = "vmm-bare:none";
    assert_int_equal(comparison_make(&request, &c, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "it has \"bare default\", \"native default\""));
    comparison_release(&c);
    assert_int_equal(comparison_against_itself(&side, &c, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "no A/A run"));
    comparison_release(&c);
    comparison_side_release(&side);
    unlink(path);
}

/* A guest's text drives neither a terminal nor a table. */
static void malicious_text(void **state)
{
    static struct made a, b;
    struct comparison_side side = {.campaign = {.name = "\033[2Jx\n", .bench = "metal"}};
    const struct comparison_request request = {
        .first = &side, .second = &side, .margin = NAN, .setting = plain};
    struct comparison_row row = {.first = &a.run, .second = &b.run};
    const struct comparison c = {&row, 1};
    struct written w;

    (void)state;
    rng_state = 50;
    make_run(&a, 5, 1000);
    make_run(&b, 5, 1000);
    strcpy(a.run.workload, "\033[31m<b>\"x\",\n=1");
    strcpy(b.run.reason, "\a\033]0;own\a");
    b.run.worst = VERDICT_FAIL;
    row.result = pair(&a, &b, NAN);
    assert_int_equal(comparison_failures(&c, 1.05).broken, 1);
    w = write_out(&request, &c, 0);
    assert_null(strchr(w.text, '\033'));
    assert_null(strchr(w.text, '\a'));
    free(w.text);
    w = write_out(&request, &c, 1);
    assert_says(&w, "<b>\"\"x\"\",\n=1\"");
    free(w.text);
    w = write_out(&request, &c, 2);
    assert_null(strchr(w.text, '\033'));
    assert_says(&w, "\\u001b[31m<b>\\\"x\\\",\\n=1");
    free(w.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_ratios_come_back),
        cmocka_unit_test(p_and_interval_agree),
        cmocka_unit_test(exact_stays_exact),
        cmocka_unit_test(equivalence_needs_a_margin_and_data),
        cmocka_unit_test(what_was_not_measured_alike_is_refused),
        cmocka_unit_test(no_steady_state_is_refused),
        cmocka_unit_test(two_modes_are_shown_and_kept),
        cmocka_unit_test(rows_are_judged_together),
        cmocka_unit_test(entries_of_one_database),
        cmocka_unit_test(malicious_text),
    };
    char dir[] = "/tmp/etalon-compare-XXXXXX";
    int rc;

    if (!mkdtemp(dir) || chdir(dir))
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    if (chdir("/"))
        return 1;
    paths_remove_tree(dir, NULL);
    return rc;
}
