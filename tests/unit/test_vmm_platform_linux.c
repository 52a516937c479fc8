/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The platform driver vmm, Linux on the hypervisor: both sides read what was written for them, the
 * guest has the memory it was promised, what does not fit is refused, and all that runs is in the
 * provenance. That it boots is shown by tests/system/vmm_linux.sh.
 */
#include "tests/unit/vmm_platform_fixture.h"

static void test_prepare_linux(void **state)
{
    const struct platform_option options[] = {{"kernel", kernel}, {"hypercall", "fast"}};
    struct platform_boot boot = boot_with(options, 2);
    struct vmm_config config;
    struct machine_spec spec, again;
    struct plan plan;
    char reason[CONFIG_REASON_BYTES];

    (void)state;
    memset(&spec, 1, sizeof(spec));
    memset(&again, 2, sizeof(again));
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, NULL), 0);
    assert_int_equal(platform_vmm.prepare(&boot, "svm+nested", &again, NULL), 0);
    assert_memory_equal(&spec, &again, sizeof(spec));
    assert_non_null(strstr(spec.kernel, "vmm/vmm.elf"));
    assert_string_equal(spec.module[0].path, kernel);
    assert_non_null(strstr(spec.module[1].path, "initramfs/"));
    assert_int_equal(spec.modules, 2);
    assert_true(spec.svm && !spec.without_svm && spec.second_console);
    /* The hypervisor's side. */
    assert_int_equal(config_parse(spec.command_line, &config, reason), 0);
    assert_int_equal(config.cpu, CONFIG_CPU_SVM);
    assert_int_equal(config.paging, CONFIG_PAGING_NESTED);
    assert_int_equal(config.hypercall, CONFIG_HYPERCALL_FAST);
    assert_int_equal(config.end, CONFIG_END_HALT);
    assert_int_equal(config.ram_mb, 256);
    assert_int_equal(config.tsc_hz, 1000000000);
    assert_int_equal(config.boot, 3);
    /* The guest's: the words of every rung, then the plan. */
    assert_non_null(
        strstr(spec.module[0].arguments, LINUX_WORDS " etl.mmio=fef01000 etl.boot=3"));
    assert_int_equal(plan_parse(spec.module[0].arguments, &plan, reason, sizeof(reason)), 0);
    assert_int_equal(plan.mmio, GUEST_REGISTER_PAGE);
    assert_true(plan.seed == UINT64_MAX);
    assert_int_equal(plan.runs_length, strlen("null,iters=5/spin,n=1000"));
    assert_false(plan.exit_hypercall); /* Linux halts */
}

/* One that counts its ticks, and loses some. */
static void test_linux_loses_ticks(void **state)
{
    const struct platform_option options[] = {
        {"kernel", kernel}, {"clocksource", "jiffies"}, {"lie", "user_over_total:200000"}};
    struct platform_boot boot = boot_with(options, 3);
    char reason[CONFIG_REASON_BYTES];
    struct vmm_config config;
    struct machine_spec spec;

    (void)state;
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, NULL), 0);
    assert_non_null(
        strstr(spec.module[0].arguments, LINUX_WORDS " clocksource=jiffies etl.mmio="));
    assert_int_equal(config_parse(spec.command_line, &config, reason), 0);
    assert_int_equal(config.lies, 1);
    assert_int_equal(config.lie[0].kind, LIE_USER_OVER_TOTAL);
}

/* It makes no checkpoints; the payload does. */
static void test_linux_is_not_put_back(void **state)
{
    const struct platform_option options[] = {{"kernel", kernel},
                                              {"lie", "restore:told:5:10000:5:1"}};
    struct platform_boot boot = boot_with(options, 2);
    struct machine_spec spec;
    struct err e = {0};

    (void)state;
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "needs a guest that makes checkpoints: platform vmm-bare"));
    boot = boot_with(options + 1, 1);
    assert_int_equal(platform_vmm_bare.prepare(&boot, "pv", &spec, &e), 0);
}

/* The guest has what was asked for, whatever its files take beside it. */
static void test_linux_memory(void **state)
{
    const struct platform_option options[] = {{"kernel", kernel}};
    struct platform_boot boot = boot_with(options, 1);
    struct machine_spec spec;

    (void)state;
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, NULL), 0);
    /* 256 for the guest, 8 for the rest, and one begun by the two small files. */
    assert_int_equal(spec.memory_mb, 256 + 8 + 1);
    assert_int_equal(platform_vmm.prepare(&boot, "svm+shadow-lazy", &spec, NULL), 0);
    assert_int_equal(spec.memory_mb, 256 + 8 + 8 + 1); /* and for its tables */
    boot.memory_mb = 512;
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, NULL), 0);
    assert_non_null(strstr(spec.command_line, " ram_mb=512 "));
    assert_int_equal(spec.memory_mb, 512 + 8 + 1);
    assert_int_equal(truncate(kernel, 5 << 20), 0);
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, NULL), 0);
    assert_int_equal(spec.memory_mb, 512 + 8 + 5 + 1);
    assert_int_equal(make_kernel(), 0);
}

