/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A blind trial's arithmetic: exact intervals as published and by their definition, every kind of lie
 * under its name and under each wrong one, controls of every sort, and what is left out.
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
#include <gsl/gsl_cdf.h>

#include "analysis/trial.c"
#include "analysis/trial_read.h"
#include "reports/trial.h"

static void assert_near(double got, double want, double absolute)
{
    if (!(fabs(got - want) <= absolute))
        fail_msg("got %.17g, want %.17g within %g", got, want, absolute);
}

/* x = 0 and x = n have a closed form; 10 of 20 and 4 of 20 are as R's binom.test() has them. */
static void intervals_as_known(void **state)
{
    double low, high;

    (void)state;
    trial_interval(0, 67, 0.95, &low, &high);
    assert_near(low, 0, 0);
    assert_near(high, 1 - pow(0.025, 1.0 / 67), 1e-12);
    trial_interval(131, 131, 0.95, &low, &high);
    assert_near(low, pow(0.025, 1.0 / 131), 1e-12);
    assert_near(high, 1, 0);
    trial_interval(10, 20, 0.95, &low, &high);
    assert_near(low, 0.2719578, 5e-8);
    assert_near(high, 0.7280422, 5e-8);
    trial_interval(4, 20, 0.95, &low, &high);
    assert_near(low, 0.0573340, 5e-8);
    assert_near(high, 0.4366140, 5e-8);
    trial_interval(0, 0, 0.95, &low, &high);
    assert_near(low, 0, 0);
    assert_near(high, 1, 0);
}

/* The bounds are where the other tail is just the share, and whatever the truth is they miss it
 * no oftener than they may. */
static void intervals_cover(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 40; n += 13)
        for (int step = 1; step < 50; step++) {
            const double p = step / 50.0;
            double covered = 0, low, high;

            for (size_t x = 0; x <= n; x++) {
                trial_interval(x, n, 0.95, &low, &high);
                if (x)
                    assert_near(gsl_cdf_binomial_Q((unsigned)x - 1, low, (unsigned)n), 0.025,
                                1e-9);
                if (x < n)
                    assert_near(gsl_cdf_binomial_P((unsigned)x, high, (unsigned)n), 0.025,
                                1e-9);
                if (low <= p && p <= high)
                    covered += gsl_cdf_binomial_P((unsigned)x, p, (unsigned)n) -
                               (x ? gsl_cdf_binomial_P((unsigned)x - 1, p, (unsigned)n) : 0);
            }
            assert_true(covered >= 0.95);
        }
}

