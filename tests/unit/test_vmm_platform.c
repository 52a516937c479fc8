/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The platform drivers vmm-bare and vmm: what they write is what the other side reads, and is the
 * same each time; what does not fit is refused; all that runs is in the provenance. That they boot
 * is shown by tests/system/vmm_*.sh.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/seal.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/target/plan.h"
#include "hv-under-test/vmm.c"
#include "hv-under-test/vmm/config.c"
#include "hv-under-test/vmm/guest.h"
#include "hv-under-test/vmm/lie.c"
#include "hv-under-test/vmm/text.c"

static char parts[] = "/tmp/etalon-test-XXXXXX";
static char kernel[200]; /* the user's own */

/* FIPS 180-4, "abc": the content of what stands for a built part. */
#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* What makes a file a kernel: an ELF with a PVH note (tests/unit/test_own_build.c). */
static int make_kernel(void)
{
    static const struct {
        Elf64_Ehdr header;
        Elf64_Phdr segment;
        Elf64_Nhdr note;
        char owner[4];
        uint64_t entry;
    } file = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
                   .e_type = ET_EXEC,
                   .e_machine = EM_X86_64,
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 1},
        .segment = {.p_type = PT_NOTE,
                    .p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
                    .p_filesz = sizeof(Elf64_Nhdr) + 12},
        .note = {4, 8, 18},
        .owner = "Xen",
        .entry = 0x1000000,
    };

    snprintf(kernel, sizeof(kernel), "%s/vmlinux", parts);
    return file_write(kernel, &file, sizeof(file), NULL);
}

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

        snprintf(path, sizeof(path), "%s/%s", parts, made[i][0]);
        mkdir(path, 0700);
        snprintf(path, sizeof(path), "%s/%s", parts, made[i][1]);
        if (file_write(path, "abc", 3, NULL))
            return -1;
    }
    return make_kernel() || setenv("ETALON_LIB", parts, 1) || setenv("ETALON_CACHE", parts, 1);
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
         "it has: hypercall, asid, pmu, tsc, lie, seal, vmm, clocksource, image, kernel"},
        {&platform_vmm,
         {"popf", "open"},
         "it has: hypercall, asid, pmu, tsc, lie, seal, vmm, clocksource, image, kernel"},
        {&platform_vmm_bare,
         {"image", "bzimage"},
         "it has: hypercall, asid, pmu, tsc, lie, seal, vmm, io, popf"},
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
        {{"steal", "1"}, "it has: hypercall, asid, pmu, tsc, lie, seal, vmm, io, popf"},
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

struct facts {
    char text[4096]; /* "key=value\n" each */
    size_t length;
};

static void add_fact(void *opaque, const char *key, const char *value)
{
    struct facts *f = opaque;

    f->length += (size_t)snprintf(f->text + f->length, sizeof(f->text) - f->length, "%s=%s\n",
                                  key, value);
    assert_true(f->length < sizeof(f->text));
}

static struct facts describe_one(const struct platform *p, const struct platform_boot *boot,
                                 const char *variant)
{
    struct facts f = {.length = 0};
    const struct platform_fact_sink sink = {.put = add_fact, .opaque = &f};

    assert_int_equal(p->describe(boot, variant, &sink, NULL), 0);
    return f;
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
        cmocka_unit_test(test_prepare),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_vtx_is_refused),
        cmocka_unit_test(test_prepare_lies),
        cmocka_unit_test(test_prepare_draws),
        cmocka_unit_test(test_prepare_is_deterministic),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_long_plan_is_refused),
        cmocka_unit_test(test_prepare_linux),
        cmocka_unit_test(test_linux_loses_ticks),
        cmocka_unit_test(test_linux_is_not_put_back),
        cmocka_unit_test(test_linux_memory),
        cmocka_unit_test(test_linux_long_plan_is_refused),
        cmocka_unit_test(test_linux_options),
        cmocka_unit_test(test_describe_parts),
        cmocka_unit_test(test_describe_linux),
        cmocka_unit_test(test_unavailable),
        cmocka_unit_test(test_missing_parts),
    };

    return cmocka_run_group_tests_name("vmm_platform", tests, make_parts, remove_parts);
}
