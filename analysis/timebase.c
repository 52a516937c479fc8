/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/timebase.c - the timer's true rate; see timebase.h.
 */
#include "analysis/timebase.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#define PERIOD_SLACK 0.1

struct sums {
    double n, x, y, xx, xy, yy; /* periods and ticks, less the nominal rate, about the first */
    double last;
};

/* Whole periods since the edge before; -1: it is none. */
static int add(struct sums *s, const uint64_t *tick, size_t i, double per_period)
{
    const double apart = i ? (double)(tick[i] - tick[i - 1]) / per_period : 0,
                 periods = round(apart);
    double x, y;

    if (i && (tick[i] <= tick[i - 1] || periods < 1 || fabs(apart - periods) > PERIOD_SLACK))
        return -1;
    x = s->last + periods;
    y = (double)(tick[i] - tick[0]) - per_period * x;
    s->last = x;
    s->n++;
    s->x += x;
    s->y += y;
    s->xx += x * x;
    s->xy += x * y;
    s->yy += y * y;
    return 0;
}

int timebase_fit(const uint64_t *tick, size_t n, uint64_t nominal_hz, uint32_t step_ticks,
                 uint32_t reference_hz, uint64_t limit_ppb, struct timebase *out)
{
    const double hz = (double)nominal_hz, per_period = hz / reference_hz;
    struct sums s = {0};
    double sxx, sxy, syy, slope, residual, u;

    for (size_t i = 0; i < n; i++)
        if (add(&s, tick, i, per_period))
            return -1;
    if (n < TIMEBASE_MIN_EDGES)
        return 1;
    sxx = s.xx - s.x * s.x / s.n;
    sxy = s.xy - s.x * s.y / s.n;
    syy = s.yy - s.y * s.y / s.n;
    slope = sxy / sxx; /* ticks a period */
    residual = sqrt(fmax(syy - slope * sxy, 0) / (s.n - 2));
    u = gsl_cdf_tdist_Pinv(0.975, s.n - 2) * residual / sqrt(sxx);
    u = fmax(u, step_ticks / s.last) * reference_hz + 0.5;
    slope *= reference_hz;
    *out = (struct timebase){.tick_hz = (uint64_t)llround(hz + slope),
                             .u_ppb = (uint64_t)ceil(u / hz * 1e9),
                             .error_ppb = slope / hz * 1e9,
                             .residual_ns = residual / hz * 1e9};
    return fabs(out->error_ppb) > (double)limit_ppb ? -1 : 0;
}
