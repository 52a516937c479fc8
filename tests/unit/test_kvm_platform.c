/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The KVM platforms' options: what each allows, what it refuses and with which words. That they
 * boot is shown by tests/system/kvm_*.sh.
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

static const char *const names[] = {"kvm-bare", "kvm", "tcg"};

static void test_allowed(void **state)
{
    static const struct {
        const char *platform;
        struct platform_option option;
    } cases[] = {
        /* The builds of the user's own: tests/unit/test_own_build.c. */
        {"kvm-bare", {"card", "auto"}}, {"kvm-bare", {"card", "vfio"}},
        {"kvm", {"card", "mapped"}},    {"kvm-bare", {"iommu", "off"}},
        {"kvm", {"iommu", "on"}},       {"kvm", {"pin", "0"}},
        {"tcg", {"pin", "1023"}},       {"kvm", {"vcpus", "8"}},
        {"tcg", {"vcpus", "1"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct platform *p = platform_find(cases[i].platform);
        struct err e = {0};

        assert_int_equal(platform_check(p, NULL, &cases[i].option, 1, &e), 0);
        for (size_t v = 0; p->variants[v]; v++)
            assert_int_equal(platform_check(p, p->variants[v], NULL, 0, &e), 0);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *platform;
        struct platform_option option;
        const char *says;
    } cases[] = {
        {"kvm-bare", {"kernel", "/x"}, "it has: qemu, card, iommu, pin, vcpus"},
        {"kvm", {"colour", "red"}, "it has: qemu, card, iommu, pin, vcpus, kernel"},
        {"kvm", {"qemu", "qemu"}, "must begin with a slash"},
        {"kvm", {"kernel", "vmlinux"}, "must begin with a slash"},
        {"kvm", {"card", "ivshmem"}, "must be one of auto|vfio|mapped"},
        {"kvm", {"iommu", "yes"}, "must be one of on|off"},
        {"kvm", {"pin", "-1"}, "must be a number from 0 to 1023"},
        {"kvm", {"pin", "1024"}, "must be a number from 0 to 1023"},
        {"kvm", {"pin", "0,trace=1"}, "must be a number from 0 to 1023"},
        {"tcg", {"vcpus", "0"}, "from 1 to 8"},
        {"kvm-bare", {"vcpus", "9"}, "from 1 to 8"},
        {"kvm", {"vcpus", " 2"}, "from 1 to 8"},
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
    struct err e = {0};

    (void)state;
    assert_int_equal(platform_check(platform_find("kvm"), "q35", NULL, 0, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "stats, trace"));
    assert_int_equal(platform_check(platform_find("tcg"), "trace", NULL, 0, &e), ERR_USAGE);
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
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_variant),
        cmocka_unit_test(test_unavailable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
