/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The platform driver vmm-bare, and what it shares with vmm: what it writes is what the other side
 * reads, and is the same each time; what does not fit is refused; all that runs is in the
 * provenance. That it boots is shown by tests/system/vmm_*.sh.
 */
#include "tests/unit/vmm_platform_fixture.h"

static void test_prepare(void **state)
{
    const struct platform_option options[] = {{"hypercall", "fast"}, {"tsc", "offset:-7"}};
    struct platform_boot boot = boot_with(options, 2);
    struct vmm_config config;
    struct machine_spec spec;
    struct plan plan;
    char reason[CONFIG_REASON_BYTES];

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
    const struct platform_option options[] = {
        {"popf", "open"}, {"asid", "off"}, {"io", "ring"}};
    static const struct {
        const char *variant;
        unsigned cpu, paging;
        int svm;
    } cases[] = {
        {NULL, CONFIG_CPU_SVM, CONFIG_PAGING_NESTED, 1},
        {"svm+nested", CONFIG_CPU_SVM, CONFIG_PAGING_NESTED, 1},
        {"svm+shadow-lazy", CONFIG_CPU_SVM, CONFIG_PAGING_SHADOW_LAZY, 1},
        {"svm+shadow-eager", CONFIG_CPU_SVM, CONFIG_PAGING_SHADOW_EAGER, 1},
        {"soft", CONFIG_CPU_SOFT, CONFIG_PAGING_SHADOW_LAZY, 0},
        {"pv", CONFIG_CPU_PV, CONFIG_PAGING_SHADOW_LAZY, 0},
    };
    struct platform_boot boot = boot_with(options, 3);
    struct vmm_config config;
    struct machine_spec spec;
    char reason[CONFIG_REASON_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(platform_vmm_bare.prepare(&boot, cases[i].variant, &spec, NULL), 0);
        assert_int_equal(config_parse(spec.command_line, &config, reason), 0);
        assert_int_equal(config.cpu, cases[i].cpu);
        assert_int_equal(config.paging, cases[i].paging);
        assert_int_equal(config.popf, CONFIG_POPF_OPEN);
        assert_int_equal(config.asid, CONFIG_ASID_OFF);
        assert_int_equal(config.io, CONFIG_IO_RING);
        assert_int_equal(spec.svm, cases[i].svm);
        assert_int_equal(spec.without_svm, !cases[i].svm);
    }
}

/* In the lab there is no VT-x: told before a machine starts, and never something else instead. */
static void test_vtx_is_refused(void **state)
{
    struct platform_boot boot = boot_with(NULL, 0);
    struct machine_spec spec;
    struct err e;

    (void)state;
    assert_int_equal(platform_vmm_bare.prepare(&boot, "vmx+nested", &spec, &e),
                     ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "vmm-bare, variant vmx+nested: it needs a processor with "
                                   "VT-x"));
    assert_non_null(platform_vmm_bare.variant_unavailable(NULL, "vmx+nested"));
    for (size_t i = 0; platform_vmm_bare.variants[i]; i++)
        assert_int_equal(
            !platform_vmm_bare.variant_unavailable(NULL, platform_vmm_bare.variants[i]),
            strcmp(platform_vmm_bare.variants[i], "vmx+nested") != 0);
    /* Linux under VT-x is not asked for anywhere: its platform has no such variant. */
    assert_int_equal(platform_vmm.prepare(&boot, "vmx+nested", &spec, &e), ERR_USAGE);
}

static void test_prepare_lies(void **state)
{
    struct platform_option options[] = {{"lie", "rate_ppm:2+steal:poisson:90000:5"},
                                        {"tsc", "trap"}};
    struct platform_boot boot = boot_with(options, 2);
    struct machine_spec spec;
    struct vmm_config config;
    char reason[CONFIG_REASON_BYTES];
    struct err e;

    (void)state;
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, &e), 0);
    assert_int_equal(config_parse(spec.command_line, &config, reason), 0);
    assert_true(config.seed == UINT64_MAX);
    assert_int_equal(config.lies, 2);
    assert_int_equal(config.lie[1].kind, LIE_STEAL);
    /* What only the options together make wrong is told before a machine starts. */
    options[1].value = "pass";
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "lie=rate_ppm:2: needs tsc=trap"));
    /* Without SVM only readings can be changed, and only where they exit. */
    options[1].value = "trap";
    assert_int_equal(platform_vmm_bare.prepare(&boot, "soft", &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "lie=steal:poisson:90000:5: needs cpu=svm or cpu=vmx"));
    options[0].value = "rate_ppm:2+jitter:9";
    assert_int_equal(platform_vmm_bare.prepare(&boot, "soft", &spec, &e), 0);
    assert_int_equal(config_parse(spec.command_line, &config, reason), 0);
    assert_int_equal(config.lies, 2);
    assert_int_equal(platform_vmm_bare.prepare(&boot, "pv", &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "lie=rate_ppm:2: needs cpu=svm, cpu=vmx or cpu=soft"));
    /* The payload has no timer whose ticks could be lost. */
    options[0].value = "jitter:9+lost_ticks:90000:2";
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "needs a guest with a timer that ticks: platform vmm"));
}

