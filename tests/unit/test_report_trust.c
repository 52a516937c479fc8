/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a report says of its own trustworthiness: the uncertainty budget against JCGM 100 worked out
 * here by hand, names of certificates that nobody's clock can choose, and colours that can be read.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reports/budget.h"
#include "reports/drift.h"
#include "reports/style.h"

#define NULLS 10

/* Two boots of one platform: nulls, then a run of 10 ms and one of 1 ms. */
struct fixture {
    struct model m;
    struct model_platform platform;
    struct model_run run[3];
    struct model_cell cell[3];
    struct model_boot boot[2];
    double null_ns[2 * NULLS - 1], long_ns[4], short_ns[4];
    size_t null_begin[2], begin[2];
};

static void make(struct fixture *f, int deterministic)
{
    *f = (struct fixture){
        .platform = {"native", "", "native", 0, 2, 2},
        .run = {{"null", "", "null", "time", "ns"},
                {"spin", "n=5", "spin n=5", "time", "ns"},
                {"spin", "n=1", "spin n=1", "time", "ns"}},
        .long_ns = {9.9e6, 10e6, 10e6, 11e6},
        .short_ns = {1e6, 1e6, 1e6, 30e6}, /* its median is the shorter one */
        .null_begin = {0, NULLS},
        .begin = {0, 2},
        .boot = {{.verdict = "ok", .step_ns = 6, .path_u_ns = 3, .timebase_ppb = 1000},
                 {.verdict = "ok", .step_ns = 6, .path_u_ns = 4, .timebase_ppb = 600}},
    };
    f->cell[0] = (struct model_cell){
        .ns = f->null_ns, .n = 2 * NULLS - 1, .boot_begin = f->null_begin, .boots = 2};
    f->cell[1] =
        (struct model_cell){.ns = f->long_ns, .n = 4, .boot_begin = f->begin, .boots = 2};
    f->cell[2] =
        (struct model_cell){.ns = f->short_ns, .n = 4, .boot_begin = f->begin, .boots = 2};
    f->m = (struct model){.platform = &f->platform,
                          .run = f->run,
                          .cell = f->cell,
                          .boot = f->boot,
                          .platforms = 1,
                          .runs = 3,
                          .boots = 2,
                          .campaign.deterministic = deterministic};
}

static void budget_by_hand(void **state)
{
    struct fixture f;
    struct budget b;
    double step, path, rate, u;

    (void)state;
    make(&f, 0);
    assert_int_equal(budget_of_platform(&f.m, 0, &b), 1);
    assert_int_equal(b.run, 1);
    assert_true(b.true_ns == 10e6);
    step = 6 / sqrt(6);   /* triangular, half-width a step */
    path = 4;             /* of the worse boot */
    rate = 10e6 * 500e-9; /* 1000 ppb at k = 2, of 10 ms: 5 ns */
    u = sqrt(step * step + path * path + rate * rate);
    assert_true(fabs(b.total.u_c - u) < 1e-9);
    /* 8 degrees of freedom of the path: the boot with the fewest nulls has 9 */
    assert_true(b.total.df == floor(pow(u, 4) / (pow(path, 4) / 8)));
    assert_true(b.total.df == 69);
    /* t(0.97725, 69) = 2.036; U = 2.036 x 6.856 */
    assert_true(fabs(b.total.k - 2.036) < 0.001);
    assert_true(fabs(b.total.expanded - 13.96) < 0.02);
    assert_string_equal(b.component[b.total.dominant].name, "timebase");
    assert_string_equal(b.distribution[0], "triangular");
}

/* As the view `intervals` has it: one step at k = 2, no path. */
static void exact_bench(void **state)
{
    struct fixture f;
    struct budget b;

    (void)state;
    make(&f, 1);
    f.boot[0].timebase_ppb = f.boot[1].timebase_ppb = 0;
    assert_int_equal(budget_of_platform(&f.m, 0, &b), 1);
    assert_true(fabs(b.total.expanded - 6) < 1e-6);
    assert_true(isinf(b.total.df));
    assert_string_equal(b.component[b.total.dominant].name, "timer step");
    /* a boot that may not be used has no part in it */
    f.boot[1].verdict = "error";
    f.boot[1].step_ns = 1000;
    assert_int_equal(budget_of_platform(&f.m, 0, &b), 1);
    assert_true(fabs(b.total.expanded - 6) < 1e-6);
}

