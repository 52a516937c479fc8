/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/compare/compare.h - a run here and there: may the two be compared, by how much do
 * they differ, and may that be claimed beside all the other comparisons made at once.
 *
 * Pure functions over what analysis/gather.h read. Ratios are the second over the first, of the
 * time of the same work: above 1 is slower, also for bandwidths and scores.
 *
 *   ratio      exact figures: of the medians, bounds by one timer step either way. Else of the
 *              geometric means of boot means, Welch's interval on logarithms (analysis/summary.h)
 *   medians    ratio of medians, hierarchical bootstrap (analysis/compare/bootstrap.h)
 *   rank       Mann and Whitney on boot means
 *   p          of "the ratio is 1" by the first view, scaled so that it is 0.05 where the 95 %
 *              interval touches 1: with no uncertainty of the timer's it is Welch's
 * Exact figures have no other view, no rank and no p: nothing about them is a sample.
 *
 * Not handled here: which runs belong together (analysis/compare/comparison.h).
 */
#ifndef ETALON_ANALYSIS_COMPARE_COMPARE_H
#define ETALON_ANALYSIS_COMPARE_COMPARE_H

#include "analysis/compare/bootstrap.h"
#include "analysis/gather.h"
#include "analysis/compare/significance.h"
#include "analysis/compare/steady.h"
#include "analysis/summary.h"

#define COMPARE_ALPHA 0.05
#define COMPARE_WHY_BYTES 384

enum compare_verdict {
    COMPARE_NOT_COMPARABLE,
    COMPARE_UNDECIDED,  /* "not distinguishable" */
    COMPARE_EQUAL,      /* two exact figures, the same */
    COMPARE_EQUIVALENT, /* within the margin; says more than UNDECIDED */
    COMPARE_SLOWER,
    COMPARE_FASTER,
    COMPARE_VERDICTS,
};

const char *compare_verdict_name(enum compare_verdict v);

struct
    compare_side { /* a run (NULL: the campaign has none such) and what it was measured with */
    const struct gather_run *run;
    const struct query_campaign *campaign;
};

struct compare_setting {
    int steady_only; /* leave out what came before the steady state of each boot */
    struct bootstrap_setting bootstrap;
};

struct compare_view { /* a side as it went into the comparison */
    enum summary_basis basis;
    size_t n, boots;
    double median_ns,
        u_ns;         /* u: half of the 95 % interval from boots; exact: the timer step */
    size_t unsettled; /* boots without a steady state */
    size_t warm;      /* boots that settled after a start that was slower or faster */
    size_t from;      /* the latest first iteration of a steady state among them */
    struct steady_modes modes;
};

struct compare_result {
    enum compare_verdict verdict;
    char why[COMPARE_WHY_BYTES]; /* not comparable: the reason */
    int broken;                  /* the first has a figure, the second none and should */
    int exact;
    struct compare_view first, second;
    struct summary_ratio ratio;
    struct stats_interval medians; /* NaN: none */
    struct significance_rank rank;
    double p, adjusted; /* adjusted: by Holm, over all that are compared at once */
    double margin;      /* NaN: none */
    double p_equivalent, adjusted_equivalent;
};

/*
 * margin: a ratio > 1 within which a difference does not matter, or NaN. Everything but
 * `adjusted*` and `verdict` is filled; verdict is COMPARE_NOT_COMPARABLE or COMPARE_UNDECIDED.
 * Not comparable: a run that is missing, was skipped, failed or has no interval left; another
 * grade, another bench or time of an instruction, other work or another unit; more than a quarter
 * of a side's boots without a steady state; a single boot where boots are samples.
 * Returns 0, or -1 if memory is short.
 */
int compare_pair(const struct compare_side *first, const struct compare_side *second,
                 double margin, const struct compare_setting *setting,
                 struct compare_result *out);

/*
 * Verdicts of results that are looked at together: p and p_equivalent are adjusted by Holm, each
 * over all n. Exact figures need no adjustment: their bounds are limits. Within the margin is
 * EQUIVALENT also where the difference is real. Returns 0, or -1 if memory is short.
 */
int compare_decide(struct compare_result *r, size_t n);

/* The margin that a comparison of a platform with itself gives: the larger bound of its 95 %
 * interval as a ratio above 1. NaN if it was not comparable, or is exact: then nothing is left to
 * chance. */
double compare_margin(const struct compare_result *r);

#endif
