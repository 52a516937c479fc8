/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/model_certificates.c - what the drift certificates of a campaign say in short; see
 * model.h. One clock is in memory at a time.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/drift.h"
#include "reports/drift.h"
#include "reports/model.h"

struct reading {
    struct model *m;
    struct drift_head head;
    int (*page)(void *opaque, const struct drift_head *head, const struct drift_set *one,
                const char **file);
    void *opaque;
    struct err *e;
};

/* The clock whose certificate this is; m->clocks: none, another boot's is worse. */
static size_t find_clock(const struct model *m, const struct clock_series *s)
{
    const size_t platform = model_find_platform(m, s->platform, s->variant);
    size_t i = 0;

    while (i < m->clocks && (m->clock[i].platform != platform || m->clock[i].boot != s->boot ||
                             strcmp(m->clock[i].clock, s->name)))
        i++;
    return i;
}

static struct model_certificate shorten(struct model *m, const struct drift_clock *k,
                                        size_t clock)
{
    char buf[DRIFT_TEXT_BYTES];
    struct model_certificate out = {
        .clock = clock,
        .file = "",
        .jitter =
            isnan(k->a.jitter_ns) ? "" : model_text(m, drift_time_text(k->a.jitter_ns, buf)),
        .skew_ppm = k->a.skew_ppm,
        .skew_low = k->a.skew_low,
        .skew_high = k->a.skew_high,
        .readings = k->s.n,
        .judged = k->verdict != NULL,
        .biased = k->samples[CLOCK_BIASED],
        .aberrant = k->samples[CLOCK_ABERRANT],
        .tau_s = NAN,
        .oadev = NAN,
        .mtie_s = NAN,
    };

    for (size_t i = 0; i < k->rows; i++) {
        const double oadev = k->row[i].deviation[STABILITY_OADEV];
        const double mtie = k->row[i].deviation[STABILITY_MTIE];

        if (!isnan(oadev)) {
            out.tau_s = k->row[i].tau;
            out.oadev = oadev;
        }
        if (!isnan(mtie))
            out.mtie_s = mtie;
    }
    return out;
}

static int take(void *opaque, const struct drift_set *one)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    const size_t clock = find_clock(m, &one->clock->s);
    struct model_certificate *row;
    const char *file = "";
    int rc = 0;

    if (clock == m->clocks)
        return 0;
    row = model_grow(m->certificate, m->certificates, sizeof(*row), r->e);
    if (!row)
        return ERR_IO;
    m->certificate = row;
    row += m->certificates++;
    *row = shorten(m, one->clock, clock);
    if (r->page)
        rc = r->page(r->opaque, &r->head, one, &file);
    if (!rc)
        row->file = model_text(m, file);
    return rc;
}

static int by_clock(const void *va, const void *vb)
{
    const struct model_certificate *a = va, *b = vb;

    return (a->clock > b->clock) - (a->clock < b->clock);
}

/* Is it the first of the clocks that are certified from their boot? */
static int first_of_boot(const struct model *m, size_t clock)
{
    for (size_t i = 0; i < clock; i++)
        if (m->clock[i].boot == m->clock[clock].boot)
            return 0;
    return 1;
}

int model_read_certificates(struct query *q, struct model *m,
                            int (*page)(void *opaque, const struct drift_head *head,
                                        const struct drift_set *one, const char **file),
                            void *opaque, struct err *e)
{
    struct reading r = {.m = m,
                        .head = {.campaign = m->campaign.name,
                                 .bench = m->campaign.bench,
                                 .hash = m->campaign.hash,
                                 .source = "",
                                 .evidence = "",
                                 .lab = m->campaign.ns_per_instruction > 0},
                        .page = page,
                        .opaque = opaque,
                        .e = e};
    int rc = 0;

    if (m->certificates && !page)
        return 0;
    m->certificates = 0;
    for (size_t i = 0; !rc && i < m->clocks; i++) {
        const struct drift_filter filter = {.boot = m->clock[i].boot};

        if (first_of_boot(m, i))
            rc = drift_each_clock(q, &m->campaign, &filter, take, &r, e);
    }
    if (!rc && m->certificates)
        qsort(m->certificate, m->certificates, sizeof(*m->certificate), by_clock);
    if (!rc && m->certificates != m->clocks)
        rc = err_set(e, ERR_DATA,
                     "campaign %s: %zu of %zu clocks have readings no more that may be used: "
                     "`etalon summarise` judges them anew",
                     m->campaign.name, m->clocks - m->certificates, m->clocks);
    return rc;
}
