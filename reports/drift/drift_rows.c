/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/drift/drift_rows.c - what a certificate's tables and lists say, whatever its format;
 * see drift.h.
 */
#include <inttypes.h>
#include <math.h>

#include "base/version.h"
#include "reports/drift/drift.h"

#define EVENTS_SHOWN 100u

static void count(FILE *f, const struct drift_form *form, const char *name, uint64_t n)
{
    char buf[DRIFT_TEXT_BYTES];

    snprintf(buf, sizeof(buf), "%" PRIu64, n);
    form->row(f, name, buf);
}

void drift_put_evidence(FILE *f, const struct drift_form *form, const struct drift_clock *k)
{
    char buf[DRIFT_TEXT_BYTES];

    form->row(f, "skew (95 %)", drift_skew_text(k, buf));
    if (!isnan(k->a.check_ppm)) {
        snprintf(buf, sizeof(buf), "%+.6g ppm", k->a.check_ppm);
        form->row(f, "skew by robust regression", buf);
    }
    form->row(f, "jitter", drift_time_text(k->a.jitter_ns, buf));
    count(f, form, "readings", k->s.n);
    if (k->question.kind == CLOCK_KIND_TIME) {
        count(f, form, "jumps", k->a.jumps);
        count(f, form, "freezes", k->a.freezes);
    }
    count(f, form, "steps back", k->a.backsteps);
    if (k->verdict) {
        count(f, form, "readings that are sound", k->samples[CLOCK_SOUND]);
        count(f, form, "readings that are biased", k->samples[CLOCK_BIASED]);
        count(f, form, "readings that are aberrant", k->samples[CLOCK_ABERRANT]);
    }
}

void drift_put_events(FILE *f, const struct drift_form *form, const struct drift_clock *k)
{
    char buf[DRIFT_TEXT_BYTES];

    for (size_t i = 0; i < k->events && i < EVENTS_SHOWN; i++)
        form->item(f, drift_event_text(&k->event[i], buf));
    if (k->events > EVENTS_SHOWN) {
        snprintf(buf, sizeof(buf), "and %zu more", k->events - EVENTS_SHOWN);
        form->item(f, buf);
    }
}

void drift_put_stability(FILE *f, const struct drift_form *form, const struct drift_clock *k)
{
    for (size_t i = 0; i < k->rows; i++) {
        const struct stability_row *r = &k->row[i];

        form->tau(f, r->tau);
        for (int d = 0; d < STABILITY_KINDS; d++) {
            form->deviation(f, r->deviation[d]);
            if (d == STABILITY_OADEV) {
                form->deviation(f, r->low[d]);
                form->deviation(f, r->high[d]);
            }
        }
        form->noise(f, r->noise_known ? stability_noise_name(r->alpha) : "unknown");
    }
}

void drift_put_method(FILE *f, const struct drift_form *form)
{
    for (size_t m = 0; m < DRIFT_METHOD_LINES; m++)
        form->item(f, drift_method[m]);
}

void drift_put_provenance(FILE *f, const struct drift_form *form,
                          const struct drift_head *head, const struct drift_clock *k)
{
    char buf[DRIFT_TEXT_BYTES];

    if (*head->campaign) {
        form->row(f, "campaign", head->campaign);
        form->row(f, "campaign hash", head->hash);
        form->row(f, "bench", head->bench);
        snprintf(buf, sizeof(buf), "%" PRId64, k->s.boot);
        form->row(f, "boot", buf);
        form->row(f, "platform", k->s.platform);
        form->row(f, "variant", k->s.variant);
        form->row(f, "timer step", drift_time_text(k->s.step_ns, buf));
        snprintf(buf, sizeof(buf), "%.6g ppm (k = 2)", k->s.timebase_ppm);
        form->row(f, "timebase", buf);
    } else {
        form->row(f, "file of pairs", head->source);
        form->row(f, "SHA-256", head->evidence);
    }
    if (form->unit) {
        snprintf(buf, sizeof(buf), "%.9g ns", k->s.unit_ns);
        form->row(f, "unit of the readings", isnan(k->s.unit_ns) ? "not stated" : buf);
    }
    form->row(f, "etalon", ETALON_VERSION);
}
