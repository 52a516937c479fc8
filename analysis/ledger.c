/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/ledger.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/stats.h"

int ledger_place_steal(struct ledger_sample *sample, size_t n)
{
    double *gap = malloc((n + 1) * sizeof(*gap)), usual;
    size_t gaps = 0;

    if (!gap)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(sample[i].gap_ns))
            gap[gaps++] = sample[i].gap_ns;
    }
    usual = gaps ? stats_median(gap, gaps) : NAN;
    free(gap);
    if (gaps && isnan(usual))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (sample[i].stolen_ns > 0 && sample[i].gap_ns - usual >= (double)sample[i].stolen_ns)
            sample[i].stolen_ns = 0;
    }
    return 0;
}

static double stolen(const struct ledger_sample *s)
{
    return s->stolen_ns == LEDGER_UNKNOWN ? 0 : (double)s->stolen_ns;
}

static double counted(const struct ledger_sample *s)
{
    return s->interrupts == LEDGER_UNKNOWN ? 0 : (double)s->interrupts;
}

int ledger_measure(struct ledger_ruler *ruler, const struct ledger_sample *sample, size_t n,
                   double work_ns)
{
    struct ledger_excess *more =
        realloc(ruler->interval, (ruler->intervals + n + 1) * sizeof(*more));

    if (!more)
        return -1;
    ruler->interval = more;
    for (size_t i = 0; i < n; i++)
        more[ruler->intervals++] =
            (struct ledger_excess){.ns = sample[i].true_ns - work_ns - stolen(&sample[i]),
                                   .true_ns = sample[i].true_ns,
                                   .interrupts = counted(&sample[i])};
    return 0;
}

/* Of `counted` around an interval, how many can have been in it. */
static double inside(double counted, double excess_ns, double interrupt_ns)
{
    if (isnan(interrupt_ns) || interrupt_ns <= 0)
        return counted;
    return fmin(counted, fmax(0, floor(excess_ns / interrupt_ns + 0.5)));
}

/* The median of what an interrupt left, of those that left at least `least`; NAN: none, or out of
 * memory, with -1 in *rc. */
static double median_cost(const struct ledger_ruler *r, double least, int *rc)
{
    double *cost = malloc((r->intervals + 1) * sizeof(*cost)), median = NAN;
    size_t n = 0;

    for (size_t i = 0; cost && i < r->intervals; i++) {
        const struct ledger_excess *x = &r->interval[i];

        if (x->interrupts > 0 && x->ns / x->interrupts >= least)
            cost[n++] = x->ns / x->interrupts;
    }
    if (n)
        median = stats_median(cost, n);
    if (!cost || (n && isnan(median)))
        *rc = -1;
    free(cost);
    return median;
}

/* An interrupt beside the interval left nothing, one inside its cost: half of the median parts
 * them, as most are inside where intervals are long. */
int ledger_finish(struct ledger_ruler *r)
{
    double rest = 0;
    int rc = 0;

    r->interrupt_ns = median_cost(r, median_cost(r, -INFINITY, &rc) / 2, &rc);
    for (size_t i = 0; i < r->intervals; i++) {
        struct ledger_excess *x = &r->interval[i];

        if (!isnan(r->interrupt_ns))
            x->ns -= r->interrupt_ns * inside(x->interrupts, x->ns, r->interrupt_ns);
        rest += x->ns;
        r->true_ns += x->true_ns;
    }
    if (r->true_ns <= 0)
        return rc;
    r->unseen_rate = rest / r->true_ns;
    for (size_t i = 0; i < r->intervals; i++) {
        const double off = r->interval[i].ns - r->unseen_rate * r->interval[i].true_ns;

        r->variance += off * off / r->true_ns;
    }
    return rc;
}

void ledger_release(struct ledger_ruler *ruler)
{
    free(ruler->interval);
    *ruler = (struct ledger_ruler){0};
}

static double less_steal(const struct ledger_sample *s, const struct ledger_ruler *ruler)
{
    return s->true_ns * (1 - ruler->unseen_rate) - stolen(s);
}

/* What an interval takes that no interrupt met: the median of those without one, or the least if
 * each had some. NAN: no intervals, or out of memory. */
static double usual_ns(const struct ledger_sample *sample, size_t n,
                       const struct ledger_ruler *ruler)
{
    double *quiet = malloc((n + 1) * sizeof(*quiet)), least = NAN, usual;
    size_t count = 0;

    if (!quiet)
        return NAN;
    for (size_t i = 0; i < n; i++) {
        const double ns = less_steal(&sample[i], ruler);

        least = fmin(least, ns); /* of NAN and a number, the number */
        if (counted(&sample[i]) <= 0)
            quiet[count++] = ns;
    }
    usual = count ? stats_median(quiet, count) : least;
    free(quiet);
    return usual;
}

