/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/drift_markdown.c - the certificate of a clock as Markdown; see drift.h.
 */
#include <math.h>

#include "reports/drift.h"
#include "reports/escape.h"

static void row(FILE *f, const char *name, const char *text)
{
    fputs("| ", f);
    escape_markdown(f, name);
    fputs(" | ", f);
    escape_markdown(f, text);
    fputs(" |\n", f);
}

static void item(FILE *f, const char *text)
{
    fputs("- ", f);
    escape_markdown(f, text);
    fputc('\n', f);
}

static void tau(FILE *f, double tau_s)
{
    fprintf(f, "| %.6g |", tau_s);
}

static void deviation(FILE *f, double value)
{
    if (isnan(value))
        fputs(" \xE2\x80\x93 |", f);
    else
        fprintf(f, " %.4g |", value);
}

static void noise(FILE *f, const char *name)
{
    fprintf(f, " %s |\n", name);
}

static const struct drift_form form = {
    .row = row,
    .item = item,
    .tau = tau,
    .deviation = deviation,
    .noise = noise,
};

static void write_stability(FILE *f, const struct drift_clock *k)
{
    char buf[DRIFT_TEXT_BYTES];

    fputs("\n## Stability\n\n", f);
    escape_markdown(f, drift_spacing_text(k, buf));
    fputs("\n\n", f);
    if (!k->rows)
        return;
    fputs("| tau, s |", f);
    for (int d = 0; d < STABILITY_KINDS; d++)
        fprintf(f, " %s |%s", stability_name((enum stability_kind)d),
                d == STABILITY_OADEV ? " low | high |" : "");
    fputs(" noise |\n| ---: |", f);
    for (int d = 0; d < STABILITY_KINDS + 2; d++)
        fputs(" ---: |", f);
    fputs(" --- |\n", f);
    drift_put_stability(f, &form, k);
}

void drift_write_markdown(FILE *f, const struct drift_head *head, const struct drift_set *set,
                          size_t i)
{
    const struct drift_clock *k = &set->clock[i];

    fputs("# Drift certificate: ", f);
    escape_markdown(f, k->s.name);
    fprintf(f, "\n\n**%s**", clock_verdict_name(k->a.verdict));
    if (*k->a.reason) {
        fputs(": ", f);
        escape_markdown(f, k->a.reason);
    }
    fputs("\n\n", f);
    escape_markdown(f, drift_nature_text(head, set));
    fputs("\n\n", f);
    fputs("| evidence | |\n| --- | --- |\n", f);
    drift_put_evidence(f, &form, k);
    fputc('\n', f);
    drift_put_events(f, &form, k);
    write_stability(f, k);
    drift_put_power_markdown(f, set, k);
    fputs("\n## Method\n\n", f);
    drift_put_method(f, &form);
    fputs("\n## Provenance\n\n| | |\n| --- | --- |\n", f);
    drift_put_provenance(f, &form, head, k);
}
