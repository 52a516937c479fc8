/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/tails.h - the slow end of each distribution, as every format of the report shows it:
 * quantiles of a boot's iterations, and the slowest of all.
 *
 * The boot is the unit here, too: a figure is the median over boots of each boot's quantile, and
 * the order-statistic interval of analysis/stats.h is one over boots. Times in ns.
 */
#ifndef ETALON_REPORTS_TAILS_H
#define ETALON_REPORTS_TAILS_H

#include "reports/format.h"
#include "reports/model.h"

extern const char tails_note[];

struct tails_figure {
    double value;
    double low, high; /* NaN: an exact figure, or too few boots for an interval */
};

/* Of model_quantile[k]; the cell has samples. */
struct tails_figure tails_quantile(const struct model_cell *cell, int k);

/* Share of boots that may have a slower iteration than the slowest met, at SUMMARY_CONFIDENCE;
 * NaN: the figure is exact. */
double tails_beyond(const struct model_cell *cell);

/* The unit that suits the slowest iteration of a run on any platform. */
struct format_time tails_unit(const struct model *m, size_t run);

#endif
