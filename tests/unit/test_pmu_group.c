/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hypothesis: every event of every group file that libpfm4 knows on this processor's kind is
 * encoded, every formula is well formed, and what is wrong in a file is named with its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/pmu/formula.h"
#include "collector/pmu/group.h"
#include "collector/pmu/present.h"

static const struct formula_value three[] = {{"a", 6}, {"b", 3}, {"zero", 0}};

static void formulas_that_are_right(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"a", 6},         {"a/b", 2},         {"1 + 2 * 3", 7},
                {"(1+2)*3", 9},   {"-a + b", -3},     {"a - b - 1", 2},
                {"a / b / 2", 1}, {"--a", 6},         {"1000 * b/a", 500},
                {".5*a", 3},      {"2*(a-(b-1))", 8}, {"\ta\t", 6},
                {"zero / a", 0},  {"0.25", 0.25}};
    double v;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct err e = {0};

        if (formula_evaluate(good[i].text, three, 3, &v, &e) != 0)
            fail_msg("%s: %s", good[i].text, e.text);
        assert_true(v > good[i].value - 1e-12 && v < good[i].value + 1e-12);
    }
}

static void formulas_that_are_wrong(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "something is missing"},
        {"a +", "something is missing"},
        {"(a", "expected )"},
        {"a)", "column 2: expected an operator"},
        {"a b", "expected an operator"},
        {"c", "no event is called c"},
        {"a ** b", "column 4"},
        {"1.2.3", "not a number"},
        {"1e5", "not a number"},
        {"0x10", "not a number"},
        {".", "not a number"},
        {"a % b", "expected an operator"},
        {"aa", "no event is called aa"},
        {"3a", "not a number"},
        {"((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))", "too deep"},
        {"---------------------------------------------------------a", "too deep"},
        {"123456789012345678901234567890123456789012345678901234567890123456789", "length"},
    };
    struct err e;
    double v;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(formula_evaluate(bad[i].text, three, 3, &v, &e), ERR_DATA);
        if (!strstr(e.text, bad[i].says))
            fail_msg("%s: %s", bad[i].text, e.text);
        assert_int_equal(formula_check(bad[i].text, three, 3, NULL), ERR_DATA);
    }
    assert_int_equal(formula_evaluate("a / zero", three, 3, &v, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "divides by zero"));
    assert_int_equal(formula_check("a / zero", three, 3, &e), 0);
}

#define HEAD "family X\npmu skl\nsource Y\n"
#define BODY                                                                                  \
    "group g Title here\nevent instr INST_RETIRED:ANY_P\nmetric m unit = instr * 2\n"         \
    "explain What\n  and more # not this\nwhy Because\n"

static int parse(const char *text, struct group_family **f, struct err *e)
{
    return group_parse("F", text, strlen(text), f, e);
}

static void a_file_that_is_right(void **state)
{
    struct group_family *f;
    struct err e = {0};

    (void)state;
    if (parse("# comment\n\n" HEAD BODY, &f, &e) != 0)
        fail_msg("%s", e.text);
    assert_string_equal(f->family, "X");
    assert_int_equal(f->groups, 1);
    assert_string_equal(f->group[0].title, "Title here");
    assert_string_equal(f->group[0].explain, "What and more");
    assert_string_equal(f->group[0].event[0].event, "INST_RETIRED:ANY_P");
    assert_string_equal(f->group[0].metric[0].formula, "instr * 2");
    group_release(f);
}

