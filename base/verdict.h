/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base/verdict.h - what became of a sample, a run, a boot or a comparison.
 *
 * Ordered: the worst of several verdicts is the largest number (after the Xen Test
 * Framework's success / skip / error / failure, with crash added).
 */
#ifndef ETALON_BASE_VERDICT_H
#define ETALON_BASE_VERDICT_H

enum verdict {
    VERDICT_OK = 0,
    VERDICT_SKIP = 1,  /* makes no sense or cannot run here; a reason stands beside it */
    VERDICT_ERROR = 2, /* the instrument's own fault: the figure must not be used */
    VERDICT_FAIL = 3,  /* the subject's fault: wrong answer, lying clock */
    VERDICT_CRASH = 4, /* the subject died */
};

const char *verdict_name(enum verdict v);             /* "ok", "skip", … */
int verdict_parse(const char *name, enum verdict *v); /* 0, or -1 if unknown */
static inline enum verdict verdict_worst(enum verdict a, enum verdict b)
{
    return a > b ? a : b;
}

#endif