static void nothing_measured(void **state)
{
    struct fixture f;
    struct budget b;

    (void)state;
    make(&f, 0);
    for (size_t r = 0; r < 3; r++)
        f.cell[r].n = f.cell[r].boots = 0;
    assert_int_equal(budget_of_platform(&f.m, 0, &b), 0);
}

static const char *name_of(const char *platform, const char *variant, const char *clock)
{
    static char name[DRIFT_NAME_BYTES];
    struct drift_clock k = {.s = {.boot = 7}};

    snprintf(k.s.platform, sizeof(k.s.platform), "%s", platform);
    snprintf(k.s.variant, sizeof(k.s.variant), "%s", variant);
    snprintf(k.s.name, sizeof(k.s.name), "%s", clock);
    drift_certificate_name(&k, name);
    assert_null(strchr(name, '/'));
    assert_true(name[0] != '.');
    assert_true(strlen(name) > 0 && strlen(name) < DRIFT_NAME_BYTES - 1);
    return name;
}

static void names_of_certificates(void **state)
{
    char one[DRIFT_NAME_BYTES], large[CLOCK_PLATFORM_BYTES];

    (void)state;
    assert_string_equal(name_of("vmm", "svm+nested:fast", "tsc.read"),
                        "boot007-vmm-svm+nested_fast-tsc.read");
    assert_string_equal(name_of("bare", "", "tsc"), "boot007-bare-tsc");
    assert_string_equal(name_of("", "", "pairs"), "pairs");
    /* up and out */
    assert_non_null(strstr(name_of("..", "../..", "../../../etc/passwd"),
                           "boot007-..-.._..-.._.._.._etc_passwd-"));
    name_of("", "", "..");
    name_of("", "", "");
    name_of("", "", "/");
    name_of("\n", "\x80\xFF", "\"'<>&;|$`");
    /* two clocks of one boot whose letters become the same */
    strcpy(one, name_of("bare", "", "a/b"));
    assert_string_not_equal(one, name_of("bare", "", "a_b"));
    assert_string_not_equal(one, name_of("bare", "", "a|b"));
    memset(large, 'x', sizeof(large));
    large[CLOCK_NAME_BYTES - 2] = 0;
    strcpy(one, name_of(large, large, large));
    large[CLOCK_NAME_BYTES - 3] = 'y';
    assert_string_not_equal(one, name_of(large, large, large));
}

/* WCAG 2.1, relative luminance, of "#rrggbb". */
static double luminance(const char *hex)
{
    static const double weight[] = {0.2126, 0.7152, 0.0722};
    double sum = 0;

    for (int i = 0; i < 3; i++) {
        const char digits[] = {hex[1 + 2 * i], hex[2 + 2 * i], 0};
        const double v = (double)strtol(digits, NULL, 16) / 255;

        sum += weight[i] * (v <= 0.03928 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    return sum;
}

/* Of two properties of the block that begins at css. */
static double contrast(const char *css, const char *one, const char *other)
{
    char name[32];
    double a, b;

    snprintf(name, sizeof(name), "--%s: #", one);
    assert_non_null(strstr(css, name));
    a = luminance(strchr(strstr(css, name), '#'));
    snprintf(name, sizeof(name), "--%s: #", other);
    assert_non_null(strstr(css, name));
    b = luminance(strchr(strstr(css, name), '#'));
    return (fmax(a, b) + 0.05) / (fmin(a, b) + 0.05);
}

/* Text 4.5 to 1, lines and points 3 to 1 (WCAG 2.1, 1.4.3 and 1.4.11), light and dark. */
static void colours_can_be_read(void **state)
{
    static const char *const ground[] = {"paper", "raised"};
    static const char *const text[] = {"ink", "soft", "accent", "bad", "warn", "good"};
    static const char *const series[] = {"s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"};
    const char *css = style_css;

    (void)state;
    for (int scheme = 0; scheme < 2; scheme++) {
        css = strstr(css, ":root {");
        assert_non_null(css);
        for (size_t g = 0; g < 2; g++) {
            for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
                assert_true(contrast(css, ground[g], text[i]) >= 4.5);
            for (size_t i = 0; i < sizeof(series) / sizeof(series[0]); i++)
                assert_true(contrast(css, ground[g], series[i]) >= 3);
        }
        css++;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budget_by_hand),      cmocka_unit_test(exact_bench),
        cmocka_unit_test(nothing_measured),    cmocka_unit_test(names_of_certificates),
        cmocka_unit_test(colours_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
