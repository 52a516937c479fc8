/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/json.c - the report as one JSON object, for programs: a head, then each view as an
 * array of objects with its columns as keys.
 */
#include <stdlib.h>

#include "reports/escape.h"
#include "reports/export.h"
#include "reports/formats.h"
#include "reports/wording.h"

static void put_head(FILE *f, const struct model *m)
{
    char buf[WORDING_BYTES];

    fputs("{\n\"campaign\": ", f);
    escape_json(f, m->campaign.name);
    fputs(",\n\"hash\": ", f);
    escape_json(f, m->campaign.hash);
    fputs(",\n\"bench\": ", f);
    escape_json(f, m->campaign.bench);
    fputs(",\n\"grade\": ", f);
    escape_json(f, m->grades);
    fprintf(f, ",\n\"deterministic\": %s", m->campaign.deterministic ? "true" : "false");
    fprintf(f, ",\n\"ns_per_instruction\": %.17g", m->campaign.ns_per_instruction);
    fputs(",\n\"nature\": ", f);
    escape_json(f, wording_nature(m, buf));
    fputs(",\n\"boots_are\": ", f);
    escape_json(f, wording_boots(m, buf));
}

static int write_object(const struct report_request *request, const struct model *m, FILE *f,
                        struct err *e)
{
    static const char *const views[] = {
        "summary",       "exit_costs",     "exit_counts", "audits",
        "clocks",        "figures",        "boots",       "runs",
        "damages",       "provenance",     "counters",    "time_audits",
        "time_counters", "observer_costs", "overhead",    "distortion_requests",
        "recoveries",    "scores"};
    int rc = 0;

    put_head(f, m);
    for (size_t i = 0; !rc && i < sizeof(views) / sizeof(views[0]); i++) {
        fprintf(f, ",\n\"%s\": ", views[i]);
        rc = export_view(request->query, views[i], &m->campaign, EXPORT_JSON, f, e);
    }
    fputs("}\n", f);
    return rc;
}

static int json_write(const struct report_request *request, struct err *e)
{
    struct model m;
    char *text = NULL;
    size_t size = 0;
    FILE *f;
    int rc = model_read(request->query, request->campaign, &m, e);

    if (rc)
        return rc;
    f = open_memstream(&text, &size);
    rc = f ? write_object(request, &m, f, e) : err_set(e, ERR_IO, "out of memory");
    if (f && fclose(f) && !rc)
        rc = err_set(e, ERR_IO, "out of memory");
    if (!rc)
        rc = formats_put(request, "report.json", text, size, e);
    free(text);
    model_free(&m);
    return rc;
}

const struct report_format report_json = {
    .name = "json",
    .file = "report.json",
    .summary = "the report's figures as one object",
    .write = json_write,
};
