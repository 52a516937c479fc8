/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/summarise.c - `etalon summarise`: what is derived from the raw rows, made again. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/query/query.h"
#include "analysis/summarise/summarise.h"
#include "cmd/command.h"
#include "collector/store.h"
#include "runner/lock.h"

struct summarise_list {
    struct query_campaign *campaign;
    size_t n;
    struct err *e;
};

static int summarise_note(void *opaque, const struct query_campaign *c)
{
    struct summarise_list *list = opaque;
    struct query_campaign *more =
        realloc(list->campaign, (list->n + 1) * sizeof(*list->campaign));

    if (!more)
        return err_set(list->e, ERR_IO, "out of memory");
    list->campaign = more;
    list->campaign[list->n++] = *c;
    return 0;
}

/* All of them, or the one named, before anything is written. */
static int summarise_find(struct store *store, const char *campaign,
                          struct summarise_list *list)
{
    struct query_campaign found;
    struct query *query;
    int rc = query_attach(store, &query, list->e);

    if (rc != 0)
        return rc;
    if (!campaign) {
        rc = query_campaigns(query, summarise_note, list, list->e);
    } else {
        rc = query_find_campaign(query, campaign, &found, list->e);
        if (rc == 0)
            rc = summarise_note(list, &found);
    }
    query_close(query);
    return rc;
}

static int summarise_store(struct store *store, const char *campaign, struct err *e)
{
    struct summarise_list list = {.e = e};
    int rc = summarise_find(store, campaign, &list);

    for (size_t i = 0; rc == 0 && i < list.n; i++) {
        const struct query_campaign *c = &list.campaign[i];

        rc = summarise_campaign(store, c->name, e);
        if (rc == 0)
            printf("campaign %s: summarised, %" PRId64 " of %" PRId64 " boots\n", c->name,
                   c->boots_stored, c->boots_planned);
    }
    free(list.campaign);
    return rc;
}

static int summarise_database(const char *path, const char *campaign, struct err *e)
{
    struct locked_store db;
    int rc = lock_store(path, &db, e);

    if (rc == 0 && db.version < STORE_VERSION)
        printf("%s: migrated from version %d to %d\n", path, db.version, STORE_VERSION);
    if (rc == 0)
        rc = summarise_store(db.store, campaign, e);
    lock_close_store(&db);
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        rc = err_set(e, ERR_IO, "cannot write to standard output");
    return rc;
}

static int summarise_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"db", required_argument, NULL, 'd'}, {"campaign", required_argument, NULL, 'c'}, {0}};
    const char *db = NULL, *campaign = NULL;
    struct err e = {0};
    int c;

    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'd')
            db = optarg;
        else if (c == 'c')
            campaign = optarg;
        else
            return command_bad_option(&command_summarise, argv);
    }
    if (optind < argc)
        return command_usage(&command_summarise, "unexpected argument \"%s\"", argv[optind]);
    if (!db)
        return command_usage(&command_summarise, "--db is missing");
    if (summarise_database(db, campaign, &e) != 0)
        return command_fail(&command_summarise, &e);
    return EXIT_STATUS_DONE;
}

const struct command command_summarise = {
    .name = "summarise",
    .summary = "make the derived tables of a database again; migrates an older one",
    .usage =
        "etalon summarise --db FILE [--campaign NAME]\n\n"
        "Computes the views summary, clocks, time_audits, scores, overhead and recoveries\n"
        "anew from the raw rows, which stay as they are, and runs nothing: for a file that\n"
        "an older etalon made, or one whose run was killed at its very end. A file of an\n"
        "older version is migrated first. Without --campaign all campaigns of the file.\n"
        "Refused while `etalon run` works on the file.\n",
    .run = summarise_run,
};
