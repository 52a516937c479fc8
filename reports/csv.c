/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/csv.c - the public views that the report rests on, each as one CSV file.
 */
#include <stdlib.h>

#include "analysis/query.h"
#include "reports/export.h"
#include "reports/formats.h"

static int write_view(const struct report_request *request, const struct query_campaign *c,
                      const char *view, struct err *e)
{
    char file[64], *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    int rc;

    if (!f)
        return err_set(e, ERR_IO, "out of memory");
    rc = export_view(request->query, view, c, EXPORT_CSV, f, e);
    if (fclose(f) && !rc)
        rc = err_set(e, ERR_IO, "out of memory");
    snprintf(file, sizeof(file), "%s.csv", view);
    if (!rc)
        rc = formats_put(request, file, text, size, e);
    free(text);
    return rc;
}

static int csv_write(const struct report_request *request, struct err *e)
{
    /* readings and intervals are raw and large: `etalon export --view` writes them */
    static const char *const views[] = {"summary",     "durations",     "exit_counts",
                                        "exit_costs",  "clocks",        "boots",
                                        "runs",        "figures",       "audits",
                                        "damages",     "provenance",    "counters",
                                        "time_audits", "time_counters", "observer_costs",
                                        "overhead",    "distortions",   "distortion_requests",
                                        "recoveries",  "scores"};
    struct query_campaign c;
    int rc = query_find_campaign(request->query, request->campaign, &c, e);

    for (size_t i = 0; !rc && i < sizeof(views) / sizeof(views[0]); i++)
        rc = write_view(request, &c, views[i], e);
    return rc;
}

const struct report_format report_csv = {
    .name = "csv",
    .file = "summary.csv",
    .summary = "summary.csv and one file for each other view",
    .write = csv_write,
};