static void files_that_are_wrong(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "F:0: family, source or every group is missing"},
        {HEAD "bogus 1\n", "F:4: no such word: bogus"},
        {HEAD "event a b\n", "F:4: event comes before the first group"},
        {"group g T\n", "F:1: group g comes before the pmu line"},
        {HEAD BODY BODY, "F:10: a second group g"},
        {HEAD "group g\n", "F:4: group's title says nothing"},
        {HEAD "group g T\nevent a\n", "F:5: event a takes a name and an event"},
        {HEAD "group g T\nevent a b c\n", "F:5: event a takes"},
        {HEAD "group g T\nevent a b\nevent a c\n", "F:6: a second event a"},
        {HEAD "group g T\nmetric m unit instr\n", "F:5: metric m is not NAME UNIT = FORMULA"},
        {HEAD "group g T\nevent i E\nmetric m u = i\nwhy W\n", "lacks its explain or its why"},
        {HEAD "group g T\nevent i E\nmoves j\n", "F:6: no event is called j"},
        {HEAD "group g T\nevent i E\nmoves\n", "F:6: no event is called"},
        {HEAD "group g T\nexplain X\nwhy W\n", "has no event or no metric"},
        {HEAD "group g T\nevent i E\nmetric m u = j\nexplain X\nwhy W\n",
         "F:8: group g, metric m: formula \"j\", column 1: no event is called j"},
        {HEAD "group g T\nevent i E\nmetric m u = i +\nexplain X\nwhy W\n", "column 4"},
        {"  more\n", "F:1: nothing is continued"},
        {HEAD "family Z\n", "F:4: family was said before"},
        {HEAD "pmu a b c d e f g\n", "too many PMUs"},
        {HEAD "group g T\nevent a E\nevent b E\nevent c E\nevent d E\nevent e E\nevent f E\n"
              "event g E\nevent h E\nevent i E\n",
         "F:13: more events than a group has room for"},
    };
    struct group_family *f;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(parse(bad[i].text, &f, &e), ERR_DATA);
        if (!strstr(e.text, bad[i].says))
            fail_msg("%zu: %s", i, e.text);
    }
    assert_int_equal(group_parse("F", "family\0x\n", 9, &f, &e), ERR_DATA);
    assert_non_null(strstr(e.text, "F:1: a zero byte"));
}

/* Arm's tables are in the library for Arm: tests/system/pmu_arm64.sh encodes those files. */
static void every_event_of_every_file_is_encoded(void **state)
{
    unsigned files = 0, events = 0;

    (void)state;
    for (unsigned i = 0; i < group_file_count; i++) {
        const struct group_file *file = &group_files[i];
        struct group_family *f;
        struct err e = {0};

        if (group_parse(file->name, file->text, (size_t)(file->end - file->text), &f, &e) != 0)
            fail_msg("%s", e.text);
        for (unsigned p = 0; p < f->pmus && strncmp(file->name, "arm-", 4) != 0; p++)
            for (unsigned j = 0; j < f->groups; j++) {
                struct pmu_event event[PMU_GROUP_EVENTS];

                for (int side = PMU_SIDE_BOTH; side <= PMU_SIDE_HOST; side++)
                    if (pmu_group_encode(f->pmu[p], &f->group[j], PMU_LEVEL_USER, side, event,
                                         &e) != 0)
                        fail_msg("%s: group %s: %s", file->name, f->group[j].name, e.text);
                events += f->group[j].events;
            }
        files++;
        group_release(f);
    }
    assert_int_equal(files, group_file_count);
    assert_true(events >= 100);
}

/* Four counters are what Intel leaves to a thread with hyper-threading, beside the fixed ones
 * for instructions, cycles and reference cycles; AMD and Arm have six. */
static void groups_fit_the_hardware(void **state)
{
    (void)state;
    for (unsigned i = 0; i < group_file_count; i++) {
        const struct group_file *file = &group_files[i];
        struct group_family *f;

        assert_int_equal(
            group_parse(file->name, file->text, (size_t)(file->end - file->text), &f, NULL),
            0);
        for (unsigned j = 0; j < f->groups; j++)
            assert_true(f->group[j].events <= 4 || strcmp(f->pmu[0], "perf") == 0);
        group_release(f);
    }
}

static void a_pmu_without_a_file(void **state)
{
    struct group_family *f;
    struct err e;

    (void)state;
    assert_int_equal(group_for_pmu("amd64_fam19h_zen4", &f, &e), 0);
    assert_string_equal(f->family, "AMD Zen 4");
    group_release(f);
    assert_int_equal(group_for_pmu("knl", &f, &e), ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "no file of event groups for knl"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas_that_are_right),
        cmocka_unit_test(formulas_that_are_wrong),
        cmocka_unit_test(a_file_that_is_right),
        cmocka_unit_test(files_that_are_wrong),
        cmocka_unit_test(every_event_of_every_file_is_encoded),
        cmocka_unit_test(groups_fit_the_hardware),
        cmocka_unit_test(a_pmu_without_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
