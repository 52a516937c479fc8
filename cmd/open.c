/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/open.c - `etalon open`: the end of a blind trial, and the key for its beginning. */
#include <getopt.h>
#include <stdio.h>

#include "base/seal.h"
#include "cmd/command.h"
#include "runner/lock.h"
#include "runner/open.h"

struct open_options {
    const char *db, *key, *new_key, *campaign;
};

static int open_parse(int argc, char **argv, struct open_options *o)
{
    static const struct option options[] = {{"db", required_argument, NULL, 'd'},
                                            {"key", required_argument, NULL, 'k'},
                                            {"new-key", required_argument, NULL, 'n'},
                                            {"campaign", required_argument, NULL, 'c'},
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
        default:
            return command_bad_option(&command_open, argv);
        }
    }
    if (optind < argc)
        return command_usage(&command_open, "unexpected argument \"%s\"", argv[optind]);
    if (o->new_key ? o->db || o->key || o->campaign : !o->db || !o->key)
        return command_usage(&command_open, "either --new-key, or --db and --key are wanted");
    return EXIT_STATUS_DONE;
}

static int open_db(const struct open_options *o, struct err *e)
{
    struct open_report report = {0};
    struct locked_store db;
    int rc = lock_store(o->db, &db, e);

    if (!rc)
        rc = open_campaign(db.store, o->campaign, o->key, &report, e);
    lock_close_store(&db);
    if (!rc)
        printf("%zu of %zu seals opened, each what was committed to\n"
               "findings before and after: %s\n",
               report.opened, report.seals, report.findings);
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
        "       etalon open --db FILE --key FILE [--campaign NAME]\n\n"
        "The first makes a key for the option seal of vmm-bare and vmm. The second fixes\n"
        "what was found, opens all that was sealed with the key, and lays it beside that\n"
        "(docs/lies.md). `etalon report` then shows both.\n",
    .run = open_run,
};
