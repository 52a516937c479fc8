/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Xen platforms' options: what each allows, what it refuses and with which words. That they
 * boot is shown by tests/system/xen_*.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/bench.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/rules.h"

static const char *const names[] = {"xen-dom0", "xen-pvh-bare", "xen-pv", "xen-pvh",
                                    "xen-hvm"};

static void test_ladder(void **state)
{
    unsigned last = 0;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct platform *p = platform_find(names[i]);

        assert_non_null(p);
        assert_string_equal(p->name, names[i]);
        assert_true(p->rank > last);
        last = p->rank;
    }
}

static void test_allowed(void **state)
{
    static const struct {
        const char *platform;
        struct platform_option option;
    } cases[] = {
        /* The builds of the user's own: tests/unit/test_own_build.c. */
        {"xen-pvh-bare", {"tsc", "default"}}, {"xen-pvh-bare", {"tsc", "native"}},
        {"xen-pvh-bare", {"vcpus", "8"}},     {"xen-pvh", {"tsc", "emulate"}},
        {"xen-pvh", {"vcpus", "1"}},          {"xen-pvh", {"pin", "0"}},
        {"xen-pv", {"pin", "4095"}},          {"xen-pvh", {"busy", "1"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct platform *p = platform_find(cases[i].platform);
        struct err e = {0};

        assert_int_equal(platform_check(p, NULL, &cases[i].option, 1, &e), 0);
        assert_int_equal(platform_check(p, p->variants[0], NULL, 0, &e), 0);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *platform;
        struct platform_option option;
        const char *says;
    } cases[] = {
        {"xen-dom0", {"tsc", "native"}, "it has: xen, xen_append, dom0"},
        {"xen-dom0", {"kernel", "/x"}, "it has: xen, xen_append, dom0"},
        {"xen-dom0", {"xen", "xen.gz"}, "begin with a slash"},
        {"xen-pvh-bare",
         {"kernel", "/x"},
         "it has: xen, xen_append, dom0, tsc, vcpus, busy, pin"},
        {"xen-pvh-bare", {"tsc", "fast"}, "must be one of default|native|emulate"},
        {"xen-pvh", {"vcpus", "0"}, "from 1 to 8"},
        {"xen-pvh", {"vcpus", "9"}, "from 1 to 8"},
        {"xen-pv", {"busy", "17"}, "from 0 to 16"},
        {"xen-pvh", {"vcpus", "2x"}, "from 1 to 8"},
        {"xen-pv", {"vcpus", ""}, "from 1 to 8"},
        {"xen-pv", {"pin", ""}, "from 0 to 4095"},
        {"xen-pv", {"pin", "-1"}, "from 0 to 4095"},
        {"xen-dom0", {"pin", "0"}, "it has: xen, xen_append, dom0"},
        {"xen-pv",
         {"colour", "red"},
         "it has: xen, xen_append, dom0, tsc, vcpus, busy, pin, kernel"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct platform *p = platform_find(cases[i].platform);
        struct err e = {0};

        assert_int_equal(platform_check(p, NULL, &cases[i].option, 1, &e), ERR_USAGE);
        assert_non_null(strstr(e.text, cases[i].says));
        assert_non_null(strstr(e.text, cases[i].platform));
    }
}

static void test_variant(void **state)
{
    const struct platform *p = platform_find("xen-pvh");
    struct err e = {0};

    (void)state;
    assert_int_equal(platform_check(p, "debian", NULL, 0, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, p->variants[0]));
}

static void test_unavailable(void **state)
{
    const struct bench other = {.name = "metal"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_non_null(platform_find(names[i])->unavailable(&other));
        assert_non_null(platform_find(names[i])->unavailable(NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ladder),      cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_variant),
        cmocka_unit_test(test_unavailable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
