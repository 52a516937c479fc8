/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a report says: its first lines, the figures that must be in it, differences to a baseline,
 * the aberration of the original study, what observing costs, and why there is none.
 */
#include "tests/unit/report_fixture.h"

static const struct synthetic seeded = {
    .name = "seeded", .deterministic = 1, .boots = 4, .seeds_each = 1};
static const struct synthetic host = {.name = "host", .boots = 1};

/* What must be said before the first table. */
static void first_lines_say_what_it_is(void **state)
{
    char *page, *table;

    (void)state;
    if (gnuplot_unavailable())
        skip();
    want_plain();
    page = slurp("plain", "index.html", NULL);
    table = strstr(page, "<table>");
    assert_non_null(table);
    *table = 0;
    assert_non_null(strstr(page, "exact instruction counts and say nothing about the cycles"));
    assert_non_null(strstr(page, "bare, native and vmm-bare"));
    assert_non_null(strstr(page, "carry no confidence interval"));
    free(page);
    page = slurp("plain", "report.md", NULL);
    table = strstr(page, "\n|");
    *table = 0;
    assert_non_null(strstr(page, "exact instruction counts"));
    free(page);
    page = slurp("plain", "report.json", NULL);
    assert_non_null(strstr(page, "exact instruction counts"));
    free(page);

    fill(&seeded);
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_non_null(strstr(page, "boots are samples"));
    assert_null(strstr(page, "carry no confidence interval"));
    free(page);

    fill(&host);
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_null(strstr(page, "instruction counts"));
    assert_non_null(strstr(page, "single boot"));
    free(page);
}

static void figures_are_right(void **state)
{
    char *page;

    (void)state;
    if (gnuplot_unavailable())
        skip();
    want_plain();
    page = slurp("plain", "report.md", NULL);
    /* (8000 - 500) ticks of 2 ns, 100 operations, 2 ns an instruction */
    assert_non_null(strstr(page, "| operation | bare | native | vmm-bare |"));
    assert_non_null(strstr(page, "| cpuid | 1 | 1 | 75 |"));
    assert_non_null(strstr(page, "| hypercall | \xE2\x80\x93 | \xE2\x80\x93 | 60 |"));
    assert_non_null(strstr(page, "| vmm-bare | null | 1000 | 0 |"));
    assert_non_null(strstr(page, "| vmm-bare | hypercall | 1000 | 1000 |"));
    assert_non_null(strstr(page, "| spin n=10000 | bare | 2.0014 | ns/instruction |"));
    assert_non_null(strstr(page, "| equal |"));
    assert_null(strstr(page, "| native | lm-pipe |")); /* it ran there */
    assert_non_null(strstr(page, "| bare | lm-pipe | skip | needs a Linux kernel |"));
    free(page);
    page = slurp("plain", "index.html", NULL);
    assert_non_null(strstr(page, "boot 6 on vmm-bare: <span class=\"crash\">crash</span>"));
    /* the hypervisor's own account: 118 ns is 59 instructions */
    assert_non_null(strstr(page,
                           "<td>hypercall</td><td class=\"n\">2000</td><td class=\"n\">59</td>"
                           "<td class=\"n\">59</td><td class=\"n\">59</td>"));
    free(page);
}

/* What the first screen says, and what stands in Markdown as in the page. */
static void heads_and_trust(void **state)
{
    static const struct synthetic lying = {
        .name = "lying", .deterministic = 1, .boots = 2, .native_skew_ppm = 40};
    char *page, *first;

    (void)state;
    fill(&lying);
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_non_null(strstr(page, "- largest ratio: 13."));
    assert_non_null(
        strstr(page, " times as long on vmm-bare as on native: exits op=cpuid n=100"));
    first = strstr(page, "- clocks that lie: native: raw fast by 40.0");
    assert_non_null(first);
    assert_non_null(strstr(first, ", real fast by 40.0"));
    assert_non_null(strstr(page, "- validity: 6 of 6 boots ok, "));
    assert_non_null(
        strstr(page, "- provenance: campaign SHA-256 6bff0e3c2f5d0a6a4f0cf2ee6e6f3c"));
    /* all of native's superpi iterations but one are the same run of ticks */
    assert_non_null(strstr(page, "\n## Where the worst case matters\n"));
    assert_non_null(strstr(page, "| superpi digits=1024 | bare | ms | 46.9136 | 46.9136 | "
                                 "46.9136 | 46.9136 | "));
    assert_non_null(strstr(page, "\n## Drift certificates\n"));
    assert_non_null(strstr(page, "| native | raw | 1 | biased | 40.0"));
    assert_non_null(strstr(page, "| freezes |"));
    assert_non_null(strstr(page, "\n## Uncertainty budget\n"));
    /* one step of 2 ns as a bound at k = 2 */
    assert_non_null(strstr(page, "| bare | superpi digits=1024 | 46\xE2\x80\x89"
                                 "913\xE2\x80\x89"
                                 "578 | 1 | "
                                 "\xE2\x88\x9E | 2.00 | 2 | 0.0426 | timer step |"));
    assert_non_null(strstr(page, "only three have a workload here"));
    free(page);
}

