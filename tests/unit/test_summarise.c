/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Figures of boots: exact where boots repeat one boot, sampled where they are samples, and
 * never the one dressed up as the other. Then the whole of summarise on a made-up database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/query/query.h"
#include "analysis/summarise/summarise.h"
#include "analysis/summary.h"
#include "base/paths.h"
#include "tests/golden/synthetic.h"

#define BOOT(seed_text, ...)                                                                  \
    {                                                                                         \
        .seed = seed_text, .ns = (double[]){__VA_ARGS__},                                     \
        .n = sizeof((double[]){__VA_ARGS__}) / sizeof(double), .u_ns = 2                      \
    }

static void repeated_boot_is_exact(void **state)
{
    const struct summary_boot boots[] = {BOOT("7", 10, 12, 10), BOOT("7", 10, 12, 10)};
    struct summary_figure f;

    (void)state;
    assert_int_equal(summary_assess(boots, 2, 1, &f), 0);
    assert_int_equal(f.basis, SUMMARY_EXACT);
    assert_true(f.median_ns == 10 && f.max_ns == 12 && f.u_ns == 2);
    assert_int_equal(f.n, 3); /* the repetition adds nothing */
    assert_int_equal(f.boots, 2);
    assert_true(isnan(f.low_ns) && isnan(f.high_ns));
    summary_release(&f);
}

/* One seed and two medians: not one boot, whatever the plan said. Never "exact". */
static void boots_of_one_seed_that_differ_are_samples(void **state)
{
    const struct summary_boot boots[] = {BOOT("7", 100, 100), BOOT("7", 102, 102),
                                         BOOT("7", 100, 100)};
    const struct summary_boot fixed[] = {BOOT("7", 50, 50)};
    struct summary_figure f, exact;
    struct summary_ratio r;

    (void)state;
    assert_int_equal(summary_assess(boots, 3, 1, &f), 0);
    assert_int_equal(f.basis, SUMMARY_DIFFERS);
    assert_string_equal(summary_basis_name(f.basis), "boots differ");
    assert_int_equal(f.boots, 3);
    assert_true(f.low_ns < 99 && f.high_ns > 102);
    /* against an exact figure: the sampled side's interval is all there is */
    assert_int_equal(summary_assess(fixed, 1, 1, &exact), 0);
    summary_compare(&f, 1, &exact, 1, &r);
    assert_true(r.low < 2 && r.ratio > 2 && r.ratio < 2.04 && r.high > 2.04 && r.high < 2.3);
    summary_compare(&exact, 1, &f, 1, &r);
    assert_true(r.low < 0.49 && r.high > 0.5 && r.distinguishable);
    summary_release(&f);
    summary_release(&exact);
    /* On a bench that is not deterministic a seed promises nothing. */
    assert_int_equal(summary_assess(boots, 2, 0, &f), 0);
    assert_int_equal(f.basis, SUMMARY_SAMPLED);
    summary_release(&f);
}

static void seeds_make_samples(void **state)
{
    const struct summary_boot boots[] = {BOOT("1", 100, 102, 104), BOOT("2", 106, 104, 108),
                                         BOOT("3", 98, 96, 100), BOOT("3", 98, 96, 100)};
    struct summary_figure f;

    (void)state;
    assert_int_equal(summary_assess(boots, 4, 1, &f), 0);
    assert_int_equal(f.basis, SUMMARY_SAMPLED);
    assert_int_equal(f.boots, 3);
    assert_int_equal(f.n, 9);
    assert_true(f.median_ns == 102);
    assert_true(f.low_ns > 90 && f.low_ns < 98 && f.high_ns > 106 && f.high_ns < 115);
    summary_release(&f);
}

static void one_boot_of_a_noisy_bench_has_no_interval(void **state)
{
    const struct summary_boot a[] = {BOOT("1", 100, 102)}, none[] = {{.seed = "1", .n = 0}};
    struct summary_figure f, empty;
    struct summary_ratio r;

    (void)state;
    assert_int_equal(summary_assess(a, 1, 0, &f), 0);
    assert_int_equal(f.basis, SUMMARY_SINGLE);
    assert_true(isnan(f.low_ns));
    summary_compare(&f, 1, &f, 1, &r);
    assert_true(r.ratio == 1 && isnan(r.low));
    assert_int_equal(summary_assess(none, 1, 0, &empty), 0);
    assert_int_equal(empty.basis, SUMMARY_EMPTY);
    summary_compare(&f, 1, &empty, 1, &r);
    assert_true(isnan(r.ratio));
    summary_release(&f);
    summary_release(&empty);
}

