/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/json.c - the report as one JSON object, for programs: a head, then each view as an
 * array of objects with its columns as keys.
 */
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

struct object {
    const struct report_request *request;
    const struct model *m;
};

static int write_object(void *opaque, FILE *f, struct err *e)
{
    static const char *const views[] = {
        "summary",       "exit_costs",     "exit_counts", "audits",
        "clocks",        "figures",        "boots",       "runs",
        "damages",       "provenance",     "counters",    "time_audits",
        "time_counters", "observer_costs", "overhead",    "distortion_requests",
        "recoveries",    "scores"};
    const struct object *o = opaque;
    int rc = 0;

    put_head(f, o->m);
    for (size_t i = 0; !rc && i < sizeof(views) / sizeof(views[0]); i++) {
        fprintf(f, ",\n\"%s\": ", views[i]);
        rc = export_view(o->request->query, views[i], &o->m->campaign, EXPORT_JSON, f, e);
    }
    fputs("}\n", f);
    return rc;
}

static int json_write(const struct report_request *request, struct err *e)
{
    struct object o = {.request = request};
    struct model own;
    int rc;

    o.m = formats_model(request, &own, &rc, e);
    if (rc)
        return rc;
    rc = formats_put(request, "report.json", write_object, &o, e);
    formats_release(request, &own);
    return rc;
}

const struct report_format report_json = {
    .name = "json",
    .file = "report.json",
    .summary = "the report's figures as one object",
    .write = json_write,
};
