/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reports/wording.c - what every format says alike; see wording.h.
 */
#include "reports/wording.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/uncertainty.h"
#include "reports/format.h"

const char *wording_nature(const struct model *m, char *buf)
{
    double ns = m->campaign.ns_per_instruction;

    if (ns > 0 && !m->campaign.deterministic)
        snprintf(
            buf, WORDING_BYTES,
            "All times are virtual time of the lab, an emulated computer in which every "
            "instruction takes %g ns, stamped by a timer that was given an error of its own "
            "(campaign.text): they are instruction counts within their uncertainty and say "
            "nothing about the cycles of real hardware.",
            ns);
    else if (ns > 0)
        snprintf(buf, WORDING_BYTES,
                 "All times are virtual time of the lab, an emulated computer in which every "
                 "instruction takes %g ns: they are exact instruction counts and say nothing "
                 "about the cycles of real hardware. Where a processor halts, virtual time "
                 "includes the wait.",
                 ns);
    else if (!strcmp(m->grades, "A"))
        snprintf(
            buf, WORDING_BYTES,
            "All times were stamped by the FPGA timer (grade A), outside the reach of any "
            "hypervisor.");
    else
        snprintf(
            buf, WORDING_BYTES,
            "Grade of the times: %s. A is the FPGA timer, B an observer on the host, C the "
            "target's own clock; B and C are figures of that observer or clock and not of an "
            "external timer.",
            *m->grades ? m->grades : "unknown");
    return buf;
}

/* Of boots that figures may rest on. */
static size_t distinct_seeds(const struct model *m, size_t platform)
{
    size_t distinct = 0;

    for (size_t i = 0; i < m->boots; i++) {
        size_t j = 0;

        if (m->boot[i].platform != platform || strcmp(m->boot[i].verdict, "ok"))
            continue;
        while (j < i &&
               (m->boot[j].platform != platform || strcmp(m->boot[j].seed, m->boot[i].seed)))
            j++;
        distinct += j == i;
    }
    return distinct;
}

/* Figures whose boots had one seed and two medians. */
static size_t count_differing(const struct model *m)
{
    size_t n = 0;

    for (size_t i = 0; i < m->runs * m->platforms; i++)
        n += m->cell[i].summary && !strncmp(m->cell[i].summary->verdict, "boots differ", 12);
    return n;
}

const char *wording_boots(const struct model *m, char *buf)
{
    size_t differing = count_differing(m);
    int samples = 0;

    for (size_t p = 0; p < m->platforms; p++)
        samples |= distinct_seeds(m, p) > 1;
    if (!m->campaign.deterministic)
        snprintf(buf, WORDING_BYTES,
                 "Boots are the samples: intervals are 95 %% and come from the spread between "
                 "boots.");
    else if (samples)
        snprintf(
            buf, WORDING_BYTES,
            "Every boot had its own seed (start phase, random numbers), so boots are samples: "
            "intervals are 95 %% and come from the spread between them.");
    else if (differing)
        snprintf(
            buf, WORDING_BYTES,
            "All boots of a platform had one seed. Where they agree the figure is exact to "
            "one "
            "timer step: repeating proves that it repeats, adds nothing, and there is no "
            "confidence interval. In %zu figure%s they do not (marked \xE2\x80\x9C"
            "boots differ\xE2\x80\x9D): something among their inputs differed, and there "
            "boots count as samples.",
            differing, differing == 1 ? "" : "s");
    else
        snprintf(
            buf, WORDING_BYTES,
            "All boots of a platform had one seed and gave the same figures: repeating proves "
            "that they repeat and adds nothing, so they are exact to one timer step and carry "
            "no confidence interval.");
    return buf;
}

static double figure_u(const struct query_summary *s)
{
    double half = (s->ci_high - s->ci_low) / 2;

    return isnan(half) ? s->u : half;
}

const char *wording_value(const struct model_cell *cell, char *buf)
{
    if (!cell->summary || isnan(cell->summary->value))
        return strcpy(buf, FORMAT_NONE);
    return format_figure(buf, cell->summary->value, figure_u(cell->summary));
}

