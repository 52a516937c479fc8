/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/compare/comparison.h - every run of one campaign, or of one entry of it, against
 * another's.
 *
 * Runs belong together that have the same workload and parameters, and the same platform and
 * variant where no entry is named. A run that only one side has makes a row, too.
 */
#ifndef ETALON_ANALYSIS_COMPARE_COMPARISON_H
#define ETALON_ANALYSIS_COMPARE_COMPARISON_H

#include "analysis/compare/compare.h"

struct comparison_side {
    struct query_campaign campaign;
    struct gather runs;
};

/* Read a campaign (NULL: the only one) of a database file. Released with
 * comparison_side_release(), also after an error. */
int comparison_side_read(const char *db, const char *campaign, struct comparison_side *out,
                         struct err *e);
void comparison_side_release(struct comparison_side *s);

struct comparison_row { /* names are of the first side if it has the run, else of the second */
    const struct gather_run *first, *second; /* NULL: there is none */
    struct compare_result result;
};

struct comparison {
    struct comparison_row *row; /* workloads in the first campaign's order */
    size_t rows;
};

struct comparison_request {
    const struct comparison_side *first, *second; /* outlive the comparison; may be the same */
    /* "PLATFORM", "PLATFORM:LABEL", "PLATFORM VARIANT" or "PLATFORM VARIANT:LABEL", as in a
     * campaign file; NULL: every entry that both have, or those of the other side's name. */
    const char *first_entry, *second_entry;
    double margin;                           /* of all rows; NaN: none */
    const struct comparison *against_itself; /* margins row by row, from an A/A run; NULL */
    struct compare_setting setting;
};

/*
 * Compare, and decide all rows together. Several runs of the same workload and parameters within
 * one entry are one run. Released with comparison_release(), also after an error. ERR_USAGE: no
 * such entry, several that fit, or nothing that both sides have.
 */
int comparison_make(const struct comparison_request *request, struct comparison *out,
                    struct err *e);
void comparison_release(struct comparison *c);

/* An A/A run: the two entries that a campaign consists of, against each other. ERR_USAGE unless
 * there are exactly two and they are one platform and variant but for the label. */
int comparison_against_itself(const struct comparison_side *s, struct comparison *out,
                              struct err *e);

#endif
