/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/export.c - `etalon export`: one public view, or everything that must repeat. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "analysis/query/query.h"
#include "cmd/command.h"
#include "reports/export.h"

struct export_options {
    const char *db, *view, *campaign;
    int canonical;
    enum export_format format;
};

static int export_parse(int argc, char **argv, struct export_options *o)
{
    static const struct option options[] = {
        {"db", required_argument, NULL, 'd'},     {"canonical", no_argument, NULL, 'k'},
        {"view", required_argument, NULL, 'v'},   {"campaign", required_argument, NULL, 'c'},
        {"format", required_argument, NULL, 'f'}, {0}};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'd':
            o->db = optarg;
            break;
        case 'k':
            o->canonical = 1;
            break;
        case 'v':
            o->view = optarg;
            break;
        case 'c':
            o->campaign = optarg;
            break;
        case 'f':
            if (strcmp(optarg, "csv") != 0 && strcmp(optarg, "json") != 0)
                return command_usage(&command_export, "--format is csv or json, not \"%s\"",
                                     optarg);
            o->format = strcmp(optarg, "csv") == 0 ? EXPORT_CSV : EXPORT_JSON;
            break;
        default:
            return command_bad_option(&command_export, argv);
        }
    }
    if (optind < argc)
        return command_usage(&command_export, "unexpected argument \"%s\"", argv[optind]);
    if (!o->db)
        return command_usage(&command_export, "--db is missing");
    if (o->canonical == (o->view != NULL))
        return command_usage(&command_export, "either --canonical or --view NAME is wanted");
    return EXIT_STATUS_DONE;
}

static int export_write(struct query *query, const struct export_options *o, struct err *e)
{
    struct query_campaign campaign, *only = NULL;
    int rc;

    if (o->canonical || o->campaign) {
        rc = query_find_campaign(query, o->campaign, &campaign, e);
        if (rc != 0)
            return rc;
        only = &campaign;
    }
    if (o->canonical)
        rc = export_canonical(query, only, stdout, e);
    else
        rc = export_view(query, o->view, only, o->format, stdout, e);
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        rc = err_set(e, ERR_IO, "cannot write to standard output");
    return rc;
}

static int export_run(int argc, char **argv)
{
    struct export_options o = {.format = EXPORT_CSV};
    struct query *query = NULL;
    struct err e = {0};
    int status = export_parse(argc, argv, &o), rc;

    if (status != EXIT_STATUS_DONE)
        return status;
    rc = query_open(o.db, &query, &e);
    if (rc == 0)
        rc = export_write(query, &o, &e);
    query_close(query);
    return rc == 0 ? EXIT_STATUS_DONE : command_fail(&command_export, &e);
}

const struct command command_export = {
    .name = "export",
    .summary = "write a public view, or everything that must repeat",
    .usage =
        "etalon export --db FILE --canonical [--campaign NAME]\n"
        "       etalon export --db FILE --view VIEW [--format csv|json] [--campaign NAME]\n\n"
        "--canonical writes all of a campaign but host times, host names, the host's own\n"
        "tools and packages, in a fixed order: two runs on a deterministic bench give the\n"
        "same bytes, whatever the computer. What is left out is in the view provenance. The\n"
        "views are described in docs/store.md.\n",
    .run = export_run,
};