double ledger_undisturbed_ns(const struct ledger_sample *sample, size_t n,
                             const struct ledger_ruler *ruler)
{
    const double usual = usual_ns(sample, n, ruler);
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        const double ns = less_steal(&sample[i], ruler);

        sum += ns;
        if (!isnan(ruler->interrupt_ns))
            sum -= ruler->interrupt_ns *
                   inside(counted(&sample[i]), ns - usual, ruler->interrupt_ns);
    }
    return isnan(usual) ? NAN : sum / (double)n;
}

static void judge(const struct ledger_terms *t, const struct ledger_ruler *ruler,
                  double step_ns, struct ledger_result *out)
{
    out->verdict = LEDGER_CLOSED;
    if (t->hypervisor_saw != LEDGER_UNKNOWN && t->boot_claims > t->hypervisor_saw) {
        out->verdict = LEDGER_OVER;
        snprintf(out->reason, sizeof(out->reason),
                 "the boot's runs say they made %" PRId64
                 " such operations and the hypervisor "
                 "counted %" PRId64,
                 t->boot_claims, t->hypervisor_saw);
    } else if (isnan(t->work_ns) || (t->operations && isnan(t->operation_ns))) {
        out->verdict = LEDGER_INCOMPLETE;
        snprintf(out->reason, sizeof(out->reason), "%s", t->why_not);
    } else if (!ruler->intervals) {
        out->verdict = LEDGER_INCOMPLETE;
        snprintf(
            out->reason, sizeof(out->reason),
            "what an interrupt costs is measured by another run of spin in the same boot, "
            "and there is none");
    } else if (isnan(ruler->interrupt_ns) && out->interrupts > 0) {
        out->verdict = LEDGER_INCOMPLETE;
        snprintf(out->reason, sizeof(out->reason),
                 "the other runs of spin met no interrupt, and this one %" PRId64
                 ": let them run longer",
                 out->interrupts);
    } else if (fabs(out->residual_ns) > fmax(out->budget_ns, 2 * step_ns)) {
        out->verdict = t->asked ? LEDGER_OVER : LEDGER_INCOMPLETE;
        snprintf(out->reason, sizeof(out->reason), "%.3g %% of the time is %s%s",
                 100 * fabs(out->residual_ns) / out->true_ns,
                 out->residual_ns > 0 ? "not explained" : "explained twice",
                 t->asked ? ""
                          : "; interrupts and steal were not read (collectors "
                            "accounting, steal)");
    }
}

void ledger_close(const struct ledger_sample *sample, size_t n, const struct ledger_terms *t,
                  const struct ledger_ruler *ruler, double step_ns, struct ledger_result *out)
{
    const double each = isnan(ruler->interrupt_ns) ? 0 : ruler->interrupt_ns;
    const double known =
        (isnan(t->work_ns) ? 0 : t->work_ns) +
        (isnan(t->operation_ns) ? 0 : (double)t->operations * t->operation_ns);
    double interrupts = 0;
    int counts = n > 0, tells = n > 0;

    *out = (struct ledger_result){
        .intervals = n,
        .work_ns = isnan(t->work_ns) ? 0 : (double)n * t->work_ns,
        .operations = (int64_t)n * t->operations,
        .operation_ns = t->operation_ns,
        .interrupt_ns = ruler->interrupt_ns,
    };
    out->operations_ns =
        isnan(t->operation_ns) ? 0 : (double)out->operations * t->operation_ns;
    for (size_t i = 0; i < n; i++) {
        const double unseen = ruler->unseen_rate * sample[i].true_ns;
        const double excess = sample[i].true_ns - known - unseen - stolen(&sample[i]);
        const double booked = inside(counted(&sample[i]), excess, ruler->interrupt_ns);
        const double rest = excess - each * booked;

        counts &= sample[i].interrupts != LEDGER_UNKNOWN;
        tells &= sample[i].stolen_ns != LEDGER_UNKNOWN;
        interrupts += booked;
        out->true_ns += sample[i].true_ns;
        out->unseen_ns += unseen;
        out->steal_ns += stolen(&sample[i]);
        out->residual_ns += rest;
        out->flagged += fabs(rest) > fmax(LEDGER_BUDGET * sample[i].true_ns, 2 * step_ns);
    }
    out->interrupts = (int64_t)interrupts;
    out->interrupts_ns = each * interrupts;
    out->budget_ns = LEDGER_BUDGET * out->true_ns;
    if (ruler->true_ns > 0)
        out->u_ns =
            2 * sqrt(ruler->variance * out->true_ns * (1 + out->true_ns / ruler->true_ns));
    judge(t, ruler, step_ns, out);
    if (!counts)
        out->interrupts = LEDGER_UNKNOWN;
    if (!tells)
        out->steal_ns = NAN;
}

const char *ledger_verdict_name(enum ledger_verdict v)
{
    switch (v) {
    case LEDGER_CLOSED:
        return "closed";
    case LEDGER_OVER:
        return "over budget";
    default:
        return "incomplete";
    }
}
