/* SPDX-License-Identifier: GPL-3.0-or-later */
/* analysis/interval_text.c - what violations are called. */
#include "analysis/interval.h"

static const char *const names[INTERVAL_VIOLATIONS] = {
    [INTERVAL_FINE] = "fine",
    [INTERVAL_BREAK_HOLE] = "sequence hole",
    [INTERVAL_BREAK_LOST] = "records lost",
    [INTERVAL_BREAK_EPOCH] = "epoch change",
    [INTERVAL_BREAK_DAMAGE] = "damaged frame",
    [INTERVAL_BREAK_TIME] = "time ran backwards",
    [INTERVAL_BREAK_LEVELS] = "levels jumped",
    [INTERVAL_BAD_PREAMBLE] = "bad preamble",
    [INTERVAL_BARE_CODE] = "code without strobe",
    [INTERVAL_CROWDED] = "markers too close",
    [INTERVAL_WRONG_CODE] = "wrong code",
    [INTERVAL_START_TWICE] = "START twice",
    [INTERVAL_STOP_TWICE] = "STOP twice",
    [INTERVAL_NO_STOP] = "START without STOP",
    [INTERVAL_NO_START] = "STOP without START",
    [INTERVAL_DOUBTFUL] = "doubtful neighbour",
    [INTERVAL_NUMBER] = "number not proven",
    [INTERVAL_MISSING] = "no edges",
    [INTERVAL_SURPLUS] = "surplus",
};

static const char *const texts[INTERVAL_VIOLATIONS] = {
    [INTERVAL_FINE] = "",
    [INTERVAL_BREAK_HOLE] = "sequence hole: frames are missing within this interval",
    [INTERVAL_BREAK_LOST] = "records lost: the timer lost events within this interval",
    [INTERVAL_BREAK_EPOCH] = "epoch change: the timer was reset or lost its clock within this "
                             "interval",
    [INTERVAL_BREAK_DAMAGE] = "damaged frame: bytes within this interval were no frame",
    [INTERVAL_BREAK_TIME] = "time ran backwards within this interval",
    [INTERVAL_BREAK_LEVELS] = "levels jumped: an edge within this interval was not stamped",
    [INTERVAL_BAD_PREAMBLE] = "bad preamble: markers do not begin with that of this boot",
    [INTERVAL_BARE_CODE] = "code without strobe: a marker within this interval is missing",
    [INTERVAL_CROWDED] = "markers too close: the code had no time to settle",
    [INTERVAL_WRONG_CODE] =
        "wrong code: a marker of this interval has a code that fits nowhere",
    [INTERVAL_START_TWICE] = "START twice: which of the two is the start is not known",
    [INTERVAL_STOP_TWICE] = "STOP twice: which of the two is the stop is not known",
    [INTERVAL_NO_STOP] = "START without STOP",
    [INTERVAL_NO_START] = "STOP without START",
    [INTERVAL_DOUBTFUL] =
        "doubtful neighbour: the marker beside this interval is missing, or one of "
        "this interval is that marker with a wrong code",
    [INTERVAL_NUMBER] = "number not proven: what was missing before may change the number of "
                        "this interval",
    [INTERVAL_MISSING] = "no edges: the target marked this interval, the timer saw none of it",
    [INTERVAL_SURPLUS] = "surplus: the timer saw this interval, the target did not mark it",
};

const char *interval_violation_name(enum interval_violation v)
{
    return (unsigned)v < INTERVAL_VIOLATIONS ? names[v] : "?";
}

const char *interval_violation_text(enum interval_violation v)
{
    return (unsigned)v < INTERVAL_VIOLATIONS ? texts[v] : "?";
}
