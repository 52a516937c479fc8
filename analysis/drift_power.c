/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/drift_power.c - what would be found of each clock, at how much power; see drift.h.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/drift.h"
#include "analysis/query.h"
#include "analysis/summary.h"

#define LENGTHS 4u /* the whole, a half, a quarter, an eighth */

static int no_memory(struct err *e)
{
    return err_set(e, ERR_IO, "out of memory");
}

static int is_of(const struct drift_power *p, const struct clock_series *s, const char *name)
{
    return !strcmp(p->platform, s->platform) && !strcmp(p->variant, s->variant) &&
           !strcmp(p->name, name);
}

static struct drift_power *find_power(struct drift_set *set, const struct clock_series *s,
                                      const char *name)
{
    for (size_t i = 0; i < set->powers; i++)
        if (is_of(&set->power[i], s, name))
            return &set->power[i];
    return NULL;
}

/* NULL: out of memory. */
static struct drift_power *add_power(struct drift_set *set, const struct clock_series *s,
                                     const char *name)
{
    struct drift_power *more = realloc(set->power, (set->powers + 1) * sizeof(*more));

    if (!more)
        return NULL;
    set->power = more;
    more += set->powers++;
    *more = (struct drift_power){.boots = 0};
    snprintf(more->platform, sizeof(more->platform), "%s", s->platform);
    snprintf(more->variant, sizeof(more->variant), "%s", s->variant);
    snprintf(more->name, sizeof(more->name), "%s", name);
    return more;
}

static struct detection_curve *add_curve(struct drift_power *p)
{
    struct detection_curve *more = realloc(p->curve, (p->curves + 1) * sizeof(*more));

    if (!more)
        return NULL;
    p->curve = more;
    return &more[p->curves++];
}

/* --- clocks --- */

struct boots { /* clean ones of one clock */
    struct detection_noise *noise;
    size_t n;
};

static void free_boots(struct boots *b)
{
    for (size_t i = 0; i < b->n; i++)
        detection_noise_free(&b->noise[i]);
    free(b->noise);
}

static int read_boots(const struct drift_set *set, struct drift_power *p, struct boots *b,
                      struct err *e)
{
    *b = (struct boots){calloc(set->n + 1, sizeof(*b->noise)), 0};
    if (!b->noise)
        return no_memory(e);
    for (size_t i = 0; i < set->n; i++) {
        const struct drift_clock *k = &set->clock[i];
        int rc;

        if (!is_of(p, &k->s, k->s.name))
            continue;
        rc = detection_noise_read(k->s.bracket, k->s.n, &k->question, &b->noise[b->n],
                                  p->reason);
        if (rc)
            detection_noise_free(&b->noise[b->n]);
        if (rc < 0)
            return no_memory(e);
        p->left_out += rc > 0;
        b->n += rc == 0;
    }
    p->boots = b->n;
    if (b->n)
        p->noise = b->noise->kind;
    return 0;
}

static size_t shortest(const struct boots *b)
{
    size_t n = b->noise->n;

    for (size_t i = 1; i < b->n; i++)
        n = b->noise[i].n < n ? b->noise[i].n : n;
    return n;
}

static int find_curves(struct drift_power *p, const struct boots *b, double length_s,
                       const struct detection_setting *setting, struct err *e)
{
    size_t readings[LENGTHS + 1], lengths = 0, n = shortest(b);

    for (size_t i = 0; i < LENGTHS && n >> i >= DETECTION_READINGS_MIN; i++)
        readings[lengths++] = n >> i;
    if (length_s > 0)
        readings[lengths++] =
            (size_t)lround(length_s * 1e9 / b->noise->period_ns * (double)b->noise->n) + 1;
    for (int kind = DETECTION_RATE; kind <= DETECTION_FREEZE; kind++) {
        for (size_t i = 0; i < lengths; i++) {
            struct detection_curve *c = add_curve(p);

            if (!c || detection_clock_curve(b->noise, b->n, (enum detection_kind)kind,
                                            readings[i], setting, NULL, c))
                return no_memory(e);
        }
    }
    return 0;
}

int drift_find_power(struct drift_set *set, const struct detection_setting *setting,
                     double length_s, struct err *e)
{
    set->setting = *setting;
    for (size_t i = 0; i < set->n; i++) {
        const struct clock_series *s = &set->clock[i].s;
        struct drift_power *p;
        struct boots b;
        int rc;

        if (find_power(set, s, s->name))
            continue;
        p = add_power(set, s, s->name);
        if (!p)
            return no_memory(e);
        rc = read_boots(set, p, &b, e);
        if (!rc && b.n)
            rc = find_curves(p, &b, length_s, setting, e);
        free_boots(&b);
        if (rc)
            return rc;
    }
    return 0;
}