const char *wording_quantile(const struct model_cell *cell, double quantile, char *buf)
{
    if (!cell->summary || isnan(quantile))
        return strcpy(buf, FORMAT_NONE);
    return format_figure(buf, quantile, cell->summary->u);
}

/* Two exact counts that are the same: more can be said than "not distinguishable". */
static int ratio_is_equal(const struct model_ratio *r)
{
    return r->known && r->exact && r->ratio == 1.0;
}

const char *wording_ratio(const struct model_ratio *r, char *buf)
{
    if (ratio_is_equal(r))
        return strcpy(buf, "equal");
    return r->known ? format_ratio(buf, r->ratio, r->low, r->high) : strcpy(buf, FORMAT_NONE);
}

const char *wording_bounds(const struct model_ratio *r, char *buf)
{
    if (ratio_is_equal(r))
        return strcpy(buf, "to the timer step");
    return r->known ? format_bounds(buf, r->low, r->high) : strcpy(buf, FORMAT_NONE);
}

const char *wording_basis(const struct model_cell *cell, char *buf)
{
    const struct query_summary *s = cell->summary;
    char bounds[FORMAT_BYTES];
    size_t n;

    if (!s)
        return strcpy(buf, FORMAT_NONE);
    n = strcspn(s->verdict, ";");
    snprintf(buf, WORDING_BYTES, "%.*s", (int)n, s->verdict);
    if (!isnan(s->ci_low))
        snprintf(buf + strlen(buf), WORDING_BYTES - strlen(buf), ", 95 %% %s",
                 format_bounds(bounds, s->ci_low, s->ci_high));
    return buf;
}

const char *wording_range(int64_t low, int64_t high, char *buf)
{
    char a[FORMAT_BYTES], b[FORMAT_BYTES];

    if (low == high)
        return format_number(buf, (double)low, 0);
    snprintf(buf, WORDING_BYTES, "%s \xE2\x80\xA6 %s", format_number(a, (double)low, 0),
             format_number(b, (double)high, 0));
    return buf;
}

const char *wording_times(const struct model_time *t)
{
    return t->aberrant ? "aberrant" : t->unknown ? "unknown" : "sound";
}

const char *wording_share(char *buf, double term_ns, double whole_ns)
{
    if (isnan(term_ns) || whole_ns <= 0)
        return strcpy(buf, FORMAT_NONE);
    return format_number(buf, 100 * term_ns / whole_ns, 3);
}

const char *const wording_counter_columns[] = {"platform",
                                               "n:user, ms",
                                               "n:sys, ms",
                                               "n:user by the books, %",
                                               "n:user of cycles, %",
                                               "n:instructions, user",
                                               "n:instructions, kernel",
                                               "n:instructions",
                                               "n:cycles per booked ns",
                                               NULL};

const char wording_counter_note[] =
    "The same runs by the processor's own counters, which no kernel books. Where the guest's "
    "books are right both shares of user level agree and the cycles per ns are the "
    "processor's "
    "rate; time that was stolen and booked as used has no cycles.";

void wording_counters(const struct model_time_counter *k, char out[][WORDING_BYTES])
{
    const double used = k->user_ns + k->sys_ns;
    const double count[] = {k->user_instructions, k->kernel_instructions, k->instructions};

    format_number(out[0], k->user_ns / 1e6, 3);
    format_number(out[1], k->sys_ns / 1e6, 3);
    wording_share(out[2], k->user_ns, used);
    wording_share(out[3], k->user_cycles, k->user_cycles + k->kernel_cycles);
    for (size_t i = 0; i < 3; i++) {
        if (isnan(count[i]))
            strcpy(out[4 + i], FORMAT_NONE);
        else
            format_number(out[4 + i], count[i], 0);
    }
    if (isnan(k->cycles) || used <= 0)
        strcpy(out[7], FORMAT_NONE);
    else
        format_number(out[7], k->cycles / used, 3);
}

const char *wording_residual(const struct model_overhead *o, char *buf)
{
    char value[FORMAT_BYTES], u[FORMAT_BYTES];

    wording_share(value, o->residual_ns, o->true_ns);
    if (o->u_ns > 0)
        snprintf(buf, WORDING_BYTES, "%s \xC2\xB1 %s", value,
                 wording_share(u, o->u_ns, o->true_ns));
    else
        snprintf(buf, WORDING_BYTES, "%s", value);
    return buf;
}

