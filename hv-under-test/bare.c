/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/bare.c - the platform bare: the payload alone on the machine, without an
 * operating system. The foot of the ladder.
 */
#include <string.h>

#include "base/paths.h"
#include "bench/bench.h"
#include "collector/tolerance.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/rules.h"

#define BARE_PAYLOAD "payload/payload.elf"
#define BARE_MEMORY_MB 256u

extern const struct platform platform_bare;

static const char *const bare_variants[] = {"multiboot", NULL};
static const struct platform_rule bare_rules[] = {{.key = NULL}};

static const char *bare_unavailable(const struct bench *bench)
{
    char path[PLATFORM_PATH_BYTES];

    (void)bench;
    if (paths_find(BARE_PAYLOAD, path, sizeof(path), NULL) != 0)
        return "the payload is not built: run `make`";
    return NULL;
}

static int bare_prepare(const struct platform_boot *boot, const char *variant,
                        struct machine_spec *out, struct err *e)
{
    int rc = platform_check(&platform_bare, variant, boot->options, boot->option_count, e);

    if (rc != 0)
        return rc;
    memset(out, 0, sizeof(*out));
    out->memory_mb = boot->memory_mb ? boot->memory_mb : BARE_MEMORY_MB;
    rc = paths_find(BARE_PAYLOAD, out->kernel, sizeof(out->kernel), e);
    if (rc == 0)
        rc = platform_write_plan_words(boot, "debug", out->command_line,
                                       sizeof(out->command_line), e);
    return rc;
}

static int bare_describe(const struct platform_boot *boot, const char *variant,
                         const struct platform_fact_sink *sink, struct err *e)
{
    (void)variant;
    platform_describe_number("memory_mb", boot->memory_mb ? boot->memory_mb : BARE_MEMORY_MB,
                             sink);
    return platform_describe_part(BARE_PAYLOAD, "payload.sha256", sink, e);
}

const struct platform platform_bare = {
    .name = "bare",
    .summary = "payload without an OS, alone on the machine",
    .rank = 0,
    .variants = bare_variants,
    .rules = bare_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = bare_unavailable,
    .prepare = bare_prepare,
    .describe = bare_describe,
};
