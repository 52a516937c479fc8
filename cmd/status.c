/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/status.c - `etalon status`: campaigns, boots and verdicts of a database. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/query/query.h"
#include "cmd/command.h"
#include "reports/escape.h"

struct status {
    struct query *query;
    struct err *e;
    int json, campaigns, boots;
};

static int status_boot_text(const struct query_boot *b)
{
    printf("  boot %-4" PRId64 " %-10s %-14s %-6s %s%s%" PRId64 " intervals, lost %" PRId64
           "\n",
           b->boot, b->platform, b->variant, b->verdict, b->reason, *b->reason ? "; " : "",
           b->intervals, b->lost);
    return 0;
}

static void status_json_text(const char *key, const char *value)
{
    printf(", \"%s\": ", key);
    escape_json(stdout, value);
}

static int status_boot_json(struct status *s, const struct query_boot *b)
{
    printf("%s{\"boot\": %" PRId64, s->boots++ ? ",\n  " : "", b->boot);
    status_json_text("platform", b->platform);
    status_json_text("variant", b->variant);
    status_json_text("verdict", b->verdict);
    status_json_text("reason", b->reason);
    printf(", \"intervals\": %" PRId64 ", \"lost\": %" PRId64 "}", b->intervals, b->lost);
    return 0;
}

static int status_boot(void *opaque, const struct query_boot *b)
{
    struct status *s = opaque;

    return s->json ? status_boot_json(s, b) : status_boot_text(b);
}

static int status_campaign(void *opaque, const struct query_campaign *c)
{
    struct status *s = opaque;
    int rc;

    if (!s->json) {
        printf("campaign %s on bench %s: %" PRId64 " of %" PRId64 " boots stored\n", c->name,
               c->bench, c->boots_stored, c->boots_planned);
        return query_boots(s->query, c, status_boot, s, s->e);
    }
    printf("%s{\"campaign\": ", s->campaigns++ ? ",\n " : "");
    escape_json(stdout, c->name);
    status_json_text("bench", c->bench);
    status_json_text("hash", c->hash);
    printf(", \"boots_planned\": %" PRId64 ", \"boots_stored\": %" PRId64 ", \"boots\": [\n  ",
           c->boots_planned, c->boots_stored);
    s->boots = 0;
    rc = query_boots(s->query, c, status_boot, s, s->e);
    printf("]}");
    return rc;
}

static int status_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"db", required_argument, NULL, 'd'}, {"json", no_argument, NULL, 'j'}, {0}};
    const char *db = NULL;
    struct err e = {0};
    struct status s = {.e = &e};
    int c, rc;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'd')
            db = optarg;
        else if (c == 'j')
            s.json = 1;
        else
            return command_bad_option(&command_status, argv);
    }
    if (optind < argc)
        return command_usage(&command_status, "unexpected argument \"%s\"", argv[optind]);
    if (!db)
        return command_usage(&command_status, "--db is missing");
    rc = query_open(db, &s.query, &e);
    if (rc == 0) {
        if (s.json)
            putchar('[');
        rc = query_campaigns(s.query, status_campaign, &s, &e);
        if (s.json)
            printf("]\n");
    }
    query_close(s.query);
    return rc == 0 ? EXIT_STATUS_DONE : command_fail(&command_status, &e);
}

const struct command command_status = {
    .name = "status",
    .summary = "what a database holds: campaigns, boots, verdicts",
    .usage = "etalon status --db FILE [--json]\n\n"
             "Boots planned and stored, with verdict and reason each.\n",
    .run = status_run,
};