/* Against a baseline of the campaign's own: ns and instructions of one unit of work. */
static void differences_are_right(void **state)
{
    static const struct synthetic chosen = {
        .name = "chosen", .deterministic = 1, .boots = 2, .baseline = {"bare", "default"}};
    static const struct synthetic sampled = {.name = "sampled",
                                             .deterministic = 1,
                                             .boots = 5,
                                             .seeds_each = 1,
                                             .baseline = {"bare", "default"}};
    static const struct synthetic single = {
        .name = "single", .boots = 1, .baseline = {"bare", "default"}};
    char *page;

    (void)state;
    fill(&chosen);
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_non_null(strstr(page, "\n## Against bare\n"));
    /* (8000 - 600) ticks of 2 ns over 100 operations, 2 ns an instruction */
    assert_non_null(strstr(page, "| exits op=cpuid n=100 | vmm-bare | 13.3"));
    assert_non_null(strstr(page, " | 148 | 74 |"));
    /* cost 75 on vmm-bare, 1 on bare: their loops are not the same */
    assert_non_null(strstr(page, "| cpuid, less its loop | vmm-bare | \xE2\x80\x93 | "
                                 "\xE2\x80\x93 | 148 | 74 |"));
    assert_non_null(
        strstr(page, "| spin n=10000 | native | equal | to the timer step | 0 | 0 |"));
    free(page);
    if (!gnuplot_unavailable()) {
        write_report("a", "html");
        page = slurp("a", "index.html", NULL);
        assert_non_null(strstr(page, "Time of one unit of work against bare"));
        assert_non_null(strstr(page, "<td class=\"n\">148</td><td class=\"n\">74</td>"));
        free(page);
    }
    fill(&sampled);
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_non_null(strstr(page, "not distinguishable |\n"));
    free(page);
    fill(
        &single); /* one boot of a bench that is not deterministic: no bounds, no instructions */
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_non_null(strstr(page, "\xE2\x89\x88"
                                 "1.5e+02 |\n"));
    assert_null(strstr(page, "difference, instructions"));
    free(page);
    fill(&plain); /* nothing chosen, nothing said */
    write_report("a", "markdown");
    page = slurp("a", "report.md", NULL);
    assert_null(strstr(page, "## Against"));
    free(page);
}

/* The aberration of the original study is shown wherever a report is read. */
static void user_larger_than_total(void **state)
{
    static const char *const files[] = {"index.html", "report.md", "report.json",
                                        "time_audits.csv"};
    static const struct synthetic honest_times = {
        .name = "demo", .deterministic = 1, .boots = 1, .native_cpu = 1};
    static const struct synthetic false_times = {
        .name = "demo", .deterministic = 1, .boots = 1, .native_cpu = 1.5};

    (void)state;
    if (gnuplot_unavailable()) {
        print_message("# %s\n", gnuplot_unavailable());
        skip();
    }
    fill(&honest_times);
    write_report("a", NULL);
    fill(&false_times);
    write_report("b", NULL);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *a = slurp("a", files[i], NULL), *b = slurp("b", files[i], NULL);

        assert_non_null(strstr(a, "sound"));
        assert_null(strstr(a, "user + sys is"));
        assert_non_null(strstr(b, "whole run: user + sys is"));
        assert_non_null(strstr(b, "aberrant"));
        free(a);
        free(b);
    }
}

/* (12350 - 50) / 10 ticks, one instruction each, with the odd tick of the kernel's in between. */
static void cost_of_observing(void **state)
{
    char *text;

    (void)state;
    fill(&plain);
    write_report("a", "markdown");
    text = slurp("a", "report.md", NULL);
    assert_non_null(strstr(text, "| native | clocks | 1230 | instructions |"));
    assert_non_null(strstr(text, "| bare | clocks | 4 | instructions |"));
    free(text);
}

/* 2.491 is what the guest itself reported; 3 ppm of its clock do not show in so few digits. */
static void reported_scores_stand_apart(void **state)
{
    char *text;

    (void)state;
    fill(&plain);
    write_report("a", "markdown");
    text = slurp("a", "report.md", NULL);
    assert_non_null(strstr(text, "What the workload itself reported from the guest, "));
    assert_non_null(strstr(text, "| native | ub-cpu n=1000 | 2.491 | 2.491 |"));
    free(text);
    if (gnuplot_unavailable())
        return;
    want_plain();
    text = slurp("plain", "index.html", NULL);
    assert_non_null(strstr(text, "What the workload itself reported from the guest, "));
    free(text);
}

static void unfinished_campaign_is_named(void **state)
{
    struct report_request request = {.out_dir = "a"};
    struct err e = {0};
    struct store *s;

    (void)state;
    unlink("r.db");
    assert_int_equal(store_open("r.db", STORE_CREATE, &s, &e), 0);
    synthetic_fill(s, &plain);
    store_close(s);
    assert_int_equal(query_open("r.db", &request.query, &e), 0);
    assert_int_equal(report_find("markdown")->write(&request, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "demo has no summary yet"));
    query_close(request.query);
    assert_null(report_find("postscript"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_lines_say_what_it_is),
        cmocka_unit_test(figures_are_right),
        cmocka_unit_test(heads_and_trust),
        cmocka_unit_test(differences_are_right),
        cmocka_unit_test(user_larger_than_total),
        cmocka_unit_test(cost_of_observing),
        cmocka_unit_test(reported_scores_stand_apart),
        cmocka_unit_test(unfinished_campaign_is_named),
    };

    return report_run(tests);
}
