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

static void list_rest(void)
{
    size_t count;
    const struct collector *const *collectors = collector_table(&count);

    printf("collectors\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-14s %s\n", collectors[i]->name, collectors[i]->summary);
    const struct probe_ops *const *probes = probe_table(&count);
    printf("probes\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-14s %s\n", probes[i]->name, probes[i]->summary);
    const struct report_format *const *formats = report_table(&count);
    printf("report formats\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-14s %s\n", formats[i]->name, formats[i]->summary);
}

static int list_run(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "all";
    int all = strcmp(what, "all") == 0, shown = 0;

    if (argc > 2)
        return command_usage(&command_list, "one kind at most");
    if (all || strcmp(what, "benches") == 0) {
        list_benches();
        shown = 1;
    }
    if (all || strcmp(what, "platforms") == 0) {
        list_platforms();
        shown = 1;
    }
    if (all || strcmp(what, "workloads") == 0) {
        list_workloads();
        shown = 1;
    }
    if (all) {
        list_rest();
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
        "etalon list [benches|platforms|workloads|all]\n\n"
        "Names, parameters with their ranges and defaults, variants and options, as they\n"
        "are written in a campaign file.\n",
    .run = list_run,
};