static void exact_ratios_have_the_step_as_bound(void **state)
{
    const struct summary_boot a[] = {BOOT("1", 1180, 1180)}, b[] = {BOOT("1", 590, 590)};
    const struct summary_boot step[] = {BOOT("1", 2)};
    struct summary_figure fa, fb, fs;
    struct summary_ratio r;

    (void)state;
    assert_int_equal(summary_assess(a, 1, 1, &fa), 0);
    assert_int_equal(summary_assess(b, 1, 1, &fb), 0);
    assert_int_equal(summary_assess(step, 1, 1, &fs), 0);
    summary_compare(&fa, 1, &fb, 1, &r);
    assert_true(r.ratio == 2 && r.distinguishable);
    assert_true(r.low == 1178.0 / 592 && r.high == 1182.0 / 588);
    /* twice the work in twice the time is the same cost */
    summary_compare(&fa, 2, &fb, 1, &r);
    assert_true(r.ratio == 1 && !r.distinguishable);
    /* one instruction against one instruction: no claim */
    summary_compare(&fs, 1, &fs, 1, &r);
    assert_true(r.ratio == 1 && r.low == 0 && isinf(r.high) && !r.distinguishable);
    /* without work there is no ratio */
    summary_compare(&fs, 0, &fs, 1, &r);
    assert_true(isnan(r.ratio));
    summary_release(&fa);
    summary_release(&fb);
    summary_release(&fs);
}

/* --- on a database --- */

static struct store *filled(const char *path, const struct synthetic *what)
{
    struct err e = {0};
    struct store *s;

    unlink(path);
    if (store_open(path, STORE_CREATE, &s, &e))
        fail_msg("%s", e.text);
    synthetic_fill(s, what);
    if (summarise_campaign(s, what->name, &e))
        fail_msg("%s", e.text);
    return s;
}

struct wanted {
    const char *platform, *workload, *param, *baseline;
    struct query_summary row;
    char verdict[64];
    size_t found, rows;
};

static int match(void *opaque, const struct query_summary *row)
{
    struct wanted *w = opaque;

    w->rows++;
    if (strcmp(row->platform, w->platform) || strcmp(row->workload, w->workload) ||
        strcmp(row->param, w->param) || strcmp(row->baseline, w->baseline))
        return 0;
    w->row = *row;
    snprintf(w->verdict, sizeof(w->verdict), "%s", row->verdict);
    w->found++;
    return 0;
}

static struct wanted find(struct store *s, const char *platform, const char *workload,
                          const char *param, const char *baseline)
{
    struct wanted w = {platform, workload, param, baseline, {0}, "", 0, 0};
    struct query_campaign c;
    struct query *q;
    struct err e = {0};

    assert_int_equal(query_attach(s, &q, &e), 0);
    assert_int_equal(query_find_campaign(q, NULL, &c, &e), 0);
    assert_int_equal(query_summaries(q, &c, match, &w, &e), 0);
    query_close(q);
    if (w.found != 1)
        fail_msg("%s %s %s against %s: %zu rows", platform, workload, param, baseline,
                 w.found);
    return w;
}

static void lab_campaign(void **state)
{
    const struct synthetic what = {.name = "lab", .deterministic = 1, .boots = 2, .crash = 1};
    const char *path = "test_summarise.db";
    struct store *s = filled(path, &what);
    struct wanted w;

    (void)state;
    w = find(s, "bare", "spin", "n=10000", "native");
    assert_string_equal(w.verdict, "exact; not distinguishable");
    assert_true(w.row.value == 20014 / 10000.0);
    assert_true(w.row.value_ns == 20014 && w.row.u == 2 / 10000.0);
    assert_int_equal(w.row.boots, 2);
    assert_int_equal(w.row.n, 50);
    assert_true(isnan(w.row.ci_low));

    w = find(s, "vmm-bare", "exits", "op=cpuid n=100", "bare");
    assert_string_equal(w.verdict, "exact"); /* on the two boots that did not die */
    assert_true(w.row.ratio == 8000.0 / 600);
    assert_int_equal(w.row.boots, 2);

    /* rate: work / s * scale; larger is better, and the ratio is still of times */
    w = find(s, "native", "memory", "op=read size=1048576", "bare");
    assert_true(fabs(w.row.value - 1048576 / (262190 * 2e-9) * 1e-6) < 1e-9);
    assert_true(w.row.ratio > 1);

    w = find(s, "native", "exits", "op=hypercall n=100", "bare");
    assert_string_equal(w.verdict, "skip");
    assert_true(isnan(w.row.value) && isnan(w.row.ratio));
    assert_int_equal(w.row.n, 0);

    w = find(s, "bare", "null", "", "native");
    assert_true(w.row.ratio == 1 && w.row.ratio_low == 0 && isnan(w.row.ratio_high));
    assert_string_equal(w.verdict, "exact; not distinguishable");

    store_close(s);
    unlink(path);
}