static void forms_are_told_apart(void **state)
{
    static const struct {
        const char *kind, *form;
        int64_t delivered;
        enum trial_lie lie;
    } cases[] = {
        {"steal", "steal:burst:20000000:5:100000:50000", 50000, TRIAL_STEAL},
        {"pause", "pause:told:1:2", 2, TRIAL_PAUSE_TOLD},
        {"pause", "pause:hidden:1:2", 2, TRIAL_PAUSE_HIDDEN},
        {"restore", "restore:told:1:2:3:4", 0, TRIAL_RESTORE_TOLD},
        {"restore", "restore:hidden:1:2:3:4", -7, TRIAL_RESTORE_HIDDEN},
        {"offset_step", "offset_step:5:12", 12, TRIAL_STEP_ON},
        {"offset_step", "offset_step:5:-12", -12, TRIAL_STEP_BACK},
        {"backstep", "backstep:20000:12", -12, TRIAL_BACKSTEP},
        {"rate_ppm", "rate_ppm:-3", -3000, TRIAL_RATE},
        {"jitter", "jitter:3", 3, TRIAL_JITTER},
        {"exit_pad", "exit_pad:cpuid:10", 22, TRIAL_PAD},
        {"lost_ticks", "lost_ticks:50000:1", 4000000, TRIAL_LOST},
        {"user_over_total", "user_over_total:5", 4000000, TRIAL_OVER},
        {"guests", "", 700000, TRIAL_GUESTS},
        {"pause", "pause:somehow:1:2", 2, TRIAL_LIES},
        {"theft", "theft:1", 2, TRIAL_LIES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(trial_lie_of(cases[i].kind, cases[i].form, cases[i].delivered),
                         cases[i].lie);
    for (unsigned i = 0; i < TRIAL_FINDINGS; i++)
        assert_int_equal(trial_finding_of(trial_finding_name((enum trial_finding)i)), i);
    assert_int_equal(trial_finding_of("slowness"), TRIAL_FINDINGS);
}

static struct trial_boot boot_of(unsigned done, unsigned found)
{
    return (struct trial_boot){.asked = done,
                               .done = done,
                               .found = found,
                               .sized = found,
                               .court = TRIAL_COURT_SOUND,
                               .sealed = 1,
                               .judged = 1};
}

/* Every lie against every finding alone: the name it has here, by hand, and none other. */
static void each_lie_has_its_names(void **state)
{
    static const unsigned names[TRIAL_LIES] = {
        [TRIAL_STEAL] = BIT(TRIAL_FOUND_STEAL),
        [TRIAL_PAUSE_TOLD] = BIT(TRIAL_FOUND_STEAL),
        [TRIAL_PAUSE_HIDDEN] = BIT(TRIAL_FOUND_PAUSE) | BIT(TRIAL_FOUND_BACKSTEP),
        [TRIAL_RESTORE_HIDDEN] = BIT(TRIAL_FOUND_BACKSTEP),
        [TRIAL_STEP_ON] = BIT(TRIAL_FOUND_STEP),
        [TRIAL_STEP_BACK] = BIT(TRIAL_FOUND_BACKSTEP),
        [TRIAL_BACKSTEP] = BIT(TRIAL_FOUND_BACKSTEP),
        [TRIAL_RATE] = BIT(TRIAL_FOUND_RATE),
        [TRIAL_JITTER] = BIT(TRIAL_FOUND_JITTER),
        [TRIAL_PAD] = BIT(TRIAL_FOUND_PAD),
        [TRIAL_LOST] = BIT(TRIAL_FOUND_LOST),
        [TRIAL_OVER] = BIT(TRIAL_FOUND_OVER),
        [TRIAL_GUESTS] = BIT(TRIAL_FOUND_STEAL),
    };

    (void)state;
    for (unsigned l = 0; l < TRIAL_LIES; l++) {
        struct trial_boot b = boot_of(BIT(l), 0);

        if (!names[l]) { /* a restore that is told */
            assert_int_equal(l, TRIAL_RESTORE_TOLD);
            assert_int_equal(trial_judge(&b), TRIAL_CLEAN);
            continue;
        }
        assert_int_equal(trial_judge(&b), TRIAL_MISSED);
        for (unsigned k = 0; k < TRIAL_FINDINGS; k++) {
            b.found = BIT(k);
            assert_int_equal(trial_judge(&b),
                             names[l] & BIT(k) ? TRIAL_NAMED : TRIAL_DETECTED);
        }
    }
}

static void what_may_stand_beside(void **state)
{
    const unsigned back = BIT(TRIAL_FOUND_BACKSTEP), steal = BIT(TRIAL_FOUND_STEAL);
    const unsigned rate = BIT(TRIAL_FOUND_RATE), jitter = BIT(TRIAL_FOUND_JITTER);
    struct trial_boot b = boot_of(BIT(TRIAL_PAUSE_HIDDEN), back | steal);

    (void)state;
    assert_int_equal(trial_judge(&b), TRIAL_NAMED);
    b = boot_of(BIT(TRIAL_BACKSTEP), back | steal);
    assert_int_equal(trial_judge(&b), TRIAL_DETECTED);
    b = boot_of(BIT(TRIAL_JITTER), jitter | rate);
    assert_int_equal(trial_judge(&b), TRIAL_DETECTED);
    b = boot_of(BIT(TRIAL_JITTER) | BIT(TRIAL_RATE), jitter | rate);
    assert_int_equal(trial_judge(&b), TRIAL_NAMED);
    b = boot_of(BIT(TRIAL_JITTER) | BIT(TRIAL_RATE), jitter);
    assert_int_equal(trial_judge(&b), TRIAL_DETECTED);
    b = boot_of(BIT(TRIAL_LOST), BIT(TRIAL_FOUND_LOST) | BIT(TRIAL_FOUND_OVER));
    assert_int_equal(trial_judge(&b), TRIAL_NAMED);
    /* A restore that is told, with a steal: the steal is to be found, and only that. */
    b = boot_of(BIT(TRIAL_RESTORE_TOLD) | BIT(TRIAL_STEAL), steal);
    assert_int_equal(trial_judge(&b), TRIAL_NAMED);
}

static void all_is_counted_once(void **state)
{
    struct trial t = {0};
    struct trial_boot b;

    (void)state;
    b = boot_of(0, 0);
    trial_add(&t, &b);
    b.asked = BIT(TRIAL_STEAL); /* came to nothing */
    trial_add(&t, &b);
    b.found = BIT(TRIAL_FOUND_RATE);
    b.court = TRIAL_COURT_NAMED;
    trial_add(&t, &b);
    b = boot_of(BIT(TRIAL_RESTORE_TOLD), 0);
    trial_add(&t, &b);
    b = boot_of(0, BIT(TRIAL_FOUND_STEAL));
    b.sealed = 0;
    trial_add(&t, &b);
    assert_int_equal(t.control[TRIAL_CONTROL_DRAWN], 1);
    assert_int_equal(t.control[TRIAL_CONTROL_ARMED], 2);
    assert_int_equal(t.control[TRIAL_CONTROL_TOLD], 1);
    assert_int_equal(t.control[TRIAL_CONTROL_OPEN], 1);
    assert_int_equal(t.controls, 5);
    assert_int_equal(t.false_alarms, 2);
    assert_int_equal(t.alarms[TRIAL_CONTROL_ARMED], 1);
    assert_int_equal(t.alarms[TRIAL_CONTROL_OPEN], 1);
    assert_int_equal(t.court_alarms, 1);
    assert_int_equal(t.all.boots, 0);

    b = boot_of(BIT(TRIAL_RATE), BIT(TRIAL_FOUND_RATE));
    b.court = TRIAL_COURT_NAMED;
    trial_add(&t, &b);
    b.wrong = BIT(TRIAL_FOUND_RATE); /* its size did not come back */
    b.sized = 0;
    trial_add(&t, &b);
    b = boot_of(BIT(TRIAL_RATE), 0);
    trial_add(&t, &b);
    b = boot_of(BIT(TRIAL_RATE) | BIT(TRIAL_STEAL),
                BIT(TRIAL_FOUND_RATE) | BIT(TRIAL_FOUND_STEAL));
    trial_add(&t, &b);
    b.sealed = 0; /* nobody was blind there */
    trial_add(&t, &b);
    b.sealed = 1;
    b.judged = 0;
    trial_add(&t, &b);
    assert_int_equal(t.lie[TRIAL_RATE].boots, 3);
    assert_int_equal(t.lie[TRIAL_RATE].detected, 2);
    assert_int_equal(t.lie[TRIAL_RATE].named, 2);
    assert_int_equal(t.lie[TRIAL_RATE].sized, 1);
    assert_int_equal(t.lie[TRIAL_RATE].court, 2);
    assert_int_equal(t.lie[TRIAL_STEAL].boots, 0);
    assert_int_equal(t.several.boots, 1);
    assert_int_equal(t.several.named, 1);
    assert_int_equal(t.all.boots, 4);
    assert_int_equal(t.all.detected, 3);
    assert_int_equal(t.unjudged, 1);
    assert_int_equal(t.controls, 5);
}

static void lists_are_words(void **state)
{
    char list[TRIAL_LIST_BYTES];

    (void)state;
    assert_string_equal(trial_list(0, list), "nothing");
    assert_string_equal(trial_list(BIT(TRIAL_FOUND_STEAL) | BIT(TRIAL_FOUND_RATE), list),
                        "steal, rate_ppm");
    assert_true(strlen(trial_list(BIT(TRIAL_FINDINGS) - 1, list)) < sizeof(list) - 1);
}

static char *written(void (*write)(const struct trial_set *, const char *, FILE *),
                     const struct trial_set *set)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    assert_non_null(f);
    write(set, "cafe", f);
    fclose(f);
    return text;
}

static void assert_says(const char *text, const char *what)
{
    if (!strstr(text, what))
        fail_msg("\"%s\" is not in:\n%s", what, text);
}

/* What went wrong is named boot by boot, and what comes from the database is only text. */
static void written_out(void **state)
{
    struct trial_entry entry[] = {
        {.b = boot_of(BIT(TRIAL_STEAL), BIT(TRIAL_FOUND_STEAL)), .lies = "steal:a"},
        {.b = boot_of(BIT(TRIAL_JITTER), BIT(TRIAL_FOUND_RATE)),
         .platform = "vmm-bare",
         .variant = "svm\x1b[2J",
         .seed = "7",
         .lies = "jitter:\"9\""},
        {.b = boot_of(0, 0)},
    };
    const struct trial_set set = {entry, 3, 3};
    char *text = written(trial_write_text, &set), *json = written(trial_write_json, &set);

    (void)state;
    entry[1].b.boot = 12;
    free(text);
    text = written(trial_write_text, &set);
    assert_says(text, "detected          2 of    2   100.00 %, from 15.81 to 100.00 %");
    assert_says(text, "named             1 of    2    50.00 %, from 1.26 to 98.74 %");
    assert_says(text, "false alarms      0 of    1");
    assert_says(text, "seed 7) detected, not named: jitter:\"9\", found: rate_ppm\n");
    assert_says(text, "boot 12 (vmm-bare svm");
    assert_null(strchr(text, '\x1b'));
    assert_null(strstr(text, "steal:a"));
    assert_says(json, "\"named\":{\"boots\":1,\"of\":2,\"low\":0.01257911");
    assert_says(json, "\"lie\":\"jitter:\\\"9\\\"\",\"found\":[\"rate_ppm\"]");
    assert_says(json, "\"outcome\":\"detected, not named\",\"court\":\"sound\"");
    assert_says(json, "\"findings\":\"cafe\"");
    free(text);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_as_known),    cmocka_unit_test(intervals_cover),
        cmocka_unit_test(forms_are_told_apart),  cmocka_unit_test(each_lie_has_its_names),
        cmocka_unit_test(what_may_stand_beside), cmocka_unit_test(all_is_counted_once),
        cmocka_unit_test(lists_are_words),       cmocka_unit_test(written_out),
    };

    return cmocka_run_group_tests_name("trial", tests, NULL, NULL);
}
