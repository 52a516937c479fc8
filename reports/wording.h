/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/wording.h - sentences and figures that every format of the report says alike.
 *
 * Plain text; the format escapes it. Buffers are the caller's, at least WORDING_BYTES, and are
 * returned.
 */
#ifndef ETALON_REPORTS_WORDING_H
#define ETALON_REPORTS_WORDING_H

#include <stddef.h>

#include "reports/model.h"

#define WORDING_BYTES 512

/* What all figures are, first thing in every report: on the lab exact instruction counts and
 * never cycles, elsewhere what the grade says. */
const char *wording_nature(const struct model *m, char *buf);

/* How far boots are samples: "every boot of a platform had the same seed …". */
const char *wording_boots(const struct model *m, char *buf);

/* A cell's figure in its unit, or "–". */
const char *wording_value(const struct model_cell *cell, char *buf);
/* The same for one of its quantiles. */
const char *wording_quantile(const struct model_cell *cell, double quantile, char *buf);

/* "1.37", "equal" (two exact counts), "not distinguishable", "–" */
const char *wording_ratio(const struct model_ratio *r, char *buf);
/* "1.35 … 1.39", "to the timer step" (equal), "–" */
const char *wording_bounds(const struct model_ratio *r, char *buf);

/* What the figure rests on: "exact", "5 boots, 95 % 1.2 … 1.3", "one boot". */
const char *wording_basis(const struct model_cell *cell, char *buf);

/* Range "a" or "a … b" of whole numbers. */
const char *wording_range(int64_t low, int64_t high, char *buf);

/* Of a recovered size and its interval: "12345 ± 3", "26288150 (25788150 … 26288350)". */
const char *wording_recovered(const struct model_recovery *r, char *buf);
/* Of a requested or delivered size: no decimals of a whole number, else three. */
const char *wording_size(char *buf, double size);
/* A sentence or two on how the recoveries of the campaign came out. */
const char *wording_recoveries(const struct model *m, char *buf);
/* Of all runs of a platform: aberrant, unknown, sound. */
const char *wording_times(const struct model_time *t);
/* Percent of the whole, three decimals; a dash where the term is NaN. */
const char *wording_share(char *buf, double term_ns, double whole_ns);
/* What the processor counted beside the books of a guest: columns as put_header() and html_table()
 * take them without the platform's, and their texts. */
#define WORDING_COUNTERS 8
extern const char *const wording_counter_columns[WORDING_COUNTERS + 2]; /* platform first */
extern const char wording_counter_note[];
void wording_counters(const struct model_time_counter *k, char out[][WORDING_BYTES]);

/* What the ledger left unexplained, in percent, with its uncertainty. */
const char *wording_residual(const struct model_overhead *o, char *buf);

/* How many events of a kind; "–": not asked. */
const char *wording_events(char *buf, int64_t n);

/* A deviation or a time in s: three significant digits. */
const char *wording_small(char *buf, double value);

/* The skew of a clock: "+17.00 ± 0.02", or "–" where none is known. */
const char *wording_skew(const struct model_clock *k, char *buf);

/* The same of one boot's, as certified. */
const char *wording_certified_skew(const struct model_certificate *c, char *buf);

/* Totals over boots, for the line on validity. */
struct wording_totals {
    int64_t boots, boots_bad, intervals, intervals_bad, lost, frames, frames_damaged,
        frames_missing, records_bad, violations;
};
struct wording_totals wording_totals(const struct model *m);

#endif
