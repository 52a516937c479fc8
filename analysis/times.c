/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/times.c - the audit of time(1); see times.h.
 */
#include "analysis/times.h"

#include <stdio.h>

struct span { /* an interval, or a run */
    double true_ns, tolerance_ns, tick_ns;
    double real_ns, used_ns;
    unsigned cpus;
};

static struct span make_span(const struct times_sample *first, const struct times_sample *last,
                             const struct times_limits *l)
{
    const double true_ns = last->stop_ns - first->start_ns;
    struct span s = {
        .true_ns = true_ns,
        .tick_ns = l->tick_ns > 0 ? l->tick_ns : TIMES_LONGEST_TICK_NS,
        .real_ns = (double)(last->after[TIMES_REAL] - first->before[TIMES_REAL]),
        .used_ns = (double)(last->after[TIMES_USER] - first->before[TIMES_USER]) +
                   (double)(last->after[TIMES_SYS] - first->before[TIMES_SYS]),
        .cpus = l->cpus,
    };

    s.tolerance_ns = s.tick_ns + 2 * l->step_ns + true_ns * l->timebase_ppm / 1e6;
    return s;
}

/* Evidence as a sentence in out, or 0. */
static int find_evidence(const struct span *s, int whole_run, char *out, size_t size)
{
    const double slack = s->tolerance_ns + (s->cpus > 1 ? (s->cpus - 1) * s->tick_ns : 0);

    if (s->cpus && s->used_ns > s->real_ns * s->cpus + slack)
        return snprintf(out, size,
                        "user + sys is %.3f ms where the guest's own real time is %.3f ms on "
                        "%u processor%s",
                        s->used_ns / 1e6, s->real_ns / 1e6, s->cpus, s->cpus > 1 ? "s" : "");
    if (s->cpus && s->used_ns > s->true_ns * s->cpus + slack)
        return snprintf(out, size,
                        "user + sys is %.3f ms where %.3f ms passed outside on %u processor%s",
                        s->used_ns / 1e6, s->true_ns / 1e6, s->cpus, s->cpus > 1 ? "s" : "");
    if (s->real_ns < s->true_ns - s->tolerance_ns)
        return snprintf(out, size,
                        "the guest's real time is %.3f ms where %.3f ms passed outside",
                        s->real_ns / 1e6, s->true_ns / 1e6);
    if (whole_run && s->real_ns > s->true_ns + s->tolerance_ns)
        return snprintf(out, size,
                        "the guest's real time is %.3f ms where only %.3f ms passed outside",
                        s->real_ns / 1e6, s->true_ns / 1e6);
    return 0;
}

void times_audit(const struct times_sample *sample, size_t n, const struct times_limits *limits,
                 struct times_result *out)
{
    struct span whole;
    char why[160];

    *out = (struct times_result){.verdict = TIMES_UNKNOWN, .first_flagged = n};
    if (!n) {
        snprintf(out->reason, sizeof(out->reason), "no interval holds the three readings");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct span s = make_span(&sample[i], &sample[i], limits);

        if (!find_evidence(&s, 0, why, sizeof(why)))
            continue;
        if (!out->flagged++) {
            out->first_flagged = i;
            snprintf(out->reason, sizeof(out->reason), "interval %zu: %s", i, why);
        }
    }
    whole = make_span(&sample[0], &sample[n - 1], limits);
    out->true_ns = whole.true_ns;
    out->tolerance_ns = whole.tolerance_ns;
    for (int i = 0; i < TIMES_CLOCKS; i++)
        out->spent[i] = sample[n - 1].after[i] - sample[0].before[i];
    if (find_evidence(&whole, 1, why, sizeof(why)))
        snprintf(out->reason, sizeof(out->reason), "whole run: %s", why);
    if (out->reason[0])
        out->verdict = TIMES_ABERRANT;
    else if (limits->cpus)
        out->verdict = TIMES_SOUND;
    else
        snprintf(out->reason, sizeof(out->reason),
                 "the target did not tell how many processors it may use");
}

const char *times_verdict_name(enum times_verdict v)
{
    static const char *const names[] = {"unknown", "sound", "aberrant"};

    return names[v];
}