/* What does not fit into Linux's command line is refused, not cut. */
static void test_linux_long_plan_is_refused(void **state)
{
    const struct platform_option options[] = {{"kernel", kernel}};
    struct platform_boot boot = boot_with(options, 1);
    char text[LINUX_COMMAND_LINE_BYTES];
    struct machine_spec spec;
    struct err e;

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    boot.plan_text = text;
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "boot 3: Linux takes 2047 bytes"));
    /* The longest that is taken leaves room for the NUL and the loader's word in front. */
    text[0] = '\0';
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, &e), 0);
    text[0] = 'a';
    text[sizeof(text) - sizeof("module0 ") - strlen(spec.module[0].arguments)] = '\0';
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, &e), 0);
    assert_int_equal(strlen("module0 ") + strlen(spec.module[0].arguments),
                     LINUX_COMMAND_LINE_BYTES - 1);
}

static void test_linux_options(void **state)
{
    static const struct {
        const struct platform *platform;
        struct platform_option option;
        const char *says; /* NULL: accepted */
    } cases[] = {
        {&platform_vmm, {"image", "vmlinux"}, NULL},
        {&platform_vmm, {"image", "bzimage"}, NULL},
        {&platform_vmm, {"kernel", kernel}, NULL},
        {&platform_vmm, {"tsc", "offset:-1"}, NULL},
        {&platform_vmm, {"clocksource", "hpet"}, "must be one of tsc|jiffies"},
        {&platform_vmm, {"image", "zImage"}, "must be one of vmlinux|bzimage"},
        {&platform_vmm, {"kernel", "vmlinux"}, "must begin with a slash"},
        {&platform_vmm, {"kernel", parts}, "is no file"},
        {&platform_vmm, {"vmm", kernel}, "no multiboot ELF"},
        {&platform_vmm,
         {"append", "quiet"},
         "it has: hypercall, asid, pmu, tsc, guests, weights, slice, loads, lie, seal, vmm, "
         "clocksource, image, kernel"},
        {&platform_vmm,
         {"popf", "open"},
         "it has: hypercall, asid, pmu, tsc, guests, weights, slice, loads, lie, seal, vmm, "
         "clocksource, image, kernel"},
        {&platform_vmm_bare,
         {"image", "bzimage"},
         "it has: hypercall, asid, pmu, tsc, guests, weights, slice, loads, lie, seal, vmm, "
         "io, popf"},
    };
    const struct platform_option both[] = {{"image", "bzimage"}, {"kernel", kernel}};
    struct platform_boot boot = boot_with(both, 2);
    struct machine_spec spec;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int rc = platform_check(cases[i].platform, NULL, &cases[i].option, 1, &e);

        assert_int_equal(rc, cases[i].says ? ERR_USAGE : 0);
        if (cases[i].says)
            assert_non_null(strstr(e.text, cases[i].says));
    }
    /* Linux runs by SVM only. */
    assert_int_equal(platform_check(&platform_vmm, "soft", NULL, 0, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "svm+nested"));
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "image=bzimage is Debian's"));
}

static void test_describe_linux(void **state)
{
    const struct platform_option options[] = {{"kernel", kernel}};
    struct platform_boot boot = boot_with(options, 1);
    const struct facts f = describe_one(&platform_vmm, &boot, NULL);
    struct machine_spec spec;
    char sha256[HASH_HEX_BYTES], wanted[4096];
    int n;

    (void)state;
    assert_int_equal(hash_file(kernel, sha256, NULL), 0);
    n = snprintf(wanted, sizeof(wanted),
                 "own.kernel.sha256=%s\nvmm.sha256=" ABC_SHA256 "\nmemory_mb=256\n"
                 "agent.sha256=" ABC_SHA256 "\n",
                 sha256);
    /* The initramfs told is the one that is booted. */
    assert_int_equal(platform_vmm.prepare(&boot, NULL, &spec, NULL), 0);
    assert_int_equal(hash_file(spec.module[1].path, sha256, NULL), 0);
    n += snprintf(wanted + n, sizeof(wanted) - (size_t)n,
                  "vmm.initramfs.sha256=%s\nvmm.command_line=" LINUX_WORDS "\n", sha256);
    assert_int_equal(hash_file(kernel, sha256, NULL), 0);
    snprintf(wanted + n, sizeof(wanted) - (size_t)n, "vmm.kernel.sha256=%s\n", sha256);
    assert_string_equal(f.text, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepare_linux),
        cmocka_unit_test(test_linux_loses_ticks),
        cmocka_unit_test(test_linux_is_not_put_back),
        cmocka_unit_test(test_linux_memory),
        cmocka_unit_test(test_linux_long_plan_is_refused),
        cmocka_unit_test(test_linux_options),
        cmocka_unit_test(test_describe_linux),
    };

    return cmocka_run_group_tests_name("vmm_platform_linux", tests, make_parts, remove_parts);
}
