/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The platform drivers vmm-bare and vmm, and the words every platform writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "hv-under-test/platform_words.h"
#include "hv-under-test/target/plan.h"
#include "hv-under-test/vmm.c"
#include "hv-under-test/vmm/config.c"
#include "hv-under-test/vmm/guest.h"
#include "hv-under-test/vmm/text.c"

static char parts[] = "/tmp/etalon-test-XXXXXX";

/* Small files stand for the built parts. */
static int make_parts(void **state)
{
    static const char *const made[][2] = {{"vmm", "vmm/vmm.elf"},
                                          {"payload", "payload/payload.elf"},
                                          {"agent", "agent/etalon-agent"}};

    (void)state;
    if (!mkdtemp(parts))
        return -1;
    for (unsigned i = 0; i < 3; i++) {
        char path[200];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", parts, made[i][0]);
        mkdir(path, 0700);
        snprintf(path, sizeof(path), "%s/%s", parts, made[i][1]);
        f = fopen(path, "w");
        if (!f)
            return -1;
        fputs("abc", f);
        fclose(f);
    }
    return setenv("ETALON_LIB", parts, 1) || setenv("ETALON_CACHE", parts, 1);
}

static int remove_parts(void **state)
{
    (void)state;
    return paths_remove_tree(parts, NULL);
}

static struct platform_boot boot_with(const struct platform_option *options, size_t count)
{
    return (struct platform_boot){.plan_index = 3,
                                  .seed = 18446744073709551615u,
                                  .plan_text = "null,iters=5/spin,n=1000",
                                  .collectors = "clocks",
                                  .gap_spins = 100,
                                  .tsc_hz = 1000000000,
                                  .options = options,
                                  .option_count = count};
}

static void test_prepare(void **state)
{
    const struct platform_option options[] = {{"hypercall", "fast"}, {"tsc", "offset:-7"}};
    struct platform_boot boot = boot_with(options, 2);
    struct vmm_config config;
    struct machine_spec spec;
    struct plan plan;
    char reason[200];

    (void)state;
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, NULL), 0);
    assert_non_null(strstr(spec.kernel, "vmm/vmm.elf"));
    assert_int_equal(spec.modules, 1);
    assert_non_null(strstr(spec.module[0].path, "payload/payload.elf"));
    assert_true(spec.svm && spec.second_console);
    assert_int_equal(spec.memory_mb, 256);
    /* What is written here is what the other side reads. */
    assert_int_equal(config_parse(spec.command_line, &config, reason), 0);
    assert_int_equal(config.hypercall, CONFIG_HYPERCALL_FAST);
    assert_int_equal(config.tsc_offset_ticks, -7);
    assert_int_equal(config.boot, 3);
    assert_int_equal(plan_parse(spec.module[0].arguments, &plan, reason, sizeof(reason)), 0);
    assert_int_equal(plan.boot, 3);
    assert_true(plan.seed == UINT64_MAX);
    assert_true(plan.exit_hypercall);
    assert_int_not_equal(plan.collectors, 0);
    assert_int_equal(plan.gap_spins, 100);
    assert_int_equal(plan.runs_length, strlen("null,iters=5/spin,n=1000"));
}

/* Where no SVM is needed, the machine has none. */
static void test_variants(void **state)
{
    const struct platform_option options[] = {{"popf", "open"}};
    static const struct {
        const char *variant;
        unsigned cpu, paging;
        int svm;
    } cases[] = {
        {NULL, CONFIG_CPU_SVM, CONFIG_PAGING_NESTED, 1},
        {"svm+nested", CONFIG_CPU_SVM, CONFIG_PAGING_NESTED, 1},
        {"soft", CONFIG_CPU_SOFT, CONFIG_PAGING_SHADOW_LAZY, 0},
        {"pv", CONFIG_CPU_PV, CONFIG_PAGING_SHADOW_LAZY, 0},
    };
    struct platform_boot boot = boot_with(options, 1);
    struct vmm_config config;
    struct machine_spec spec;
    char reason[200];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(platform_vmm_bare.prepare(&boot, cases[i].variant, &spec, NULL), 0);
        assert_int_equal(config_parse(spec.command_line, &config, reason), 0);
        assert_int_equal(config.cpu, cases[i].cpu);
        assert_int_equal(config.paging, cases[i].paging);
        assert_int_equal(config.popf, CONFIG_POPF_OPEN);
        assert_int_equal(spec.svm, cases[i].svm);
        assert_int_equal(spec.without_svm, !cases[i].svm);
    }
}

static void test_prepare_is_deterministic(void **state)
{
    struct platform_boot boot = boot_with(NULL, 0);
    struct machine_spec a, b;

    (void)state;
    memset(&a, 1, sizeof(a));
    memset(&b, 2, sizeof(b));
    boot.memory_mb = 512;
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &a, NULL), 0);
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &b, NULL), 0);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_int_equal(a.memory_mb, 512);
}

