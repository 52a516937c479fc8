/* SPDX-License-Identifier: GPL-3.0-or-later */
/* analysis/detection.c - power, and the size from which on it is enough; see detection.h. */
#include "analysis/detection.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Sizes are 2^(k / STEPS). */
#define STEPS 4
#define COARSE_STRIDE 4 /* of the search: a factor of two */
#define K_MOST 240      /* 2^60: no size in ns or ppm is larger, or smaller than 1 over it */
#define REFINE 6        /* times that a step of the grid in which the power leaps is halved */
#define LEAP 0.2
#define BEYOND 4 /* sizes that are tried above and below the limit, at most */

const struct detection_setting detection_default = {200, 0.95, 0.95, 20110731};

const char *detection_name(enum detection_kind kind)
{
    static const char *const name[] = {
        [DETECTION_RATE] = "rate",         [DETECTION_STEP] = "step",
        [DETECTION_BACKSTEP] = "backstep", [DETECTION_FREEZE] = "freeze",
        [DETECTION_STEAL] = "steal",
    };

    return name[kind];
}

const char *detection_unit(enum detection_kind kind)
{
    return kind == DETECTION_RATE ? "ppm" : "ns";
}

void detection_interval(unsigned hits, unsigned trials, double confidence, double *low,
                        double *high)
{
    const double tail = (1 - confidence) / 2, k = hits, n = trials;

    *low = *high = NAN;
    if (!trials)
        return;
    *low = hits ? gsl_cdf_beta_Pinv(tail, k, n - k + 1) : 0;
    *high = hits < trials ? gsl_cdf_beta_Qinv(tail, k + 1, n - k) : 1;
}

int detection_power(detection_trial *trial, void *opaque, double size, unsigned trials,
                    const struct detection_setting *setting, struct detection_point *out)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    unsigned possible = 0;
    int rc = rng ? 0 : -1;

    *out = (struct detection_point){.size = size};
    for (unsigned t = 0; rc >= 0 && t < trials; t++) {
        struct detection_outcome got = {0, 0};

        gsl_rng_set(rng, setting->seed + t);
        rc = trial(opaque, size, rng, &got);
        possible += rc == 0;
        out->trials++;
        out->found += got.found != 0;
        out->named += got.named != 0;
    }
    if (rng)
        gsl_rng_free(rng);
    detection_interval(out->named, out->trials, setting->confidence, &out->low, &out->high);
    return rc < 0 ? -1 : !possible;
}

struct search {
    detection_trial *trial;
    void *opaque;
    const struct detection_setting *setting;
    struct detection_curve *out;
    int most; /* the largest k that there can be, as far as is known */
};

static double size_of(int k)
{
    return exp2((double)k / STEPS);
}

/* Does the limit look to be at k or below? 1, 0, or -1: memory is short. */
static int scout(struct search *s, int k)
{
    struct detection_point p;
    int rc;

    if (k > s->most)
        return 0;
    rc = detection_power(s->trial, s->opaque, size_of(k), DETECTION_SCOUTS, s->setting, &p);
    if (rc < 0)
        return -1;
    if (rc > 0) {
        s->most = k - 1;
        return 0;
    }
    return p.named >= s->setting->power * DETECTION_SCOUTS;
}

/* The smallest k that looks good, or one behind the last that there can be. -1: no memory. */
static int find_place(struct search *s, int k, int *place)
{
    int stride = COARSE_STRIDE, good = scout(s, k), up;

    while (good >= 0 && k > s->most && k > -K_MOST) {
        k -= stride;
        good = scout(s, k);
    }
    up = !good;
    while (good >= 0 && good == !up && k <= s->most && k > -K_MOST) {
        k += up ? stride : -stride;
        good = scout(s, k);
    }
    if (!good)
        k = up ? s->most + 1 : k + stride;
    /* Now it lies at k, or less than a stride below. */
    for (stride /= 2; good >= 0 && stride; stride /= 2) {
        good = scout(s, k - stride);
        if (good > 0)
            k -= stride;
    }
    *place = k;
    return good < 0 ? -1 : 0;
}

/* A point into the list, which stays in order. Returns as a trial does. */
static int add_point(struct search *s, double size, struct detection_point *p)
{
    struct detection_curve *out = s->out;
    size_t at = out->points;
    int rc = detection_power(s->trial, s->opaque, size, DETECTION_SCOUTS, s->setting, p);

    /* Where these few leave hope, or there are fewer, all. */
    if (!rc && (p->high >= s->setting->power || p->trials > s->setting->trials))
        rc = detection_power(s->trial, s->opaque, size, s->setting->trials, s->setting, p);
    if (rc || out->points == DETECTION_POINTS)
        return rc;
    while (at && out->point[at - 1].size > p->size) {
        out->point[at] = out->point[at - 1];
        at--;
    }
    out->point[at] = *p;
    out->points++;
    return 0;
}