const char *wording_skew(const struct model_clock *k, char *buf)
{
    double u = fmax(k->skew_high - k->skew_ppm, k->skew_ppm - k->skew_low);
    char value[FORMAT_BYTES], spread[FORMAT_BYTES];
    int decimals = isnan(u) ? 1 : uncertainty_decimals(u, 6) + 1; /* two digits of u */

    if (isnan(k->skew_ppm))
        return strcpy(buf, FORMAT_NONE);
    format_number(value, k->skew_ppm, decimals);
    if (isnan(u))
        snprintf(buf, WORDING_BYTES, "%s", value);
    else
        snprintf(buf, WORDING_BYTES, "%s \xC2\xB1 %s", value,
                 format_number(spread, u, decimals));
    return buf;
}

struct wording_totals wording_totals(const struct model *m)
{
    struct wording_totals t = {0};

    for (size_t i = 0; i < m->boots; i++) {
        const struct model_boot *b = &m->boot[i];

        t.boots++;
        t.boots_bad += strcmp(b->verdict, "ok") != 0;
        t.intervals += b->intervals;
        t.intervals_bad += b->intervals - b->intervals_ok;
        t.lost += b->lost;
        t.frames += b->frames;
        t.frames_damaged += b->frames_damaged;
        t.frames_missing += b->frames_missing;
        t.records_bad += b->records_damaged + b->records_missing;
        t.violations += b->violations;
    }
    return t;
}

/* Decimals for a figure whose interval is so wide: two digits of it, none of a whole number. */
static int recovery_decimals(double u)
{
    const int decimals = isnan(u) || u <= 0 ? 0 : uncertainty_decimals(u, 6) + 1;

    return decimals < 0 ? 0 : decimals;
}

const char *wording_size(char *buf, double size)
{
    return format_number(buf, size, size == floor(size) ? 0 : 3);
}

const char *wording_recovered(const struct model_recovery *r, char *buf)
{
    const double below = r->recovered - r->low, above = r->high - r->recovered;
    const int decimals = recovery_decimals(fmin(below, above));
    char value[FORMAT_BYTES], low[FORMAT_BYTES], high[FORMAT_BYTES];

    format_number(value, r->recovered, decimals);
    if (isnan(below) || isnan(above))
        snprintf(buf, WORDING_BYTES, "%s", value);
    else if (fabs(below - above) <= 1e-6 * (below + above))
        snprintf(buf, WORDING_BYTES, "%s \xC2\xB1 %s", value,
                 format_number(high, above, decimals));
    else
        snprintf(buf, WORDING_BYTES, "%s (%s \xE2\x80\xA6 %s)", value,
                 format_number(low, r->low, decimals), format_number(high, r->high, decimals));
    return buf;
}

const char *wording_recoveries(const struct model *m, char *buf)
{
    size_t recovered = 0, wrong = 0, unjudged = 0;

    for (size_t i = 0; i < m->recoveries; i++) {
        const char *verdict = m->recovery[i].verdict;

        recovered += !strcmp(verdict, "recovered");
        wrong += !strcmp(verdict, "not recovered") || !strcmp(verdict, "missed") ||
                 !strcmp(verdict, "false alarm");
        unjudged += !strcmp(verdict, "found") || !strcmp(verdict, "unseen");
    }
    snprintf(buf, WORDING_BYTES,
             "%zu recovered, %zu not as the ledger says, %zu that cannot be judged; in %zu "
             "further cases there was nothing and nothing was found.",
             recovered, wrong, unjudged, m->recoveries_clean);
    return buf;
}

const char *wording_events(char *buf, int64_t n)
{
    return n == QUERY_NONE ? FORMAT_NONE : format_count(buf, (uint64_t)n);
}

const char *wording_small(char *buf, double value)
{
    snprintf(buf, FORMAT_BYTES, "%.3g", value);
    return buf;
}

const char *wording_certified_skew(const struct model_certificate *c, char *buf)
{
    const struct model_clock k = {.boots = 1,
                                  .skew_ppm = c->skew_ppm,
                                  .skew_low = c->skew_low,
                                  .skew_high = c->skew_high};

    return wording_skew(&k, buf);
}
