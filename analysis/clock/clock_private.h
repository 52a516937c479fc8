/* SPDX-License-Identifier: GPL-3.0-or-later */
/* analysis/clock/clock_private.h - shared by analysis/clock/clock*.c; see clock.h. */
#ifndef ETALON_ANALYSIS_CLOCK_CLOCK_PRIVATE_H
#define ETALON_ANALYSIS_CLOCK_CLOCK_PRIVATE_H

#include "analysis/clock/clock.h"
#include "analysis/stats.h"

struct clock_bounds {   /* of the offset, against the origin's first reading, in ns */
    double start, stop; /* true time of the edges */
    double low, high;   /* not less than low at start, not more than high at stop */
};

struct clock_work { /* brackets as bounds, and their middles */
    struct clock_bounds *b;
    double *x, *y;
    size_t n;
    double resolution_ns; /* clock_resolution_ns() */
};

/* -1: memory is short. clock_work_free() in either case. */
int clock_work_fill(struct clock_work *w, const struct clock_bracket *bracket, size_t n,
                    const struct clock_question *question);
void clock_work_free(struct clock_work *w);

/* The rate apart from jumps, with its quartiles. -1: all in one place of time, or no memory. */
int clock_local_slope(const struct clock_work *w, struct stats_interval *out);

/* clock_find_events() on brackets filled already. *parted (may be NULL): places where the offset
 * is another, those of steps back among them, those of freezes not; then the events have no
 * sizes. */
int clock_list_events(const struct clock_bracket *bracket, const struct clock_work *w,
                      const struct clock_question *question, struct clock_event **event,
                      size_t *count, size_t *parted);

/* --- without brackets (clock_steps.c) --- */

#define CLOCK_STEPS_MAX 64u /* of a clock that has more, the largest */
struct clock_steps {
    size_t n, first[CLOCK_STEPS_MAX]; /* points behind a step; in the order of size */
};
int clock_find_steps(const struct clock_work *w, double rate, double slack,
                     struct clock_steps *out);

/* Median of y less rate x over [from, to), at most 32 points. */
double clock_level(const struct clock_work *w, double rate, size_t from, size_t to);

/* Standard deviation of independent points about a line, by their second differences. `room` is
 * for n numbers. */
double clock_point_noise(const double *y, size_t n, double *room);

/* Notes of clock_rate() that say that the clock's own frequency wanders. */
extern const char clock_note_wanders[], clock_note_bends[];

/* clock_rate() and the second estimate beside it; *check NaN: none. bounds, if not NULL: of the
 * same points; whether the residuals are the clock's is then asked of them. */
int clock_rate_checked(const double *x, const double *y, size_t n,
                       const struct clock_question *question,
                       const struct clock_bounds *bounds, struct stats_interval *slope,
                       double *intercept, double *check, const char **note);

/* Slope by robust regression on at most STATS_THEIL_SEN_MAX points, value and interval; -1: it
 * found no spread or did not settle. */
int clock_robust_slope(const double *x, const double *y, size_t n, double confidence,
                       struct stats_interval *out);

#endif
