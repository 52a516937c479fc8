/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/clock/pairs.h - a clock from a file of pairs, so that anybody's clock can be
 * judged.
 *
 * A line is "reference_ns,clock_ns" or "reference_ns,clock_ns,bracket_ns": what the clock showed,
 * read at reference time reference_ns; with a bracket, at some time within reference_ns ±
 * bracket_ns / 2. Fields are divided by a comma, semicolon, tab or spaces. Numbers are decimal
 * nanoseconds, a fraction allowed (of the clock it is rounded to whole ones); they may be as large
 * as wall-clock time, since differences are taken in integers. Empty lines, lines that begin with
 * '#' and one line of column names at the top are left out. Reference times ascend, and either
 * every line has a bracket or none.
 *
 * Not handled here: other units, other orders of columns, gaps (they are what they are).
 */
#ifndef ETALON_ANALYSIS_CLOCK_PAIRS_H
#define ETALON_ANALYSIS_CLOCK_PAIRS_H

#include <stddef.h>

#include "analysis/clock/clock_series.h"
#include "base/err.h"

#define PAIRS_MIN 3u /* lines that a judgement needs */

/*
 * Read `size` bytes of text into `out` (bracket malloc()ed; unit_ns 1, no step, no timebase; name
 * and the rest of it stay as they are). *bounded: there are brackets. ERR_DATA with the number of
 * the line, what is wrong with it and what to do.
 */
int pairs_read(const char *text, size_t size, struct clock_series *out, int *bounded,
               struct err *e);

#endif
