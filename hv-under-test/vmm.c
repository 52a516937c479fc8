/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm.c - the platform vmm-bare: the payload under the in-tree hypervisor.
 *
 * The machine boots the hypervisor by multiboot with its configuration as command line; the
 * payload is its first module, with the plan as the module's words. The guest sees the card's
 * own page, and ends the machine by hypercall so that the hypervisor can report.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/paths.h"
#include "bench/bench.h"
#include "collector/tolerance.h"
#include "hv-under-test/own_build.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/rules.h"
#include "hv-under-test/vmm/text.h"
#include "hv-under-test/vmm_lies.h"

#define HYPERVISOR_PART "vmm/vmm.elf"
#define PAYLOAD_PART "payload/payload.elf"
#define DEFAULT_MEMORY_MB 256u

extern const struct platform platform_vmm_bare;

/* The variant is the backend and how it maps memory. */
static const char *const variants[] = {"svm+nested", "soft", "pv", NULL};
static const char *const backends[] = {"cpu=svm paging=nested", "cpu=soft paging=shadow-lazy",
                                       "cpu=pv paging=shadow-lazy"};

static int check_tsc(const char *value)
{
    const char *ticks = value + 7;
    size_t sign, digits;
    int64_t ppb;

    if (!strcmp(value, "pass") || !strcmp(value, "trap"))
        return 0;
    if (!strncmp(value, "scale:", 6))
        return vmm_text_parse_ppb(value + 6, strlen(value + 6), &ppb);
    if (strncmp(value, "offset:", 7))
        return -1;
    sign = ticks[0] == '-';
    digits = strspn(ticks + sign, "0123456789");
    return digits && digits <= 18 && !ticks[sign + digits] ? 0 : -1;
}

static const struct platform_rule rules[] = {
    {.key = "hypercall",
     .form = "full|fast",
     .help = "exit path of the hypercall: everything saved, dispatched and stamped, or only "
             "counted and skipped",
     .kind = RULE_CHOICE},
    {.key = "pmu",
     .form = "none|guest",
     .help =
         "performance counters: hidden from the guest, or its own and counting nothing else",
     .kind = RULE_CHOICE},
    {.key = "popf",
     .form = "closed|open",
     .help = "variant soft: PUSHF and POPF replaced, or left to lose the interrupt flag",
     .kind = RULE_CHOICE},
    {.key = "tsc",
     .form = "pass|trap|offset:TICKS|scale:PPM",
     .help = "the guest's TSC: passed through, intercepted, shifted, or running fast",
     .kind = RULE_TEXT,
     .check = check_tsc,
     .allowed = "pass, trap, offset:TICKS with TICKS a decimal number of at most 18 digits, "
                "negative or not, or scale:PPM with up to three decimals"},
    VMM_LIES_RULES,
    {.key = "vmm",
     .form = "PATH",
     .help = "a build of your own of this hypervisor (vmm.elf)",
     .kind = RULE_BUILD,
     .build = OWN_BUILD_MULTIBOOT},
    {.key = NULL},
};

static const char *unavailable(const struct bench *bench)
{
    char path[PLATFORM_PATH_BYTES];

    /* The lab's emulated processor has SVM; the other benches find out when they describe
     * themselves, which none does yet. */
    if (!bench || strcmp(bench->name, "lab") != 0)
        return "vmm-bare needs a bench with AMD SVM; today that is the lab";
    if (paths_find(HYPERVISOR_PART, path, sizeof(path), NULL))
        return "the hypervisor is not built: run `make build/vmm/vmm.elf`";
    if (paths_find(PAYLOAD_PART, path, sizeof(path), NULL))
        return "the payload is not built: run `make build/payload/payload.elf`";
    return NULL;
}

static const char *backend_words(const char *variant)
{
    for (size_t i = 0; variant && variants[i]; i++)
        if (strcmp(variant, variants[i]) == 0)
            return backends[i];
    return backends[0];
}

static int prepare(const struct platform_boot *boot, const char *variant,
                   struct machine_spec *out, struct err *e)
{
    const char *hypercall =
        platform_option_value(boot->options, boot->option_count, "hypercall", "full");
    const char *tsc = platform_option_value(boot->options, boot->option_count, "tsc", "pass");
    const char *pmu = platform_option_value(boot->options, boot->option_count, "pmu", "none");
    const char *popf = platform_option_value(boot->options, boot->option_count, "popf", NULL);
    const char *own = platform_option_value(boot->options, boot->option_count, "vmm", NULL);
    const char *backend = backend_words(variant);
    int rc = platform_check(&platform_vmm_bare, variant, boot->options, boot->option_count, e);

    if (rc)
        return rc;
    memset(out, 0, sizeof(*out));
    if (own)
        snprintf(out->kernel, sizeof(out->kernel), "%s", own);
    else
        rc = paths_find(HYPERVISOR_PART, out->kernel, sizeof(out->kernel), e);
    if (!rc)
        rc = paths_find(PAYLOAD_PART, out->module[0].path, sizeof(out->module[0].path), e);
    if (!rc)
        rc = platform_write_plan_words(boot, "hypercall", out->module[0].arguments,
                                       sizeof(out->module[0].arguments), e);
    if (rc)
        return rc;
    snprintf(out->command_line, sizeof(out->command_line),
             "%s hypercall=%s tsc=%s pmu=%s%s%s boot=%05" PRIu32, backend, hypercall, tsc, pmu,
             popf ? " popf=" : "", popf ? popf : "", boot->plan_index);
    rc = vmm_lies_write(boot, out->command_line, sizeof(out->command_line), e);
    if (rc)
        return rc;
    out->modules = 1;
    out->memory_mb = boot->memory_mb ? boot->memory_mb : DEFAULT_MEMORY_MB;
    out->svm = backend == backends[0];
    out->without_svm = !out->svm;
    out->second_console = 1;
    return 0;
}

static int describe(const struct platform_boot *boot, const char *variant,
                    const struct platform_fact_sink *sink, struct err *e)
{
    static const char *const own[] = {"vmm", NULL};
    int rc = platform_option_value(boot->options, boot->option_count, own[0], NULL)
                 ? own_build_describe(boot, own, sink, e)
                 : platform_describe_part(HYPERVISOR_PART, "vmm.sha256", sink, e);

    if (backend_words(variant) != backends[0])
        sink->put(sink->opaque, "processor_without", "svm");
    platform_describe_number("memory_mb",
                             boot->memory_mb ? boot->memory_mb : DEFAULT_MEMORY_MB, sink);
    if (!rc)
        rc = platform_describe_part(PAYLOAD_PART, "payload.sha256", sink, e);
    return rc ? rc : vmm_lies_describe(boot, sink, e);
}

const struct platform platform_vmm_bare = {
    .name = "vmm-bare",
    .summary = "payload without an OS under the in-tree hypervisor (SVM; ring 3; paravirtual)",
    .rank = 10,
    .variants = variants,
    .rules = rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = unavailable,
    .prepare = prepare,
    .describe = describe,
};
