/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/compare/steady.h - does a boot's series of iterations settle, and where; does it
 * have two modes.
 *
 * Nothing here drops an iteration: what is found is said, and the caller's arrays stay whole.
 *
 * Not handled: a slow trend without a level (it is cut into levels), periods.
 */
#ifndef ETALON_ANALYSIS_COMPARE_STEADY_H
#define ETALON_ANALYSIS_COMPARE_STEADY_H

#include <stddef.h>

#define STEADY_LEAST 20u      /* iterations; fewer are SHORT */
#define STEADY_TOLERANCE 0.01 /* levels closer than this share of the last one are one level */
#define STEADY_SHARE 0.25     /* the last level must hold for this share of the iterations */

enum steady_kind {
    STEADY_SHORT,     /* too few iterations to tell */
    STEADY_FLAT,      /* one level from the start */
    STEADY_WARM_UP,   /* settles, and was slower before */
    STEADY_SLOW_DOWN, /* settles, and was faster before */
    STEADY_MIXED,     /* settles after both */
    STEADY_NONE,      /* the last level came too late to be called one */
};

const char *steady_kind_name(enum steady_kind k);

struct steady_state {
    enum steady_kind kind;
    size_t from;   /* first iteration of the last level; 0 when SHORT or FLAT */
    size_t levels; /* found, neighbours within the tolerance counted as one */
    double level;  /* median from there on, in the unit of x */
};

/*
 * x: n times of iterations in order. resolution > 0: what two times may differ by and mean
 * nothing, in the same unit.
 *
 * Change points by optimal partitioning with pruning (Killick, Fearnhead and Eckley, JASA 107,
 * 2012) of the piecewise constant mean: squared error plus 4 s^2 ln n for each change, which finds
 * one that is not there in 0.8 % of series of 30 normal values. Values are clipped at five robust
 * deviations from the median first, so that one interrupted iteration is no level; s^2 is half the
 * mean square of successive differences, which changes of level hardly touch. A level lasts at
 * least 5 iterations, but for the first, which may be a single one. More than STEADY_POINTS
 * iterations are taken in equal groups, each by its median. The rule that the last level must
 * cover the last quarter is that of Barrett et al. (OOPSLA 2017).
 *
 * Returns 0, or -1 if memory is short or the resolution is not positive.
 */
#define STEADY_POINTS 500u
int steady_find(const double *x, size_t n, double resolution, struct steady_state *out);

struct steady_modes {
    int two;          /* 1: two modes, and the rest of the struct is theirs */
    double low, high; /* medians of the two groups */
    double share;     /* of the iterations in the upper group */
};

/*
 * Two modes in an ascending sample: the best split into two groups (least squares, values clipped
 * to the 5 % and 95 % quantiles), each with a tenth of the sample or more and their medians
 * farther apart than twice the resolution, between which there is a valley: the middle third
 * between the medians holds less than half of what an equally wide window about either median
 * holds, by more than three standard deviations of the counts. In a distribution with one mode
 * the density between two points is nowhere below the smaller of theirs, so however skewed it is
 * it has no such valley. Fewer than STEADY_LEAST values: none.
 */
void steady_modes(const double *sorted, size_t n, double resolution, struct steady_modes *out);

#endif
