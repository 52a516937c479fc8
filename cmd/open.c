/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/open.c - `etalon open`: the end of a blind trial, what came of it, and the key for its
 * beginning. */
#include <getopt.h>
#include <stdio.h>

#include "analysis/query.h"
#include "analysis/trial_read.h"
#include "base/seal.h"
#include "cmd/command.h"
#include "reports/trial.h"
#include "runner/lock.h"
#include "runner/open.h"

struct open_options {
    const char *db, *key, *new_key, *campaign;
    int score, json;
};

static int open_parse(int argc, char **argv, struct open_options *o)
{
    static const struct option options[] = {{"db", required_argument, NULL, 'd'},
                                            {"key", required_argument, NULL, 'k'},
                                            {"new-key", required_argument, NULL, 'n'},
                                            {"campaign", required_argument, NULL, 'c'},
                                            {"score", no_argument, NULL, 's'},
                                            {"json", no_argument, NULL, 'j'},
                                            {0}};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'd':
            o->db = optarg;
            break;
        case 'k':
            o->key = optarg;
            break;
        case 'n':
            o->new_key = optarg;
            break;
        case 'c':
            o->campaign = optarg;
            break;
        case 's':
            o->score = 1;
            break;
        case 'j':
            o->json = 1;
            break;
        default:
            return command_bad_option(&command_open, argv);
        }
    }
    if (optind < argc)
        return command_usage(&command_open, "unexpected argument \"%s\"", argv[optind]);
    if (o->json && !o->score)
        return command_usage(&command_open, "--json is a form of --score, which is missing");
    if (o->new_key ? o->db || o->key || o->campaign || o->score : !o->db || !o->key)
        return command_usage(&command_open, "either --new-key, or --db and --key are wanted");
    return EXIT_STATUS_DONE;
}

/* Behind open_campaign(): all seals are open, and what was found is what had been found. */
static int open_score(struct store *store, const struct open_options *o,
                      const struct open_report *report, struct err *e)
{
    struct query_campaign campaign;
    struct trial_set set = {0};
    struct query *q = NULL;
    int rc = query_attach(store, &q, e);

    if (!rc)
        rc = query_find_campaign(q, o->campaign, &campaign, e);
    if (!rc)
        rc = trial_read(q, &campaign, &set, e);
    if (!rc && o->json)
        trial_write_json(&set, report->findings, stdout);
    else if (!rc)
        trial_write_text(&set, report->findings, stdout);
    if (!rc && (fflush(stdout) != 0 || ferror(stdout)))
        rc = err_set(e, ERR_IO, "cannot write to standard output");
    trial_release(&set);
    query_close(q);
    return rc;
}

static int open_db(const struct open_options *o, struct err *e)
{
    struct open_report report = {0};
    struct locked_store db;
    int rc = lock_store(o->db, &db, e);

    if (!rc)
        rc = open_campaign(db.store, o->campaign, o->key, &report, e);
    if (!rc && !o->json)
        printf("%zu of %zu seals opened, each what was committed to\n"
               "findings before and after: %s\n",
               report.opened, report.seals, report.findings);
    if (!rc && o->score)
        rc = open_score(db.store, o, &report, e);
    lock_close_store(&db);
    return rc;
}

static int open_run(int argc, char **argv)
{
    struct open_options o = {0};
    struct err e = {0};
    int status = open_parse(argc, argv, &o), rc;

    if (status != EXIT_STATUS_DONE)
        return status;
    rc = o.new_key ? seal_make_key(o.new_key, &e) : open_db(&o, &e);
    return rc == 0 ? EXIT_STATUS_DONE : command_fail(&command_open, &e);
}

const struct command command_open = {
    .name = "open",
    .summary = "end a blind trial: open what its hypervisor said",
    .usage =
        "etalon open --new-key FILE\n"
        "       etalon open --db FILE --key FILE [--campaign NAME] [--score [--json]]\n\n"
        "The first makes a key for the option seal of vmm-bare and vmm. The second fixes\n"
        "what was found, opens all that was sealed with the key, and lays it beside that\n"
        "(docs/lies.md). `etalon report` then shows both. --score says how many lies were\n"
        "detected, named rightly and missed, and how many false alarms there were, with "
        "exact\n"
        "intervals (docs/blind.md); --json the same for programs.\n",
    .run = open_run,
};
