/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/model_clocks.c - guest clocks of a campaign, joined over boots; see model.h.
 */
#include "reports/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/clock.h"
#include "analysis/stats.h"

struct reading {
    struct model *m;
    struct err *e;
    struct clock_bracket origin; /* of the track being read */
};

/* Later is worse. */
static int severity(const char *verdict)
{
    static const char *const order[] = {"sound", "unknown", "biased", "aberrant"};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (!strcmp(verdict, order[i]))
            return (int)i;
    return 1;
}

static void add_events(int64_t *sum, int64_t n)
{
    if (n != QUERY_NONE)
        *sum = (*sum == QUERY_NONE ? 0 : *sum) + n;
}

static void add_clock(struct model *m, struct model_clock *k, const struct query_clock *q)
{
    if (severity(q->verdict) > severity(k->verdict)) {
        k->verdict = model_text(m, q->verdict);
        k->reason = model_text(m, q->reason);
        k->boot = q->boot;
    }
    k->skew_low = fmin(k->skew_low, q->skew_low);
    k->skew_high = fmax(k->skew_high, q->skew_high);
    add_events(&k->jumps, q->jumps);
    add_events(&k->backsteps, q->backsteps);
    add_events(&k->freezes, q->freezes);
    /* Running mean of the boots' skews: each has its own interval, shown as low and high. */
    k->boots++;
    k->skew_ppm += (q->skew_ppm - k->skew_ppm) / (double)k->boots;
}

static int take_clock(void *opaque, const struct query_clock *q)
{
    struct reading *r = opaque;
    struct model *m = r->m;
    size_t platform = model_find_platform(m, q->platform, q->variant);
    struct model_clock *k;

    for (size_t i = 0; i < m->clocks; i++) {
        k = &m->clock[i];
        if (k->platform == platform && !strcmp(k->clock, q->clock)) {
            add_clock(m, k, q);
            return 0;
        }
    }
    k = model_grow(m->clock, m->clocks, sizeof(*k), r->e);
    if (!k)
        return ERR_IO;
    m->clock = k;
    k[m->clocks++] = (struct model_clock){.platform = platform,
                                          .clock = model_text(m, q->clock),
                                          .boots = 1,
                                          .offset_ns = q->offset_ns,
                                          .skew_ppm = q->skew_ppm,
                                          .skew_low = q->skew_low,
                                          .skew_high = q->skew_high,
                                          .jumps = q->jumps,
                                          .backsteps = q->backsteps,
                                          .freezes = q->freezes,
                                          .verdict = model_text(m, q->verdict),
                                          .reason = model_text(m, q->reason),
                                          .boot = q->boot};
    return 0;
}

static int by_platform(const void *va, const void *vb)
{
    const struct model_clock *a = va, *b = vb;

    if (a->platform != b->platform)
        return a->platform < b->platform ? -1 : 1;
    return strcmp(a->clock, b->clock);
}

static int more(double **array, size_t n, struct err *e)
{
    double *grown = model_grow(*array, n, sizeof(**array), e);

    if (grown)
        *array = grown;
    return grown != NULL;
}

static int take_reading(void *opaque, const struct query_reading *q)
{
    struct reading *r = opaque;
    struct clock_bracket b = {q->start_ns, q->stop_ns, (uint64_t)q->before,
                              (uint64_t)q->after};
    struct model_clock_track *t = &r->m->track[r->m->tracks - 1];

    if (isnan(q->unit_ns))
        return 0;
    if (!t->n)
        r->origin = b;
    if (!more(&t->true_s, t->n, r->e) || !more(&t->low_ns, t->n, r->e) ||
        !more(&t->high_ns, t->n, r->e))
        return ERR_IO;
    t->true_s[t->n] =
        (q->start_ns + q->stop_ns - r->origin.start_ns - r->origin.stop_ns) / 2e9;
    clock_offset_bounds(&r->origin, &b, q->unit_ns, &t->low_ns[t->n], &t->high_ns[t->n]);
    t->n++;
    return 0;
}

/*
 * What a drawing can show: the time is cut into MODEL_TRACK_PIECES, and of each the first and
 * the last reading stay, the lowest bound and the highest. So no step and no outlier goes.
 */
static void thin(struct model_clock_track *t)
{
    size_t kept = 0;

    if (t->n <= 4 * MODEL_TRACK_PIECES)
        return;
    for (size_t piece = 0; piece < MODEL_TRACK_PIECES; piece++) {
        const size_t begin = piece * t->n / MODEL_TRACK_PIECES;
        const size_t end = (piece + 1) * t->n / MODEL_TRACK_PIECES;
        size_t low = begin, high = begin;

        for (size_t i = begin; i < end; i++) {
            if (t->low_ns[i] < t->low_ns[low])
                low = i;
            if (t->high_ns[i] > t->high_ns[high])
                high = i;
        }
        for (size_t i = begin; i < end; i++) {
            if (i != begin && i != low && i != high && i != end - 1)
                continue;
            t->true_s[kept] = t->true_s[i];
            t->low_ns[kept] = t->low_ns[i];
            t->high_ns[kept++] = t->high_ns[i];
        }
    }
    t->n = kept;
}

/* The first boot of each platform that has readings of its own clock. */
static int read_tracks(struct query *q, struct reading *r)
{
    struct model *m = r->m;
    int rc = 0;

    for (size_t i = 0; !rc && i < m->boots; i++) {
        const struct model_boot *b = &m->boot[i];
        struct model_clock_track *t;
        size_t had = 0;

        while (had < m->tracks && m->track[had].platform != b->platform)
            had++;
        if (had < m->tracks || !*b->guest_clock)
            continue;
        t = model_grow(m->track, m->tracks, sizeof(*t), r->e);
        if (!t)
            return ERR_IO;
        m->track = t;
        t += m->tracks++;
        *t = (struct model_clock_track){
            .platform = b->platform, .clock = b->guest_clock, .boot = b->boot};
        rc = query_boot_readings(q, &m->campaign, b->boot, b->guest_clock, take_reading, r,
                                 r->e);
        if (!t->n)
            m->tracks--;
        else
            thin(t);
    }
    return rc;
}

int model_read_clocks(struct query *q, struct model *m, struct err *e)
{
    struct reading r = {.m = m, .e = e};
    int rc = query_clocks(q, &m->campaign, take_clock, &r, e);

    if (!rc && m->clocks)
        qsort(m->clock, m->clocks, sizeof(*m->clock), by_platform);
    return rc ? rc : read_tracks(q, &r);
}
