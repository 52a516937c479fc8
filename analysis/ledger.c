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
    double *more = realloc(ruler->cost_ns, (ruler->disturbed + n + 1) * sizeof(*more));

    if (!more)
        return -1;
    ruler->cost_ns = more;
    ruler->intervals += n;
    for (size_t i = 0; i < n; i++) {
        const double excess = sample[i].true_ns - work_ns - stolen(&sample[i]);

        if (counted(&sample[i]) > 0) {
            more[ruler->disturbed++] = excess / counted(&sample[i]);
        } else {
            ruler->unseen_ns += excess;
            ruler->quiet_ns += sample[i].true_ns;
        }
    }
    return 0;
}

/* An interrupt beside the interval left nothing, one inside its cost: half the median parts
 * them, as most are inside where intervals are long. */
int ledger_finish(struct ledger_ruler *r)
{
    double sum = 0, squares = 0, least;

    r->interrupt_ns = NAN;
    r->unseen_rate = r->quiet_ns > 0 ? r->unseen_ns / r->quiet_ns : 0;
    if (!r->disturbed)
        return 0;
    least = stats_median(r->cost_ns, r->disturbed) / 2;
    if (isnan(least))
        return -1;
    for (size_t i = 0; i < r->disturbed; i++) {
        if (r->cost_ns[i] < least)
            continue;
        r->inside++;
        sum += r->cost_ns[i];
        squares += r->cost_ns[i] * r->cost_ns[i];
    }
    r->interrupt_ns = sum / (double)r->inside;
    if (r->inside > 1)
        r->spread_ns =
            sqrt(fmax(0, (squares - sum * r->interrupt_ns) / ((double)r->inside - 1)));
    return 0;
}

void ledger_release(struct ledger_ruler *ruler)
{
    free(ruler->cost_ns);
    *ruler = (struct ledger_ruler){0};
}

/* Of those counted around an interval, how many can have been in it. */
static double inside(const struct ledger_sample *s, double excess, double interrupt_ns)
{
    const double most = counted(s);

    if (isnan(interrupt_ns) || interrupt_ns <= 0)
        return most;
    return fmin(most, fmax(0, floor(excess / interrupt_ns + 0.5)));
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
        out->verdict = LEDGER_OVER;
        snprintf(out->reason, sizeof(out->reason), "%.3g %% of the time is %s",
                 100 * fabs(out->residual_ns) / out->true_ns,
                 out->residual_ns > 0 ? "not explained" : "explained twice");
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
        const double booked = inside(&sample[i], excess, ruler->interrupt_ns);
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
    if (ruler->inside > 0)
        out->u_ns =
            2 * ruler->spread_ns * sqrt(interrupts * (1 + interrupts / (double)ruler->inside));
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