static void test_prepare_guests(void **state)
{
    struct platform_option options[] = {{"guests", "3"},  {"weights", "1:2:3"},
                                        {"slice", "250"}, {"loads", "yield:tick"},
                                        {"tsc", "trap"},  {"lie", "jitter:5"}};
    struct platform_boot boot = boot_with(options, 6);
    struct machine_spec spec;
    struct vmm_config config;
    char reason[CONFIG_REASON_BYTES];
    struct err e;

    (void)state;
    boot.tsc_hz = 1000000000;
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, &e), 0);
    assert_int_equal(config_parse(spec.command_line, &config, reason), 0);
    assert_int_equal(config.guests, 3);
    assert_int_equal(config.weight[2], 3);
    assert_int_equal(config.slice_us, 250);
    assert_int_equal(config.load[1], CONFIG_LOAD_TICK);
    assert_true(config.tsc_hz == 1000000000);
    assert_int_equal(config.lies, 2);
    /* What only the options together make wrong is told before a machine starts. */
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+shadow-lazy", &spec, &e),
                     ERR_USAGE);
    assert_non_null(strstr(e.text, "guests: needs paging=nested"));
    assert_int_equal(platform_vmm_bare.prepare(&boot, "pv", &spec, &e), ERR_USAGE);
    options[5].value = "steal:periodic:100000:5";
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, &e), ERR_USAGE);
    assert_non_null(
        strstr(e.text, "guests: cannot stand beside a lie that comes by the clock"));
    options[5].value = "jitter:5";
    options[0].value = "2";
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "weights: one for each guest, or none"));
}

/* Alternatives are drawn by key and plan index alone, each now and then, and nothing in the line
 * but the lies themselves says which. */
static void test_prepare_draws(void **state)
{
    static const char alternatives[] = "none|steal:poisson:90000:5|backstep:90000:5";
    char path[200], reason[CONFIG_REASON_BYTES], id[HASH_HEX_BYTES];
    struct platform_option options[] = {{"lie", alternatives}, {"seal", path}};
    struct platform_boot boot = boot_with(options, 2);
    struct machine_spec spec, again;
    struct vmm_config config;
    unsigned drawn[3] = {0};
    struct seal_key key;
    struct err e;

    (void)state;
    snprintf(path, sizeof(path), "%s/key", parts);
    assert_int_equal(seal_make_key(path, &e), 0);
    assert_int_equal(seal_make_key(path, &e), ERR_USAGE); /* none is ever overwritten */
    assert_int_equal(seal_read_key(path, &key, &e), 0);
    seal_key_id(&key, id);
    for (uint32_t i = 0; i < 200; i++) {
        boot.plan_index = i;
        assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, &e), 0);
        assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &again, &e), 0);
        assert_string_equal(spec.command_line, again.command_line);
        assert_int_equal(config_parse(spec.command_line, &config, reason), 0);
        assert_true(config.seed == UINT64_MAX);
        assert_null(strstr(spec.module[0].arguments, "steal"));
        drawn[!config.lies ? 0 : config.lie[0].kind == LIE_STEAL ? 1 : 2]++;
    }
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(drawn[i], 40, 95); /* 67 expected, 4 standard deviations */
    /* An alternative that cannot be is refused whether it is drawn or not. */
    options[0].value = "none|jitter:5";
    for (uint32_t i = 0; i < 8; i++) {
        boot.plan_index = i;
        assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, &e), ERR_USAGE);
        assert_non_null(strstr(e.text, "needs tsc=trap"));
    }
    options[0].value = alternatives;
    boot.option_count = 1;
    assert_int_equal(platform_vmm_bare.prepare(&boot, "svm+nested", &spec, &e), ERR_USAGE);
    assert_non_null(strstr(e.text, "seal=KEYFILE is missing"));
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
        {{"tsc", "scale:-0.5"}, NULL},
        {{"tsc", "scale:0.5555"}, "scale:PPM"},
        {{"lie", "steal:periodic:100000:5+rate_ppm:3"}, NULL},
        {{"lie", "steal:periodic:100000:5+"}, "no such lie"},
        {{"lie", "none|jitter:5|jitter:6+rate_ppm:1"}, NULL},
        {{"lie", "none+jitter:5"}, "no such lie"},
        {{"lie", "none|"}, "no such lie"},
        {{"seal", "key"}, "absolute path of a key"},
        {{"seal", "/no/such/key"}, "absolute path of a key"},
        {{"lie", "jitter:5 boot=9"}, "a time must be a number of ticks"},
        {{"lie", "user_over_total"}, "must be user_over_total:PPM"},
        {{"tsc", "offset:"}, "offset:TICKS"},
        {{"tsc", "offset:1 boot=9"}, "offset:TICKS"}, /* no words smuggled in */
        {{"tsc", "offset:1000000000000000000"}, "offset:TICKS"},
        {{"guests", "4"}, NULL},
        {{"guests", "5"}, "must be a number from 1 to 4"},
        {{"weights", "1:3"}, NULL},
        {{"weights", "1:3 boot=9"}, "up to four numbers"},
        {{"slice", "19"}, "from 20 to 1000000"},
        {{"loads", "yield:probe"}, NULL},
        {{"loads", "none"}, "up to three of spin, yield"},
        {{"steal", "1"},
         "it has: hypercall, asid, pmu, tsc, guests, weights, slice, loads, lie, seal, vmm, "
         "io, popf"},
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

