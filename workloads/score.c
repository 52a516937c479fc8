/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/score.c - work over guest time, in integers. */
#include "workloads/score.h"

#define MILLI_NS UINT64_C(1000000000000) /* thousandths of a score per second, time in ns */

void score_guest(struct workload_run *run, uint64_t work, uint64_t normalisation)
{
    uint64_t total, whole, rest, scaled_ns;

    run->figure[0].key = NULL;
    /* total × 10^12 / (ns × normalisation) without 128-bit division: first the whole part of
     * total / (ns × normalisation), then digit by digit. */
    if ((int64_t)run->guest_ns_total <= 0 ||
        __builtin_mul_overflow(work, run->iterations, &total) ||
        __builtin_mul_overflow(run->guest_ns_total, normalisation, &scaled_ns) ||
        scaled_ns > UINT64_MAX / 10)
        return;
    whole = total / scaled_ns;
    rest = total % scaled_ns;
    for (uint64_t digits = MILLI_NS; digits > 1; digits /= 10) {
        if (whole > UINT64_MAX / 10 - 1)
            return;
        rest *= 10;
        whole = whole * 10 + rest / scaled_ns;
        rest %= scaled_ns;
    }
    run->figure[0].key = "guest_score_milli";
    run->figure[0].value = whole;
}
