/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/hyperfine.c - the true times as `hyperfine --export-json` writes its own, so that
 * scripts made for that program read them: results[] of command, mean, stddev, median, user,
 * system, min, max, times, exit_codes; all times in seconds.
 *
 * A command is a run on a platform, a time the true time of one iteration that counts. The timer
 * does not see where a guest spends its time: user and system are null, as stddev is for a single
 * time. Iterations that do not count are not in it, so every exit code is 0.
 */
#include <math.h>
#include <stdio.h>

#include "analysis/stats.h"
#include "reports/escape.h"
#include "reports/formats.h"

static void put_seconds(FILE *f, const char *key, double ns)
{
    fprintf(f, ",\n      \"%s\": ", key);
    if (isnan(ns))
        fputs("null", f);
    else
        fprintf(f, "%.12g", ns / 1e9);
}

static void put_result(FILE *f, const struct model *m, size_t run, size_t platform)
{
    const struct model_cell *cell = model_cell(m, run, platform);
    char command[1024];

    snprintf(command, sizeof(command), "%s on %s", m->run[run].label,
             m->platform[platform].label);
    fputs("    {\n      \"command\": ", f);
    escape_json(f, command);
    put_seconds(f, "mean", stats_mean(cell->ns, cell->n));
    put_seconds(f, "stddev", stats_sd(cell->ns, cell->n));
    put_seconds(f, "median", stats_quantile_sorted(cell->ns, cell->n, 0.5));
    put_seconds(f, "user", NAN);
    put_seconds(f, "system", NAN);
    put_seconds(f, "min", cell->ns[0]);
    put_seconds(f, "max", cell->ns[cell->n - 1]);
    fputs(",\n      \"times\": [", f);
    for (size_t i = 0; i < cell->n; i++)
        fprintf(f, "%s\n        %.12g", i ? "," : "", cell->ns[i] / 1e9);
    fputs("\n      ],\n      \"exit_codes\": [", f);
    for (size_t i = 0; i < cell->n; i++)
        fputs(i ? ", 0" : "0", f);
    fputs("],\n      \"parameters\": {\n        \"platform\": ", f);
    escape_json(f, m->platform[platform].label);
    fputs(",\n        \"workload\": ", f);
    escape_json(f, m->run[run].workload);
    fputs(",\n        \"param\": ", f);
    escape_json(f, m->run[run].param);
    fputs("\n      }\n    }", f);
}

static int write_object(FILE *f, const struct model *m, struct err *e)
{
    int any = 0;

    (void)e;
    fputs("{\n  \"results\": [", f);
    for (size_t r = 0; r < m->runs; r++)
        for (size_t p = 0; p < m->platforms; p++) {
            if (!model_cell(m, r, p)->n)
                continue;
            fputs(any++ ? ",\n" : "\n", f);
            put_result(f, m, r, p);
        }
    fputs("\n  ]\n}\n", f);
    return 0;
}

static int hyperfine_write(const struct report_request *request, struct err *e)
{
    return formats_write(request, "hyperfine.json", NULL, write_object, e);
}

const struct report_format report_hyperfine = {
    .name = "hyperfine",
    .file = "hyperfine.json",
    .summary = "true times as hyperfine exports its own",
    .write = hyperfine_write,
};
