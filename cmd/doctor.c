/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/doctor.c - `etalon doctor`: what works here, what does not, and how to mend it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"
#include "cmd/command.h"
#include "collector/collector.h"
#include "collector/pmu/present.h"
#include "hv-under-test/host.h"
#include "hv-under-test/observing.h"
#include "hv-under-test/platform.h"
#include "reports/report.h"
#include "reports/escape.h"

struct doctor {
    int json, printed, items, missing;
};

/* `text`: why it is not usable, or a note on one that is; may be NULL. */
static void doctor_begin(struct doctor *d, const char *kind, const char *name, int works,
                         const char *text)
{
    if (d->json) {
        printf("%s{\"kind\": \"%s\", \"name\": \"%s\", \"available\": %s, \"reason\": ",
               d->printed++ ? ",\n " : "[", kind, name, works ? "true" : "false");
        escape_json(stdout, works ? NULL : text); /* "null" if there is none */
        if (works && text) {
            printf(", \"note\": ");
            escape_json(stdout, text);
        }
    } else {
        printf("%-4s %-9s %-14s %s", works ? "ok" : "--", kind, name, text ? text : "");
    }
}

static void doctor_end(const struct doctor *d)
{
    fputs(d->json ? "}" : "\n", stdout);
}

static void doctor_print(struct doctor *d, const char *kind, const char *name, int works,
                         const char *text)
{
    doctor_begin(d, kind, name, works, text);
    doctor_end(d);
}

static void doctor_say(struct doctor *d, const char *kind, const char *name, const char *why)
{
    doctor_print(d, kind, name, !why, why);
    d->items++;
    d->missing += why != NULL;
}

/* What this computer itself could run, outside the lab: told, but nothing here depends on it. */
static void doctor_examine_host(struct doctor *d)
{
    char xen[2048], kvm[2048], bochs[512];

    const char *no_kvm = host_kvm_missing("", kvm, sizeof(kvm));
    const char *no_xen = host_xen_missing("", xen, sizeof(xen));
    const char *no_bochs = host_bochs_missing("", bochs, sizeof(bochs));

    doctor_print(d, "host", "kvm", !no_kvm, no_kvm);
    doctor_print(d, "host", "xen", !no_xen, no_xen);
    doctor_print(d, "host", "bochs", !no_bochs,
                 no_bochs ? no_bochs
                          : "tests of cpu=vmx run in it; no bench, so no campaign does "
                            "(docs/techniques/vmx.md)");
}

static void doctor_say_counters(void *arg, const char *name, int works, const char *text)
{
    doctor_print(arg, "pmu", name, works, text);
}

/* What a sample of each collector costs on this computer. */
static void doctor_examine_costs(struct doctor *d)
{
    size_t count;
    const struct collector *const *table = collector_table(&count);

    for (size_t i = 0; i < count; i++) {
        struct observing cost;
        struct err e;
        char text[160];

        if (observing_measure(table[i]->name, &cost, &e) != 0) {
            doctor_print(d, "cost", table[i]->name, 0, e.text);
            continue;
        }
        snprintf(text, sizeof(text),
                 "%.0f ns a sample (nine tenths of %u: %.0f to %.0f), by this computer's own "
                 "clock: grade C",
                 cost.median, OBSERVING_PAIRS, cost.low, cost.high);
        doctor_begin(d, "cost", table[i]->name, 1, text);
        if (d->json)
            printf(", \"ns_per_sample\": {\"least\": %.3f, \"low\": %.3f, \"median\": "
                   "%.3f, \"high\": %.3f}",
                   cost.least, cost.low, cost.median, cost.high);
        doctor_end(d);
    }
}

static void doctor_examine(struct doctor *d)
{
    size_t benches, platforms, formats;
    const struct bench *const *bench = bench_table(&benches);
    const struct platform *const *platform = platform_table(&platforms);
    const struct report_format *const *format = report_table(&formats);

    for (size_t i = 0; i < benches; i++)
        doctor_say(d, "bench", bench[i]->name, bench[i]->unavailable());
    /* A platform is judged on the bench it would be used with; all are lab rungs as yet. */
    for (size_t i = 0; i < platforms; i++)
        doctor_say(d, "platform", platform[i]->name, platform[i]->unavailable(bench[0]));
    for (size_t i = 0; i < formats; i++)
        doctor_say(d, "report", format[i]->name,
                   format[i]->unavailable ? format[i]->unavailable() : NULL);
}

static int doctor_run(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
    struct doctor d = {0};
    int o;

    opterr = 0;
    while ((o = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (o != 'j')
            return command_bad_option(&command_doctor, argv);
        d.json = 1;
    }
    if (optind < argc)
        return command_usage(&command_doctor, "no arguments are taken");
    doctor_examine(&d);
    doctor_examine_host(&d);
    pmu_examine(doctor_say_counters, &d);
    doctor_examine_costs(&d);
    if (d.json)
        printf("]\n");
    else
        printf("%d of %d usable here\n", d.items - d.missing, d.items);
    return d.missing ? EXIT_STATUS_UNAVAILABLE : EXIT_STATUS_DONE;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "what works on this machine, what does not, and how to mend it",
    .usage =
        "etalon doctor [--json]\n\n"
        "One line each for benches, platforms and report formats. Exit status 3 if one of\n"
        "them is unavailable; its line says why and what to install. Further lines, on which\n"
        "nothing in the lab depends: host, what this computer's own KVM and Xen lack, and\n"
        "Bochs, in which VT-x is tested; pmu,\n"
        "which counters can be believed here; cost, what a sample of each collector costs\n"
        "here in ns (takes a second or two).\n",
    .run = doctor_run,
};
