/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/list.c - `etalon list`: what benches, platforms, workloads and collectors there are. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "cmd/command.h"
#include "collector/collector.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/rules.h"
#include "probe/probe.h"
#include "reports/report.h"
#include "workloads/workload.h"

static void list_benches(void)
{
    size_t count;
    const struct bench *const *table = bench_table(&count);

    printf("benches\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-14s %s (grade %c)\n", table[i]->name, table[i]->summary, table[i]->grade);
}

static void list_platforms(void)
{
    size_t count;
    const struct platform *const *table = platform_table(&count);

    printf("platforms\n");
    for (size_t i = 0; i < count; i++) {
        const struct platform *p = table[i];

        printf("  %-14s %s\n", p->name, p->summary);
        if (p->variants[0] && p->variants[1]) {
            printf("  %-14s   variants:", "");
            for (unsigned k = 0; p->variants[k]; k++)
                printf(" %s", p->variants[k]);
            putchar('\n');
        }
        for (const struct platform_rule *r = p->rules; r->key; r++)
            printf("  %-14s   option %s=%s  %s\n", "", r->key, r->form, r->help);
    }
}

static void list_params(const struct workload *w)
{
    for (const struct workload_param *p = w->params; p->name; p++) {
        printf("  %-14s   %-10s %s: ", "", p->name, p->summary);
        if (p->kind == WORKLOAD_CHOICE) {
            for (unsigned k = 0; p->choices[k]; k++)
                printf("%s%s", k ? "|" : "", p->choices[k]);
            printf(" (%s)\n", p->choices[p->initial]);
        } else {
            printf("%" PRIu64 "..%" PRIu64 " (%" PRIu64 ")\n", p->min, p->max, p->initial);
        }
    }
}

static void list_workloads(void)
{
    size_t count;
    const struct workload *const *table = workload_table(&count);

    printf("workloads\n");
    for (size_t i = 0; i < count; i++) {
        printf("  %-14s %s [%s, %s]%s\n", table[i]->name, table[i]->summary, table[i]->metric,
               table[i]->unit, table[i]->linux_only ? " (Linux only)" : "");
        list_params(table[i]);
    }
}

static void list_collectors(void)
{
    size_t count;
    const struct collector *const *table = collector_table(&count);

    printf("collectors\n");
    for (size_t i = 0; i < count; i++) {
        const struct collector *c = table[i];
        const int linux_too = (c->runs_on & COLLECTOR_ON_LINUX) != 0;

        printf("  %-14s %s\n", c->name, c->summary);
        printf("  %-14s   runs on: %s", "", linux_too ? "Linux" : "");
        if (c->runs_on & COLLECTOR_ON_PAYLOAD)
            printf("%spayload", linux_too ? ", " : "");
        printf("%s%s\n", c->needs ? "; needs " : "", c->needs ? c->needs : "");
    }
}

static void list_probes(void)
{
    size_t count;
    const struct probe_ops *const *table = probe_table(&count);

    printf("probes\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-14s %s\n", table[i]->name, table[i]->summary);
}

static void list_formats(void)
{
    size_t count;
    const struct report_format *const *table = report_table(&count);

    printf("report formats\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-14s %s\n", table[i]->name, table[i]->summary);
}

static const struct list_kind {
    const char *name;
    void (*list)(void);
} list_kinds[] = {
    {"benches", list_benches},     {"platforms", list_platforms},
    {"workloads", list_workloads}, {"collectors", list_collectors},
    {"probes", list_probes},       {"formats", list_formats},
};

static int list_run(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "all";
    const int all = strcmp(what, "all") == 0;
    int shown = 0;

    if (argc > 2)
        return command_usage(&command_list, "one kind at most");
    for (size_t i = 0; i < sizeof(list_kinds) / sizeof(list_kinds[0]); i++) {
        if (!all && strcmp(what, list_kinds[i].name) != 0)
            continue;
        list_kinds[i].list();
        shown = 1;
    }
    if (!shown)
        return command_usage(&command_list, "no kind \"%s\"", what);
    return EXIT_STATUS_DONE;
}

const struct command command_list = {
    .name = "list",
    .summary = "what benches, platforms, workloads, collectors and formats there are",
    .usage =
        "etalon list [benches|platforms|workloads|collectors|probes|formats|all]\n\n"
        "Names, parameters with their ranges and defaults, variants and options, as they\n"
        "are written in a campaign file; of collectors what each reads and where it can.\n",
    .run = list_run,
};
