/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/format.c - figures as text; see format.h.
 */
#include "reports/format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/uncertainty.h"

#define THIN_SPACE "\xE2\x80\x89"
#define MINUS "\xE2\x88\x92"
#define MAX_DECIMALS 6
#define PART_BYTES 44 /* 18 digits, their thin spaces, a sign and a fraction fit */

struct format_time format_time_for(double ns)
{
    static const struct format_time unit[] = {
        {"s", 1e9}, {"ms", 1e6}, {"\xC2\xB5s", 1e3}, {"ns", 1}};
    size_t i = 0;

    while (i < 3 && !(fabs(ns) >= unit[i].ns))
        i++;
    return unit[i];
}

static char *none(char *buf)
{
    return strcpy(buf, FORMAT_NONE);
}

char *format_number(char buf[FORMAT_BYTES], double value, int decimals)
{
    char plain[64];
    size_t digits, out = 0;

    if (!isfinite(value) || fabs(value) >= 1e18)
        return isnan(value) || fabs(value) < INFINITY ? none(buf)
               : value > 0                            ? strcpy(buf, "\xE2\x88\x9E")
                                                      : strcpy(buf, MINUS "\xE2\x88\x9E");
    if (decimals < 0) {
        value = round(value / pow(10, -decimals)) * pow(10, -decimals);
        decimals = 0;
    }
    snprintf(plain, sizeof(plain), "%.*f", decimals, fabs(value));
    digits = strcspn(plain, ".");
    /* "-0.00" is 0.00 */
    if (value < 0 && strspn(plain, "0.") != strlen(plain))
        out = (size_t)sprintf(buf, "%s", MINUS);
    for (size_t i = 0; plain[i]; i++) {
        /* A number of four digits stays in one piece, as the SI brochure has it. */
        if (i && i < digits && digits > 4 && (digits - i) % 3 == 0)
            out += (size_t)sprintf(buf + out, "%s", THIN_SPACE);
        buf[out++] = plain[i];
    }
    buf[out] = 0;
    return buf;
}

/* Decimals that show `digits` significant ones. */
static int significant(double value, int digits)
{
    int before = value != 0 && isfinite(value) ? (int)floor(log10(fabs(value))) + 1 : 1;
    int decimals = digits - before;

    return decimals < 0 ? 0 : decimals > MAX_DECIMALS ? MAX_DECIMALS : decimals;
}

/* Whole numbers are shown as such: "117", not "117.000". */
static int trimmed(double value, int decimals)
{
    while (decimals > 0) {
        double scale = pow(10, decimals - 1);

        if (fabs(round(value * scale) / scale - value) > 1e-9 * fabs(value))
            break;
        decimals--;
    }
    return decimals;
}

char *format_figure(char buf[FORMAT_BYTES], double value, double u)
{
    int decimals = significant(value, 6);

    if (u > 0) {
        int known = uncertainty_decimals(u, MAX_DECIMALS);

        if (known < decimals)
            decimals = known;
    }
    return format_number(buf, value, trimmed(value, decimals));
}

char *format_count(char buf[FORMAT_BYTES], uint64_t count)
{
    char plain[32];
    size_t n = (size_t)snprintf(plain, sizeof(plain), "%llu", (unsigned long long)count);
    size_t out = 0;

    for (size_t i = 0; i < n; i++) {
        if (i && n > 4 && (n - i) % 3 == 0)
            out += (size_t)sprintf(buf + out, "%s", THIN_SPACE);
        buf[out++] = plain[i];
    }
    buf[out] = 0;
    return buf;
}

static int ratio_decimals(double low, double high)
{
    double width = (high - low) / 2;

    if (width > 0)
        return uncertainty_decimals(width, 4);
    return 4;
}

char *format_ratio(char buf[FORMAT_BYTES], double ratio, double low, double high)
{
    char part[FORMAT_BYTES];
    int decimals;

    if (!isfinite(ratio))
        return none(buf);
    if (!isnan(low) && isnan(high))
        high = INFINITY;
    if (isnan(low) || isnan(high)) {
        format_number(part, ratio, significant(ratio, 2));
        snprintf(buf, FORMAT_BYTES, "\xE2\x89\x88%.*s", PART_BYTES, part);
        return buf;
    }
    if (!uncertainty_distinguishable(low, high, 1) && low != high)
        return strcpy(buf, FORMAT_INDISTINGUISHABLE);
    decimals = ratio_decimals(low, high);
    if (decimals > significant(ratio, 5))
        decimals = significant(ratio, 5);
    return format_number(buf, ratio, decimals);
}

char *format_bounds(char buf[FORMAT_BYTES], double low, double high)
{
    char from[FORMAT_BYTES], to[FORMAT_BYTES];
    int decimals;

    if (isnan(low))
        return none(buf);
    if (isnan(high))
        high = INFINITY;
    decimals = isfinite(high) ? ratio_decimals(low, high) + 1 : 2;
    if (decimals > significant(low, 5))
        decimals = significant(low, 5);
    format_number(from, low, decimals);
    format_number(to, high, decimals);
    snprintf(buf, FORMAT_BYTES, "%.*s \xE2\x80\xA6 %.*s", PART_BYTES, from, PART_BYTES, to);
    return buf;
}
