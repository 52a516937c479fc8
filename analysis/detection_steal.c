/* SPDX-License-Identifier: GPL-3.0-or-later */
/* analysis/detection_steal.c - a gap put into known work, and whether it is found; detection.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/detection.h"

struct steal_trial {
    const struct detection_boot *boot;
    size_t boots, readings;
    struct recover_sample *room;
};

/* Known work of which nothing was taken that anybody could see. */
static int is_free(const struct recover_sample *s)
{
    return s->bracket.stop_ns - s->bracket.start_ns - s->clean_ns <=
           RECOVER_GAP_NS + s->slack_ns; /* false for NaN */
}

static void take_time(struct recover_sample *s, size_t n, size_t at, double size_ns,
                      double unit_ns)
{
    const uint64_t units = (uint64_t)llround(size_ns / unit_ns);

    for (size_t i = at; i < n; i++) {
        struct clock_bracket *b = &s[i].bracket;

        b->stop_ns += size_ns;
        b->after += units;
        b->start_ns += i > at ? size_ns : 0;
        b->before += i > at ? units : 0;
    }
}

/* A stretch of the boot's samples by chance; of its free intervals one by chance, `readings` if it
 * has none. */
static size_t draw(const struct steal_trial *t, const struct detection_boot *boot,
                   gsl_rng *rng)
{
    const size_t from = gsl_rng_uniform_int(rng, boot->n - t->readings + 1);
    size_t frees = 0, at = t->readings;

    memcpy(t->room, boot->sample + from, t->readings * sizeof(*t->room));
    for (size_t i = 0; i < t->readings; i++)
        if (is_free(&t->room[i]) && gsl_rng_uniform_int(rng, ++frees) == 0)
            at = i;
    return at;
}

static int try_steal(void *opaque, double size, gsl_rng *rng, struct detection_outcome *out)
{
    const struct steal_trial *t = opaque;
    const struct detection_boot *boot = &t->boot[gsl_rng_uniform_int(rng, t->boots)];
    const size_t at = draw(t, boot, rng);
    struct recover_found f;

    *out = (struct detection_outcome){0, 0};
    if (size > 0 && at < t->readings)
        take_time(t->room, t->readings, at, size, boot->question.unit_ns);
    if (recover_find(t->room, t->readings, &boot->question, &f))
        return -1;
    if (!(size > 0)) {
        out->found = out->named = f.taken > 0;
    } else if (at < t->readings) {
        out->found = f.excess_ns[at] > 0;
        out->named = out->found &&
                     fabs(f.excess_ns[at] - size) <= RECOVER_GAP_NS + t->room[at].slack_ns;
    }
    recover_free(&f);
    return 0;
}

int detection_steal_curve(const struct detection_boot *boot, size_t boots, size_t readings,
                          const struct detection_setting *setting, struct detection_curve *out)
{
    struct steal_trial t = {.boot = boot, .boots = boots, .readings = readings};
    size_t frees = 0;
    int rc;

    *out = (struct detection_curve){.kind = DETECTION_STEAL,
                                    .readings = readings,
                                    .limit = NAN,
                                    .limit_low = NAN,
                                    .limit_high = NAN};
    for (size_t b = 0; b < boots; b++) {
        if (readings > boot[b].n || readings < 3) {
            snprintf(out->reason, sizeof(out->reason),
                     "a boot has %zu intervals, and %zu are asked for (3 at least)", boot[b].n,
                     readings);
            return 0;
        }
        for (size_t i = 0; i < boot[b].n; i++)
            frees += is_free(&boot[b].sample[i]);
    }
    if (!frees) {
        snprintf(out->reason, sizeof(out->reason),
                 "no interval of known work (null, spin) is undisturbed");
        return 0;
    }
    out->length_s =
        (boot->sample[boot->n - 1].bracket.stop_ns - boot->sample->bracket.start_ns) *
        (double)readings / (double)boot->n / 1e9;
    t.room = malloc(readings * sizeof(*t.room));
    if (!t.room)
        return -1;
    rc = detection_search(try_steal, &t, RECOVER_GAP_NS, setting, out);
    free(t.room);
    return rc;
}
