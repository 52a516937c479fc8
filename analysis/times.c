/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * analysis/times.c - the audit of time(1); see times.h.
 */
#include "analysis/times.h"

#include <stdio.h>

struct span {
    double true_ns, tick_ns, tolerance_ns;
    double ns[TIMES_CLOCKS];
};

static void finish_span(struct span *s, const struct times_limits *l)
{
    s->tick_ns = l->tick_ns > 0 ? l->tick_ns : TIMES_LONGEST_TICK_NS;
    s->tolerance_ns = s->tick_ns + 2 * l->step_ns + s->true_ns * l->timebase_ppm / 1e6;
}

/* From the readings before START of one to those after STOP of the other (or the same). */
static struct span outer_span(const struct times_sample *from, const struct times_sample *to,
                              const struct times_limits *l)
{
    struct span s = {.true_ns = to->stop_ns - from->start_ns};

    for (int i = 0; i < TIMES_CLOCKS; i++)
        s.ns[i] = (double)(to->after[i] - from->before[i]);
    finish_span(&s, l);
    return s;
}

/* From the readings after STOP of one to those before START of a later one. */
static struct span inner_span(const struct times_sample *from, const struct times_sample *to,
                              const struct times_limits *l)
{
    struct span s = {.true_ns = to->start_ns - from->stop_ns};

    for (int i = 0; i < TIMES_CLOCKS; i++)
        s.ns[i] = (double)(to->before[i] - from->after[i]);
    finish_span(&s, l);
    return s;
}

/* Each finder: the length of a sentence in out, or 0. */
static int find_too_little(const struct span *s, char *out, size_t size)
{
    if (s->ns[TIMES_REAL] >= s->true_ns - s->tolerance_ns)
        return 0;
    return snprintf(out, size, "the guest's real time is %.3f ms where %.3f ms passed outside",
                    s->ns[TIMES_REAL] / 1e6, s->true_ns / 1e6);
}

static int find_too_much(const struct span *s, const struct times_limits *l, char *out,
                         size_t size)
{
    const double used = s->ns[TIMES_USER] + s->ns[TIMES_SYS], real = s->ns[TIMES_REAL];
    const double slack = s->tolerance_ns + (l->cpus > 1 ? (l->cpus - 1) * s->tick_ns : 0);
    const char *plural = l->cpus > 1 ? "s" : "";

    if (l->cpus && used > real * l->cpus + slack)
        return snprintf(out, size,
                        "user + sys is %.3f ms where the guest's own real time is %.3f ms on "
                        "%u processor%s",
                        used / 1e6, real / 1e6, l->cpus, plural);
    if (l->cpus && used > s->true_ns * l->cpus + slack)
        return snprintf(out, size,
                        "user + sys is %.3f ms where %.3f ms passed outside on %u processor%s",
                        used / 1e6, s->true_ns / 1e6, l->cpus, plural);
    if (real > s->true_ns + s->tolerance_ns)
        return snprintf(out, size,
                        "the guest's real time is %.3f ms where only %.3f ms passed outside",
                        real / 1e6, s->true_ns / 1e6);
    if (l->cpus && l->has_steal &&
        used + s->ns[TIMES_STEAL] > real * l->cpus + slack + TIMES_STEAL_STEP_NS)
        return snprintf(out, size,
                        "user + sys is %.3f ms and steal %.3f ms where real is %.3f ms on %u "
                        "processor%s: stolen time is booked as used",
                        used / 1e6, s->ns[TIMES_STEAL] / 1e6, real / 1e6, l->cpus, plural);
    return 0;
}

void times_audit(const struct times_sample *sample, size_t total, size_t first, size_t n,
                 const struct times_limits *limits, struct times_result *out)
{
    const size_t last = first + n - 1;
    struct span whole;
    char why[160];
    size_t from, to;

    *out = (struct times_result){.verdict = TIMES_UNKNOWN, .first_flagged = n};
    if (!n) {
        snprintf(out->reason, sizeof(out->reason), "no interval holds the three readings");
        return;
    }
    for (size_t i = first; i <= last; i++) {
        const struct span own = outer_span(&sample[i], &sample[i], limits);
        int found = find_too_little(&own, why, sizeof(why));

        if (!found && i > 0 && i + 1 < total) {
            const struct span around = inner_span(&sample[i - 1], &sample[i + 1], limits);

            found = find_too_much(&around, limits, why, sizeof(why));
        }
        if (found && !out->flagged++) {
            out->first_flagged = i - first;
            snprintf(out->reason, sizeof(out->reason), "interval %zu: %s", i - first, why);
        }
    }
    whole = outer_span(&sample[first], &sample[last], limits);
    out->true_ns = whole.true_ns;
    out->tolerance_ns = whole.tolerance_ns;
    for (int i = 0; i < TIMES_CLOCKS; i++)
        out->spent[i] = sample[last].after[i] - sample[first].before[i];
    if (find_too_little(&whole, why, sizeof(why)))
        snprintf(out->reason, sizeof(out->reason), "whole run: %s", why);
    from = first > 0 ? first - 1 : first;
    to = last + 1 < total ? last + 1 : last;
    if (from < to) {
        whole = inner_span(&sample[from], &sample[to], limits);
        if (find_too_much(&whole, limits, why, sizeof(why)))
            snprintf(out->reason, sizeof(out->reason), "whole run: %s", why);
    }
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