/* What the campaign chose is one baseline more, for every other entry, under its full name. */
static void chosen_baseline(void **state)
{
    const struct synthetic what = {.name = "chosen",
                                   .deterministic = 1,
                                   .boots = 2,
                                   .baseline = {"vmm-bare", "svm+nested"}};
    const char *path = "test_summarise_chosen.db";
    struct store *s = filled(path, &what);
    struct wanted w;

    (void)state;
    w = find(s, "bare", "exits", "op=cpuid n=100", "vmm-bare svm+nested");
    assert_true(w.row.ratio == 600.0 / 8000 && w.row.value_ns == 1200 && w.row.work == 100);
    find(s, "native", "spin", "n=10000", "vmm-bare svm+nested");
    find(s, "vmm-bare", "exits", "op=cpuid n=100", "native");
    w = find(s, "vmm-bare", "exits", "op=cpuid n=100", "bare");
    assert_true(w.row.ratio == 8000.0 / 600);
    store_close(s);
    unlink(path);
}

static void seeded_campaign(void **state)
{
    const struct synthetic what = {
        .name = "seeded", .deterministic = 1, .boots = 5, .seeds_each = 1};
    const char *path = "test_summarise_seeded.db";
    struct store *s = filled(path, &what);
    struct wanted w;

    (void)state;
    w = find(s, "native", "superpi", "digits=1024", "bare");
    assert_string_equal(w.verdict, "sampled");
    assert_int_equal(w.row.boots, 5);
    assert_true(w.row.ci_low < w.row.value && w.row.ci_high > w.row.value);
    assert_true(w.row.ratio_low < w.row.ratio && w.row.ratio < w.row.ratio_high);
    assert_true(w.row.ratio_low > 1);
    store_close(s);
    unlink(path);
}

struct clock_seen {
    const char *clock, *platform;
    size_t found;
    double skew, low, high;
    char verdict[32];
};

static int see_clock(void *opaque, const struct query_clock *k)
{
    struct clock_seen *seen = opaque;

    if (strcmp(k->clock, seen->clock) || strcmp(k->platform, seen->platform))
        return 0;
    seen->found++;
    seen->skew = k->skew_ppm;
    seen->low = k->skew_low;
    seen->high = k->skew_high;
    snprintf(seen->verdict, sizeof(seen->verdict), "%s", k->verdict);
    return 0;
}

static void guest_clocks(void **state)
{
    const struct synthetic what = {
        .name = "skewed", .deterministic = 1, .boots = 1, .native_skew_ppm = 17};
    const char *path = "test_summarise_clocks.db";
    struct store *s = filled(path, &what);
    struct query_campaign c;
    struct query *q;
    struct err e = {0};
    static const struct {
        const char *clock, *platform, *verdict;
        double skew;
    } want[] = {
        {"tsc", "bare", "sound", 0},      {"raw", "native", "biased", 17},
        {"real", "native", "biased", 17}, {"raw.read", "native", "biased", 17},
        {"tsc.read", "bare", "sound", 0},
    };

    (void)state;
    assert_int_equal(query_attach(s, &q, &e), 0);
    assert_int_equal(query_find_campaign(q, "skewed", &c, &e), 0);
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct clock_seen seen = {want[i].clock, want[i].platform, 0, 0, 0, 0, ""};

        assert_int_equal(query_clocks(q, &c, see_clock, &seen, &e), 0);
        if (seen.found != 1 || strcmp(seen.verdict, want[i].verdict) ||
            !(seen.low <= want[i].skew && want[i].skew <= seen.high))
            fail_msg("%s on %s: %zu, %s, %g in [%g, %g] ppm", want[i].clock, want[i].platform,
                     seen.found, seen.verdict, seen.skew, seen.low, seen.high);
    }
    { /* a counter is no clock: nobody judges how it goes */
        struct clock_seen seen = {"faults", "native", 0, 0, 0, 0, ""};

        assert_int_equal(query_clocks(q, &c, see_clock, &seen, &e), 0);
        assert_int_equal(seen.found, 0);
    }
    query_close(q);
    store_close(s);
    unlink(path);
}

