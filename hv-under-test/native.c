/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/native.c - the platform native: Debian's kernel, an initramfs with the agent as
 * its only program, no hypervisor.
 */
#include <stdio.h>
#include <string.h>

#include "base/paths.h"
#include "bench/bench.h"
#include "bench/lab/image.h"
#include "collector/tolerance.h"
#include "hv-under-test/linux_image.h"
#include "hv-under-test/linux_words.h"
#include "hv-under-test/own_build.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/rules.h"

#define NATIVE_AGENT "agent/etalon-agent"
#define NATIVE_MEMORY_MB 256u

extern const struct platform platform_native;

static const char *const native_variants[] = {"debian", NULL};

static int native_check_append(const char *value)
{
    return strstr(value, "etl.") ? -1 : 0;
}

static const struct platform_rule native_rules[] = {
    {.key = "append",
     .form = "WORDS",
     .help = "further words for the kernel's command line",
     .kind = RULE_TEXT,
     .check = native_check_append,
     .allowed = "without \"etl.\": such words are the plan's"},
    {.key = "kernel",
     .form = "PATH",
     .help = "an ELF kernel of your own (vmlinux with a PVH entry)",
     .kind = RULE_BUILD,
     .build = OWN_BUILD_KERNEL},
    {.key = NULL},
};

static const char *native_unavailable(const struct bench *bench)
{
    char path[PLATFORM_PATH_BYTES];

    if (!bench || strcmp(bench->name, "lab") != 0)
        return "native needs a bench that boots images; today that is the lab";
    if (paths_find(NATIVE_AGENT, path, sizeof(path), NULL) != 0)
        return "the agent is not built: run `make`";
    return NULL;
}

static int native_command_line(const struct platform_boot *boot, char *out, size_t size,
                               struct err *e)
{
    const char *append =
        platform_option_value(boot->options, boot->option_count, "append", "");
    int n = snprintf(out, size, LINUX_WORDS "%s%s", append[0] ? " " : "", append), rc;

    if (n >= (int)size)
        return err_set(e, ERR_USAGE, "native: append= is too long");
    rc = platform_write_plan_words(boot, NULL, out, size, e);
    if (rc != 0)
        return rc;
    if (strlen(out) >= LINUX_COMMAND_LINE_BYTES)
        return err_set(e, ERR_USAGE,
                       "boot %u: Linux takes %u bytes of command line and the plan makes %zu; "
                       "use fewer runs in a boot, or fewer parameters that only repeat a "
                       "default",
                       (unsigned)boot->plan_index, LINUX_COMMAND_LINE_BYTES - 1, strlen(out));
    return 0;
}

static int native_prepare(const struct platform_boot *boot, const char *variant,
                          struct machine_spec *out, struct err *e)
{
    const char *own = platform_option_value(boot->options, boot->option_count, "kernel", NULL);
    char agent[PLATFORM_PATH_BYTES], sha256[HASH_HEX_BYTES];
    struct image_kernel kernel;
    int rc = platform_check(&platform_native, variant, boot->options, boot->option_count, e);

    if (rc != 0)
        return rc;
    memset(out, 0, sizeof(*out));
    out->memory_mb = boot->memory_mb ? boot->memory_mb : NATIVE_MEMORY_MB;
    out->modules = 1;
    rc = native_command_line(boot, out->command_line, sizeof(out->command_line), e);
    if (rc == 0 && !own)
        rc = image_get_kernel(NULL, &kernel, e);
    if (rc == 0)
        snprintf(out->kernel, sizeof(out->kernel), "%s", own ? own : kernel.path);
    if (rc == 0)
        rc = paths_find(NATIVE_AGENT, agent, sizeof(agent), e);
    if (rc == 0)
        rc = linux_image_get(boot, agent, NET_KIND_NONE, out->module[0].path,
                             sizeof(out->module[0].path), sha256, e);
    return rc;
}

static int native_describe(const struct platform_boot *boot, const char *variant,
                           const struct platform_fact_sink *sink, struct err *e)
{
    static const char *const own[] = {"kernel", NULL};
    char agent[PLATFORM_PATH_BYTES], path[PLATFORM_PATH_BYTES], sha256[HASH_HEX_BYTES];
    int rc;

    (void)variant;
    platform_describe_number("memory_mb", boot->memory_mb ? boot->memory_mb : NATIVE_MEMORY_MB,
                             sink);
    rc = own_build_describe(boot, own, sink, e);
    if (rc == 0)
        rc = platform_describe_part(NATIVE_AGENT, "agent.sha256", sink, e);
    if (rc == 0)
        rc = paths_find(NATIVE_AGENT, agent, sizeof(agent), e);
    if (rc == 0)
        rc = linux_image_get(boot, agent, NET_KIND_NONE, path, sizeof(path), sha256, e);
    if (rc != 0)
        return rc;
    sink->put(sink->opaque, "native.initramfs.sha256", sha256);
    sink->put(sink->opaque, "native.command_line", LINUX_WORDS);
    return 0;
}

const struct platform platform_native = {
    .name = "native",
    .summary = "Debian's Linux kernel on the machine, no hypervisor",
    .rank = 1,
    .variants = native_variants,
    .rules = native_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = native_unavailable,
    .prepare = native_prepare,
    .describe = native_describe,
};