/* The user's own kernel is checked elsewhere (own_build.c): any file will do here. */
static void test_prepare_linux(void **state)
{
    char kernel[200];
    const struct platform_option options[] = {{"kernel", kernel}};
    struct platform_boot boot = boot_with(options, 1);
    struct machine_spec spec;
    struct plan plan;
    char reason[200];
    struct err e;
    char text[LINUX_COMMAND_LINE_BYTES];

    (void)state;
    snprintf(kernel, sizeof(kernel), "%s/vmm/vmm.elf", parts);
    memset(&spec, 0, sizeof(spec));
    assert_int_equal(prepare_linux(&boot, &spec, NULL), 0);
    assert_string_equal(spec.module[0].path, kernel);
    assert_non_null(strstr(spec.module[1].path, "initramfs/"));
    assert_int_equal(spec.modules, 2);
    /* 256 for the guest, 8 for the rest, and one begun by the two small files. */
    assert_int_equal(spec.memory_mb, 256 + 8 + 1);
    assert_non_null(
        strstr(spec.module[0].arguments, LINUX_WORDS " etl.mmio=fef01000 etl.boot=3"));
    assert_int_equal(plan_parse(spec.module[0].arguments, &plan, reason, sizeof(reason)), 0);
    assert_int_equal(plan.mmio, GUEST_REGISTER_PAGE);
    assert_false(plan.exit_hypercall); /* Linux halts */
    /* What does not fit into Linux's command line is refused, not cut. */
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    boot.plan_text = text;
    assert_int_equal(prepare_linux(&boot, &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "boot 3"));
}

static void test_linux_options(void **state)
{
    static const struct platform_option bad[] = {
        {"image", "zImage"}, {"kernel", "vmlinux"}, {"append", "quiet"}};
    static const struct platform_option both[] = {{"image", "bzimage"}, {"kernel", "/x"}};
    struct platform_boot boot = boot_with(both, 2);
    char path[200];
    struct err e;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(platform_check(&platform_vmm, NULL, &bad[i], 1, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "it has: hypercall, pmu, tsc, vmm, image, kernel"));
    assert_int_equal(platform_check(&platform_vmm_bare, NULL, &both[0], 1, &e), ERR_USAGE);
    assert_int_equal(find_kernel(&boot, path, sizeof(path), &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "image=bzimage is Debian's"));
}

static void test_check(void **state)
{
    static const struct {
        struct platform_option option;
        const char *allowed; /* NULL: accepted */
    } cases[] = {
        {{"hypercall", "full"}, NULL},
        {{"tsc", "trap"}, NULL},
        {{"tsc", "offset:999999999999999999"}, NULL},
        {{"pmu", "guest"}, NULL},
        {{"pmu", "host"}, "must be one of none|guest"},
        {{"hypercall", "slow"}, "must be one of full|fast"},
        {{"tsc", "offset:"}, "offset:TICKS"},
        {{"tsc", "offset:1 boot=9"}, "offset:TICKS"}, /* no words smuggled in */
        {{"tsc", "offset:1000000000000000000"}, "offset:TICKS"},
        {{"steal", "1"}, "it has: hypercall, pmu, tsc, vmm, popf"},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int rc = platform_check(&platform_vmm_bare, "svm+nested", &cases[i].option, 1, &e);

        assert_int_equal(rc, cases[i].allowed ? ERR_USAGE : 0);
        if (cases[i].allowed)
            assert_non_null(strstr(e.text, cases[i].allowed));
    }
    assert_int_equal(platform_check(&platform_vmm_bare, "vmx+ept", NULL, 0, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "svm+nested"));
}

static void test_long_plan_is_refused(void **state)
{
    struct platform_boot boot = boot_with(NULL, 0);
    struct machine_spec spec;
    char text[5000];
    struct err e;

    (void)state;
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    boot.plan_text = text;
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "boot 3"));
}

static unsigned facts, without_svm;

static void count_fact(void *opaque, const char *key, const char *value)
{
    (void)opaque;
    facts++;
    if (!strcmp(key, "processor_without")) {
        assert_string_equal(value, "svm");
        without_svm++;
        return;
    }
    if (!strcmp(key, "memory_mb")) {
        assert_string_equal(value, "96");
        return;
    }
    assert_true(!strcmp(key, "vmm.sha256") || !strcmp(key, "payload.sha256"));
    /* FIPS 180-4, "abc" */
    assert_string_equal(value,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_describe_parts(void **state)
{
    const struct platform_fact_sink sink = {.put = count_fact};

    (void)state;
    assert_int_equal(platform_vmm_bare.describe(&(struct platform_boot){.memory_mb = 96},
                                                "svm+nested", &sink, NULL),
                     0);
    assert_int_equal(facts, 3);
    assert_int_equal(without_svm, 0);
    assert_int_equal(platform_vmm_bare.describe(&(struct platform_boot){.memory_mb = 96}, "pv",
                                                &sink, NULL),
                     0);
    assert_int_equal(without_svm, 1);
}

static void test_unavailable(void **state)
{
    const struct bench metal = {.name = "metal"}, lab = {.name = "lab"};

    (void)state;
    assert_non_null(platform_vmm_bare.unavailable(&metal));
    assert_null(platform_vmm_bare.unavailable(&lab));
    assert_non_null(platform_vmm.unavailable(&metal));
    assert_null(platform_vmm.unavailable(&lab));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepare),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_prepare_is_deterministic),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_long_plan_is_refused),
        cmocka_unit_test(test_prepare_linux),
        cmocka_unit_test(test_linux_options),
        cmocka_unit_test(test_describe_parts),
        cmocka_unit_test(test_unavailable),
    };

    return cmocka_run_group_tests_name("vmm_platform", tests, make_parts, remove_parts);
}
