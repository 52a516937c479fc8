/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/print.h"

#include <stdio.h>

#include "analysis/query.h"
#include "reports/model.h"
#include "reports/terminal.h"

int print_model(const struct command *c, struct query *query, const struct model *m)
{
    enum verdict worst = VERDICT_OK;
    struct err e = {0};
    int rc = terminal_write_summary(m, stdout, &e);

    if (rc == 0)
        rc = query_worst_verdict(query, &m->campaign, &worst, &e);
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        rc = err_set(&e, ERR_IO, "cannot write to standard output");
    if (rc != 0)
        return command_fail(c, &e);
    return worst > VERDICT_SKIP ? EXIT_STATUS_VERDICT : EXIT_STATUS_DONE;
}

int print_summary(const struct command *c, const char *db, const char *campaign)
{
    struct query *query = NULL;
    struct err e = {0};
    struct model m = {0};
    int rc = query_open(db, &query, &e), status;

    if (rc == 0)
        rc = model_read(query, campaign, &m, &e);
    if (rc == 0) {
        status = print_model(c, query, &m);
        model_free(&m);
    } else {
        status = command_fail(c, &e);
    }
    query_close(query);
    return status;
}