static int add_points(struct search *s, int place)
{
    struct detection_point p;
    int rc, k;

    for (k = place; k <= place + 2 * BEYOND && k <= s->most; k++) {
        rc = add_point(s, size_of(k), &p);
        if (rc < 0)
            return rc;
        if (rc > 0 || p.low >= s->setting->power)
            break;
    }
    for (k = place - 1; k >= place - 2 * BEYOND; k--) {
        rc = add_point(s, size_of(k), &p);
        if (rc < 0)
            return rc;
        if (!rc && !p.named)
            break;
    }
    return 0;
}

/* Shares made monotone: neighbours in the wrong order become their mean. */
static void pool(const struct detection_curve *c, double *share)
{
    double hits[DETECTION_POINTS], trials[DETECTION_POINTS];
    size_t width[DETECTION_POINTS], n = 0, at = 0;

    for (size_t i = 0; i < c->points; i++) {
        hits[n] = c->point[i].named;
        trials[n] = c->point[i].trials;
        width[n++] = 1;
        while (n > 1 && hits[n - 2] * trials[n - 1] >= hits[n - 1] * trials[n - 2]) {
            n--;
            hits[n - 1] += hits[n];
            trials[n - 1] += trials[n];
            width[n - 1] += width[n];
        }
    }
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < width[k]; i++)
            share[at++] = hits[k] / trials[k];
}

/* Where the power rises from below to above what is asked for: the first point that is above. */
static size_t crossing(const struct detection_curve *c, double power, const double *share)
{
    size_t i = 0;

    while (i < c->points && share[i] < power)
        i++;
    return i;
}

/* Where the power leaps between two sizes of the grid, the sizes between them. */
static int refine(struct search *s)
{
    const double power = s->setting->power;
    struct detection_curve *c = s->out;
    double share[DETECTION_POINTS];
    struct detection_point p;

    for (int round = 0; round < REFINE && c->points < DETECTION_POINTS; round++) {
        size_t i;
        int rc;

        pool(c, share);
        i = crossing(c, power, share);
        if (i == 0 || i == c->points || share[i] - share[i - 1] < LEAP)
            return 0;
        rc = add_point(s, sqrt(c->point[i - 1].size * c->point[i].size), &p);
        if (rc)
            return rc < 0 ? -1 : 0;
    }
    return 0;
}

static void find_limit(struct detection_curve *c, const struct detection_setting *setting)
{
    double share[DETECTION_POINTS];
    size_t at;

    pool(c, share);
    at = crossing(c, setting->power, share);
    if (at < c->points) {
        const double size = c->point[at].size;

        c->limit = size;
        if (at)
            c->limit = size * pow(c->point[at - 1].size / size,
                                  (share[at] - setting->power) / (share[at] - share[at - 1]));
    }
    for (size_t i = 0; i < c->points; i++) {
        const struct detection_point *p = &c->point[i];

        if (p->high < setting->power)
            c->limit_low = p->size;
        if (isnan(c->limit_high) && p->low >= setting->power)
            c->limit_high = p->size;
    }
}

static int best_of(const struct detection_curve *c, double *share)
{
    *share = 0;
    for (size_t i = 0; i < c->points; i++)
        *share = fmax(*share, (double)c->point[i].named / c->point[i].trials);
    return c->points > 0;
}

static void say_why(struct detection_curve *c, const struct detection_setting *setting)
{
    double share;

    if (!isnan(c->limit) || *c->reason)
        return;
    if (best_of(c, &share))
        snprintf(c->reason, sizeof(c->reason),
                 "no size up to %.3g %s has a power of %.3g %%: %.3g %% at most",
                 c->point[c->points - 1].size, detection_unit(c->kind), 100 * setting->power,
                 100 * share);
    else
        snprintf(c->reason, sizeof(c->reason), "the series has no room for such a distortion");
}

static int sane(const struct detection_setting *setting, double start)
{
    return setting->trials > 0 && setting->power > 0 && setting->power < 1 &&
           setting->confidence > 0 && setting->confidence < 1 && start > 0 && isfinite(start);
}

int detection_search(detection_trial *trial, void *opaque, double start,
                     const struct detection_setting *setting, struct detection_curve *out)
{
    struct search s = {trial, opaque, setting, out, K_MOST};
    int place;

    out->points = 0;
    out->limit = out->limit_low = out->limit_high = NAN;
    *out->reason = 0;
    if (!sane(setting, start))
        return -1;
    if (detection_power(trial, opaque, 0, setting->trials, setting, &out->clean) < 0)
        return -1;
    if (find_place(&s, (int)lround(STEPS * log2(start)), &place) || add_points(&s, place) ||
        refine(&s))
        return -1;
    find_limit(out, setting);
    say_why(out, setting);
    return 0;
}
