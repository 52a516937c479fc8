/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/format.h - figures as text, never finer than they are known.
 *
 * All functions write into the caller's buffer and return it. "–" (U+2013) stands for a figure
 * that does not exist. Output is plain text of digits and letters from us: no escaping needed.
 */
#ifndef ETALON_REPORTS_FORMAT_H
#define ETALON_REPORTS_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define FORMAT_BYTES 96
#define FORMAT_NONE "\xE2\x80\x93"
#define FORMAT_INDISTINGUISHABLE "not distinguishable"

/* A unit of time that suits `ns`: name and nanoseconds in it. */
struct format_time {
    const char *name; /* ns, µs, ms, s */
    double ns;
};
struct format_time format_time_for(double ns);

/* Fixed number of decimals (negative: rounded to tens, hundreds …), groups of three separated by a thin space (U+2009). */
char *format_number(char buf[FORMAT_BYTES], double value, int decimals);

/*
 * A figure with the decimals its uncertainty u (same unit, k = 2) allows; without one (u <= 0
 * or NaN) at most six significant digits.
 */
char *format_figure(char buf[FORMAT_BYTES], double value, double u);

/* A whole number, grouped. */
char *format_count(char buf[FORMAT_BYTES], uint64_t count);

/*
 * A ratio within [low, high]: as many digits as the bounds leave certain, "not distinguishable"
 * where they hold 1, with "exact" bounds (low == high) four decimals. A low bound alone means
 * that there is no upper one. Without bounds (NaN) two significant digits and a leading "≈",
 * because nothing is known about it.
 */
char *format_ratio(char buf[FORMAT_BYTES], double ratio, double low, double high);

/* "low … high" with the digits of format_ratio(). */
char *format_bounds(char buf[FORMAT_BYTES], double low, double high);

#endif