static void test_describe_parts(void **state)
{
    const struct platform_boot boot = {.memory_mb = 96};
    struct facts f = describe_one(&platform_vmm_bare, &boot, "svm+nested");

    (void)state;
    assert_string_equal(f.text, "vmm.sha256=" ABC_SHA256 "\nmemory_mb=96\n"
                                "payload.sha256=" ABC_SHA256 "\n");
    f = describe_one(&platform_vmm_bare, &boot, "pv");
    assert_non_null(strstr(f.text, "processor_without=svm\n"));
}

static void test_unavailable(void **state)
{
    const struct bench metal = {.name = "metal"}, lab = {.name = "lab"};

    (void)state;
    assert_non_null(platform_vmm_bare.unavailable(&metal));
    assert_null(platform_vmm_bare.unavailable(&lab));
    assert_non_null(platform_vmm.unavailable(&metal));
    assert_null(platform_vmm.unavailable(&lab));
    assert_non_null(platform_vmm.unavailable(NULL));
}

/* Each part that is not built is named, to those that need it. */
static void test_missing_parts(void **state)
{
    const struct bench lab = {.name = "lab"};
    char path[200], away[220];

    (void)state;
    snprintf(path, sizeof(path), "%s/%s", parts, AGENT_PART);
    snprintf(away, sizeof(away), "%s.away", path);
    assert_int_equal(rename(path, away), 0);
    assert_null(platform_vmm_bare.unavailable(&lab));
    assert_non_null(strstr(platform_vmm.unavailable(&lab), "the agent is not built"));
    assert_int_equal(rename(away, path), 0);
    snprintf(path, sizeof(path), "%s/%s", parts, HYPERVISOR_PART);
    assert_int_equal(rename(path, away), 0);
    assert_non_null(strstr(platform_vmm_bare.unavailable(&lab), "the hypervisor is not"));
    assert_non_null(strstr(platform_vmm.unavailable(&lab), "the hypervisor is not built"));
    assert_int_equal(rename(away, path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prepare),        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_vtx_is_refused), cmocka_unit_test(test_prepare_lies),
        cmocka_unit_test(test_prepare_draws),  cmocka_unit_test(test_prepare_is_deterministic),
        cmocka_unit_test(test_check),          cmocka_unit_test(test_long_plan_is_refused),
        cmocka_unit_test(test_describe_parts), cmocka_unit_test(test_unavailable),
        cmocka_unit_test(test_missing_parts),
    };

    return cmocka_run_group_tests_name("vmm_platform", tests, make_parts, remove_parts);
}
