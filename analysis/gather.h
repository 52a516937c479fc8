/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/gather.h - a campaign's runs with their iterations, boot by boot: what figures and
 * comparisons are made from.
 *
 * A run is one workload with its parameters on one platform and variant; its boots are those that
 * may be used (analysis/query/query.h), in plan order. Every planned run is there, also one
 * that was skipped everywhere, so that nothing planned goes missing.
 */
#ifndef ETALON_ANALYSIS_GATHER_H
#define ETALON_ANALYSIS_GATHER_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/query/query.h"
#include "analysis/summary.h"

#define GATHER_NAME_BYTES 64
#define GATHER_PARAM_BYTES 512
#define GATHER_REASON_BYTES 256
#define GATHER_MIXED '?' /* grade of a run whose boots have different ones */

struct gather_run {
    char platform[GATHER_NAME_BYTES], variant[GATHER_NAME_BYTES];
    char workload[GATHER_NAME_BYTES], param[GATHER_PARAM_BYTES];
    char metric[GATHER_NAME_BYTES], unit[GATHER_NAME_BYTES];
    int rate; /* form: work per time */
    double scale;
    int64_t work, w;                  /* w: of the first boot that has it */
    enum verdict worst;               /* of its runs */
    char reason[GATHER_REASON_BYTES]; /* of the first run with that verdict; "" ok */
    enum verdict worst_boot;          /* matters only where no boot is left */
    char grade;                       /* 'A', 'B', 'C', GATHER_MIXED; 0: no interval */
    struct summary_boot *boot;
    int64_t *boot_index; /* plan index of each */
    size_t boots;
};

struct gather {
    struct gather_run *run; /* workloads in the campaign's order, platforms in the ladder's */
    size_t runs;
};

/* Read them all. `out` is to be released, also after an error. */
int gather_campaign(struct query *q, const struct query_campaign *c, struct gather *out,
                    struct err *e);
void gather_release(struct gather *g);

/* The run of that name, or NULL. */
const struct gather_run *gather_find(const struct gather *g, const char *platform,
                                     const char *variant, const char *workload,
                                     const char *param);

/* A time of one interval as the workload's value (workloads/workload.h); NaN: not finite. */
double gather_value(const struct gather_run *r, double ns);

#endif
