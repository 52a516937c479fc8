/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/lab.c - `etalon lab`: prepare the lab bench, or boot one machine by hand. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/paths.h"
#include "cmd/command.h"
#include "runner/boot.h"

static void lab_say(void *opaque, const char *line)
{
    (void)opaque;
    fprintf(stderr, "%s\n", line);
}

static int lab_prepare(int argc)
{
    const struct bench *bench = bench_find("lab");
    const char *why = bench->unavailable();
    struct err e = {0};

    if (argc > 2)
        return command_usage(&command_lab, "prepare takes no arguments");
    if (why) {
        err_set(&e, ERR_UNAVAILABLE, "%s", why);
        return command_fail(&command_lab, &e);
    }
    if (bench->prepare(lab_say, NULL, &e) != 0)
        return command_fail(&command_lab, &e);
    return EXIT_STATUS_DONE;
}

static void lab_put_fact(void *opaque, const char *key, const char *value)
{
    (void)opaque;
    printf("%-32s %s\n", key, value);
}

static int lab_facts(int argc)
{
    const struct platform_fact_sink sink = {.put = lab_put_fact};
    struct err e = {0};

    if (argc > 2)
        return command_usage(&command_lab, "facts takes no arguments");
    if (bench_find("lab")->describe(&sink, &e) != 0)
        return command_fail(&command_lab, &e);
    return EXIT_STATUS_DONE;
}

/* Print the console without the firmware's control bytes. */
static void lab_show_console(const char *dir, const char *name)
{
    char path[PLATFORM_PATH_BYTES + 32], *text;
    size_t size;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (file_read(path, &text, &size, NULL) != 0)
        return;
    printf("--- %s\n", name);
    for (size_t i = 0; i < size; i++) {
        unsigned char b = (unsigned char)text[i];

        if (b == 0x1E || b == '\r')
            continue;
        putchar(b == '\n' || b == '\t' || (b >= 0x20 && b < 0x7F) ? b : '.');
    }
    free(text);
}

static int lab_boot_campaign(struct campaign *c, const char *keep)
{
    static const char *const ends[] = {"powered off", "bound in the machine's time reached",
                                       "died", "bound in host time reached", "probe failed"};
    struct boot_result result = {0};
    const struct bench_outcome *outcome = &result.outcome;
    struct boot_job job = {.campaign = c, .boot = schedule_get(c, 0)};
    struct err e = {0};
    int rc;

    if (keep) {
        snprintf(job.work_dir, sizeof(job.work_dir), "%s", keep);
        rc = paths_make_dirs(keep, &e);
    } else {
        rc = paths_make_temporary(job.work_dir, sizeof(job.work_dir), &e);
    }
    if (rc == 0)
        rc = c->bench->prepare(lab_say, NULL, &e);
    if (rc == 0)
        rc = boot_run(&job, &result, &e);
    lab_show_console(job.work_dir, BENCH_CONSOLE_FILE);
    lab_show_console(job.work_dir, BENCH_HYPERVISOR_FILE);
    if (!keep)
        paths_remove_tree(job.work_dir, NULL);
    if (rc != 0)
        return command_fail(&command_lab, &e);
    printf("--- %s at %" PRIu64 " ns%s%s\n", ends[outcome->end], outcome->machine_time_ns,
           *outcome->reason ? ": " : "", outcome->reason);
    return outcome->end == BENCH_END_POWERED_OFF ? EXIT_STATUS_DONE : EXIT_STATUS_VERDICT;
}

static int lab_boot(int argc, char **argv)
{
    static const struct option options[] = {{"keep", required_argument, NULL, 'k'}, {0}};
    const char *keep = NULL;
    struct campaign c;
    struct err e = {0};
    int o, status;

    optind = 2;
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o != 'k')
            return command_bad_option(&command_lab, argv);
        keep = optarg;
    }
    if (optind + 1 != argc)
        return command_usage(&command_lab, "boot takes one campaign file");
    if (campaign_load(argv[optind], &c, &e) != 0)
        status = command_fail(&command_lab, &e);
    else
        status = lab_boot_campaign(&c, keep);
    campaign_free(&c);
    return status;
}

static int lab_run(int argc, char **argv)
{
    opterr = 0;
    if (argc < 2)
        return command_usage(&command_lab, "prepare, facts or boot is wanted");
    if (strcmp(argv[1], "prepare") == 0)
        return lab_prepare(argc);
    if (strcmp(argv[1], "facts") == 0)
        return lab_facts(argc);
    if (strcmp(argv[1], "boot") == 0)
        return lab_boot(argc, argv);
    return command_usage(&command_lab, "no action \"%s\"", argv[1]);
}

const struct command command_lab = {
    .name = "lab",
    .summary = "prepare the emulated computer, or boot one machine by hand",
    .usage = "etalon lab prepare\n"
             "       etalon lab facts\n"
             "       etalon lab boot [--keep DIR] CAMPAIGN\n\n"
             "prepare  fetch the kernel, build the images; all of it is cached\n"
             "facts    print versions, hashes and machine options\n"
             "boot     run the first boot of a campaign and show its consoles; nothing is\n"
             "         stored. --keep leaves frames and consoles in DIR.\n",
    .run = lab_run,
};