/* --- steal --- */

struct work { /* samples of all boots, one behind the other */
    const struct drift_set *set;
    struct recover_sample *sample;
    struct detection_boot *boot;
    const struct clock_series **of; /* each boot's platform and variant */
    size_t n, room, boots;
    int64_t last;
    struct err *e;
};

static const struct clock_series *series_of(const struct drift_set *set, int64_t boot)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->clock[i].s.boot == boot)
            return &set->clock[i].s;
    return NULL;
}

static int add_boot(struct work *w, const struct query_recovery_sample *s,
                    const struct clock_series *of)
{
    struct detection_boot *boot = realloc(w->boot, (w->boots + 1) * sizeof(*boot));
    const struct clock_series **more;

    if (!boot)
        return no_memory(w->e);
    w->boot = boot;
    more = realloc(w->of, (w->boots + 1) * sizeof(const struct clock_series *));
    if (!more)
        return no_memory(w->e);
    w->of = more;
    w->of[w->boots] = of;
    w->boot[w->boots++] =
        (struct detection_boot){.question = {.kind = CLOCK_KIND_TIME,
                                             .unit_ns = s->unit_ns,
                                             .step_ns = s->step_ns,
                                             .timebase_ppm = (double)s->timebase_ppb / 1e3,
                                             .confidence = SUMMARY_CONFIDENCE}};
    w->last = s->boot;
    return 0;
}

static int take_sample(void *opaque, const struct query_recovery_sample *s)
{
    struct work *w = opaque;
    const struct clock_series *of = series_of(w->set, s->boot);

    if (!of || isnan(s->unit_ns))
        return 0;
    if ((!w->boots || w->last != s->boot) && add_boot(w, s, of))
        return ERR_IO;
    if (w->n == w->room) {
        const size_t room = w->room ? 2 * w->room : 1024;
        struct recover_sample *more = reallocarray(w->sample, room, sizeof(*more));

        if (!more)
            return no_memory(w->e);
        w->sample = more;
        w->room = room;
    }
    w->sample[w->n++] = (struct recover_sample){
        .bracket = {s->start_ns, s->stop_ns, s->before, s->after},
        .clean_ns = s->clean_ns,
        .slack_ns = recover_slack_ns(s->stop_ns - s->start_ns, s->tick_ns),
        .run = s->w};
    w->boot[w->boots - 1].n++;
    return 0;
}

/* The curve of the boots that are of one platform and variant with boot `first`. */
static int add_steal(struct drift_set *set, const struct work *w, size_t first,
                     const struct detection_setting *setting, struct err *e)
{
    struct drift_power *p = add_power(set, w->of[first], DRIFT_STEAL_NAME);
    struct detection_boot *boot = calloc(w->boots, sizeof(*boot));
    struct detection_curve *c = p ? add_curve(p) : NULL;
    size_t readings = DRIFT_STEAL_READINGS;
    int rc = 0;

    for (size_t i = first; boot && c && i < w->boots; i++) {
        if (!is_of(p, w->of[i], DRIFT_STEAL_NAME))
            continue;
        boot[p->boots++] = w->boot[i];
        readings = w->boot[i].n < readings ? w->boot[i].n : readings;
    }
    if (!boot || !c || detection_steal_curve(boot, p->boots, readings, setting, c))
        rc = no_memory(e);
    free(boot);
    return rc;
}

int drift_find_steal_power(struct query *q, const struct query_campaign *c,
                           struct drift_set *set, const struct detection_setting *setting,
                           struct err *e)
{
    struct work w = {.set = set, .e = e};
    int rc = query_recovery_samples(q, c, take_sample, &w, e);
    size_t at = 0;

    set->setting = *setting;
    for (size_t i = 0; i < w.boots; i++) {
        w.boot[i].sample = w.sample + at;
        at += w.boot[i].n;
    }
    for (size_t i = 0; !rc && i < w.boots; i++)
        if (!find_power(set, w.of[i], DRIFT_STEAL_NAME))
            rc = add_steal(set, &w, i, setting, e);
    free(w.sample);
    free(w.boot);
    free(w.of);
    return rc;
}

void drift_free_power(struct drift_set *set)
{
    for (size_t i = 0; i < set->powers; i++)
        free(set->power[i].curve);
    free(set->power);
    set->power = NULL;
    set->powers = 0;
}
