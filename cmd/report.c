/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/report.c - `etalon report`: the summary table and the report's files. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/query.h"
#include "analysis/summarise.h"
#include "base/paths.h"
#include "cmd/command.h"
#include "cmd/print.h"
#include "collector/store.h"
#include "reports/model.h"
#include "reports/report.h"

struct report_options {
    const char *db, *out, *campaign, *formats;
};

static int report_parse(int argc, char **argv, struct report_options *o)
{
    static const struct option options[] = {{"db", required_argument, NULL, 'd'},
                                            {"out", required_argument, NULL, 'o'},
                                            {"campaign", required_argument, NULL, 'c'},
                                            {"format", required_argument, NULL, 'f'},
                                            {0}};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'd':
            o->db = optarg;
            break;
        case 'o':
            o->out = optarg;
            break;
        case 'c':
            o->campaign = optarg;
            break;
        case 'f':
            o->formats = optarg;
            break;
        default:
            return command_bad_option(&command_report, argv);
        }
    }
    if (optind < argc)
        return command_usage(&command_report, "unexpected argument \"%s\"", argv[optind]);
    if (!o->db)
        return command_usage(&command_report, "--db is missing");
    if (o->formats && !o->out)
        return command_usage(&command_report, "--format needs --out");
    return EXIT_STATUS_DONE;
}

/* Is it in the comma-separated list? NULL stands for all that need not be asked for. */
static int report_wants(const char *list, const struct report_format *format)
{
    const char *name = format->name;
    size_t n = strlen(name);

    if (!list)
        return !format->asked_for;
    for (const char *p = list; p; p = strchr(p, ',')) {
        p += *p == ',';
        if (strncmp(p, name, n) == 0 && (p[n] == ',' || p[n] == '\0'))
            return 1;
    }
    return 0;
}

static int report_check_formats(const char *list)
{
    char name[32];

    for (const char *p = list; p && *p; p += strcspn(p, ","), p += *p == ',') {
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, ","), p);
        if (!report_find(name))
            return command_usage(&command_report,
                                 "no format \"%s\"; see `etalon list` for those there are",
                                 name);
    }
    return EXIT_STATUS_DONE;
}

/*
 * The derived tables are filled at the end of a run. A campaign that was cut off has none, or
 * older ones: fill them from the boots there are.
 */
static int report_refresh(const struct report_options *o, struct err *e)
{
    struct query_campaign campaign;
    struct query *query = NULL;
    struct store *store;
    int rc = query_open(o->db, &query, e);

    if (rc == 0)
        rc = query_find_campaign(query, o->campaign, &campaign, e);
    query_close(query);
    if (rc != 0 || campaign.boots_stored == campaign.boots_planned)
        return rc;
    fprintf(stderr, "campaign %s is not finished: %" PRId64 " of %" PRId64 " boots\n",
            campaign.name, campaign.boots_stored, campaign.boots_planned);
    rc = store_open(o->db, STORE_WRITE, &store, e);
    if (rc != 0)
        return rc;
    rc = summarise_campaign(store, campaign.name, e);
    store_close(store);
    return rc;
}

static int report_write(const struct report_options *o, struct query *query,
                        struct model *model, struct err *e)
{
    size_t count;
    const struct report_format *const *table = report_table(&count);
    const struct report_request request = {
        .query = query, .campaign = o->campaign, .out_dir = o->out, .model = model};
    int rc = paths_make_dirs(o->out, e);

    for (size_t i = 0; rc == 0 && i < count; i++) {
        const char *why;

        if (!report_wants(o->formats, table[i]))
            continue;
        why = table[i]->unavailable ? table[i]->unavailable() : NULL;
        if (why)
            rc = err_set(e, ERR_UNAVAILABLE, "%s: %s", table[i]->name, why);
        else
            rc = table[i]->write(&request, e);
        if (rc == 0)
            fprintf(stderr, "%s/%s\n", o->out, table[i]->file);
    }
    return rc;
}

/* The campaign is read once, for all formats and the table. */
static int report_show(const struct report_options *o)
{
    struct query *query = NULL;
    struct err e = {0};
    struct model model = {0};
    int rc = query_open(o->db, &query, &e), status;

    if (rc == 0)
        rc = model_read(query, o->campaign, &model, &e);
    if (rc != 0) {
        query_close(query);
        return command_fail(&command_report, &e);
    }
    if (o->out && report_write(o, query, &model, &e) != 0)
        status = command_fail(&command_report, &e);
    else
        status = print_model(&command_report, query, &model);
    model_free(&model);
    query_close(query);
    return status;
}

static int report_run(int argc, char **argv)
{
    struct report_options o = {0};
    struct err e = {0};
    int status = report_parse(argc, argv, &o);

    if (status == EXIT_STATUS_DONE)
        status = report_check_formats(o.formats);
    if (status != EXIT_STATUS_DONE)
        return status;
    if (report_refresh(&o, &e) != 0)
        return command_fail(&command_report, &e);
    return report_show(&o);
}

const struct command command_report = {
    .name = "report",
    .summary = "write a report from a database",
    .usage =
        "etalon report --db FILE [--out DIR [--format LIST]] [--campaign NAME]\n\n"
        "Prints the summary table and, with --out, writes the report: html, markdown, csv,\n"
        "json and hyperfine (times as hyperfine exports its own), or those of the\n"
        "comma-separated LIST, which may also name pdf (printed by Chromium). The same\n"
        "database gives the same bytes. Exit status 1 if a boot or an answer has the verdict "
        "error, fail or crash.\n",
    .run = report_run,
};
