/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/timebase.h - the timer's true rate, from the reference edges that it stamped itself.
 *
 * The reference has an edge each period. Least squares of the ticks on the periods over the whole
 * boot gives ticks per second; its expanded uncertainty (95 %) is Student's t with n - 2 degrees of
 * freedom times the standard error by the residuals (JCGM 100:2008, 5.1, H.3), but not less than
 * one timer step over the span. The rate is rounded to whole ticks per second, and half of one is
 * added. What the reference itself is off by is not in it.
 *
 * Not handled here: a reference that misses an edge by more than a tenth of its period, a rate that changes during the boot (its residuals make u larger).
 */
#ifndef ETALON_ANALYSIS_TIMEBASE_H
#define ETALON_ANALYSIS_TIMEBASE_H

#include <stddef.h>
#include <stdint.h>

#define TIMEBASE_MIN_EDGES 3u

struct timebase {
    uint64_t tick_hz;
    uint64_t u_ppb;     /* of tick_hz, 95 %, rounded up */
    double error_ppb;   /* of the nominal rate: positive: the timer runs fast */
    double residual_ns; /* root mean square, divisor n - 2 */
};

/*
 * tick[0 … n): edges in ascending order. Missed edges are told by the nominal rate. Returns 0;
 * 1 where there are too few edges; -1 where they are no such reference: two that are not whole
 * periods apart to a tenth, or a rate off by more than limit_ppb.
 */
int timebase_fit(const uint64_t *tick, size_t n, uint64_t nominal_hz, uint32_t step_ticks,
                 uint32_t reference_hz, uint64_t limit_ppb, struct timebase *out);

#endif
