/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/drift_markdown.c - the certificate of a clock as Markdown; see drift.h.
 */
#include <inttypes.h>
#include <math.h>

#include "base/version.h"
#include "reports/drift.h"
#include "reports/escape.h"

#define EVENTS_SHOWN 100u

static void row(FILE *f, const char *name, const char *text)
{
    fputs("| ", f);
    escape_markdown(f, name);
    fputs(" | ", f);
    escape_markdown(f, text);
    fputs(" |\n", f);
}

static void row_count(FILE *f, const char *name, uint64_t n)
{
    fprintf(f, "| %s | %" PRIu64 " |\n", name, n);
}

static void cell(FILE *f, double value)
{
    if (isnan(value))
        fputs(" \xE2\x80\x93 |", f);
    else
        fprintf(f, " %.4g |", value);
}

static void write_evidence(FILE *f, const struct drift_clock *k)
{
    char buf[DRIFT_TEXT_BYTES];

    fputs("| evidence | |\n| --- | --- |\n", f);
    row(f, "skew (95 %)", drift_skew_text(k, buf));
    if (!isnan(k->a.check_ppm)) {
        snprintf(buf, sizeof(buf), "%+.6g ppm", k->a.check_ppm);
        row(f, "skew by robust regression", buf);
    }
    row(f, "jitter", drift_time_text(k->a.jitter_ns, buf));
    row_count(f, "readings", k->s.n);
    if (k->question.kind == CLOCK_KIND_TIME) {
        row_count(f, "jumps", k->a.jumps);
        row_count(f, "freezes", k->a.freezes);
    }
    row_count(f, "steps back", k->a.backsteps);
    if (k->verdict) {
        row_count(f, "readings that are sound", k->samples[CLOCK_SOUND]);
        row_count(f, "readings that are biased", k->samples[CLOCK_BIASED]);
        row_count(f, "readings that are aberrant", k->samples[CLOCK_ABERRANT]);
    }
    fputc('\n', f);
    for (size_t i = 0; i < k->events && i < EVENTS_SHOWN; i++) {
        fputs("- ", f);
        escape_markdown(f, drift_event_text(&k->event[i], buf));
        fputc('\n', f);
    }
    if (k->events > EVENTS_SHOWN)
        fprintf(f, "- and %zu more\n", k->events - EVENTS_SHOWN);
}

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
    for (size_t i = 0; i < k->rows; i++) {
        const struct stability_row *r = &k->row[i];

        fprintf(f, "| %.6g |", r->tau);
        for (int d = 0; d < STABILITY_KINDS; d++) {
            cell(f, r->deviation[d]);
            if (d == STABILITY_OADEV) {
                cell(f, r->low[d]);
                cell(f, r->high[d]);
            }
        }
        fprintf(f, " %s |\n", r->noise_known ? stability_noise_name(r->alpha) : "unknown");
    }
}

static void write_provenance(FILE *f, const struct drift_head *head,
                             const struct drift_clock *k)
{
    char buf[DRIFT_TEXT_BYTES];

    fputs("\n## Provenance\n\n| | |\n| --- | --- |\n", f);
    if (*head->campaign) {
        row(f, "campaign", head->campaign);
        row(f, "campaign hash", head->hash);
        row(f, "bench", head->bench);
        fprintf(f, "| boot | %" PRId64 " |\n", k->s.boot);
        row(f, "platform", k->s.platform);
        row(f, "variant", k->s.variant);
        row(f, "timer step", drift_time_text(k->s.step_ns, buf));
        fprintf(f, "| timebase | %.6g ppm (k = 2) |\n", k->s.timebase_ppm);
    } else {
        row(f, "file of pairs", head->source);
        row(f, "SHA-256", head->evidence);
    }
    row(f, "etalon", ETALON_VERSION);
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
    write_evidence(f, k);
    write_stability(f, k);
    fputs("\n## Method\n\n", f);
    for (size_t m = 0; m < DRIFT_METHOD_LINES; m++) {
        fputs("- ", f);
        escape_markdown(f, drift_method[m]);
        fputc('\n', f);
    }
    write_provenance(f, head, k);
}
