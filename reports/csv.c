/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/csv.c - the public views that the report rests on, each as one CSV file.
 */
#include <stdio.h>

#include "analysis/query/query.h"
#include "reports/export.h"
#include "reports/formats.h"

struct view {
    struct query *query;
    const struct query_campaign *campaign;
    const char *name;
};

static int write_view(void *opaque, FILE *f, struct err *e)
{
    const struct view *v = opaque;

    return export_view(v->query, v->name, v->campaign, EXPORT_CSV, f, e);
}

static int put_view(const struct report_request *request, const struct query_campaign *c,
                    const char *name, struct err *e)
{
    struct view v = {request->query, c, name};
    char file[64];

    snprintf(file, sizeof(file), "%s.csv", name);
    return formats_put(request, file, write_view, &v, e);
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
        rc = put_view(request, &c, views[i], e);
    return rc;
}

const struct report_format report_csv = {
    .name = "csv",
    .file = "summary.csv",
    .summary = "summary.csv and one file for each other view",
    .write = csv_write,
};
