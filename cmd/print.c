/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/print.h"

#include <stdio.h>

#include "analysis/query.h"
#include "reports/terminal.h"

int print_summary(const struct command *c, const char *db, const char *campaign)
{
    struct query_campaign found;
    enum verdict worst = VERDICT_OK;
    struct query *query = NULL;
    struct err e = {0};
    int rc = query_open(db, &query, &e);

    if (rc == 0)
        rc = query_find_campaign(query, campaign, &found, &e);
    if (rc == 0)
        rc = terminal_write_summary(query, &found, stdout, &e);
    if (rc == 0)
        rc = query_worst_verdict(query, &found, &worst, &e);
    query_close(query);
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        rc = err_set(&e, ERR_IO, "cannot write to standard output");
    if (rc != 0)
        return command_fail(c, &e);
    return worst > VERDICT_SKIP ? EXIT_STATUS_VERDICT : EXIT_STATUS_DONE;
}
