/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/run.c - `etalon run`: a campaign file into a database. */
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/summarise/summarise.h"
#include "base/paths.h"
#include "cmd/command.h"
#include "cmd/print.h"
#include "collector/store.h"
#include "runner/execute.h"

static volatile sig_atomic_t run_stop;

struct run_options {
    const char *file, *db, *keep, *collectors;
    unsigned jobs;
    int resume;
};

static void run_on_signal(int number)
{
    (void)number;
    run_stop = 1;
}

static void run_catch_signals(void)
{
    struct sigaction action = {.sa_handler = run_on_signal};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

/* One line that is rewritten on a terminal, nothing elsewhere: there the finished boots speak. */
static void run_show_progress(const struct progress *p)
{
    char line[128];

    if (!isatty(STDERR_FILENO))
        return;
    progress_format(p, progress_now_ms(), line, sizeof(line));
    fprintf(stderr, "\r\033[K%s", line);
}

static void run_tick(void *opaque, const struct progress *p)
{
    (void)opaque;
    run_show_progress(p);
}

static void run_finished(void *opaque, const struct execute_boot_report *boot,
                         const struct progress *p)
{
    char line[128];

    (void)opaque;
    progress_format(p, progress_now_ms(), line, sizeof(line));
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    fprintf(stderr, "%s  boot %u %s %s: %s%s%s (%.1f s)\n", line, boot->plan_index,
            boot->platform->platform->name, boot->platform->shown, verdict_name(boot->verdict),
            *boot->reason ? ": " : "", boot->reason, boot->host_s);
    run_show_progress(p);
}

static void run_say(void *opaque, const char *line)
{
    (void)opaque;
    fprintf(stderr, "%s\n", line);
}

static int run_parse(int argc, char **argv, struct run_options *o)
{
    static const struct option options[] = {
        {"db", required_argument, NULL, 'd'},         {"jobs", required_argument, NULL, 'j'},
        {"resume", no_argument, NULL, 'r'},           {"keep", required_argument, NULL, 'k'},
        {"collectors", required_argument, NULL, 'c'}, {0}};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned long jobs;
    char *end;
    int c;

    o->jobs = cores > 0 ? (unsigned)cores : 1;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'd':
            o->db = optarg;
            break;
        case 'j':
            jobs = strtoul(optarg, &end, 10);
            if (*end || jobs < 1 || jobs > 256)
                return command_usage(&command_run, "--jobs takes 1 to 256, not \"%s\"",
                                     optarg);
            o->jobs = (unsigned)jobs;
            break;
        case 'r':
            o->resume = 1;
            break;
        case 'k':
            o->keep = optarg;
            break;
        case 'c':
            o->collectors = optarg;
            break;
        default:
            return command_bad_option(&command_run, argv);
        }
    }
    if (optind + 1 != argc)
        return command_usage(&command_run, "one campaign file is wanted");
    o->file = argv[optind];
    return EXIT_STATUS_DONE;
}

/* The folder the database shall stand in. */
static int run_make_folder(const char *db, struct err *e)
{
    char dir[PATH_MAX], *slash;

    snprintf(dir, sizeof(dir), "%s", db);
    slash = strrchr(dir, '/');
    if (!slash || slash == dir)
        return 0;
    *slash = '\0';
    return paths_make_dirs(dir, e);
}

static int run_campaign(const struct campaign *c, const struct run_options *o, const char *db,
                        struct err *e)
{
    struct store *store;
    enum verdict worst;
    int rc = run_make_folder(db, e);

    if (rc == 0)
        rc = store_open(db, STORE_CREATE, &store, e);
    if (rc != 0)
        return rc;
    struct execute_request request = {
        .campaign = c,
        .store = store,
        .db_path = db,
        .jobs = o->jobs,
        .resume = o->resume,
        .keep_dir = o->keep,
        .stop = &run_stop,
        .finished = run_finished,
        .tick = run_tick,
    };
    rc = execute_campaign(&request, &worst, e);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    if (rc == 0)
        rc = summarise_campaign(store, c->name, e);
    store_close(store);
    return rc;
}

static int run_run(int argc, char **argv)
{
    struct run_options o = {0};
    char db[PATH_MAX];
    struct campaign c;
    struct err e = {0};
    const char *why;
    int status = run_parse(argc, argv, &o), rc;

    if (status != EXIT_STATUS_DONE)
        return status;
    rc = campaign_load(o.file, &c, &e);
    if (rc == 0 && o.collectors && campaign_override_collectors(&c, o.collectors, &e))
        rc = err_wrap(&e, ERR_USAGE, "--collectors");
    if (rc == 0) {
        why = c.bench->unavailable();
        if (why)
            rc = err_set(&e, ERR_UNAVAILABLE, "bench %s: %s", c.bench->name, why);
    }
    if (rc == 0)
        rc = c.bench->prepare(run_say, NULL, &e);
    if (rc == 0) {
        snprintf(db, sizeof(db), "%s", o.db ? o.db : "");
        if (!o.db)
            snprintf(db, sizeof(db), "out/%s.db", c.name);
        run_catch_signals();
        rc = run_campaign(&c, &o, db, &e);
    }
    if (rc != 0)
        status = command_fail(&command_run, &e);
    else
        status = print_summary(&command_run, db, c.name);
    campaign_free(&c);
    return status;
}

const struct command command_run = {
    .name = "run",
    .summary = "run a campaign into a database",
    .usage =
        "etalon run [--db FILE] [--jobs N] [--resume] [--keep DIR] [--collectors LIST]\n"
        "           CAMPAIGN\n\n"
        "  --db FILE    the database; default out/NAME.db\n"
        "  --jobs N     boots at once; default one per processor\n"
        "  --resume     go on with a campaign that was cut off\n"
        "  --keep DIR   leave frames and consoles of each boot in DIR\n"
        "  --collectors LIST\n"
        "               read these in the guest instead of what the campaign says:\n"
        "               NAME,NAME (as `etalon list` shows them) or none\n\n"
        "Every boot is stored in one transaction, with its reason if it failed. Prints the\n"
        "summary at the end; exit status 1 if a boot or an answer has the verdict fail.\n",
    .run = run_run,
};
