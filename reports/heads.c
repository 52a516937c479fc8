/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/heads.c - see heads.h. */
#include "reports/heads.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "reports/format.h"
#include "reports/wording.h"

int heads_baseline(const struct model *m)
{
    if (m->baseline < m->platforms)
        return MODEL_BASELINES;
    for (int b = 0; b < MODEL_BASELINES; b++)
        for (size_t i = 0; i < m->runs * m->platforms; i++)
            if (m->cell[i].ratio[b].known)
                return b;
    return -1;
}

const char *heads_baseline_name(const struct model *m, int baseline)
{
    return baseline == MODEL_BASELINES ? m->platform[m->baseline].label
                                       : model_baseline_name[baseline];
}

const struct model_ratio *heads_ratio(const struct model_cell *cell, int baseline)
{
    return baseline == MODEL_BASELINES ? &cell->chosen : &cell->ratio[baseline];
}

static void put_largest(const struct model *m,
                        void (*line)(void *opaque, const char *name, const char *text),
                        void *opaque)
{
    const int baseline = heads_baseline(m);
    const struct model_ratio *largest = NULL;
    size_t run = 0, platform = 0;
    char text[HEADS_BYTES], a[WORDING_BYTES], b[WORDING_BYTES];

    for (size_t r = 0; baseline >= 0 && r < m->runs; r++)
        for (size_t p = 0; p < m->platforms; p++) {
            const struct model_ratio *ratio = heads_ratio(model_cell(m, r, p), baseline);

            if (!ratio->known || !(ratio->low > 1) ||
                (largest && ratio->ratio <= largest->ratio))
                continue;
            largest = ratio;
            run = r;
            platform = p;
        }
    if (baseline < 0)
        snprintf(text, sizeof(text), "none: no platform was compared with another");
    else if (!largest)
        snprintf(text, sizeof(text), "none: nothing is slower than on %s beyond its bounds",
                 heads_baseline_name(m, baseline));
    else
        snprintf(text, sizeof(text), "%s (%s) times as long on %s as on %s: %s",
                 wording_ratio(largest, a), wording_bounds(largest, b),
                 m->platform[platform].label, heads_baseline_name(m, baseline),
                 m->run[run].label);
    line(opaque, "largest ratio", text);
}

static int lies(const struct model_clock *k)
{
    return !strcmp(k->verdict, "biased") || !strcmp(k->verdict, "aberrant");
}

/* The first clause of each reason: the table of clocks has the whole.
 * "kvm: tsc aberrant: 2 jumps, mono fast by 17 ppm"; 0: none of them lies. */
static int put_platform(const struct model *m, size_t platform, char text[HEADS_BYTES])
{
    int n = 0, used = snprintf(text, HEADS_BYTES, "%s: ", m->platform[platform].label);

    for (size_t i = 0; i < m->clocks; i++) {
        const struct model_clock *k = &m->clock[i];
        const int clause = (int)strcspn(k->reason, ";"),
                  biased = !strcmp(k->verdict, "biased");

        if (k->platform != platform || !lies(k))
            continue;
        if (used < HEADS_BYTES)
            used += snprintf(text + used, HEADS_BYTES - (size_t)used, "%s%s %s%s%.*s",
                             n ? ", " : "", k->clock, clause ? "" : k->verdict,
                             clause && !biased ? "aberrant: " : "", clause, k->reason);
        n++;
    }
    return n;
}

static void put_liars(const struct model *m,
                      void (*line)(void *opaque, const char *name, const char *text),
                      void *opaque)
{
    char text[HEADS_BYTES];
    size_t platforms = 0, unknown = 0;

    for (size_t i = 0; i < m->clocks; i++)
        unknown += !lies(&m->clock[i]) && strcmp(m->clock[i].verdict, "sound");
    for (size_t p = 0; p < m->platforms; p++) {
        if (!put_platform(m, p, text))
            continue;
        if (platforms < HEADS_PLATFORMS)
            line(opaque, platforms ? "" : "clocks that lie", text);
        platforms++;
    }
    if (platforms > HEADS_PLATFORMS)
        snprintf(text, sizeof(text),
                 "and those of %zu more platform%s, in the table of clocks",
                 platforms - HEADS_PLATFORMS, platforms > HEADS_PLATFORMS + 1 ? "s" : "");
    else if (!m->clocks)
        snprintf(text, sizeof(text), "unknown: no guest clock was read");
    else if (unknown)
        snprintf(text, sizeof(text), "%s%zu of %zu: too few readings to say",
                 platforms ? "unknown of " : "none known; unknown of ", unknown, m->clocks);
    else
        snprintf(text, sizeof(text), "none: all %zu are sound", m->clocks);
    if (platforms > HEADS_PLATFORMS || unknown || !platforms)
        line(opaque, platforms ? "" : "clocks that lie", text);
}

const char *heads_validity(const struct model *m, char buf[HEADS_BYTES])
{
    const struct wording_totals t = wording_totals(m);
    char a[4][FORMAT_BYTES];
    const int64_t boots =
        m->campaign.boots_planned > t.boots ? m->campaign.boots_planned : t.boots;

    snprintf(buf, HEADS_BYTES,
             "%lld of %lld boots ok, %s of %s intervals ok; timer records lost: %s, frames "
             "damaged or missing: %s",
             (long long)(t.boots - t.boots_bad), (long long)boots,
             format_number(a[0], (double)(t.intervals - t.intervals_bad), 0),
             format_number(a[1], (double)t.intervals, 0),
             format_number(a[2], (double)t.lost, 0),
             format_number(a[3], (double)(t.frames_damaged + t.frames_missing), 0));
    return buf;
}

void heads_each(const struct model *m,
                void (*line)(void *opaque, const char *name, const char *text), void *opaque)
{
    char text[HEADS_BYTES];

    put_largest(m, line, opaque);
    put_liars(m, line, opaque);
    snprintf(text, sizeof(text), "campaign SHA-256 %s, etalon %s", m->campaign.hash,
             ETALON_VERSION);
    line(opaque, "provenance", text);
}
