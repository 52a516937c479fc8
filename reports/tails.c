/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reports/tails.c - see tails.h. */
#include "reports/tails.h"

#include <math.h>
#include <string.h>

#include "analysis/stats.h"
#include "analysis/summary.h"

const char tails_note[] = "Median over boots of each boot\xE2\x80\x99s quantile of the "
                          "iterations that count, in true "
                          "time of one iteration. With it stands a 95 % interval from order "
                          "statistics over boots (David "
                          "and Nagaraja, section 7.1): it assumes nothing of the "
                          "distribution, and needs six boots. The "
                          "slowest iteration is a fact of the sample and no bound: beside it, "
                          "the share of boots that "
                          "may have a slower one, with 95 % confidence (ibid., 7.2). Exact "
                          "figures have no interval.";

static int is_exact(const struct model_cell *cell)
{
    return cell->summary && !strncmp(cell->summary->verdict, "exact", 5);
}

struct tails_figure tails_quantile(const struct model_cell *cell, int k)
{
    const double *ns = cell->boot_ns[k];
    struct tails_figure out = {stats_quantile_sorted(ns, cell->boots, 0.5), NAN, NAN};
    size_t low, high;

    if (!is_exact(cell) &&
        !stats_quantile_ranks(cell->boots, 0.5, SUMMARY_CONFIDENCE, &low, &high) && low >= 1 &&
        high <= cell->boots) {
        out.low = ns[low - 1];
        out.high = ns[high - 1];
    }
    return out;
}

double tails_beyond(const struct model_cell *cell)
{
    return is_exact(cell) ? NAN : stats_beyond_max(cell->boots, SUMMARY_CONFIDENCE);
}

struct format_time tails_unit(const struct model *m, size_t run)
{
    double high = 0;

    for (size_t p = 0; p < m->platforms; p++) {
        const struct model_cell *cell = model_cell(m, run, p);

        if (cell->n)
            high = fmax(high, cell->ns[cell->n - 1]);
    }
    return format_time_for(high);
}
