/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/platform_words.c - what the platform drivers share (platform_words.h). */
#include "hv-under-test/platform_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/paths.h"
#include "bench/bench.h"
#include "collector/tolerance.h"
#include "workloads/workload.h"

int platform_write_plan_words(const struct platform_boot *boot, const char *exit_word,
                              char *out, size_t size, struct err *e)
{
    size_t used = strlen(out);
    const int card = boot->bench && boot->bench->card_tells_plan;
    const struct pmu_tolerance *t = boot->tolerance;
    char index[16] = "card", tolerance[64] = "";
    int n;

    if (!card)
        snprintf(index, sizeof(index), "%" PRIu32, boot->plan_index);
    if (t && (t->counts || t->ppm))
        snprintf(tolerance, sizeof(tolerance), " etl.tolerance=%" PRIu64 ",%" PRIu64,
                 t->counts, t->ppm);
    n = snprintf(out + used, size - used,
                 "%setl.boot=%s etl.seed=%" PRIu64 " etl.gap=%" PRIu64 " etl.tsc_hz=%" PRIu64
                 "%s%s%s etl.collectors=%s etl.plan=%s",
                 used ? " " : "", index, boot->seed, boot->gap_spins, boot->tsc_hz,
                 exit_word ? " etl.exit=" : "", exit_word ? exit_word : "", tolerance,
                 boot->collectors, card ? "card" : boot->plan_text);

    if (n < 0 || (size_t)n >= size - used)
        return err_set(e, ERR_USAGE,
                       "boot %" PRIu32 ": the plan does not fit into a command line of %zu "
                       "bytes; use fewer runs in a boot",
                       boot->plan_index, size - 1);
    return 0;
}

int platform_needs_net(const struct platform_boot *boot)
{
    for (const char *p = boot->plan_text; *p;) {
        const size_t n = strcspn(p, "/");
        struct workload_run run = {.workload = NULL};
        char reason[WORKLOAD_REASON_BYTES];
        uint32_t iterations;

        /* What cannot be parsed is refused by who carries it out. */
        if (workload_parse(p, n, &run, &iterations, reason) == 0 && run.workload->needs_net &&
            run.workload->needs_net(&run))
            return 1;
        p += n + (p[n] != '\0');
    }
    return 0;
}

const char *platform_option_value(const struct platform_option *options, size_t count,
                                  const char *key, const char *fallback)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(options[i].key, key))
            return options[i].value;
    return fallback;
}

int platform_describe_part(const char *part, const char *key,
                           const struct platform_fact_sink *sink, struct err *e)
{
    char path[PLATFORM_PATH_BYTES], hex[HASH_HEX_BYTES];
    int rc = paths_find(part, path, sizeof(path), e);

    if (!rc)
        rc = hash_file(path, hex, e);
    if (!rc)
        sink->put(sink->opaque, key, hex);
    return rc;
}

void platform_describe_number(const char *key, unsigned value,
                              const struct platform_fact_sink *sink)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", value);
    sink->put(sink->opaque, key, text);
}
