/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lab_boot [options] DIR - one boot of the lab, for tests that need to see the bench alone.
 *
 *   --kernel FILE --append WORDS       what to boot, or
 *   --platform NAME --plan TEXT        what the platform makes of a plan
 *   --boot N --seed N --limit-ms N --host-s N --memory N
 *   --options                          only print the pinned machine options
 *
 * Prints "end=NAME time=NS reason=TEXT" and exits with 0, or "error=CODE TEXT" and exits with
 * 1. DIR receives the bench's files.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "bench/bench.h"
#include "bench/lab/machine.h"

static const char *const end_names[] = {
    [BENCH_END_POWERED_OFF] = "powered-off",
    [BENCH_END_LIMIT] = "limit",
    [BENCH_END_DIED] = "died",
    [BENCH_END_STALLED] = "stalled",
    [BENCH_END_PROBE] = "probe",
};

static int fail(int code, const char *text)
{
    printf("error=%d %s\n", code, text);
    return 1;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"kernel", 1, NULL, 'k'},   {"append", 1, NULL, 'a'}, {"platform", 1, NULL, 'p'},
        {"plan", 1, NULL, 'q'},     {"boot", 1, NULL, 'b'},   {"seed", 1, NULL, 's'},
        {"limit-ms", 1, NULL, 'l'}, {"host-s", 1, NULL, 'h'}, {"memory", 1, NULL, 'm'},
        {"options", 0, NULL, 'o'},  {NULL, 0, NULL, 0},
    };
    static struct machine_spec machine = {.memory_mb = 64};
    const struct bench *bench = bench_find("lab");
    const struct platform *platform = NULL;
    struct platform_boot plan = {.bench = bench,
                                 .collectors = "none",
                                 .plan_text = "null",
                                 .gap_spins = bench->gap_spins,
                                 .tsc_hz = bench->tsc_hz};
    struct bench_boot boot = {.machine = &machine,
                              .seed = 1,
                              .plan_text = "null",
                              .limit_ns = 60000000000u,
                              .host_limit_s = 120};
    struct bench_outcome outcome;
    struct err e = {0};
    int c, rc;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'k':
            snprintf(machine.kernel, sizeof(machine.kernel), "%s", optarg);
            break;
        case 'a':
            snprintf(machine.command_line, sizeof(machine.command_line), "%s", optarg);
            break;
        case 'p':
            platform = platform_find(optarg);
            if (!platform)
                return fail(ERR_USAGE, "no such platform");
            break;
        case 'q':
            plan.plan_text = boot.plan_text = optarg;
            break;
        case 'b':
            plan.plan_index = boot.plan_index = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 's':
            plan.seed = boot.seed = strtoull(optarg, NULL, 10);
            break;
        case 'l':
            boot.limit_ns = strtoull(optarg, NULL, 10) * 1000000;
            break;
        case 'h':
            boot.host_limit_s = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'm':
            plan.memory_mb = machine.memory_mb = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'o':
            puts(machine_pinned_options());
            return 0;
        default:
            return 2;
        }
    }
    if (optind + 1 != argc)
        return 2;
    boot.work_dir = argv[optind];
    boot.nonce = 0x1122334455667788u;
    if (bench->unavailable())
        return fail(ERR_UNAVAILABLE, bench->unavailable());
    rc = paths_make_dirs(boot.work_dir, &e);
    if (rc == 0 && platform)
        rc = platform->prepare(&plan, NULL, &machine, &e);
    if (rc == 0)
        rc = bench->boot(&boot, &outcome, &e);
    if (rc != 0)
        return fail(rc, e.text);
    printf("end=%s time=%" PRIu64 " reason=%s\n", end_names[outcome.end],
           outcome.machine_time_ns, outcome.reason);
    return 0;
}