struct audit_seen {
    size_t runs, sound, aberrant;
    int64_t flagged; /* of superpi */
    double used_over_true, steal_over_true;
    char reason[256];
};

static int see_audit(void *opaque, const struct query_time_audit *a)
{
    struct audit_seen *s = opaque;

    s->runs++;
    s->sound += !strcmp(a->verdict, "sound");
    s->aberrant += !strcmp(a->verdict, "aberrant");
    if (strcmp(a->workload, "superpi"))
        return 0;
    s->flagged = a->flagged;
    s->used_over_true = (a->user_ns + a->sys_ns) / a->true_ns;
    s->steal_over_true = a->steal_ns / a->true_ns;
    snprintf(s->reason, sizeof(s->reason), "%s", a->reason);
    return 0;
}

static void see_times(double native_cpu, double native_steal, struct audit_seen *seen)
{
    const struct synthetic what = {.name = "times",
                                   .deterministic = 1,
                                   .boots = 1,
                                   .native_cpu = native_cpu,
                                   .native_steal = native_steal};
    const char *path = "test_summarise_times.db";
    struct store *s = filled(path, &what);
    struct query_campaign c;
    struct query *q;
    struct err e = {0};

    memset(seen, 0, sizeof(*seen));
    assert_int_equal(query_attach(s, &q, &e), 0);
    assert_int_equal(query_find_campaign(q, "times", &c, &e), 0);
    assert_int_equal(query_time_audits(q, &c, see_audit, seen, &e), 0);
    query_close(q);
    store_close(s);
    unlink(path);
}

/* The aberration of the original study, put into the records: user time larger than the total. */
static void user_larger_than_total(void **state)
{
    struct audit_seen seen;

    (void)state;
    see_times(0, 0, &seen);
    assert_int_equal(seen.runs, 0);
    see_times(1, 0, &seen);
    assert_true(seen.runs > 5);
    assert_int_equal(seen.sound, seen.runs);
    see_times(1.5, 0, &seen);
    assert_true(seen.runs > 5);
    /* runs of a few milliseconds lie within a tick; these do not */
    assert_true(seen.aberrant > 0 && seen.sound > 0);
    assert_int_equal(seen.flagged, 3);
    assert_true(fabs(seen.used_over_true - 1.5) < 1e-3);
    assert_non_null(strstr(seen.reason, "whole run: user + sys is"));
    /* half of the time stolen: off the books, and booked as used */
    see_times(0.5, 0.5, &seen);
    assert_true(seen.runs > 5);
    assert_int_equal(seen.sound, seen.runs);
    assert_true(seen.steal_over_true > 0.49 && seen.steal_over_true < 0.51);
    see_times(1, 0.5, &seen);
    assert_true(seen.aberrant > 0);
    assert_non_null(strstr(seen.reason, "stolen time is booked as used"));
}

static void summarise_names_what_is_wrong(void **state)
{
    const char *path = "test_summarise_empty.db";
    struct err e = {0};
    struct store *s;

    (void)state;
    unlink(path);
    assert_int_equal(store_open(path, STORE_CREATE, &s, &e), 0);
    assert_int_equal(summarise_campaign(s, NULL, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "no campaign yet"));
    store_close(s);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeated_boot_is_exact),
        cmocka_unit_test(boots_of_one_seed_that_differ_are_samples),
        cmocka_unit_test(seeds_make_samples),
        cmocka_unit_test(one_boot_of_a_noisy_bench_has_no_interval),
        cmocka_unit_test(exact_ratios_have_the_step_as_bound),
        cmocka_unit_test(lab_campaign),
        cmocka_unit_test(chosen_baseline),
        cmocka_unit_test(seeded_campaign),
        cmocka_unit_test(guest_clocks),
        cmocka_unit_test(user_larger_than_total),
        cmocka_unit_test(summarise_names_what_is_wrong),
    };
    char dir[] = "/tmp/test_summarise.XXXXXX";
    int rc;

    if (!mkdtemp(dir) || chdir(dir))
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    if (chdir("/"))
        return 1;
    paths_remove_tree(dir, NULL);
    return rc;
}
